//! Refusals of real servers and providers, each in the situation it came in: `corpus/*.tsv`.

use ehlo::diagnosis::{self, Explanation, Greeted, ReplyContext, Situation};
use ehlo::smtp::{Awaited, Capabilities, CommandLine, Keyword, Phase, Verb};

use super::reply;

/// The columns, each separated by a TAB, `-` if empty:
///
/// * `id`
/// * `reply`: `\n` between lines
/// * `line`: what was answered; `.` for the end of a message, `GREETING`; `-` if it is not known
/// * `facts`, separated by `; `: `tls`, `clear`, `logged in`, `port N`, `host NAME`, `lmtp`,
///   `helo`, `offers KEYWORD WORDS`, `nothing offered`, `ready`, `transaction`,
///   `recipient`, `chunks`, `early`, `mail ARGUMENT`
/// * `headline`, `step`: words of the headline and of the first step; `none`: no step
/// * `never`: words that must not be said, separated by `; `
/// * `alone`: `same` if the headline is the same without the line and the facts
pub(super) const CORPUS: [&str; 2] = [
    include_str!("corpus/protocol.tsv"),
    include_str!("corpus/providers.tsv"),
];

struct Case {
    id: &'static str,
    reply: String,
    situation: Situation,
    headline: &'static str,
    step: &'static str,
    never: Vec<&'static str>,
    same_alone: bool,
}

fn cases() -> Vec<Case> {
    let rows = CORPUS.iter().flat_map(|file| file.lines());
    let rows = rows.filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, reply, line, facts, headline, step, never, alone] = cells[..] else {
            panic!("{} columns: {row}", cells.len());
        };
        Case {
            id,
            reply: reply.replace("\\n", "\n"),
            situation: situation(line, facts),
            headline,
            step,
            never: never.split("; ").filter(|words| *words != "-").collect(),
            same_alone: alone == "same",
        }
    })
    .collect()
}

pub(super) fn situation(line: &str, facts: &str) -> Situation {
    let awaited = match line {
        "-" => None,
        "." => Some(Awaited::EndOfData),
        "GREETING" => Some(Awaited::Greeting),
        "*" => Some(Awaited::SaslCancel),
        _ => {
            let line = CommandLine::parse(line).unwrap();
            Some(match line.chunk() {
                Some((_, last)) => Awaited::Chunk { last },
                None => Awaited::Command(line.verb()),
            })
        }
    };
    let is_line = !matches!(line, "-" | "." | "GREETING");
    let mechanism = line
        .strip_prefix("AUTH ")
        .and_then(|rest| rest.split(' ').next());
    let mut situation = Situation {
        line: is_line.then(|| line.to_owned()),
        mechanism: mechanism.map(str::to_owned),
        ..Situation::after(awaited)
    };
    if facts == "-" {
        return situation;
    }
    situation.logged_in = Some(false);
    situation.chunks = Some(false);
    situation.early = Some(false);
    situation.phase = Some(match awaited {
        Some(Awaited::Command(Verb::Rcpt)) => Phase::Transaction {
            accepted: 0,
            refused: 0,
        },
        Some(Awaited::EndOfData) => Phase::Submitted,
        _ => Phase::Ready,
    });
    situation.greeted = Some(Greeted::Ehlo);
    let mut keywords = None;
    for fact in facts.split("; ") {
        let (name, value) = fact.split_once(' ').unwrap_or((fact, ""));
        match (name, value) {
            ("tls", _) => situation.tls = Some(true),
            ("clear", _) => situation.tls = Some(false),
            ("logged", _) => situation.logged_in = Some(true),
            ("port", number) => situation.port = Some(number.parse().unwrap()),
            ("host", host) => situation.host = Some(host.to_owned()),
            ("lmtp", _) => {
                situation.lmtp = Some(true);
                situation.greeted = Some(Greeted::No);
            }
            ("helo", _) => {
                situation.greeted = Some(Greeted::Helo);
            }
            ("offers", keyword) => {
                let (name, parameters) = keyword.split_once(' ').unwrap_or((keyword, ""));
                keywords.get_or_insert_with(Vec::new).push(Keyword {
                    name: name.to_owned(),
                    parameters: parameters.to_owned(),
                });
            }
            ("nothing", _) => keywords = Some(Vec::new()),
            ("ready", _) => situation.phase = Some(Phase::Ready),
            ("transaction", _) => {
                situation.phase = Some(Phase::Transaction {
                    accepted: 0,
                    refused: 0,
                });
            }
            ("recipient", _) => {
                situation.phase = Some(Phase::Transaction {
                    accepted: 1,
                    refused: 0,
                });
            }
            ("chunks", _) => situation.chunks = Some(true),
            ("early", _) => {
                situation.early = Some(true);
                situation.greeted = Some(Greeted::No);
            }
            ("not", "greeted") => situation.greeted = Some(Greeted::No),
            ("mail", argument) => situation.mail = Some(argument.to_owned()),
            _ => panic!("unknown fact: {fact}"),
        }
    }
    situation.capabilities = keywords.map(|keywords| Capabilities {
        server: "mx.example".to_owned(),
        keywords,
        no_keyword: None,
    });
    situation
}

fn explained(case: &Case, situation: &Situation) -> Explanation {
    diagnosis::explain(&ReplyContext {
        reply: &reply(&case.reply),
        situation,
    })
}

/// All that is said, in one line.
fn said(explanation: &Explanation) -> String {
    let steps = explanation.next.iter().map(|step| step.words.as_str());
    let causes = explanation.causes.iter().map(String::as_str);
    let remarks = explanation.remarks.iter().map(String::as_str);
    let all = [explanation.headline.as_str()]
        .into_iter()
        .chain(steps)
        .chain(causes)
        .chain(remarks);
    all.collect::<Vec<_>>().join(" | ")
}

fn contains(text: &str, words: &str) -> bool {
    text.to_lowercase().contains(&words.to_lowercase())
}

#[test]
fn says_what_is_right_in_the_situation() {
    let mut faults = Vec::new();
    for case in cases() {
        let explanation = explained(&case, &case.situation);
        let step = explanation.first_step().unwrap_or("none");
        let all = said(&explanation);
        let mut wrong = Vec::new();
        if !contains(&explanation.headline, case.headline) {
            wrong.push(format!("headline without \"{}\"", case.headline));
        }
        if !contains(step, case.step) {
            wrong.push(format!("first step without \"{}\"", case.step));
        }
        for words in &case.never {
            if contains(&all, words) {
                wrong.push(format!("says \"{words}\""));
            }
        }
        let alone = explained(&case, &Situation::default());
        if case.same_alone && !contains(&alone.headline, case.headline) {
            wrong.push(format!("alone, headline \"{}\"", alone.headline));
        }
        if !wrong.is_empty() {
            faults.push(format!(
                "{}: {}\n      {all}\n      {}",
                case.id,
                case.reply,
                wrong.join("; ")
            ));
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        cases().len(),
        faults.join("\n")
    );
}
