//! Reads the debug output of Perl's Net::SMTP, as in `git send-email --smtp-debug=1`: the object,
//! then `<<<` for the server or `>>>` for the client. Empty lines of a message are not printed.

use super::client_line::ClientLine;
use super::masking::mask_passwords;
use super::player::LogPlayer;
use crate::smtp::line::Ending;
use crate::smtp::{Level, Phase};

/// Whether a line is part of a dialogue as Net::SMTP prints it.
pub(super) fn is_line(line: &[u8]) -> bool {
    split(&String::from_utf8_lossy(line)).is_some()
}

/// Reads the log.
pub(super) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, player: &mut LogPlayer) {
    let mut noted = false;
    for line in lines {
        let text = String::from_utf8_lossy(line);
        let Some((object, from_server, rest)) = split(&text) else {
            if let Some(host) = text.strip_prefix("Server: ") {
                player.set_target(host);
            }
            if let Some((port, "ssl" | "tls")) = text.split_once(' ') {
                player.set_port(port.parse().ok());
            }
            if !text.is_empty() {
                let fault = text.starts_with("Error") || text.contains("failed");
                player.note(
                    if fault { Level::Fault } else { Level::Info },
                    mask_passwords(line),
                );
            }
            continue;
        };
        player.set_tls(object.contains("SSL"));
        if from_server {
            player.server_line(rest.as_bytes(), Ending::CrLf);
            continue;
        }
        if player.phase() == Phase::Message && !std::mem::replace(&mut noted, true) {
            player.note(
                Level::Info,
                "Net::SMTP does not print empty lines: \
                 the one between header and body is missing here",
            );
        }
        player.client_line(&ClientLine::new(rest.as_bytes()));
    }
}

/// Splits `Net::SMTP=GLOB(0x55)<<< 220 ok` into the object, whether the server sent it, and the
/// line.
fn split(line: &str) -> Option<(&str, bool, &str)> {
    let (object, rest) = line.split_once("=GLOB(0x")?;
    let (address, rest) = rest.split_once(')')?;
    let is_hex = address.chars().all(|digit| digit.is_ascii_hexdigit());
    if !object.starts_with("Net::") || !is_hex {
        return None;
    }
    let (from_server, rest) = match (rest.strip_prefix("<<<"), rest.strip_prefix(">>>")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    Some((object, from_server, rest.strip_prefix(' ').unwrap_or(rest)))
}
