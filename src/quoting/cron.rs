//! Commands in a crontab: crontab(5). The first `%` without a backslash ends the command, also in
//! quotes; the rest is the standard input of the command. `sh` runs the command.

use zeroize::Zeroizing;

use super::arrival::{Arrival, Outcome};
use super::error::QuotingError;
use super::place::Place;
use super::posix::{self, Shell};
use super::trace::Trace;
use super::written::is_showable;

const PERCENT: &str = "% ends the command, also in quotes, unless a \\ is before it";

/// What a command in a crontab gets as the argument that is written so.
pub(super) fn argument(before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
    let text = Zeroizing::new([before, value, after].concat());
    let mut left = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut escaped = false;
    let mut reasons = Vec::new();
    for &octet in text.iter() {
        match octet {
            b'\n' => {
                reasons.push("a line break ends the command");
                break;
            }
            b'%' if escaped => {
                left.pop();
                reasons.push("\\ before % is removed");
            }
            b'%' => {
                reasons.push(PERCENT);
                break;
            }
            b'\\' if escaped => reasons.push("some versions of cron turn \\\\ into \\"),
            _ => {}
        }
        escaped = octet == b'\\' && !escaped;
        left.push(octet);
    }
    if *left == *text {
        let mut arrival = posix::argument(Shell::Sh, before, value, after);
        arrival.reasons.extend(reasons);
        return arrival;
    }
    let shell = posix::argument(Shell::Sh, b"", &left, b"");
    let mut trace = Trace::new(b"", value, b"");
    let arrived = match &shell.outcome {
        Outcome::Unchanged => &left,
        Outcome::Changed { value, .. } => &Zeroizing::new(value.reveal().to_vec()),
        Outcome::Refused => {
            return trace.refuse(if reasons.contains(&PERCENT) {
                "% ends the command, also in quotes: the quote stays open, and sh refuses it"
            } else {
                "a quote is not closed: sh refuses the command"
            });
        }
        Outcome::Unknown => {
            trace.unknown(PERCENT);
            return trace.finish();
        }
    };
    trace.keep_common(arrived);
    for reason in reasons.into_iter().chain(shell.reasons) {
        trace.because(reason);
    }
    trace.finish()
}

/// The word for `sh` with `\%` for `%`. Two backslashes, or one before a `%`, are kept apart by
/// quotes: the versions of cron read them differently.
pub(super) fn literal(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    if !is_showable(value) {
        let (place, what) = (Place::Cron, "control characters: write them to a file");
        return Err(QuotingError::CannotHold { place, what });
    }
    let mut word = Zeroizing::new(Vec::with_capacity(4 * value.len() + 2));
    word.push(b'\'');
    for (at, &octet) in value.iter().enumerate() {
        if matches!(octet, b'\\' | b'%') && at > 0 && value[at - 1] == b'\\' {
            word.extend_from_slice(b"''");
        }
        match octet {
            b'\'' => word.extend_from_slice(b"'\\''"),
            b'%' => word.extend_from_slice(b"\\%"),
            _ => word.push(octet),
        }
    }
    word.push(b'\'');
    Ok(word)
}
