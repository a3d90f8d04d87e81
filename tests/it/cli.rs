//! The command line without a screen: bad input is reported in one line, with exit status 2, before
//! anything starts; help and version.

use std::net::TcpListener;
use std::process::Command;

use ehlo::practice::{HOST, Mood, Options, Practice};
use rustix::fs::{CWD, mkfifoat};

use crate::support::harmless::assert_harmless;
use crate::support::program::ehlo;
use crate::support::pty::{EHLO, Home};
use crate::support::snapshot::snapshot;

/// Who writes the error, and how many lines it has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// One line of ehlo.
    One,
    /// Several lines of clap, with the cause in the first.
    Clap,
}

/// Checks that `ehlo` refuses its arguments on standard error only, before it writes any file.
#[track_caller]
fn refused(home: &Home, arguments: &[&str], lines: Lines, words: &[&str]) {
    let output = ehlo(home, arguments, b"");
    assert_harmless(&output.stderr);
    let error = String::from_utf8(output.stderr).unwrap();
    let about = format!("{arguments:?}: {}: {error}", output.status);
    // What comes from a pipe without a subcommand is a run.
    let others = [
        "base64", "diff", "explain", "practice", "quote", "redact", "sessions", "show", "sing",
    ];
    let named = arguments.iter().any(|word| others.contains(word));
    let status = if named { 2 } else { 1 };
    assert_eq!(output.status.code(), Some(status), "{about}");
    assert!(output.stdout.is_empty(), "{about}");
    let first = error.lines().next().unwrap_or_default();
    for words in words {
        assert!(first.contains(words), "no {words:?} in {about}");
    }
    if lines == Lines::One {
        assert!(
            error.starts_with("ehlo: ") && error.ends_with('\n'),
            "{about}"
        );
        assert_eq!(error.lines().count(), 1, "{about}");
    }
    assert!(!home.state().exists(), "a file was written: {about}");
}

