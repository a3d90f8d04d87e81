//! Standard input as octets, with a cap.

use std::io::{Read, stdin};

use anyhow::Context;
use zeroize::Zeroizing;

use super::error::UsageError;

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
