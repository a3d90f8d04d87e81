//! What people have reported of passwords that did not arrive, with other passwords: each is said as it
//! was.

use ehlo::quoting::{Outcome, Place, literal, without_care};

/// What arrives of a password that is written in one way.
enum Arrives {
    As(&'static str),
    Error,
    Untold,
}

#[test]
fn reported_losses_are_said_as_they_were() {
    use Arrives::{As, Error, Untold};
    let table = [
        // The rest of the line is a comment.
        (
            Place::Dotenv,
            "without quotes, Node's dotenv",
            "Hare*up(#w3_aR",
            As("Hare*up("),
        ),
        (
            Place::Dotenv,
            "in single quotes, Node's dotenv",
            "Hare*up(#w3_aR",
            As("Hare*up(#w3_aR"),
        ),
        (
            Place::Git,
            "without quotes",
            "marchhare;tea",
            As("marchhare"),
        ),
        // Variables that are not set.
        (
            Place::Dotenv,
            "without quotes, Docker Compose",
            "marchhare$t3a",
            As("marchhare"),
        ),
        (Place::Compose, "in single quotes", "hare$tea", As("hare")),
        (Place::Compose, "in double quotes", "hare\\$tea", Error),
        (
            Place::Bash,
            "in double quotes",
            "4252-9a42$dE1F-TrF_cv=",
            As("4252-9a42-TrF_cv="),
        ),
        (
            Place::PowerShell,
            "in double quotes",
            "Ha$12c1a1Cv",
            As("Ha"),
        ),
        (
            Place::PowerShell,
            "in double quotes",
            "Ha$12c#1@a1Cv",
            As("Ha#1@a1Cv"),
        ),
        (
            Place::PowerShell,
            "in single quotes",
            "Ha$$re123",
            As("Ha$$re123"),
        ),
        // The host of the URL is another one; a plus is a space.
        (Place::Url, "as it is", "HARE/TEA", Error),
        (Place::Url, "as it is", "Hare50#2", Error),
        (
            Place::Url,
            "as it is, decoded as a form",
            "Aq+Am4fKu",
            As("Aq Am4fKu"),
        ),
        // A number of eight digits is octal, decimal, or an error.
        (Place::Yaml, "without quotes", "01234567", Untold),
        (Place::Yaml, "in double quotes", "01234567", As("01234567")),
        // The quote stays open.
        (Place::Cron, "in single quotes", "hare%tea", Error),
        (
            Place::Cmd,
            "set \"PASSWORD=...\"",
            "hare 50%",
            As("hare 50"),
        ),
    ];
    for (place, how, password, expected) in table {
        let written = without_care(place, password.as_bytes());
        let written = written.iter().find(|written| written.how == how).unwrap();
        let about = format!("{place} {how} {password}: {written:?}");
        match (&written.arrival.outcome, expected) {
            (Outcome::Unchanged, As(expected)) => assert_eq!(password, expected, "{about}"),
            (Outcome::Changed { value, .. }, As(expected)) => {
                assert_eq!(value.reveal(), expected.as_bytes(), "{about}");
            }
            (Outcome::Refused, Error) | (Outcome::Unknown, Untold) => {}
            _ => panic!("{about}"),
        }
    }
}

/// With all three quotes and a `#`, no line is right for Node's dotenv.
#[test]
fn a_password_with_all_quotes_has_a_literal_for_each_reader_that_can_hold_it() {
    let literals = literal(Place::Dotenv, b"6U+c'UDH\"l`ZF|#w:9*").unwrap();
    let readers: Vec<_> = literals.iter().map(|literal| literal.only_for).collect();
    assert_eq!(readers, [Some("python-dotenv"), Some("Docker Compose")]);
}
