//! The VRFY command.

use super::identity::HOST;
use super::reply::Reply;

/// Replies to VRFY: confirms or denies two known names and leaves the rest open (RFC 5321 section
/// 7.3).
pub(super) fn vrfy(argument: &str) -> Reply {
    let name = argument.split_whitespace().next().unwrap_or_default();
    let name = name.trim_start_matches('<').trim_end_matches('>');
    let name = name.to_ascii_lowercase();
    match name.split_once('@').unwrap_or((&name, HOST)) {
        ("", _) => Reply::new(501, "5.5.4", "VRFY needs a user name: VRFY alice"),
        ("alice", HOST) => Reply::new(250, "2.1.5", "Alice <alice@localhost>"),
        ("nobody", _) => Reply::new(550, "5.1.1", "No such user here"),
        _ => Reply::new(252, "2.0.0", "Cannot verify the user: try RCPT"),
    }
}
