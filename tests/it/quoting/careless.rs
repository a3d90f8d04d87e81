//! What is said to arrive without care arrives.

use ehlo::quoting::{Outcome, Place, without_care};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::passwords::{ANY, NASTY, SHELL, octets, of};
use super::programs::Program;
use crate::support::properties::config;

/// The most ways to write a password, in percent, after which the program may stop at the part that is
/// cut off, so that nothing is compared.
pub(super) const STOPPED_PERCENT: usize = 15;

/// The quote of a way to write a password; `None` if the way is not about quotes, or of a program that
/// the tests do not run.
fn quote(place: Place, how: &str) -> Option<&'static str> {
    if place == Place::Url {
        return (how == "as it is").then_some("");
    }
    let how = how.strip_suffix(", python-dotenv").unwrap_or(how);
    match how {
        "without quotes" => Some(""),
        "in double quotes" => Some("\""),
        "in single quotes" => Some("'"),
        _ => None,
    }
}

/// Checks what arrives of these passwords.
fn compare(place: Place, passwords: &[Vec<u8>]) {
    let program = Program::of(place).unwrap();
    let mut texts = Vec::new();
    let mut expected = Vec::new();
    for password in passwords {
        for written in without_care(place, password) {
            let Some(quote) = quote(place, &written.how) else {
                continue;
            };
            let text = [quote.as_bytes(), password, quote.as_bytes()].concat();
            let value = match &written.arrival.outcome {
                Outcome::Unknown => continue,
                Outcome::Unchanged => Some(password.clone()),
                Outcome::Changed { value, .. } => Some(value.reveal().to_vec()),
                // One error would refuse all; and PHP may find an expression in what remains.
                Outcome::Refused if matches!(place, Place::C | Place::Php) => continue,
                Outcome::Refused => None,
            };
            texts.push(text);
            expected.push((value, written));
        }
    }
    let Some(arrived) = program.read(&texts) else {
        return;
    };
    let mut wrong = Vec::new();
    let mut stopped = 0;
    let total = texts.len();
    for ((text, (value, written)), arrived) in texts.iter().zip(expected).zip(arrived) {
        // A part that is cut off may be an error of its own.
        let may_stop = matches!(place, Place::Bash | Place::Zsh | Place::Fish | Place::Cron);
        if arrived != value && may_stop && arrived.is_none() {
            stopped += 1;
        } else if arrived != value {
            let shown = |value: Option<Vec<u8>>| {
                value.map(|value| String::from_utf8_lossy(&value).into_owned())
            };
            wrong.push(format!(
                "{place}, {}: {} is read as {:?}, not as {:?}",
                written.how,
                String::from_utf8_lossy(text),
                shown(arrived),
                shown(value)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        stopped * 100 <= total * STOPPED_PERCENT,
        "{place}: {stopped} of {total} did not arrive"
    );
}

const SHELLS: [Place; 3] = [Place::Bash, Place::Zsh, Place::Fish];
const OTHERS: [Place; 6] = [
    Place::Git,
    Place::Dotenv,
    Place::Yaml,
    Place::Url,
    Place::Php,
    Place::C,
];

#[test]
fn nasty_passwords_arrive_as_it_is_said() {
    let passwords = octets(NASTY);
    for place in SHELLS.into_iter().chain(OTHERS) {
        compare(place, &passwords);
    }
}

proptest! {
    // The grammars of these programs have no end of corners: the same passwords each time, so that a
    // new corner is found when somebody changes the seed, not when something else is tested.
    #![proptest_config(ProptestConfig {
        cases: 2,
        max_shrink_iters: 0,
        rng_seed: RngSeed::Fixed(1),
        ..config()
    })]

    #[test]
    fn random_passwords_arrive_from_shells_as_it_is_said(
        passwords in prop::collection::vec(of(SHELL), 40)
    ) {
        for place in SHELLS {
            compare(place, &octets(&passwords));
        }
    }

    #[test]
    fn random_passwords_arrive_from_files_as_it_is_said(
        passwords in prop::collection::vec(of(ANY), 60)
    ) {
        for place in OTHERS {
            compare(place, &octets(&passwords));
        }
    }
}
