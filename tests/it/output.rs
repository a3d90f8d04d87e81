//! Nothing that a user or a file can contain commands the terminal: what the program prints on
//! standard output and standard error is made harmless, whatever its arguments, its config and the
//! names of its files are.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use proptest::prelude::*;

use crate::support::harmless::assert_harmless;
use crate::support::program::ehlo;
use crate::support::properties;
use crate::support::pty::Home;

/// Runs of the whole program are slow.
const CASES: u32 = 12;

/// Octets that do harm in a terminal, in any order.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\x1b[2J".to_vec()),
        Just(b"\x1b]0;title\x07".to_vec()),
        Just(b"\x9b31m".to_vec()),
        Just("\u{9b}31m".as_bytes().to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just("\u{202e}".as_bytes().to_vec()),
        Just("\u{2066}".as_bytes().to_vec()),
        Just("\u{301}".repeat(30).into_bytes()),
        Just(b"'\"\\{}[]=".to_vec()),
        Just(b"error: ehlo".to_vec()),
        proptest::collection::vec(1_u8..=255, 0..6),
    ];
    // A word that begins like this is not a host name, so that none is looked up.
    proptest::collection::vec(piece, 0..5)
        .prop_map(|pieces| [b"\x1b ".to_vec(), pieces.concat()].concat())
}

/// Arguments with `word` in each place that an argument can have.
fn arguments(word: &OsStr) -> Vec<Vec<OsString>> {
    let with = |prefix: &str| {
        let mut joined = OsString::from(prefix);
        joined.push(word);
        joined
    };
    let flags = [
        "--ca-file",
        "--ca-dir",
        "--cert",
        "--keylog",
        "--sni",
        "--alpn",
        "--pin",
        "--verify",
        "--tls",
        "--tls-min",
        "--tls-max",
        "--helo",
        "--timeout",
        "--color",
        "--log",
    ];
    let mut all = vec![
        vec![word.to_owned()],
        vec!["mx".into(), word.to_owned()],
        vec![with("--")],
        vec![with("-")],
        vec![with("--ascii=")],
        vec!["--practice".into(), word.to_owned()],
        vec!["--practice".into(), "--mood".into(), word.to_owned()],
        vec!["--profile".into(), word.to_owned()],
        vec!["--config".into(), word.to_owned()],
        vec!["explain".into(), word.to_owned()],
        vec!["base64".into(), word.to_owned()],
        vec!["show".into(), word.to_owned()],
        vec![
            "show".into(),
            "-".into(),
            "--format".into(),
            word.to_owned(),
        ],
        vec!["diff".into(), word.to_owned(), word.to_owned()],
        vec!["sessions".into(), word.to_owned()],
        vec!["sessions".into(), "--json".into(), word.to_owned()],
        vec!["sessions".into(), "--delete".into(), word.to_owned()],
        vec!["tls".into(), word.to_owned()],
        vec!["quote".into(), word.to_owned()],
        vec!["quote".into(), "--for".into(), word.to_owned()],
        vec!["quote".into(), "--arrived".into(), word.to_owned()],
        vec!["practice".into(), "--listen".into(), word.to_owned()],
        vec!["help".into(), word.to_owned()],
    ];
    all.extend(flags.map(|flag| vec![flag.into(), word.to_owned(), "mx".into()]));
    all
}

/// Runs the program and checks what it prints; returns its standard error.
fn check(home: &Home, arguments: &[OsString]) -> String {
    let output = ehlo(home, arguments, b"");
    assert_harmless(&output.stdout);
    assert_harmless(&output.stderr);
    assert!(output.status.code().is_some(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..properties::config() })]

    #[test]
    fn hostile_arguments_reach_no_terminal(octets in hostile()) {
        let home = Home::new();
        let harmless: Vec<u8> = octets.iter().map(|octet| match octet {
            b'\n' => b'\t',
            octet => *octet,
        }).collect();
        for (hostile, same) in arguments(OsStr::from_bytes(&octets))
            .iter()
            .zip(arguments(OsStr::from_bytes(&harmless)))
        {
            // A line break in an argument makes no line of its own.
            let (lines, expected) = (check(&home, hostile), check(&home, &same));
            prop_assert_eq!(lines.lines().count(), expected.lines().count(), "{}", lines);
        }
    }

    #[test]
    fn a_hostile_config_reaches_no_terminal(octets in hostile()) {
        let text = String::from_utf8_lossy(&octets);
        let quoted = format!("\"{}\"", text.chars().map(escape).collect::<String>());
        let home = Home::new();
        let contents = [
            octets.clone(),
            [b"helo = '", octets.as_slice(), b"'"].concat(),
            format!("helo = {quoted}").into_bytes(),
            format!("family = {quoted}").into_bytes(),
            format!("{quoted} = 1").into_bytes(),
            format!("[profile.{quoted}]\ntarget = 'mx'").into_bytes(),
            format!("[profile.a]\ntarget = {quoted}").into_bytes(),
            format!("[profile.a]\ntarget = 'mx'\nmechanism = {quoted}").into_bytes(),
            format!("[handshake]\nca_file = {quoted}").into_bytes(),
            format!("[handshake]\nverify = {quoted}").into_bytes(),
            format!("[[template]]\nname = {quoted}\ntext = '{{'").into_bytes(),
        ];
        for content in contents {
            home.file("hostile.toml", &content);
            let arguments = ["--config", "hostile.toml", "--profile", "b"];
            let error = check(&home, &arguments.map(OsString::from));
            prop_assert_eq!(error.lines().count(), 1, "{}", error);
        }
    }

    #[test]
    fn a_hostile_file_name_reaches_no_terminal(octets in hostile()) {
        let home = Home::new();
        let name: Vec<u8> = octets.into_iter().filter(|octet| *octet != b'/').take(200).collect();
        let name = OsString::from_vec(name);
        let files = [
            "", "Dear Sir\n", "{\"ehlo\":1,\"version\":\"\x1b\"}\n", "<-  220 hi\n -> QUIT\n",
            "<-  220 hi\n -> RSET\n",
        ];
        home.file("other.log", "<-  220 hi\n -> NOOP\n");
        for content in files {
            std::fs::write(home.path().join(&name), content).unwrap();
            check(&home, &["show".into(), name.clone()]);
            check(&home, &["show".into(), name.clone(), "--format".into(), "html".into()]);
            check(&home, &["diff".into(), name.clone(), "other.log".into()]);
            check(&home, &["diff".into(), "other.log".into(), name.clone()]);
            check(&home, &["--config".into(), name.clone()]);
            check(&home, &["--ca-file".into(), name.clone(), "mx".into()]);
            check(&home, &["--cert".into(), name.clone(), "mx".into()]);
        }
    }
}

/// A character as TOML writes it in a basic string.
fn escape(character: char) -> String {
    format!("\\U{:08X}", u32::from(character))
}
