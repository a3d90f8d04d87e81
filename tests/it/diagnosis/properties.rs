//! What holds for every reply of the corpus in every situation, and for every step of the assets.

use ehlo::diagnosis::{self, Greeted, ReplyContext, Situation};
use ehlo::manual::{self, Advice, StepAction};
use ehlo::smtp::{Capabilities, Keyword, Phase};

use super::corpus::{CORPUS, situation};
use super::reply;

/// What a step may name as the thing to send.
const NAMED: [&str; 11] = [
    "STARTTLS", "SMTPUTF8", "EHLO", "HELO", "LHLO", "AUTH", "log in", "MAIL", "RCPT", "DATA",
    "RSET",
];
/// Words that name one of these, but not as the thing to send.
const NOT_SENT: [&str; 8] = [
    "log in with a browser",
    "where users log in",
    "465 to log in",
    "SMTP AUTH",
    "look for AUTH",
    "removes STARTTLS",
    "EHLO reply",
    "AUTH line",
];

/// What a step tells to send or to do, in order: `STARTTLS`, `AUTH`, `log in`.
fn named(words: &str) -> Vec<&'static str> {
    let words = NOT_SENT
        .iter()
        .fold(words.to_owned(), |text, other| text.replace(other, ""));
    let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let place = |name: &str| {
        words.find(name).filter(|at| {
            let (before, after) = (&words[..*at], &words[at + name.len()..]);
            !is_inside(before.chars().next_back()) && !is_inside(after.chars().next())
        })
    };
    let found = NAMED
        .into_iter()
        .filter_map(|name| Some((place(name)?, name)));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

fn says_login(words: &str) -> bool {
    named(words)
        .iter()
        .any(|name| ["AUTH", "log in"].contains(name))
}

fn says_starttls(words: &str) -> bool {
    named(words).contains(&"STARTTLS")
}

/// Each combination of TLS, phase, offered keywords and login.
fn situations() -> Vec<Situation> {
    let phases = [
        (Greeted::No, Phase::Greeted),
        (Greeted::Ehlo, Phase::Ready),
        (
            Greeted::Ehlo,
            Phase::Transaction {
                accepted: 1,
                refused: 0,
            },
        ),
    ];
    let offers: [&[&str]; 4] = [
        &[],
        &["STARTTLS"],
        &["AUTH PLAIN LOGIN"],
        &["STARTTLS", "AUTH PLAIN LOGIN XOAUTH2", "SIZE", "SMTPUTF8"],
    ];
    let mut all = Vec::new();
    for tls in [false, true] {
        for logged_in in [false, true] {
            // AUTH comes after EHLO.
            let possible = |greeted: &Greeted| !logged_in || *greeted != Greeted::No;
            for (greeted, phase) in phases.into_iter().filter(|(greeted, _)| possible(greeted)) {
                for offered in offers {
                    let keywords = offered.iter().map(|keyword| {
                        let (name, parameters) = keyword.split_once(' ').unwrap_or((keyword, ""));
                        Keyword {
                            name: name.to_owned(),
                            parameters: parameters.to_owned(),
                        }
                    });
                    all.push(Situation {
                        tls: Some(tls),
                        logged_in: Some(logged_in),
                        greeted: Some(greeted),
                        phase: Some(phase),
                        capabilities: Some(Capabilities {
                            server: "mx.example".to_owned(),
                            keywords: keywords.collect(),
                            no_keyword: None,
                        }),
                        ..Situation::default()
                    });
                }
            }
        }
    }
    all
}

