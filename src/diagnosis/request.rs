//! A request that was sent, as far as its reply is explained by it.

use super::response::SentResponse;
use crate::smtp::{Awaited, RequestId, Sent, Verb};

/// The most octets of a line that are kept.
pub(super) const LINE_CAP: usize = 1024;

/// A request that was sent.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) id: RequestId,
    pub(super) awaited: Awaited,
    pub(super) line: Option<String>,
    pub(super) early: bool,
    pub(super) with_ehlo: bool,
    pub(super) response: Option<SentResponse>,
    pub(super) after_chunk: bool,
    /// Whether the octets of its chunk do not end with CR LF.
    pub(super) chunk_unended: bool,
}

/// The line as facts are read from it. A response of a login is none, nor is a hidden line that may be
/// one.
pub(super) fn line_of(sent: &Sent, awaited: Awaited) -> Option<String> {
    let is_hidden = sent
        .secret
        .as_ref()
        .is_some_and(|secret| !secret.is_empty());
    let is_response = match awaited {
        Awaited::SaslResponse => true,
        Awaited::Command(Verb::Other) => is_hidden,
        _ => false,
    };
    let visible = &sent.visible[..sent.visible.len().min(LINE_CAP)];
    (!is_response).then(|| String::from_utf8_lossy(visible).into_owned())
}
