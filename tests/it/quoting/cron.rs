//! Commands in a crontab: cron splits the line at a `%`, then `sh` reads what is left.

use ehlo::quoting::{Outcome, Place, literal, without_care};
use proptest::prelude::*;

use super::careless::STOPPED_PERCENT;
use super::passwords::{NASTY, SHELL, octets, of};
use super::programs::Program;
use crate::support::properties::config;

/// What cron gives to the shell: the octets before the first `%` without a backslash before it. A
/// backslash before `%` is removed; old versions also turn two backslashes into one.
fn command(line: &[u8], old: bool) -> Vec<u8> {
    let mut command = Vec::new();
    let mut escaped = false;
    for &octet in line {
        if escaped {
            if octet == b'%' || old && octet == b'\\' {
                command.pop();
            }
            command.push(octet);
            escaped = false;
            continue;
        }
        if octet == b'%' {
            break;
        }
        escaped = octet == b'\\';
        command.push(octet);
    }
    command
}

/// Checks the literals of passwords in both versions of cron, and what arrives without care.
fn check(passwords: &[Vec<u8>]) {
    let program = Program::of(Place::Cron).unwrap();
    let mut texts = Vec::new();
    let mut expected = Vec::new();
    for password in passwords {
        let literal = literal(Place::Cron, password).into_iter().flatten().next();
        if let Some(literal) = &literal {
            for old in [false, true] {
                texts.push(command(literal.text.reveal(), old));
                expected.push(Some(password.clone()));
            }
        }
        let quotes = ["", "\"", "'"];
        for (quote, written) in quotes.into_iter().zip(without_care(Place::Cron, password)) {
            let value = match &written.arrival.outcome {
                Outcome::Unchanged => password.clone(),
                Outcome::Changed { value, .. } => value.reveal().to_vec(),
                Outcome::Refused | Outcome::Unknown => continue,
            };
            let line = [quote.as_bytes(), password, quote.as_bytes()].concat();
            texts.push(command(&line, false));
            expected.push(Some(value));
        }
    }
    let arrived = program.read(&texts).unwrap();
    let stopped = arrived.iter().filter(|arrived| arrived.is_none()).count();
    assert!(
        stopped * 100 <= texts.len() * STOPPED_PERCENT,
        "{stopped} of {} did not arrive",
        texts.len()
    );
    for ((text, expected), arrived) in texts.iter().zip(&expected).zip(&arrived) {
        if arrived.is_some() {
            assert_eq!(arrived, expected, "{}", String::from_utf8_lossy(text));
        }
    }
}

#[test]
fn passwords_in_a_crontab_arrive_as_it_is_said() {
    let passwords = octets(NASTY);
    check(&passwords);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, max_shrink_iters: 0, ..config() })]

    #[test]
    fn random_passwords_in_a_crontab_arrive_as_it_is_said(
        passwords in prop::collection::vec(of(SHELL), 40)
    ) {
        check(&octets(&passwords));
    }
}
