//! Values in files of Docker Compose: YAML, in which `$` begins a variable (Compose specification,
//! Interpolation).

use zeroize::Zeroizing;

use super::arrival::{Arrival, Outcome};
use super::error::QuotingError;
use super::place::Place;
use super::trace::Trace;
use super::yaml;

const DOLLAR: &str = "$ begins a variable, which is empty if it is not set; $$ is one $";

/// A text after its variables were replaced.
pub(super) enum Interpolated {
    /// The text.
    Text(Zeroizing<Vec<u8>>),
    /// A variable is not written as it must be.
    Invalid,
    /// A variable has a default or a condition.
    Unknown,
}

/// Replaces the variables, none of which is set.
pub(super) fn interpolate(text: &[u8]) -> Interpolated {
    let mut replaced = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(&octet) = text.get(at) {
        let rest = &text[at + 1..];
        at += 1;
        if octet != b'$' {
            replaced.push(octet);
            continue;
        }
        match rest.first() {
            Some(b'$') => {
                replaced.push(b'$');
                at += 1;
            }
            Some(b'{') => {
                let name = name(&rest[1..]);
                match rest.get(1 + name) {
                    Some(b'}') if name > 0 => at += name + 2,
                    Some(b':' | b'-' | b'?' | b'+') if name > 0 => return Interpolated::Unknown,
                    _ => return Interpolated::Invalid,
                }
            }
            _ => {
                let name = name(rest);
                if name == 0 {
                    replaced.push(b'$');
                }
                at += name;
            }
        }
    }
    Interpolated::Text(replaced)
}

/// The length of the name at the beginning of a text.
fn name(text: &[u8]) -> usize {
    if text.first().is_none_or(u8::is_ascii_digit) {
        return 0;
    }
    let is_name = |octet: &&u8| octet.is_ascii_alphanumeric() || **octet == b'_';
    text.iter().take_while(is_name).count()
}

/// What Compose reads in `PASSWORD: ...`.
pub(super) fn value(before: &[u8], value: &[u8], after: &[u8]) -> Arrival {
    let mut arrival = yaml::value(before, value, after);
    let read = match &arrival.outcome {
        Outcome::Unchanged => Zeroizing::new(value.to_vec()),
        Outcome::Changed { value, .. } => Zeroizing::new(value.reveal().to_vec()),
        Outcome::Refused | Outcome::Unknown => return arrival,
    };
    let mut trace = Trace::new(b"", value, b"");
    match interpolate(&read) {
        Interpolated::Invalid => return trace.refuse("${ begins no valid variable: Compose stops"),
        Interpolated::Unknown => {
            trace.unknown("${ begins a variable with a default or a condition");
            return trace.finish();
        }
        Interpolated::Text(text) if *text == *read => {
            if read.contains(&b'$') {
                arrival
                    .reasons
                    .push("old versions refuse a $ that begins no variable");
            }
            return arrival;
        }
        Interpolated::Text(text) => trace.keep_common(&text),
    }
    for reason in arrival.reasons {
        trace.because(reason);
    }
    trace.because(DOLLAR);
    trace.finish()
}

/// The literal of YAML with `$$` for `$`.
pub(super) fn literal(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, QuotingError> {
    let mut doubled = Zeroizing::new(Vec::with_capacity(2 * value.len()));
    for &octet in value {
        if octet == b'$' {
            doubled.push(octet);
        }
        doubled.push(octet);
    }
    yaml::literal(Place::Compose, &doubled)
}
