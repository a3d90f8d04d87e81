//! Exports a session as the lines that were sent, to be sent again with `ehlo`.

use crate::record::error::RecordError;
use crate::record::session::Excerpt;
use crate::smtp::{EntryKind, Sent, escape};

/// Writes the lines; a line with a secret becomes a comment.
///
/// # Errors
/// [`RecordError::NotExportable`] if nothing was sent.
pub(super) fn write(excerpt: &Excerpt<'_>) -> Result<String, RecordError> {
    let sent = excerpt
        .entries
        .iter()
        .filter_map(|entry| match &entry.kind {
            EntryKind::Sent(sent) => Some(line(sent)),
            _ => None,
        });
    let lines: Vec<String> = sent.collect();
    if lines.is_empty() {
        return Err(RecordError::NotExportable(
            "nothing was sent in this session",
        ));
    }
    let target = escape::escape(excerpt.meta.target.as_bytes());
    Ok(format!("# {target}\n{}\n", lines.join("\n")))
}

fn line(sent: &Sent) -> String {
    let open = escape::escape(&sent.visible);
    match &sent.secret {
        None => open,
        Some(secret) => format!(
            "# a secret of {} octets was sent here: {open}$SMTP_SECRET",
            secret.len()
        ),
    }
}
