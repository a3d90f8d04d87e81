//! The replies to HELP: how to use this server, and a few lines about each command.

use std::borrow::Cow;

use super::reply::Reply;

/// The reply to HELP without a topic.
const GENERAL: &[&str] = &[
    "This is the practice server of ehlo: nothing leaves this machine.",
    "Any address is accepted, except nobody@anywhere: it shows a refusal.",
    "To log in: user alice, password wonderland, token looking-glass.",
    "Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT",
    "A first message: EHLO client.example, MAIL FROM:<you@example.org>,",
    "RCPT TO:<friend@example.org>, DATA, the text, a line with a single dot, QUIT.",
    "For more about a command: HELP MAIL",
];

/// The replies to HELP with a topic.
const TOPICS: &[(&str, &[&str])] = &[
    (
        "EHLO",
        &["EHLO client.example: identifies the client; the reply lists the extensions."],
    ),
    (
        "HELO",
        &["HELO client.example: the older EHLO, without extensions."],
    ),
    (
        "STARTTLS",
        &["STARTTLS: starts TLS after the 220. Then send EHLO again: the state was reset."],
    ),
    (
        "AUTH",
        &[
            "AUTH PLAIN: logs in with a mechanism that EHLO lists, after STARTTLS and EHLO.",
            "The user is alice, the password wonderland.",
            "The token for XOAUTH2 and OAUTHBEARER is looking-glass.",
            "A complete login: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=",
        ],
    ),
    (
        "MAIL",
        &[
            "MAIL FROM:<you@example.org>: starts a message. No space after the colon.",
            "MAIL FROM:<>: for messages that must not bounce.",
            "Parameters: SIZE= BODY= SMTPUTF8 RET= ENVID= AUTH=",
        ],
    ),
    (
        "RCPT",
        &[
            "RCPT TO:<friend@example.org>: adds a recipient, up to 100.",
            "Parameters: NOTIFY= ORCPT=",
        ],
    ),
    (
        "DATA",
        &[
            "DATA: send the message after the 354; a line with a single dot ends it.",
            "Add a dot to lines of the message that start with a dot.",
        ],
    ),
    (
        "BDAT",
        &[
            "BDAT 12: exactly 12 octets of the message follow.",
            "BDAT 12 LAST: the same, and ends the message; the size may be 0.",
        ],
    ),
    ("RSET", &["RSET: resets the transaction."]),
    ("NOOP", &["NOOP: does nothing; the reply is 250."]),
    ("VRFY", &["VRFY alice: asks whether a user exists."]),
    ("HELP", &["HELP or HELP MAIL: shows this help."]),
    (
        "QUIT",
        &["QUIT: ends the session; the server closes the connection."],
    ),
];

/// The reply to HELP with this argument.
/// `own_login`: user and password are not those of the text.
pub(super) fn help(topic: &str, own_login: bool) -> Reply {
    if own_login && topic.eq_ignore_ascii_case("AUTH") {
        let text = "Log in as the user whom ehlo practice was started with";
        return Reply::new(214, "2.0.0", text);
    }
    if topic.is_empty() {
        return of_lines(GENERAL);
    }
    let mut topics = TOPICS.iter();
    match topics.find(|(name, _)| name.eq_ignore_ascii_case(topic)) {
        Some((_, lines)) => of_lines(lines),
        None => Reply::new(
            504,
            "5.5.4",
            "No help on this topic: HELP lists the commands",
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
    fn help_shows_the_login_and_covers_every_listed_command() {
        let general = String::from_utf8(help("", false).to_wire()).unwrap();
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
        assert!(
            help("auth", false)
                .first_line()
                .starts_with("214 2.0.0 AUTH")
        );
        assert!(help("nothing", false).first_line().starts_with("504"));
    }
}
