//! Diagnosis: what is said about replies, in the situation they came in.

mod corpus;
mod explanations;
mod program_errors;
mod properties;
mod replies;
mod sessions;

use ehlo::diagnosis::{self, Explanation, ReplyContext, Situation};
use ehlo::smtp::line::{Ending, Line};
use ehlo::smtp::reply::ReplyReader;
use ehlo::smtp::{Awaited, Reply, Verb};

/// Parses a reply from its lines.
fn reply(lines: &str) -> Reply {
    let mut reader = ReplyReader::default();
    let mut lines = lines.lines().map(|line| Line {
        bytes: line.as_bytes().to_vec(),
        ending: Ending::CrLf,
    });
    let complete = lines.find_map(|line| reader.push(&line).reply);
    complete.expect("the lines form a reply")
}

fn explained(host: &str, awaited: Option<Awaited>, lines: &str) -> Explanation {
    let host = Some(host).filter(|host| !host.is_empty());
    explained_in(
        &Situation {
            host: host.map(str::to_owned),
            ..Situation::after(awaited)
        },
        lines,
    )
}

fn explained_in(situation: &Situation, lines: &str) -> Explanation {
    diagnosis::explain(&ReplyContext {
        reply: &reply(lines),
        situation,
    })
}

/// The page of an explanation as text.
fn page_text(explanation: &Explanation) -> String {
    let page = explanation.page();
    let lines = page.sections.iter().flat_map(|section| &section.lines);
    lines.fold(page.title.clone(), |text, line| text + "\n" + line)
}

const GREETING: Option<Awaited> = Some(Awaited::Greeting);
const DOT: Option<Awaited> = Some(Awaited::EndOfData);
const ANSWER: Option<Awaited> = Some(Awaited::SaslResponse);
const AUTH: Option<Awaited> = Some(Awaited::Command(Verb::Auth));
const EHLO_SENT: Option<Awaited> = Some(Awaited::Command(Verb::Ehlo));
const MAIL: Option<Awaited> = Some(Awaited::Command(Verb::Mail));
const RCPT: Option<Awaited> = Some(Awaited::Command(Verb::Rcpt));
const DATA: Option<Awaited> = Some(Awaited::Command(Verb::Data));
const STARTTLS: Option<Awaited> = Some(Awaited::Command(Verb::StartTls));
