//! `ehlo base64 [-d]`: the same base64 in a pipe. What is odd is said on standard error, and changes
//! nothing of what is printed.

use crate::report::{Charset, visible};
use std::io::{IsTerminal, Read, Write, stderr, stdin, stdout};
use std::process::ExitCode;

use anyhow::Context;
use zeroize::Zeroizing;

use super::Usage;
use super::arguments::Base64Arguments;
use crate::smtp::{base64, escape};

/// Octets of standard input that are read.
const INPUT_CAP: u64 = 64 * 1024 * 1024;

/// Encodes standard input, or decodes it.
pub(super) fn run(arguments: &Base64Arguments) -> anyhow::Result<ExitCode> {
    if stdin().is_terminal() {
        writeln!(
            stderr(),
            "type the text; ^D twice ends it without a newline"
        )?;
    }
    let mut input = Zeroizing::new(Vec::new());
    stdin()
        .take(INPUT_CAP + 1)
        .read_to_end(&mut input)
        .context("standard input")?;
    if input.len() as u64 > INPUT_CAP {
        return Err(Usage(format!("standard input is over {INPUT_CAP} octets")).into());
    }
    if arguments.decode {
        decode(&input)
    } else {
        encode(&input, arguments.escapes)
    }
}

fn encode(input: &[u8], escapes: bool) -> anyhow::Result<ExitCode> {
    let octets = if escapes {
        let text = std::str::from_utf8(input)
            .map_err(|error| Usage(format!("standard input is not UTF-8: {error}")))?;
        Zeroizing::new(escape::unescape(text).map_err(Usage::from_error)?)
    } else {
        Zeroizing::new(input.to_vec())
    };
    writeln!(stdout(), "{}", base64::encode(&octets))?;
    tell(
        base64::content_issues(&octets)
            .into_iter()
            .map(base64::ContentIssue::as_str),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn decode(input: &[u8]) -> anyhow::Result<ExitCode> {
    // The newline that ends a line in a pipe is none of the text's.
    let text = input.strip_suffix(b"\n").unwrap_or(input);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let (text, front) = base64::strip_command(text);
    if !front.is_empty() {
        let front = visible(front.trim_ascii_end(), Charset::Utf8);
        writeln!(stderr(), "ehlo: without the \"{front}\" in front")?;
    }
    let decoded = base64::decode(text);
    let octets = decoded.bytes.reveal();
    if stdout().is_terminal() {
        writeln!(stdout(), "{}", visible(octets, Charset::Utf8))?;
    } else {
        stdout().write_all(octets)?;
    }
    tell(decoded.issues.iter().map(|oddity| oddity.as_str()))?;
    tell(
        base64::content_issues(octets)
            .into_iter()
            .map(base64::ContentIssue::as_str),
    )?;
    Ok(if decoded.is_base64() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell(words: impl Iterator<Item = &'static str>) -> std::io::Result<()> {
    for words in words {
        writeln!(stderr(), "ehlo: {words}")?;
    }
    Ok(())
}
