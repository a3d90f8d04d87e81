//! `ehlo quote`: what it says, what it never shows, and its exit status.

use crate::support::harmless::assert_harmless;
use crate::support::program::ehlo;
use crate::support::pty::Home;

/// The same text without line breaks and indents.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs `ehlo quote` with a password on standard input: its exit status and what it prints.
fn quote(arguments: &[&str], password: &str) -> (i32, String) {
    let arguments = [&["quote"], arguments].concat();
    let output = ehlo(&Home::new(), &arguments, password.as_bytes());
    assert_harmless(&output.stdout);
    assert_harmless(&output.stderr);
    let printed = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(printed).unwrap(),
    )
}

#[test]
fn says_what_arrives_without_showing_a_character() {
    let table: &[(&[&str], &str, &[&str])] = &[
        (
            &["--for", "git"],
            "Rabbit-h0le#Kw7",
            &[
                "You typed 15 characters",
                "without quotes: 11 characters of 15 arrive",
                "lost: 12 to 15",
            ],
        ),
        (
            &["--for", "bash"],
            "Rabbit$h0le!Kw7",
            &["lost: 7 to 11", "$ begins a variable"],
        ),
        (
            &["--for", "cron"],
            "Rabbit-h0le%Kw7",
            &["in single quotes: an error", "% ends the command"],
        ),
        (
            &["--for", "url"],
            "Rabbit/h0le#Kw7",
            &["as it is: an error", "/ ? # end the host"],
        ),
        (
            &["--for", "c,php"],
            "Rabbit-h0le-Kw7",
            &["unchanged, however it is written c, php"],
        ),
        (
            &["--for", "yaml"],
            "Räbbit-h0le: Kw",
            &["In UTF-8 it has 16 octets", "Latin-1"],
        ),
        (
            &[],
            "Rabbit-h0le-Kw7",
            &[
                "You typed 15 characters",
                "unchanged, however it is written",
            ],
        ),
    ];
    for (arguments, password, words) in table {
        let (status, printed) = quote(arguments, password);
        assert_eq!(status, 0, "{printed}");
        for words in *words {
            assert!(unwrapped(&printed).contains(words), "{words}: {printed}");
        }
        for part in [&password[..3], "h0le", &password[password.len() - 2..]] {
            assert!(!printed.contains(part), "{part}: {printed}");
        }
    }
}

#[test]
fn names_the_place_that_gives_what_arrived() {
    let table: &[(&str, &str, i32, &[&str])] = &[
        (
            "10",
            "wonderland#123",
            0,
            &[
                "14 characters typed here, 10 arrived: exactly that is made by",
                "git, without quotes: #",
            ],
        ),
        (
            "10 characters: 10 lowercase",
            "wonderland#123",
            0,
            &["git, without quotes"],
        ),
        (
            "9 octets",
            "wonderland#123",
            1,
            &["no place known here gives that"],
        ),
        ("14", "wonderland#123", 1, &["nothing is lost"]),
    ];
    for (arrived, password, status, words) in table {
        let (ended, printed) = quote(&["--arrived", arrived], password);
        assert_eq!(ended, *status, "{printed}");
        for words in *words {
            assert!(unwrapped(&printed).contains(words), "{words}: {printed}");
        }
    }
}

#[test]
fn shows_how_to_write_it_only_if_asked() {
    let table = [
        ("bash", "won'der$land", "'won'\\''der$land'"),
        ("git", "wonder\"land#1", "\"wonder\\\"land#1\""),
        ("url", "won@der/land", "won%40der%2Fland"),
        ("cron", "wonder%land", "'wonder\\%land'"),
        ("dotenv", "wonder #land", "'wonder #land'"),
        ("compose", "wonder$land", "'wonder$$land'"),
        ("powershell", "won'der$land", "'won''der$land'"),
        ("cmd", "wonder%land", "set \"PASSWORD=wonder%%land\""),
        ("bash", "a\tb", "$'a\\011b'"),
    ];
    for (place, password, literal) in table {
        let (status, hidden) = quote(&["--for", place], password);
        assert!(status == 0 && !hidden.contains(literal), "{hidden}");
        // The line break at the end is not part of it.
        let (status, printed) = quote(&["--for", place, "--reveal"], &format!("{password}\n"));
        let line = format!("    {literal}\n");
        assert!(status == 0 && printed.contains(&line), "{line} {printed}");
    }
}

#[test]
fn refuses_what_it_cannot_take_and_repeats_no_password() {
    let table: &[(&[&str], &str, i32, &str)] = &[
        (
            &["h0le-in-the-ground"],
            "",
            2,
            "a password is not taken from an argument",
        ),
        (
            &["-h0le"],
            "",
            2,
            "a password is not taken from an argument",
        ),
        (
            &["--h0le"],
            "",
            2,
            "a password is not taken from an argument",
        ),
        (
            &["--for", "ini"],
            "",
            2,
            "use bash, zsh, fish, powershell, cmd, dotenv, compose, git",
        ),
        (&["--arrived", "ten"], "", 2, "use a number of characters"),
        (&[], "", 2, "no password was given"),
        (&[], "\n", 2, "no password was given"),
        (&["--for", "cmd"], "h0le\"", 1, "cmd cannot hold \""),
        (
            &["--for", "git"],
            "h0le\u{1}",
            1,
            "git cannot hold control characters",
        ),
    ];
    for (arguments, password, status, words) in table {
        let (ended, printed) = quote(arguments, password);
        assert_eq!(ended, *status, "{arguments:?}: {printed}");
        assert!(unwrapped(&printed).contains(words), "{words}: {printed}");
        assert!(!printed.contains("h0le"), "{printed}");
    }
    let long = "h0le".repeat(2000);
    let (ended, printed) = quote(&[], &long);
    assert!(
        ended == 2 && printed.contains("larger than 4096 octets"),
        "{printed}"
    );
}

#[test]
fn a_terminal_does_not_show_what_is_typed() {
    let home = Home::new();
    let mut console = home.ehlo(&["quote", "--for", "git"]);
    console.wait_for("Password:");
    console.enter("Rabbit-h0le#Kw7");
    console.wait_for("lost: 12 to 15");
    let screen = console.screen();
    assert!(
        !screen.contains("Rabbit") && !screen.contains("h0le"),
        "{screen}"
    );
    assert_eq!(console.wait_exit(), 0);
}
