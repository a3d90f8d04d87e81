//! The manual as its readers have it.

mod assets;
mod explanations;
mod replies;
mod topics;

use ehlo::manual::{self, Explanation, Situation};
use ehlo::smtp::line::{Ending, Line};
use ehlo::smtp::reply::ReplyReader;
use ehlo::smtp::{Asked, Reply, Verb};

/// A reply as a server sends it.
fn reply(lines: &str) -> Reply {
    let mut reader = ReplyReader::default();
    let mut lines = lines.lines().map(|line| Line {
        bytes: line.as_bytes().to_vec(),
        ending: Ending::CrLf,
    });
    let complete = lines.find_map(|line| reader.push(&line).reply);
    complete.expect("the lines make a reply")
}

fn explained(host: &str, asked: Option<Asked>, lines: &str) -> Explanation {
    let reply = reply(lines);
    manual::explain(&Situation {
        reply: &reply,
        asked,
        host: Some(host).filter(|host| !host.is_empty()),
        standing: None,
    })
}

/// All that an explanation says, a line each.
fn told(explanation: &Explanation) -> String {
    let page = explanation.page();
    let lines = page.sections.iter().flat_map(|section| &section.lines);
    lines.fold(page.title.clone(), |told, line| told + "\n" + line)
}

const GREETING: Option<Asked> = Some(Asked::Greeting);
const DOT: Option<Asked> = Some(Asked::EndOfData);
const ANSWER: Option<Asked> = Some(Asked::SaslAnswer);
const AUTH: Option<Asked> = Some(Asked::Command(Verb::Auth));
const EHLO_SENT: Option<Asked> = Some(Asked::Command(Verb::Ehlo));
const MAIL: Option<Asked> = Some(Asked::Command(Verb::Mail));
const RCPT: Option<Asked> = Some(Asked::Command(Verb::Rcpt));
const DATA: Option<Asked> = Some(Asked::Command(Verb::Data));
const STARTTLS: Option<Asked> = Some(Asked::Command(Verb::StartTls));
