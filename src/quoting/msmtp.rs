//! `password` in msmtp's configuration file: msmtp(1), Configuration files. There are no escapes:
//! one pair of double quotes around the argument is removed, and blanks around it before that.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::written::is_showable;

/// The most octets of a password: msmtp reads lines of at most 500.
const CAP: usize = 480;

/// What msmtp reads in `password ...`.
pub(super) fn value(before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
    let mut trace = Trace::new(before, value, after);
    let text = trace.text();
    let end = text
        .iter()
        .position(|octet| *octet == b'\n')
        .unwrap_or(text.len());
    if end < text.len() {
        trace.because("a line break ends the password");
    }
    let is_blank = |octet: &&u8| matches!(**octet, b' ' | b'\t');
    let mut start = text[..end].iter().take_while(is_blank).count();
    let mut stop = end - text[start..end].iter().rev().take_while(is_blank).count();
    if start > 0 || stop < end {
        trace.because("blanks around the password are removed");
    }
    if stop - start >= 2 && text[start] == b'"' && text[stop - 1] == b'"' {
        trace.because("double quotes around the password are removed");
        start += 1;
        stop -= 1;
    }
    for at in start..stop {
        trace.keep(at);
    }
    trace.finish()
}

/// The value in double quotes, as it is.
pub(super) fn literal(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    let cannot = |what| QuotingError::CannotHold {
        place: Place::Msmtp,
        what,
    };
    if !is_showable(value) {
        return Err(cannot("control characters: use passwordeval"));
    }
    if value.len() > CAP {
        return Err(cannot("more than 480 octets: use passwordeval"));
    }
    Ok(Zeroizing::new([b"\"", value, b"\""].concat()))
}
