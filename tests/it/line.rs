//! Assistance for the typed line: the rows of `tests/line/*.txt` (see the README there). With
//! `INSTA_UPDATE=always`, the files are overwritten with the actual results, for review.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ehlo::manual;
use ehlo::smtp::line::{COMMAND_LINE_LIMIT, Ending};
use ehlo::smtp::lint::verb::UNTRACKED_VERBS;
use ehlo::smtp::parameter::{self, PARAMETERS, ValueSyntax};
use ehlo::smtp::{
    Awaited, Capabilities, CapabilityState, Keyword, Link, LintContext, ParsedCommand, Phase, Sent,
    SentKind, SessionStatus, Verb,
};
use ehlo::tui::{Assist, Completion, Context, Seen, candidates, complete};
use proptest::prelude::*;

/// The context of the rows of a file.
struct Situation {
    status: SessionStatus,
    seen: Seen,
    history: Vec<String>,
    port: u16,
    name: String,
}

impl Situation {
    fn parse(text: &str) -> Self {
        let mut situation = Self {
            status: SessionStatus::default(),
            seen: Seen::default(),
            history: Vec::new(),
            port: 587,
            name: "vm.example.net".to_owned(),
        };
        for item in text.split(", ").filter(|item| !item.is_empty()) {
            situation.apply(item);
        }
        situation
    }

    fn apply(&mut self, item: &str) {
        let (word, rest) = item.split_once(' ').unwrap_or((item, ""));
        let status = &mut self.status;
        let count = || rest.parse().unwrap();
        match word {
            "offline" => status.phase = Phase::Offline,
            "greeting" => {
                status.phase = Phase::Greeting;
                status.waiting = Some((Awaited::Greeting, Instant::now()));
            }
            "greeted" => status.phase = Phase::Greeted,
            "forgotten" => status.capabilities.now = CapabilityState::Discarded,
            "ready" => status.phase = Phase::Ready,
            "helo" => status.capabilities.now = CapabilityState::Helo,
            "mail" => {
                status.phase = Phase::Transaction {
                    accepted: 0,
                    refused: 0,
                }
            }
            "rcpt" => {
                status.phase = Phase::Transaction {
                    accepted: count(),
                    refused: 0,
                }
            }
            "message" => status.phase = Phase::Message,
            "exchange" => {
                status.phase = Phase::Exchange;
                status.secret_lines = true;
            }
            "chunk" => status.chunk_left = 100,
            "closing" => status.phase = Phase::Closing,
            "begun" => status.in_reply = true,
            "lmtp" => status.lmtp = true,
            "refused-name" => self.seen.refused_names.push(rest.to_owned()),
            "waiting" if rest == "GREETING" => {
                status.waiting = Some((Awaited::Greeting, Instant::now()));
            }
            "waiting" => {
                status.waiting = Some((Awaited::Command(Verb::parse(rest)), Instant::now()));
            }
            "tls" => status.link = Link::Verified,
            "auth" => status.authenticated = true,
            "offers" => {
                let keywords = rest.split("; ").map(|keyword| {
                    let (name, parameters) = keyword.split_once(' ').unwrap_or((keyword, ""));
                    Keyword {
                        name: name.to_owned(),
                        parameters: parameters.to_owned(),
                    }
                });
                status.capabilities.now = CapabilityState::Known(Arc::new(Capabilities {
                    server: "mx.example.test".to_owned(),
                    keywords: keywords
                        .filter(|keyword| !keyword.name.is_empty())
                        .collect(),
                    no_keyword: None,
                }));
            }
            "port" => self.port = rest.parse().unwrap(),
            "name" => rest.clone_into(&mut self.name),
            "sent" => self.seen.sent(&Sent {
                request: None,
                visible: rest.as_bytes().into(),
                secret: None,
                kind: SentKind::Command,
                annotation: None,
                ending: Ending::CrLf,
                out_of_order: false,
            }),
            "history" => self.history.push(rest.to_owned()),
            "delivered" => self.seen.delivered = true,
            "refused" => {
                self.seen.refused = Some(Verb::parse(rest));
                self.seen.starttls_refused = rest == "STARTTLS";
            }
            "login" => self.seen.login = Some(rest.to_owned()),
            _ => panic!("unknown item in a context: {item}"),
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            lint: LintContext {
                status: &self.status,
                port: self.port,
                name: &self.name,
                mail: &self.seen.mail,
                refused: self.seen.refused,
                refused_names: &self.seen.refused_names,
            },
            seen: &self.seen,
            history: &self.history,
        }
    }

