//! What HELP says: how to use this server, and a line or two for each command.

use std::borrow::Cow;

use super::reply::Reply;

/// The answer to HELP alone.
const GENERAL: &[&str] = &[
    "This is the practice server of ehlo: nothing leaves this machine.",
    "Any address is taken; mail to nobody@anywhere is refused, to see how that looks.",
    "To log in: user alice, password wonderland, token looking-glass.",
    "Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT",
    "A first message: EHLO client.example, MAIL FROM:<you@example.org>,",
    "RCPT TO:<friend@example.org>, DATA, the text, a line with a single dot, QUIT.",
    "HELP and the name of a command says more.",
];

/// The answers to HELP with a topic.
const TOPICS: &[(&str, &[&str])] = &[
    (
        "EHLO",
        &["EHLO client.example: names you; the reply lists what the server can do."],
    ),
    (
        "HELO",
        &["HELO client.example: the old EHLO, without extensions."],
    ),
    (
        "STARTTLS",
        &["STARTTLS: TLS begins after the 220. Then send EHLO again: all was forgotten."],
    ),
    (
        "AUTH",
        &[
            "AUTH and a mechanism that EHLO lists, after STARTTLS and EHLO: AUTH PLAIN.",
            "The user is alice, the password wonderland.",
            "For XOAUTH2 and OAUTHBEARER the token is looking-glass.",
            "For PLAIN: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=",
        ],
    ),
    (
        "MAIL",
        &[
            "MAIL FROM:<you@example.org>: begins a message. No space behind the colon.",
            "MAIL FROM:<> is the sender of a message that must not bounce.",
            "Parameters: SIZE= BODY= SMTPUTF8 RET= ENVID= AUTH=",
        ],
    ),
    (
        "RCPT",
        &[
            "RCPT TO:<friend@example.org>: one recipient; up to 100 of them.",
            "Parameters: NOTIFY= ORCPT=",
        ],
    ),
    (
        "DATA",
        &[
            "DATA: after the 354 comes the text; a line with a single dot ends it.",
            "A line of the text that begins with a dot gets one more in front.",
        ],
    ),
    (
        "BDAT",
        &[
            "BDAT 12: exactly 12 octets of the text follow the line.",
            "BDAT 0 LAST ends the message, as does LAST behind any other size.",
        ],
    ),
    ("RSET", &["RSET: forgets the message that was begun."]),
    ("NOOP", &["NOOP: does nothing, and says so."]),
    ("VRFY", &["VRFY alice: asks whether there is such a user."]),
    ("HELP", &["HELP or HELP command: what you are reading."]),
    ("QUIT", &["QUIT: says good-bye; the server closes."]),
];

/// The answer to HELP and what stands behind it.
pub(super) fn help(topic: &str) -> Reply {
    if topic.is_empty() {
        return of_lines(GENERAL);
    }
    let mut topics = TOPICS.iter();
    match topics.find(|(name, _)| name.eq_ignore_ascii_case(topic)) {
        Some((_, lines)) => of_lines(lines),
        None => Reply::new(
            504,
            "5.5.4",
            "No help on that: HELP alone lists the commands",
        ),
    }
}

fn of_lines(lines: &[&'static str]) -> Reply {
    let lines = lines.iter().map(|&line| Cow::Borrowed(line)).collect();
    Reply::of_lines(214, "2.0.0", lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::identity::{PASSWORD, TOKEN, USER};

    #[test]
    fn help_tells_how_to_log_in_and_knows_every_command_it_lists() {
        let general = String::from_utf8(help("").to_wire()).unwrap();
        assert!(
            [USER, PASSWORD, TOKEN]
                .iter()
                .all(|word| general.contains(word))
        );
        let commands = GENERAL
            .iter()
            .find_map(|line| line.strip_prefix("Commands: "));
        let topics: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).collect();
        for command in commands.unwrap().split(' ') {
            assert!(topics.contains(&command), "{command}");
        }
        assert!(help("auth").first_line().starts_with("214 2.0.0 AUTH"));
        assert!(help("nothing").first_line().starts_with("504"));
    }
}
