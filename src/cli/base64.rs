//! `ehlo base64`: encodes or decodes in a pipe, as the popup of the console does. Likely mistakes
//! are reported on standard error and do not change the output.

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;

use zeroize::Zeroizing;

use super::arguments::Base64Arguments;
use super::error::UsageError;
use super::input;
use crate::report::{output, visible};
use crate::smtp::{base64, escape};

/// The most octets that are read from standard input.
const INPUT_CAP: usize = 64 * 1024 * 1024;

/// Encodes standard input, or decodes it.
pub(super) fn run(arguments: &Base64Arguments) -> anyhow::Result<ExitCode> {
    if stdin().is_terminal() {
        output::print_error("type the text; ^D twice ends it without a newline")?;
    }
    let input = input::read_all(INPUT_CAP)?;
    if arguments.decode {
        decode(&input)
    } else {
        encode(&input, arguments.escapes)
    }
}

fn encode(input: &[u8], escapes: bool) -> anyhow::Result<ExitCode> {
    let octets = if escapes {
        let text = std::str::from_utf8(input)
            .map_err(|error| UsageError(format!("standard input is not UTF-8: {error}")))?;
        Zeroizing::new(escape::unescape(text).map_err(UsageError::from_error)?)
    } else {
        Zeroizing::new(input.to_vec())
    };
    output::print(&format!("{}\n", base64::encode(&octets)))?;
    report_issues(&octets)?;
    Ok(ExitCode::SUCCESS)
}

fn decode(input: &[u8]) -> anyhow::Result<ExitCode> {
    // In a pipe, the newline that ends the line does not belong to the text.
    let text = input.strip_suffix(b"\n").unwrap_or(input);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let (text, prefix) = base64::strip_command(text);
    if !prefix.is_empty() {
        let prefix = String::from_utf8_lossy(prefix.trim_ascii_end());
        output::print_error(&format!("the \"{prefix}\" before the base64 is ignored"))?;
    }
    let decoded = base64::decode(text);
    let octets = decoded.bytes.reveal();
    if output::is_terminal() {
        // On one line: line breaks are part of what was decoded.
        output::print(&(visible(octets, output::charset()) + "\n"))?;
    } else {
        output::print_octets(octets)?;
    }
    for issue in &decoded.issues {
        output::print_error(issue.as_str())?;
    }
    report_issues(octets)?;
    Ok(if decoded.is_base64() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Warns about content that is seldom intended.
fn report_issues(octets: &[u8]) -> std::io::Result<()> {
    for issue in base64::content_issues(octets) {
        output::print_error(issue.as_str())?;
    }
    Ok(())
}
