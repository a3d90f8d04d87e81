//! Standard input as octets, with a cap.

use std::io::{BufRead as _, Read, stdin};

use anyhow::Context;
use zeroize::Zeroizing;

use super::error::UsageError;

/// The longest line of standard input, in octets.
pub(super) const LINE_CAP: usize = 1024 * 1024;
/// The most octets that are reserved at once: for short secrets no copy stays in memory.
const RESERVED: usize = 64 * 1024;

/// Standard input, at most `cap` octets of it.
pub(super) fn read(cap: usize) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(Vec::with_capacity(cap.min(RESERVED)));
    stdin()
        .take(cap as u64)
        .read_to_end(&mut octets)
        .context("cannot read standard input")?;
    Ok(octets)
}

/// All of standard input. More than `cap` octets are an error.
pub(super) fn read_all(cap: usize) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let octets = read(cap + 1)?;
    if octets.len() > cap {
        let message = format!("standard input is larger than {cap} octets");
        return Err(UsageError(message).into());
    }
    Ok(octets)
}

/// Takes each line of standard input as it comes, with its end, until `take` returns `false`. Of a line
/// that is longer than [`LINE_CAP`], one octet more than that comes, and the rest is passed over.
pub(super) fn each_line(mut take: impl FnMut(&[u8]) -> bool) {
    let mut input = stdin().lock();
    loop {
        let mut line = Zeroizing::new(Vec::new());
        let cap = LINE_CAP as u64 + 1;
        let read = (&mut input).take(cap).read_until(b'\n', &mut line);
        if !matches!(read, Ok(octets) if octets > 0) || !take(&line) {
            return;
        }
        if line.len() > LINE_CAP && !line.ends_with(b"\n") && input.skip_until(b'\n').is_err() {
            return;
        }
    }
}