#[test]
fn refuses_invalid_arguments() {
    let home = Home::new();
    home.file("none.pem", "no certificate\n");
    home.file(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    use Lines::{Clap, One};
    let forms =
        "HOST, HOST:PORT, [IPV6]:PORT, smtp://HOST:PORT, smtps://HOST:PORT, @DOMAIN or USER@DOMAIN";
    let port = "use 1 to 65535";
    let table: &[(&[&str], Lines, &[&str])] = &[
        (&["mx:99999"], One, &["\"99999\"", port]),
        (&["mx:x"], One, &["\"x\"", port]),
        (&["mx:0"], One, &["\"0\"", port]),
        (&["mx:"], One, &["\"\"", port]),
        (&["[::1]:-1"], One, &["\"-1\"", port]),
        (&[""], One, &["missing target", forms]),
        (&["two words"], One, &["invalid host \"two words\"", forms]),
        (&["a..b"], One, &["invalid host \"a..b\"", forms]),
        (&["-.example"], Clap, &["'-.'"]),
        (&["[::1"], One, &["\"[::1\"", "missing \"]\"", forms]),
        (
            &["999.1.1.1"],
            One,
            &["\"999.1.1.1\"", "four numbers from 0 to 255"],
        ),
        (&["mx/inbox"], One, &["\"/inbox\"", "ends with its port"]),
        (
            &["http://mx"],
            One,
            &["\"http\"", "smtp://, smtps:// or lmtp://"],
        ),
        (
            &["alice:rabbit@mx.example"],
            One,
            &[
                "\"…@mx.example\"",
                "a host without a user name, as in mx.example",
            ],
        ),
        (
            &["--ca-file", "missing.pem", "mx"],
            One,
            &["missing.pem: No such file"],
        ),
        (
            &["--ca-file", "none.pem", "mx"],
            One,
            &["none.pem: ", "use a PEM file with BEGIN CERTIFICATE"],
        ),
        (
            &["--ca-file", "broken.pem", "mx"],
            One,
            &["broken.pem: certificate 1 is invalid"],
        ),
        (&["--ca-file", ".", "mx"], One, &[".: "]),
        (
            &["--profile", "work"],
            One,
            &["unknown profile \"work\"", "the config has no profiles"],
        ),
        (
            &["--profile", "work", "mx"],
            One,
            &["use either a target or --profile"],
        ),
        (
            &["--sni", "two words", "mx"],
            Clap,
            &["'--sni <NAME>': invalid SNI \"two words\""],
        ),
        (
            &["--tls-min", "1.1", "mx"],
            Clap,
            &["invalid TLS version \"1.1\"", "use 1.2 or 1.3"],
        ),
        (
            &["--tls-min", "1.3", "--tls-max", "1.2", "mx"],
            One,
            &["tls-min: no TLS version left"],
        ),
        (
            &["--verify", "yes", "mx"],
            Clap,
            &["use off, show or require"],
        ),
        (&["--pin", "abc", "mx"], Clap, &["64 hex digits"]),
        (
            &["--key", "none.pem", "mx"],
            One,
            &["key: a key needs a certificate"],
        ),
        (
            &["--cert", "none.pem", "mx"],
            One,
            &["cert: none.pem: contains no certificate"],
        ),
        (
            &["--ca-dir", "nowhere", "mx"],
            One,
            &["ca-dir: nowhere: No such file"],
        ),
        (
            &["--keylog", "env", "mx"],
            One,
            &["keylog: SSLKEYLOGFILE is not set"],
        ),
        (
            &["--helo", "two words", "mx"],
            One,
            &["invalid --helo name \"two words\"", "blanks"],
        ),
        (
            &["--config", "missing.toml"],
            One,
            &["missing.toml: No such file"],
        ),
        (
            &["--practice", "--mood", "grumpy"],
            Clap,
            &["'grumpy'", "no-tls, greylist, reject-rcpt"],
        ),
        (
            &["practice", "--mood", "grumpy"],
            Clap,
            &["'grumpy'", "no-tls, greylist, reject-rcpt"],
        ),
        (&["--mood", "slow"], One, &["--mood needs --practice"]),
        (
            &["--timeout", "0", "mx"],
            Clap,
            &["'0'", "--timeout", "a time up to 1 h"],
        ),
        (&["--timeout", "soon", "mx"], Clap, &["'soon'", "--timeout"]),
        (&["--tls", "ssl", "mx"], Clap, &["'ssl'", "--tls"]),
        (
            &["tls", "--tls", "none", "mx"],
            One,
            &["--tls none makes no handshake"],
        ),
        (&["--unknown"], Clap, &["'--unknown'"]),
        (
            &["explain", "RCTP"],
            One,
            &["\"RCTP\"", "did you mean RCPT?", "reply codes"],
        ),
        (
            &["--practice", "mx"],
            One,
            &["use either a target or --practice"],
        ),
        (
            &["mx", "sessions"],
            One,
            &["unexpected \"mx\" before sessions"],
        ),
        (
            &["--tls", "starttls", "base64"],
            One,
            &["base64 makes no connection"],
        ),
        (&["-4", "-6", "mx"], Clap, &["'-4'", "'-6'"]),
        (
            &["practice", "--listen", "127.0.0.1"],
            Clap,
            &["'127.0.0.1'", "--listen"],
        ),
        (
            &[
                "practice",
                "--listen",
                "127.0.0.1:0",
                "--ca-out",
                "none/such",
            ],
            One,
            &["--ca-out: none/such: "],
        ),
        // Valid arguments: only the terminal is missing.
        (&[], One, &["the console needs a terminal"]),
    ];
    for (arguments, lines, words) in table {
        refused(&home, arguments, *lines, words);
    }
}

#[test]
fn refuses_an_address_that_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let words = [address.as_str(), "cannot listen"];
    refused(
        &Home::new(),
        &["practice", "--listen", &address],
        Lines::One,
        &words,
    );
}

