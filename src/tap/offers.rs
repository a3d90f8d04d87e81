//! What a server offers in its reply to EHLO, as the client behind a tap is to see it.

use std::collections::BTreeSet;

/// Mechanisms that bind a login to the TLS connection or to a client certificate: through a tap, which
/// has a TLS connection of its own on each side, they cannot work.
const BOUND: [&str; 1] = ["EXTERNAL"];
/// How the names of mechanisms end that bind to the TLS connection (RFC 5802 section 6).
const BOUND_ENDING: &str = "-PLUS";
/// Mechanisms that may bind to the TLS connection, if client and server are set up so.
const MAY_BIND: [&str; 3] = ["GSSAPI", "GSS-SPNEGO", "NTLM"];

/// What becomes of STARTTLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum StartTls {
    /// It stays as the server has it.
    #[default]
    Follow,
    /// It is not offered: this side begins no TLS, or has begun it.
    Remove,
    /// It is offered: this side answers it.
    Add,
}

/// The reply to EHLO for the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Offers {
    /// Its octets.
    pub(super) reply: Vec<u8>,
    /// What was changed, or may not work, in words.
    pub(super) notes: Vec<String>,
}

impl Offers {
    /// The offers of a complete reply, without the keywords that are `hidden`.
    pub(super) fn of(reply: &[u8], start_tls: StartTls, hidden: &BTreeSet<String>) -> Self {
        let unchanged = |notes| Self {
            reply: reply.to_vec(),
            notes,
        };
        let lines: Vec<&[u8]> = reply.split_inclusive(|octet| *octet == b'\n').collect();
        let is_positive = lines.iter().all(|line| line.starts_with(b"250"));
        let Some((first, offers)) = lines.split_first().filter(|_| is_positive) else {
            return unchanged(Vec::new());
        };
        let mut notes = Vec::new();
        let mut kept = vec![first.to_vec()];
        let mut is_changed = false;
        let mut has_start_tls = false;
        for line in offers {
            let (name, words) = words(line);
            has_start_tls |= name == "STARTTLS";
            let goes =
                hidden.contains(&name) || name == "STARTTLS" && start_tls == StartTls::Remove;
            if goes {
                is_changed = true;
                notes.push(format!("{name} is taken out of the reply to EHLO"));
                continue;
            }
            let (bound, carried): (Vec<&str>, Vec<&str>) = words
                .iter()
                .map(String::as_str)
                .partition(|word| is_bound(word));
            if name != "AUTH" {
                kept.push(line.to_vec());
                continue;
            }
            let may_bind: Vec<&str> = carried
                .iter()
                .copied()
                .filter(|word| may_bind(word))
                .collect();
            if !may_bind.is_empty() {
                let names = may_bind.join(", ");
                notes.push(format!(
                    "{names} may fail here: a tap cannot carry a channel binding"
                ));
            }
            if bound.is_empty() {
                kept.push(line.to_vec());
                continue;
            }
            is_changed = true;
            let names = bound.join(", ");
            notes.push(format!(
                "taken out of AUTH: {names}, which bind a login to one TLS connection; a tap has two"
            ));
            if !carried.is_empty() {
                kept.push(format!("250-AUTH {}\r\n", carried.join(" ")).into_bytes());
            }
        }
        if start_tls == StartTls::Add && !has_start_tls {
            is_changed = true;
            notes.push("STARTTLS is added to the reply to EHLO: it is answered here".to_owned());
            kept.push(b"250-STARTTLS\r\n".to_vec());
        }
        if !is_changed {
            return unchanged(notes);
        }
        let last = kept.len().saturating_sub(1);
        for (at, line) in kept.iter_mut().enumerate() {
            if let Some(mark) = line.get_mut(3).filter(|mark| matches!(mark, b'-' | b' ')) {
                *mark = if at == last { b' ' } else { b'-' };
            }
        }
        Self {
            reply: kept.concat(),
            notes,
        }
    }
}

/// The keyword of a line in capitals, and its parameters. `AUTH=LOGIN`, an old form, counts as AUTH.
fn words(line: &[u8]) -> (String, Vec<String>) {
    let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default()).replace('=', " ");
    let mut words = text.split_ascii_whitespace().map(str::to_ascii_uppercase);
    let name = words.next().unwrap_or_default();
    (name, words.collect())
}

fn is_bound(mechanism: &str) -> bool {
    BOUND.contains(&mechanism) || mechanism.ends_with(BOUND_ENDING)
}

fn may_bind(mechanism: &str) -> bool {
    MAY_BIND.contains(&mechanism)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the reply for the client, and how many notes there are.
    fn offers(lines: &[&str], start_tls: StartTls, hidden: &[&str]) -> (Vec<String>, usize) {
        let reply: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let hidden = hidden.iter().map(ToString::to_string).collect();
        let offers = Offers::of(reply.as_bytes(), start_tls, &hidden);
        let text = String::from_utf8(offers.reply).unwrap();
        (
            text.lines().map(str::to_owned).collect(),
            offers.notes.len(),
        )
    }

    #[test]
    fn only_what_cannot_be_carried_is_taken_out() {
        let all = [
            "250-mx.example",
            "250-SIZE 1000",
            "250-STARTTLS",
            "250 AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL",
        ];
        let auth = "250 AUTH PLAIN SCRAM-SHA-256";
        let table: &[(&[&str], StartTls, &[&str], &[&str], usize)] = &[
            (&all[..3], StartTls::Follow, &[], &all[..3], 0),
            (
                &all,
                StartTls::Follow,
                &[],
                &["250-mx.example", "250-SIZE 1000", "250-STARTTLS", auth],
                1,
            ),
            (
                &all,
                StartTls::Remove,
                &["SIZE"],
                &["250-mx.example", auth],
                3,
            ),
            (
                &["250-a", "250 STARTTLS"],
                StartTls::Remove,
                &[],
                &["250 a"],
                1,
            ),
            (
                &["250 a"],
                StartTls::Add,
                &[],
                &["250-a", "250 STARTTLS"],
                1,
            ),
            (
                &["250-a", "250 AUTH EXTERNAL"],
                StartTls::Follow,
                &[],
                &["250 a"],
                1,
            ),
            (
                &["250-a", "250 AUTH=NTLM LOGIN"],
                StartTls::Follow,
                &[],
                &["250-a", "250 AUTH=NTLM LOGIN"],
                1,
            ),
            (
                &["550-no", "550 STARTTLS"],
                StartTls::Remove,
                &[],
                &["550-no", "550 STARTTLS"],
                0,
            ),
        ];
        for (lines, start_tls, hidden, expected, notes) in table {
            let (reply, count) = offers(lines, *start_tls, hidden);
            assert_eq!(
                (reply, count),
                (expected.iter().map(ToString::to_string).collect(), *notes),
                "{lines:?}"
            );
        }
    }
}
