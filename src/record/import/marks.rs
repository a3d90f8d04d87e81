//! The table of marks: what programs print before the lines of the two sides.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::form::unquoted;
use super::pattern::pattern;
use super::smtp_line::{is_reply, starts_with_verb};

/// The fewest lines of each side in a line that contains several.
const MARKS_MIN: usize = 2;

/// Two sides of a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Mark {
    /// The first of a row: the server's in most logs.
    First,
    /// The second of a row.
    Second,
    /// A line that repeats another one.
    Copy,
}

/// A row of the table.
struct Row {
    /// The program, or the marks themselves if many programs use them.
    name: &'static str,
    first: &'static str,
    second: &'static str,
    copy: &'static str,
    /// The marks say in words which side is which: one side is enough.
    named: bool,
    /// What follows a mark is a literal of a programming language.
    literal: bool,
    /// The server has no mark.
    bare: bool,
}

const fn row(name: &'static str, first: &'static str, second: &'static str) -> Row {
    Row {
        name,
        first,
        second,
        copy: "",
        named: false,
        literal: false,
        bare: false,
    }
}

/// A row of a program that names the sides in words.
const fn named(name: &'static str, first: &'static str, second: &'static str) -> Row {
    Row {
        named: true,
        ..row(name, first, second)
    }
}

/// The marks, those of one program before those of many. A mark is a pattern; the blank behind it is
/// part of it.
const ROWS: &[Row] = &[
    Row {
        copy: "SMTP INBOUND: ?",
        ..named("PHPMailer", "SERVER -> CLIENT: ?", "CLIENT -> SERVER: ?")
    },
    named("PHPMailer", "SMTP -> FROM SERVER: ?", "CLIENT -> SMTP: ?"),
    Row {
        copy: r"Net::\w[\w:]*=GLOB\(0x[0-9a-fA-F]+\)(?:<<<|>>>) \(decoded\)",
        ..named(
            "Net::SMTP",
            r"Net::\w[\w:]*=GLOB\(0x[0-9a-fA-F]+\)<<< ?",
            r"Net::\w[\w:]*=GLOB\(0x[0-9a-fA-F]+\)>>> ?",
        )
    },
    Row {
        copy: r"(?:reply: retcode \(|data: \(|connect: b['\x22])",
        literal: true,
        ..named("smtplib", "reply: ?", "send: ?")
    },
    named(
        "Exim",
        r"SMTP(?:<<|\(TLS\)<<) ?",
        r"SMTP(?:>>|\|>|\+>|\(TLS\)>>) ?",
    ),
    row("msmtp", r"<--(?: |$)", r"-->(?: |$)"),
    Row {
        literal: true,
        ..row("Ruby Net::SMTP", r#"->[ ]?"#, r#"<-[ ]?"#)
    },
    Row {
        copy: r"(?:[<>]|[<>]~| >|<~| ~>) {1,3}[0-9]{4}: (?:[0-9A-F]{2} {1,2}){1,16}",
        ..named(
            "swaks",
            r"(?:<[-~](?:  ?|$)|<\*\*(?: |$)|<~\*(?: |$))",
            r"(?:[-~]>|\*\*>|\*~>)(?: |$)",
        )
    },
    named(
        "ESP Mail Client",
        r"< S: ?",
        r"> C: (?i:send SMTP command, )",
    ),
    Row {
        // What it says to its own client.
        copy: r"SMTP \([^()]*\) (?:<--|-->) ",
        literal: true,
        ..named(
            "email-oauth2-proxy",
            r"SMTP \([^()]*\) {5}<-- ",
            r"SMTP \([^()]*\) {5}--> ",
        )
    },
    named("go-mail", r"C <-- S: ?", r"C --> S: ?"),
    row("mutt", r"\d{1,4}< ", r"\d{1,4}> "),
    row(
        "Postfix",
        r"< [^\s\[\]]+\[[^\s\[\]]+\](?::\d+)?: ",
        r"> [^\s\[\]]+\[[^\s\[\]]+\](?::\d+)?: ",
    ),
    row("Postfix", r"Out: ", r"In: {1,2}"),
    named("Thunderbird", r"SMTP Response: ?", r"SMTP Send: ?"),
    named("Chilkat", r"SmtpCmdResp: ?", r"SmtpCmdSent: ?"),
    row("Outlook", r"\[rx\] ?", r"\[tx\] ?"),
    row("ssmtp", r"\[<-\] ?", r"\[->\] ?"),
    row("K-9 Mail", r"SMTP <<< ?", r"SMTP >>> ?"),
    row("Evolution", r"received: ", r"sending: "),
    row("hMailServer", "\"?SENT: ", "\"?RECEIVED: "),
    row(
        "Indy",
        r"Recv (?:\d[^:]*\d:\d\d:\d\d(?: [AP]M)?)?: ?",
        r"Sent (?:\d[^:]*\d:\d\d:\d\d(?: [AP]M)?)?: ?",
    ),
    row("Got: and Sent:", r"Got: ?", r"Sent: ?"),
    row(
        "Received: and Sent:",
        r"(?:Received|Recv|Receive|Response): ?",
        r"(?:Sent|Send|Sending|Request|Command): ?",
    ),
    row("S: and C:", r"S: ?", r"C: ?"),
    row(
        "server: and client:",
        r"(?i:server|srv) ?[:>] ?",
        r"(?i:client|cli) ?[:>] ?",
    ),
    row("rsp: and cmd:", r"rsp: ?", r"cmd: ?"),
    row("<<< and >>>", r"<<< ?", r">>> ?"),
    row("<< and >>", r"<< ?", r">> ?"),
    row("<= and =>", r"<= ?", r"=> ?"),
    row("<== and ==>", r"<== ?", r"==> ?"),
    Row {
        // curl counts the octets of the message and of TLS.
        copy: r"[{}] \[\d+ bytes data\]",
        ..row("< and >", r"<(?: |$)", r">(?: |$)")
    },
    Row {
        bare: true,
        ..row("sendmail", r"(?:050 )?", r"(?:050 )?>>> ")
    },
];

/// A form with its compiled marks.
pub(super) struct Form {
    /// The program, or the marks.
    pub(super) name: &'static str,
    pub(super) first: Regex,
    pub(super) second: Regex,
    pub(super) copy: Option<Regex>,
    /// The marks say in words which side is which: one side is enough.
    pub(super) named: bool,
    /// What follows a mark is a literal of a programming language.
    pub(super) literal: bool,
    /// The server has no mark.
    pub(super) bare: bool,
}

pub(super) static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let compiled = |row: &Row| Form {
        name: row.name,
        first: pattern(&format!("^(?:{})", row.first)),
        second: pattern(&format!("^(?:{})", row.second)),
        copy: (!row.copy.is_empty()).then(|| pattern(&format!("^(?:{})", row.copy))),
        named: row.named,
        literal: row.literal,
        bare: row.bare,
    };
    ROWS.iter().map(compiled).collect()
});

