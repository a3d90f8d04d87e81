//! Which door to use, in a sentence that is true for what was found.

use super::door::{Door, DoorState};
use crate::net::Security;

/// The port of mail between servers.
const SMTP: u16 = 25;
/// The ports of submission, the better first (RFC 8314 section 3.3).
const SUBMISSION: [u16; 2] = [465, 587];

/// The door to use.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) door: &'a Door,
}

impl<'a> Choice<'a> {
    /// The best of these doors. `None` if none is usable.
    pub(super) fn of(doors: &'a [Door]) -> Option<Self> {
        let usable = doors.iter().filter(|door| door.is_usable());
        // The first of the best.
        usable
            .min_by_key(|door| rank(door))
            .map(|door| Self { door })
    }
}

/// The better door has the lower rank.
fn rank(door: &Door) -> (bool, bool, bool, usize) {
    let facts = door.survey.tls.as_ref();
    let port = door.address.port();
    let place = SUBMISSION.iter().position(|usual| *usual == port);
    let place = place.unwrap_or(if port == SMTP { 9 } else { 5 });
    (
        facts.is_none(),
        !door.offers_login(),
        !facts.is_some_and(|facts| facts.verdict.is_verified()),
        place,
    )
}

/// What to use, and what speaks against it.
pub(super) fn advice(doors: &[Door]) -> String {
    let Some(Choice { door }) = Choice::of(doors) else {
        return none(doors);
    };
    let port = door.address.port();
    let mut sentences = vec![match (&door.survey.tls, door.security) {
        (Some(_), Security::Implicit) => format!("Use port {port} with TLS from the first byte"),
        (Some(_), _) => format!("Use port {port} with STARTTLS"),
        (None, _) if door.tls_is_broken() => {
            format!("Use port {port} only without passwords: STARTTLS is offered and fails")
        }
        (None, _) => format!("Use port {port}: there is no TLS, so send no password"),
    }];
    if let Some(facts) = &door.survey.tls
        && !facts.verdict.is_verified()
    {
        sentences.push(format!(
            "Its certificate is not verified ({}): check it before you send a password",
            facts.verdict
        ));
    }
    if !door.offers_login() {
        sentences.push(if port == SMTP {
            "It offers no login: it takes mail for its own domains".to_owned()
        } else {
            "It offers no login".to_owned()
        });
    }
    let addresses = |same: &dyn Fn(&Door) -> bool| {
        let here = doors.iter().filter(|other| other.address.port() == port);
        here.filter(|other| same(other)).count()
    };
    let (usable, all) = (addresses(&Door::is_usable), addresses(&|_| true));
    if usable < all {
        sentences.push(format!(
            "This port works at {usable} of {all} addresses, such as {}",
            door.address.ip()
        ));
    }
    sentences.extend(blocked(doors));
    sentences.join(". ") + "."
}

/// The sentence if port 25 is the only one that gives no answer: it is often blocked on the way.
fn blocked(doors: &[Door]) -> Option<String> {
    let (at_25, others): (Vec<&Door>, Vec<&Door>) =
        doors.iter().partition(|door| door.address.port() == SMTP);
    let silent = !at_25.is_empty() && at_25.iter().all(|door| door.timed_out());
    let only = others.iter().any(|door| !door.timed_out());
    (silent && only).then(|| {
        "Port 25 gives no answer: many networks block it, so this need not be the server".to_owned()
    })
}

/// The sentence if no door is usable.
fn none(doors: &[Door]) -> String {
    let all = |state| doors.iter().all(|door| door.state() == state);
    let any = |state| doors.iter().find(|door| door.state() == state);
    if all(DoorState::Refused) {
        "None of these ports is open: the host answers, and refuses each.".to_owned()
    } else if all(DoorState::TimedOut) {
        "No port gives an answer: the host is down, or a firewall drops the connections.".to_owned()
    } else if all(DoorState::Unreachable) {
        "The network does not lead there.".to_owned()
    } else if let Some(door) = any(DoorState::Greeting).or(any(DoorState::TlsFirst)) {
        let port = door.address.port();
        match (door.error(), door.greeting()) {
            (Some(error), _) => format!("No port is usable; the nearest is {port}: {error}."),
            (None, Some(greeting)) => {
                format!("No port is usable: the server at port {port} refuses with {greeting}.")
            }
            (None, None) => "No port is usable.".to_owned(),
        }
    } else if let Some(door) = any(DoorState::NotSmtp) {
        let port = door.address.port();
        format!("No port is usable: what listens at port {port} does not speak SMTP.")
    } else {
        let blocked = blocked(doors).map(|sentence| format!(" {sentence}."));
        format!("No port is usable.{}", blocked.unwrap_or_default())
    }
}