#[test]
fn no_step_is_done_or_impossible_in_any_situation() {
    let mut faults = Vec::new();
    let rows = CORPUS.iter().flat_map(|file| file.lines());
    for row in rows.filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, lines, line, ..] = cells[..] else {
            panic!("{row}");
        };
        let reply = reply(&lines.replace("\\n", "\n"));
        let answered = situation(line, "-");
        for state in situations() {
            let state = Situation {
                awaited: answered.awaited,
                line: answered.line.clone(),
                mechanism: answered.mechanism.clone(),
                ..state
            };
            let explanation = diagnosis::explain(&ReplyContext {
                reply: &reply,
                situation: &state,
            });
            let is_open = matches!(state.phase, Some(Phase::Transaction { .. }));
            let answers_mail = state.awaited == super::MAIL;
            for step in &explanation.next {
                let again = state.tls == Some(true) && says_starttls(&step.words)
                    || state.logged_in == Some(true) && says_login(&step.words);
                // RFC 4954 section 4, RFC 3207 section 4.2, RFC 5321 section 4.1.4.
                let first = named(&step.words).first().copied();
                let too_late = is_open
                    && (matches!(first, Some("AUTH" | "log in" | "STARTTLS"))
                        || step.words.starts_with("send MAIL"));
                let elsewhere = step.words.contains("connect") || answers_mail;
                if again || too_late && !elsewhere {
                    faults.push(format!("{id}: {}", step.words));
                }
            }
        }
    }
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A text that says the cause by itself keeps its headline, whatever the line or the session looks like,
/// unless the row says that the session decides.
#[test]
fn a_clear_text_is_not_hidden_by_the_session() {
    let lines = [
        "RCPT TO: <b@example.org>",
        "RCPT TO:b@example.org",
        "EHLO web1",
        "EHLO web_1",
    ];
    let facts = [
        "clear; nothing offered",
        "clear; helo",
        "clear; early",
        "clear; not greeted",
        "clear; logged in; offers AUTH PLAIN; recipient",
    ];
    let mut faults = Vec::new();
    let rows = include_str!("corpus/providers.tsv").lines();
    for row in rows.filter(|row| !row.starts_with('#')) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, text, answered, _, headline, .., "same"] = cells[..] else {
            continue;
        };
        // Only what answers the address or the greeting can come after these lines.
        if !answered.starts_with("RCPT") && answered != "GREETING" {
            continue;
        }
        let reply = reply(&text.replace("\\n", "\n"));
        for line in lines {
            for facts in facts {
                let explanation = diagnosis::explain(&ReplyContext {
                    reply: &reply,
                    situation: &situation(line, facts),
                });
                let said = explanation.headline.to_lowercase();
                if !said.contains(&headline.to_lowercase()) {
                    faults.push(format!("{id}: {line}, {facts}: {}", explanation.headline));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// All steps after a refusal, each with the row that has it.
fn steps() -> Vec<(String, &'static Advice)> {
    let of_rules = manual::providers()
        .flat_map(|(key, provider)| provider.replies.iter().map(move |rule| (key, rule)))
        .chain(manual::symptoms())
        .flat_map(|(key, rule)| rule.next.iter().map(move |step| (key.to_owned(), step)));
    let of_enhanced = manual::enhanced_codes()
        .flat_map(|(key, row)| row.next.iter().map(move |step| (key.to_owned(), step)));
    let refusals = manual::reply_codes().filter(|(key, _)| key.starts_with(['4', '5']));
    let of_codes = refusals.flat_map(|(key, row)| {
        let after = row.on.iter().flat_map(move |(verb, meaning)| {
            let name = format!("{key} after {verb}");
            meaning.next.iter().map(move |step| (name.clone(), step))
        });
        let any = row.next.iter().map(move |step| (key.to_owned(), step));
        any.chain(after)
    });
    of_rules.chain(of_enhanced).chain(of_codes).collect()
}

/// Without an action, a step could not be left out where it is done or impossible.
#[test]
fn steps_that_name_a_command_have_an_action() {
    let mut faults = Vec::new();
    for (row, step) in steps() {
        let when = |text: &str| step.when.iter().any(|one| one.to_string() == text);
        let is_login = matches!(step.action, Some(StepAction::Login | StepAction::Oauth));
        let has_its_action = match named(&step.words).first() {
            None => true,
            Some(&"STARTTLS") => step.action == Some(StepAction::Starttls) || when("not tls"),
            Some(&("AUTH" | "log in")) => is_login || when("not logged in"),
            Some(_) => step.action.is_some(),
        };
        if !has_its_action {
            faults.push(format!("{row}: {}", step.words));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_step_names_what_it_tells_to_send() {
    let table: [(&str, &[&str]); 6] = [
        ("send STARTTLS and EHLO", &["STARTTLS", "EHLO"]),
        (
            "log in (AUTH), then send MAIL again",
            &["log in", "AUTH", "MAIL"],
        ),
        ("ask the admin to enable SMTP AUTH", &[]),
        ("the limit is SIZE in the EHLO reply", &[]),
        ("log in with a browser; then log in here", &["log in"]),
        ("write from the address that is subscribed", &[]),
    ];
    for (words, expected) in table {
        assert_eq!(named(words), expected, "{words}");
    }
}
