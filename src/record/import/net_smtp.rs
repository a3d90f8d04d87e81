//! What Net::SMTP prints of a message: its lines before their dots are stuffed, often without the empty ones.

use super::attribution::{Item, Said};
use super::client_line::ClientLine;

/// The name of the form.
pub(super) const NET_SMTP: &str = "Net::SMTP";

/// A line of a message that is printed before it stuffs its dot, as it was sent.
pub(super) fn stuffed(item: &Item) -> Option<Item> {
    let Said::Client(line) = &item.said else {
        return None;
    };
    let begins = line.octets.starts_with(b".") && line.octets != b".";
    begins.then(|| Item {
        said: Said::Client(ClientLine {
            octets: [b".", &line.octets[..]].concat(),
            ..line.clone()
        }),
        ..item.clone()
    })
}

/// The lines of the client up to the next one of the server.
pub(super) fn client_lines(items: &[Item]) -> Vec<&[u8]> {
    let lines = items.iter().map_while(|item| match &item.said {
        Said::Client(line) => Some(Some(&line.octets[..])),
        Said::Server { .. } => None,
        Said::Copy | Said::Note => Some(None),
    });
    lines.flatten().collect()
}