#[test]
fn refuses_an_invalid_config_with_its_line() {
    let table: &[(&[u8], &[&str])] = &[
        (
            b"helo = 'a.example'\ncolour = 'auto'\n",
            &[":2: ", "`colour`", "`color`"],
        ),
        (b"\n\ntimeout = 'soon'\n", &[":3: "]),
        (
            b"timeout = 0\n",
            &[":1: ", "invalid timeout 0", "use 1 to 3600"],
        ),
        (
            b"mouse = false\ntls = 'ssl'\n",
            &[":2: ", "`ssl`", "`starttls`"],
        ),
        (b"mouse = false\nmouse = true\n", &[":2: ", "duplicate key"]),
        (b"[mouse\n", &[":1: "]),
        (
            b"[[template]]\nname = 'x'\ntext = 'NOOP {y'\n",
            &[":3: ", "unclosed { at character 6"],
        ),
        (
            b"[[template]]\nname = 'x'\ntext = ''\n",
            &[":3: ", "a name and a text"],
        ),
        (
            b"[sessions]\nkeep_days = 0\n",
            &[":2: ", "invalid keep_days 0: use 1 to 36500"],
        ),
        (
            b"[sessions]\n\nkeep_size = '256 MB'\n",
            &[
                ":3: ",
                "invalid keep_size \"256 MB\": use 1 MiB to 1024 GiB, as in \"256 MiB\"",
            ],
        ),
        (
            b"[sessions]\nkeep_size = 256\n",
            &[
                ":2: ",
                "keep_size: invalid type: integer `256`, expected a size, as in \"256 MiB\"",
            ],
        ),
        (
            b"sessions = { keep_size = '-1 MiB' }\n",
            &[":1: ", "invalid keep_size \"-1 MiB\""],
        ),
        (
            b"[sessions]\nkeep_weeks = 4\n",
            &[
                ":2: ",
                "unknown field `keep_weeks`, expected `keep_days` or `keep_size`",
            ],
        ),
        (b"helo\n", &[":1: "]),
        (b"\xff\xfe\n", &["UTF-8"]),
    ];
    for (content, words) in table {
        let home = Home::new();
        // Named by a flag, or in its usual place.
        for (name, arguments) in [
            ("my.toml", ["--config", "my.toml"].as_slice()),
            ("config/ehlo/config.toml", &[]),
        ] {
            let _ = std::fs::remove_file(home.path().join("my.toml"));
            home.file(name, content);
            refused(&home, arguments, Lines::One, &[&[name], *words].concat());
        }
    }
}

#[test]
fn refuses_an_unreadable_config() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("folder")).unwrap();
    // Not even root can read this one.
    std::os::unix::fs::symlink("loop", home.path().join("loop")).unwrap();
    for name in ["folder", "loop"] {
        let words = [format!("{name}: ")];
        refused(&home, &["--config", name], Lines::One, &[&words[0]]);
    }
}

#[test]
fn refuses_special_files_without_opening_them() {
    let home = Home::new();
    mkfifoat(CWD, home.path().join("fifo"), 0o600.into()).unwrap();
    let cert = home.file(
        "cert.pem",
        Practice::spawn(Options::default()).unwrap().authority_pem(),
    );
    let table: &[(&[&str], &str)] = &[
        (&["--config", "fifo"], "fifo: is a FIFO, not a regular file"),
        (&["--config", "."], ".: is a directory, not a regular file"),
        (&["--config", "/dev/zero"], "/dev/zero: is a device, not"),
        (&["--ca-file", "fifo", "mx"], "ca-file: fifo: is a FIFO"),
        (
            &["--ca-file", "/dev/zero", "mx"],
            "ca-file: /dev/zero: is a",
        ),
        (&["--cert", "fifo", "mx"], "cert: fifo: is a FIFO"),
        (
            &["--cert", &cert, "--key", "fifo", "mx"],
            "key: fifo: is a FIFO",
        ),
        (&["--keylog", "fifo", "mx"], "keylog: fifo: is a FIFO"),
        (
            &["tls", "--ca-file", "fifo", "mx"],
            "ca-file: fifo: is a FIFO",
        ),
    ];
    for (arguments, message) in table {
        refused(&home, arguments, Lines::One, &[message]);
    }
    std::fs::create_dir_all(home.path().join("config/ehlo")).unwrap();
    mkfifoat(
        CWD,
        home.path().join("config/ehlo/config.toml"),
        0o600.into(),
    )
    .unwrap();
    refused(&home, &[], Lines::One, &["config.toml: is a FIFO"]);
}

#[test]
fn takes_the_null_device_for_an_empty_config() {
    let arguments = ["--config", "/dev/null"];
    refused(&Home::new(), &arguments, Lines::One, &["needs a terminal"]);
}