    /// The result for a row: `> line|` or `? line|`.
    fn result(&self, row: &str) -> String {
        let text = &row[2..];
        let cursor = text.find('|').unwrap_or_else(|| panic!("no cursor: {row}"));
        // `{x500}` stands for 500 letters.
        let text = match text.split_once("{x") {
            Some((before, after)) => {
                let (count, after) = after.split_once('}').unwrap();
                format!("{before}{}{after}", "x".repeat(count.parse().unwrap()))
            }
            None => text.to_owned(),
        };
        let cursor = if text.contains("xxxxxx") {
            text.find('|').unwrap()
        } else {
            cursor
        };
        let text = text.replacen('|', "", 1);
        let context = self.context();
        if row.starts_with('?') {
            return self.list(&text, cursor);
        }
        let assist = Assist::of(&text, cursor, &context);
        let mut answer = String::new();
        if assist.login && !assist.ghost.is_empty() {
            writeln!(answer, "ghost: {}", assist.ghost).unwrap();
        } else if !assist.ghost.is_empty() {
            let edit = complete(&text, cursor, &context);
            let Completion::Edit(fix) = &edit else {
                panic!("{row}: Tab does not insert the ghost but {edit:?}");
            };
            assert_eq!(fix.apply(&text), format!("{text}{}", assist.ghost), "{row}");
            writeln!(answer, "ghost: {}", assist.ghost).unwrap();
        }
        if text.is_empty() {
            // What is proposed is not refused as it stands.
            let proposed = Assist::of(&assist.ghost, assist.ghost.len(), &context);
            let is_refused = |words: &str| words.contains("expect");
            let mut findings = proposed.diagnostics.iter();
            assert!(
                !findings.any(|finding| is_refused(&finding.lint.to_string())),
                "{row}: {proposed:?}"
            );
            assert_eq!(proposed.unfinished, None, "{row}");
            assert!(!assist.ghost.ends_with([' ', '<']), "{row}");
        }
        if assist.login {
            let done = complete(&text, cursor, &context);
            assert!(matches!(done, Completion::Login(_)), "{row}: {done:?}");
            answer.push_str("tab: a login\n");
        }
        if let Some(part) = assist.grammar.current.map(|at| &assist.grammar.parts[at]) {
            writeln!(answer, "mark: {}", part.form).unwrap();
        }
        for finding in &assist.diagnostics {
            assert!(
                text.get(finding.span.clone()).is_some(),
                "{row}: {finding:?}"
            );
            let mark = format!("{:?}", finding.lint.severity());
            let mark = if mark == "Warning" { "!!" } else { "--" };
            writeln!(answer, "{mark} {}", finding.lint).unwrap();
        }
        if let Some(words) = &assist.unfinished {
            writeln!(answer, "unfinished: {words}").unwrap();
        }
        if let Some(fix) = assist.fix() {
            writeln!(answer, "fix: {}", fix.apply(&text)).unwrap();
        }
        answer
    }

    fn list(&self, text: &str, cursor: usize) -> String {
        let mut answer = String::new();
        for one in candidates(&ParsedCommand::parse(text), cursor, &self.context()) {
            match &one.refused_because {
                None => writeln!(answer, "+ {}", one.name).unwrap(),
                Some(reason) => writeln!(answer, "- {:<14} {reason}", one.name).unwrap(),
            }
        }
        answer
    }
}

/// A file with the actual result for each row, and the number of rows.
fn with_results(text: &str) -> (String, usize) {
    let mut situation = Situation::parse("");
    let (mut output, mut rows) = (String::new(), 0);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        writeln!(output, "{line}").unwrap();
        if let Some(context) = line.strip_prefix("context: ") {
            situation = Situation::parse(context);
        } else if line.starts_with("> ") || line.starts_with("? ") {
            rows += 1;
            output.push_str(&situation.result(line));
            while lines.peek().is_some_and(|line| !line.is_empty()) {
                lines.next();
            }
        }
    }
    (output, rows)
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/line");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_row_gets_the_expected_assistance() {
    let (mut stale, mut count, mut typed) = (String::new(), 0, String::new());
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let (output, rows) = with_results(&text);
        count += rows;
        typed.push_str(&text.to_ascii_uppercase());
        if output == text {
            continue;
        }
        if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
            fs::write(&path, output).unwrap();
            continue;
        }
        // Reports a row with its whole expected and actual result.
        let blocks = |text: &str| text.split("\n\n").map(str::to_owned).collect::<Vec<_>>();
        for (expected, actual) in blocks(&text).iter().zip(blocks(&output)) {
            if *expected != actual {
                writeln!(
                    stale,
                    "{}\nexpected:\n{expected}\nactual:\n{actual}\n",
                    path.display()
                )
                .unwrap();
            }
        }
    }
    assert!(stale.is_empty(), "{stale}");
    assert!(count >= 150, "only {count} rows");
    for (verb, _) in manual::commands() {
        assert!(
            typed.contains(&format!("\n> {verb}")),
            "no row types {verb}"
        );
    }
}

