//! The right literals arrive unchanged.

use ehlo::quoting::{Place, literal};
use proptest::prelude::*;

use super::passwords::{ANY, HIDDEN, NASTY, octets, of};
use super::programs::Program;
use crate::support::properties::config;

/// Checks that each literal of these passwords arrives; returns how many there are.
fn arrive(place: Place, passwords: &[Vec<u8>]) -> usize {
    let program = Program::of(place).unwrap();
    let mut texts = Vec::new();
    let mut expected = Vec::new();
    for password in passwords {
        let Ok(literals) = literal(place, password) else {
            continue;
        };
        for literal in literals {
            if literal.only_for.is_none_or(|name| name == "python-dotenv") {
                texts.push(literal.text.reveal().to_vec());
                expected.push(password.clone());
            }
        }
    }
    let Some(arrived) = program.read(&texts) else {
        return 0;
    };
    for ((text, expected), arrived) in texts.iter().zip(&expected).zip(arrived) {
        let shown = arrived
            .as_ref()
            .map(|arrived| String::from_utf8_lossy(arrived));
        assert_eq!(
            arrived.as_ref(),
            Some(expected),
            "{place}: {} is read as {shown:?}",
            String::from_utf8_lossy(text)
        );
    }
    texts.len()
}

/// The programs that this machine has, or that the tests can install.
fn places() -> impl Iterator<Item = Place> {
    let readable = |place: &Place| *place != Place::Cron && Program::of(*place).is_some();
    Place::ALL.into_iter().filter(readable)
}

#[test]
fn literals_of_nasty_passwords_arrive() {
    let passwords = octets(NASTY);
    for place in places() {
        arrive(place, &passwords);
    }
}

#[test]
fn literals_of_octets_that_cannot_be_shown_arrive_or_are_refused() {
    let passwords: Vec<_> = HIDDEN.iter().map(|password| password.to_vec()).collect();
    for place in places() {
        arrive(place, &passwords);
        // A literal is copied from a terminal, which must show it as it is.
        for password in &passwords {
            for literal in literal(place, password).into_iter().flatten() {
                let text = std::str::from_utf8(literal.text.reveal()).unwrap();
                assert!(!text.chars().any(char::is_control), "{place}: {text:?}");
            }
        }
    }
    for place in [Place::Bash, Place::Zsh, Place::Fish] {
        assert!(literal(place, b"a\0b").is_err(), "{place}");
        assert!(
            passwords
                .iter()
                .all(|password| literal(place, password).is_ok()),
            "{place}"
        );
    }
}

proptest! {
    // Each case is many passwords: programs start slowly.
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 0, ..config() })]

    #[test]
    fn literals_of_random_passwords_arrive(passwords in prop::collection::vec(of(ANY), 60)) {
        for place in places() {
            arrive(place, &octets(&passwords));
        }
    }
}