#[test]
fn reads_a_pipe_that_the_shell_opened() {
    let home = Home::new();
    let server = Practice::spawn(Options::default()).unwrap();
    let target = server.plain().to_string();
    let arguments = ["tls", &target, "--sni", HOST, "--ca-file", "/dev/stdin"];
    let output = ehlo(&home, &arguments, server.authority_pem().as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.starts_with("TLS with localhost: verified"),
        "{printed}"
    );
    // As the <(command) of bash and zsh: the name of a descriptor that is a pipe.
    let script = r#"printf 'timeout = 0' | "$0" --config /dev/fd/3 3<&0"#;
    let output = Command::new("sh").args(["-c", script, EHLO]).output();
    let printed = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(printed.contains(":1: invalid timeout 0"), "{printed}");
}

#[test]
fn explains_the_log_of_a_session_by_what_it_came_to() {
    let log = "<- 220 mx.example.org ESMTP\n-> EHLO app.example.net\n<- 250-mx.example.org\n<- 250 AUTH PLAIN\n\
               -> MAIL FROM:<alice@example.net>\n<- 250 2.1.0 Ok\n-> RCPT TO:<bob@example.org>\n\
               <- 550 5.1.1 <bob@example.org>: User unknown\n-> QUIT\n<- 221 2.0.0 Bye\n";
    let output = ehlo(&Home::new(), &["explain"], log.as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    let title = printed.lines().next().unwrap_or_default();
    assert_eq!(title, "550 5.1.1 to RCPT", "{printed}");
}

#[test]
fn accepts_the_example_config() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml");
    // Only the terminal is missing.
    refused(
        &Home::new(),
        &["--config", example],
        Lines::One,
        &["needs a terminal"],
    );
}

#[test]
fn prints_manual_pages() {
    let home = Home::new();
    for (name, arguments) in [
        ("man", &["man"][..]),
        ("man-run", &["man", "run"]),
        ("man-send", &["man", "send"]),
    ] {
        let output = ehlo(&home, arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{name}");
        snapshot(name, &String::from_utf8(output.stdout).unwrap());
    }
    refused(
        &home,
        &["man", "sing"],
        Lines::One,
        &["unknown command \"sing\"", "run, send"],
    );
}

#[test]
fn completes_every_command_in_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = ehlo(&home, &["completions", shell], b"");
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let text = String::from_utf8(output.stdout).unwrap();
        for word in [
            "run",
            "send",
            "tls",
            "quit-after",
            "reply-timeout",
            "practice",
        ] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
    let script = ehlo(&home, &["completions", "bash"], b"").stdout;
    let file = home.file("completions", script);
    let checked = Command::new("bash").args(["-n", &file]).output().unwrap();
    assert!(checked.status.success(), "{:?}", checked.stderr);
}