/// Where the lines begin in a line that contains several of both sides; empty if it does not.
pub(super) fn marks_within(line: &[u8]) -> Vec<usize> {
    ROWS.iter()
        .filter(|row| !row.bare)
        .map(|row| row_within(row, line))
        .max_by_key(Vec::len)
        .unwrap_or_default()
}

fn row_within(row: &Row, line: &[u8]) -> Vec<usize> {
    let places = |mark: &str| -> Vec<(usize, usize)> {
        let within = pattern(&format!(r"(?:^|[ \t])({mark})"));
        let found = within.captures_iter(line).filter_map(|found| found.get(1));
        found.map(|mark| (mark.start(), mark.end())).collect()
    };
    let fitting = |places: &[(usize, usize)], fits: fn(&[u8]) -> bool| {
        let words = places
            .iter()
            .map(|&(_, end)| unquoted(line[end..].trim_ascii_start()));
        words.filter(|words| fits(words)).count()
    };
    let (first, second) = (places(row.first), places(row.second));
    let replies = fitting(&first, is_reply).max(fitting(&second, is_reply));
    let commands = fitting(&first, starts_with_verb).max(fitting(&second, starts_with_verb));
    if replies < MARKS_MIN || commands < MARKS_MIN {
        return Vec::new();
    }
    let notes = if row.name == "swaks" {
        places(r"===|\*\*\*")
    } else {
        Vec::new()
    };
    let mut starts: Vec<usize> = first
        .into_iter()
        .chain(second)
        .chain(notes)
        .map(|(start, _)| start)
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}
