//! Every line of every `--json` fits the schema that `ehlo --schema` prints.

use serde_json::Value;

use crate::support::program::ehlo;
use crate::support::pty::Home;
use crate::support::schema::check;

#[test]
fn every_line_fits_the_schema() {
    let home = Home::new();
    home.file("one", "EHLO me.example\nRCPT TO:<b@x.example>\n");
    home.file("two", "EHLO me.example\nVRFY b\n:starttls\nQUIT\n");
    let schema: Value = serde_json::from_slice(&ehlo(&home, &["--schema"], b"").stdout).unwrap();
    for (name, script) in [("one.jsonl", "one"), ("two.jsonl", "two")] {
        let run = ehlo(&home, &["run", "--practice", script, "--json"], b"");
        home.file(name, run.stdout);
    }
    let send = [
        "send",
        "--practice",
        "--from",
        "a@x.example",
        "--to",
        "b@x.example",
        "--json",
    ];
    let table: &[(&[&str], usize)] = &[
        (&["run", "--practice", "one", "--json"], 10),
        (&["run", "127.0.0.1:1", "one", "--json"], 3),
        (&["--practice", "--json"], 8),
        (&["--plain", "--practice", "--json"], 8),
        (&send, 20),
        (&["tls", "--practice", "--json"], 1),
        (&["tls", "--practice", "--mood", "no-tls", "--json"], 1),
        (&["explain", "--json", "550", "5.7.1"], 1),
        (&["explain", "RCPT", "--json"], 1),
        (&["show", "--json", "one.jsonl"], 10),
        (&["diff", "--json", "one.jsonl", "two.jsonl"], 2),
        (&["sessions", "--json"], 0),
        (&["ports", "127.0.0.1", "1", "--json", "--timeout", "1"], 2),
        (
            &[
                "check",
                "127.0.0.1:1",
                "--format",
                "json",
                "--dns",
                "127.0.0.1:9",
            ],
            2,
        ),
    ];
    for (arguments, least) in table {
        let output = ehlo(&home, arguments, b"NOOP\nRCPT TO:<b@x.example>\n");
        let printed = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            printed.lines().count() >= *least,
            "{arguments:?}: {printed}{error}"
        );
        for line in printed.lines() {
            let value: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {line}"));
            if let Err(why) = check(&value, &schema, &schema) {
                panic!("{arguments:?}: {why}");
            }
        }
    }
}