/// The lints have the rules of verbs and parameters, the manual has their texts. Both must have the
/// same entries.
#[test]
fn the_lints_and_the_manual_have_the_same_entries() {
    let mut words: Vec<&str> = manual::commands().map(|(name, _)| name).collect();
    let mut verbs: Vec<&str> = Verb::names()
        .chain(UNTRACKED_VERBS.iter().copied())
        .collect();
    words.sort_unstable();
    verbs.sort_unstable();
    assert_eq!(verbs, words);

    let mut names: Vec<&str> = manual::parameters().map(|(name, _)| name).collect();
    let mut known: Vec<&str> = PARAMETERS.iter().map(|one| one.name).collect();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, names);
    for one in PARAMETERS {
        let words = manual::parameter(one.name).unwrap();
        let on: Vec<&str> = one.on.iter().map(|verb| verb.name()).collect();
        assert_eq!(on, words.on, "{}", one.name);
        assert_eq!(one.extensions, words.extensions, "{}", one.name);
        assert_eq!(
            one.value != ValueSyntax::Forbidden,
            words.form.contains('='),
            "{}",
            one.name
        );
        for word in one.allowed_words() {
            assert!(words.values.iter().any(|other| other == word), "{word}");
        }
    }

    for (keyword, extension) in manual::extensions() {
        let offered = Capabilities {
            server: String::new(),
            keywords: vec![Keyword {
                name: keyword.to_owned(),
                parameters: String::new(),
            }],
            no_keyword: None,
        };
        for verb in [Verb::Mail, Verb::Rcpt] {
            let grown = parameter::line_limit(verb, Some(&offered)) - COMMAND_LINE_LIMIT;
            let told = extension.growth.get(verb.name()).copied().unwrap_or(0);
            assert_eq!(grown, usize::from(told), "{keyword} {verb}");
        }
    }
}

proptest! {
    /// For any line and cursor, findings lie within the line and edits can be applied.
    #[test]
    fn assistance_fits_any_line(
        text in "(MAIL FROM:|RCPT TO:|AUTH |AUTH PLAIN |EHLO |BDAT |VRFY |QUIT|mail |AUTH=|)([A-Za-z0-9<>@:=;,.\"\\\\ \t\u{b}\u{a0}\u{e9}-]|SIZE=|NOTIFY=|<a@b>){0,12}",
        context in prop::sample::select(vec![
            "greeted",
            "ready, offers SIZE 10; AUTH PLAIN LOGIN; DSN; SMTPUTF8",
            "ready, tls, login a@b.example, offers AUTH SCRAM-SHA-1; CHUNKING",
            "mail, sent MAIL FROM:<c@d.example>, offers SMTPUTF8",
            "rcpt 1, helo",
        ]),
    ) {
        let situation = Situation::parse(context);
        let context = situation.context();
        let cursors = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        for cursor in cursors {
            let assist = Assist::of(&text, cursor, &context);
            for finding in &assist.diagnostics {
                prop_assert!(text.get(finding.span.clone()).is_some());
                if let Some(fix) = &finding.fix {
                    prop_assert_ne!(fix.apply(&text), text.clone(), "{:?}", finding);
                }
            }
            prop_assert!(assist.grammar.current.is_none_or(|at| at < assist.grammar.parts.len()));
            for one in candidates(&ParsedCommand::parse(&text), cursor, &context) {
                one.edit.apply(&text);
            }
            match complete(&text, cursor, &context) {
                Completion::Edit(edit) => prop_assert_ne!(edit.apply(&text), text.clone()),
                Completion::Login(_) => prop_assert!(assist.login),
                _ => prop_assert_eq!(&assist.ghost, ""),
            }
        }
    }
}

/// Advice must not be cut off at the end of the line.
#[test]
fn advice_fits_a_line() {
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let advice = text
            .lines()
            .filter(|line| line.starts_with("!! ") || line.starts_with("-- "));
        for line in advice.filter(|line| !line.contains("Offered: ")) {
            assert!(line.len() <= 76, "{}: {line}", line.len());
        }
    }
}