#[test]
fn prints_help_and_version() {
    let home = Home::new();
    for (name, arguments) in [
        ("help", ["--help"].as_slice()),
        ("help-practice", &["practice", "--help"]),
        ("help-explain", &["explain", "--help"]),
        ("help-sessions", &["sessions", "--help"]),
        ("help-quote", &["quote", "--help"]),
        ("help-tap", &["tap", "--help"]),
        ("help-tls", &["tls", "--help"]),
        ("version", &["--version"]),
    ] {
        let output = ehlo(&home, arguments, b"");
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        snapshot(name, &String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn base64_works_in_a_pipe_and_reports_mistakes() {
    let home = Home::new();
    let hostile = "p@$s'w\"o`r\\d\\0123 ü ";
    let coded = "cEAkcyd3Im9gclxkXDAxMjMgw7wg\n";
    let table: &[(&[&str], &str, i32, &str, &[&str])] = &[
        (&[], "alice", 0, "YWxpY2U=\n", &[]),
        (&[], "", 0, "\n", &[]),
        (&[], "alice\n", 0, "YWxpY2UK\n", &["newline"]),
        (&[], hostile, 0, coded, &[]),
        (&[], "\\0alice\\0pw", 0, "XDBhbGljZVwwcHc=\n", &["\\0"]),
        (&["-e"], "\\0alice\\0pw", 0, "AGFsaWNlAHB3\n", &[]),
        (&["-e"], "a\\q", 2, "", &["character 2"]),
        (&["-d"], "YWxpY2U=\n", 0, "alice", &[]),
        (&["-d"], "YWxpY2U", 0, "alice", &["padding"]),
        (&["-d"], "YWxp\nY2U=", 0, "alice", &["line breaks"]),
        (&["-d"], "YWx*pY2U=", 1, "alice", &["not base64"]),
        (&["-d"], "334 VXNlcm5hbWU6\n", 0, "Username:", &["334"]),
        (&["-d"], "AUTH PLAIN YWxpY2U=", 0, "alice", &["AUTH PLAIN"]),
        (&["-d"], coded, 0, hostile, &[]),
        (&["-d"], "WVd4cFkyVT0=", 0, "YWxpY2U=", &["twice"]),
    ];
    for (flags, input, status, printed, mistakes) in table {
        let arguments = [&["base64"], *flags].concat();
        let output = ehlo(&home, &arguments, input.as_bytes());
        let errors = String::from_utf8(output.stderr).unwrap();
        let about = format!("{arguments:?} {input:?}: {errors}");
        assert_eq!(output.status.code(), Some(*status), "{about}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), *printed, "{about}");
        assert_eq!(errors.lines().count(), mistakes.len(), "{about}");
        for words in *mistakes {
            assert!(
                errors.starts_with("ehlo: ") && errors.contains(words),
                "{words}: {about}"
            );
        }
    }
}

#[test]
fn tls_reports_a_handshake() {
    let home = Home::new();
    let server = Practice::spawn(Options::default()).unwrap();
    let authority = home.file("authority.pem", server.authority_pem());
    let target = server.plain().to_string();
    let sni = ["tls", &target, "--sni", HOST];
    let tls = |arguments: &[&str]| {
        let output = ehlo(&home, &[&sni, arguments].concat(), b"");
        let report = String::from_utf8(output.stdout).unwrap();
        (report, output.status.code())
    };
    let (report, status) = tls(&[]);
    assert_eq!(status, Some(29), "{report}");
    assert!(
        report.starts_with("TLS with localhost: NOT verified"),
        "{report}"
    );
    let (report, status) = tls(&["--ca-file", &authority, "--verify", "require"]);
    assert_eq!(status, Some(0), "{report}");
    for words in [
        "TLS with localhost: verified",
        "protocol TLSv1.3",
        "SNI sent localhost",
        "started by STARTTLS",
        "Certificate 1 of 1 (server)",
        "days left",
        "pin, base64",
    ] {
        assert!(unwrapped(&report).contains(words), "{words}: {report}");
    }
    let (report, _) = tls(&["--verify", "require"]);
    let text = unwrapped(&report);
    assert!(text.contains("--verify require is set"), "{report}");
    let (report, _) = tls(&["--pem"]);
    assert!(
        report.starts_with("-----BEGIN CERTIFICATE-----\n"),
        "{report}"
    );
}

#[test]
fn without_verification_no_root_is_read() {
    let home = Home::new();
    let server = Practice::spawn(Options::default()).unwrap();
    // Whoever opens it waits for a writer.
    let roots = home.path().join("roots.pem");
    mkfifoat(CWD, &roots, 0o600.into()).unwrap();
    let output = Command::new("timeout")
        .args(["20", EHLO, "tls", &server.plain().to_string()])
        .args(["--verify", "off"])
        .env_clear()
        .envs(home.environment())
        .env("SSL_CERT_FILE", &roots)
        .output()
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(29), "{report}");
    // Whether its issuer is trusted is not known.
    assert!(report.contains("not checked"), "{report}");
    assert!(!report.contains("was not sent"), "{report}");
}

#[test]
fn tls_reports_a_server_without_tls() {
    let home = Home::new();
    let moods = [Mood::NoTls].into_iter().collect();
    let server = Practice::spawn(Options {
        moods,
        ..Options::default()
    })
    .unwrap();
    let output = ehlo(&home, &["tls", &server.plain().to_string()], b"");
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(29), "{report}");
    assert!(report.contains("STARTTLS is not offered"), "{report}");
}

/// A report without its columns and line breaks.
fn unwrapped(report: &str) -> String {
    report.split_whitespace().collect::<Vec<_>>().join(" ")
}
