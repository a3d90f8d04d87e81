//! Messages of other programs, alone or inside a text: the cause and the next step are named.

use ehlo::diagnosis::{self, Situation};
use ehlo::manual::{Condition, Fact, Page, program_errors};

use crate::support::properties::config;

/// Messages, one a row. The columns, separated by a TAB, `-` if empty:
///
/// * `id`
/// * `message`: `\n` between lines, `\\` for a backslash
/// * `headline`: words of the headline
/// * `said`: words that must be said anywhere, separated by `; `
/// * `never`: words that must not be said, separated by `; `
const CORPUS: &str = include_str!("corpus/program_errors.tsv");

struct Case {
    id: &'static str,
    message: String,
    headline: &'static str,
    said: Vec<&'static str>,
    never: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    let rows = CORPUS.lines().filter(|line| !line.starts_with('#'));
    let words = |cell: &'static str| -> Vec<&'static str> {
        cell.split("; ").filter(|words| *words != "-").collect()
    };
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, message, headline, said, never] = cells[..] else {
            panic!("{} columns: {row}", cells.len());
        };
        let message = message.replace("\\\\", "\u{0}").replace("\\n", "\n");
        Case {
            id,
            message: message.replace("\\t", "\t").replace('\u{0}', "\\"),
            headline,
            said: words(said),
            never: words(never),
        }
    })
    .collect()
}

fn explained(text: &str) -> Vec<Page> {
    diagnosis::look_up(&[text]).unwrap_or_default()
}

/// The title and all lines of a page.
fn text_of(page: &Page) -> String {
    let lines = page.sections.iter().flat_map(|section| &section.lines);
    lines.fold(page.title.clone(), |text, line| text + " | " + line)
}

fn contains(text: &str, words: &str) -> bool {
    text.to_lowercase().contains(&words.to_lowercase())
}

/// What is wrong with the explanation of a case in this text.
fn faults(case: &Case, text: &str) -> Option<String> {
    let pages = explained(text);
    let [page] = &pages[..] else {
        return Some(format!("{}: {} pages for {text}", case.id, pages.len()));
    };
    let headline = page.sections[0].lines[0].as_str();
    let all = text_of(page);
    let mut wrong = Vec::new();
    if case.headline != "-" && !contains(headline, case.headline) {
        wrong.push(format!("headline without \"{}\"", case.headline));
    }
    let missing = case.said.iter().filter(|words| !contains(&all, words));
    wrong.extend(missing.map(|words| format!("does not say \"{words}\"")));
    let said = case.never.iter().filter(|words| contains(&all, words));
    wrong.extend(said.map(|words| format!("says \"{words}\"")));
    (!wrong.is_empty()).then(|| format!("{}: {text}\n    {all}\n    {}", case.id, wrong.join("; ")))
}

#[test]
fn names_the_cause_and_the_next_step() {
    let faults: Vec<String> = cases()
        .iter()
        .filter_map(|case| faults(case, &case.message))
        .collect();
    let count = cases().len();
    assert!(
        faults.is_empty(),
        "{} of {count}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn a_message_is_found_in_a_ticket() {
    let dressed = |message: &str| {
        let quoted: String = message.lines().map(|line| format!("> {line}\n")).collect();
        format!("Hello,\n\nsince Monday no mail is sent. The log says:\n\n{quoted}\nThank you")
    };
    let faults: Vec<String> = cases()
        .iter()
        .filter(|case| case.message.len() > 12)
        .filter_map(|case| faults(case, &dressed(&case.message)))
        .collect();
    assert!(
        faults.is_empty(),
        "{}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn the_line_of_the_message_is_named() {
    let lines = [
        "Hello",
        "",
        "Error: read ECONNRESET",
        "    at TCP.onStreamRead",
    ];
    let found = diagnosis::of_lines(lines, &Situation::default());
    assert_eq!(found.map(|error| error.line), Some(2));
    assert_eq!(
        diagnosis::of_message("all is well", &Situation::default()),
        None
    );
}

#[test]
fn what_the_session_knows_fills_the_command() {
    let situation = Situation {
        host: Some("mx.example".to_owned()),
        port: Some(2525),
        ..Situation::default()
    };
    let found = diagnosis::of_message("Connection refused", &situation);
    let commands = found.map(|error| error.explanation.commands);
    assert_eq!(commands, Some(vec!["ehlo mx.example:2525".to_owned()]));
}

/// A pattern of one row may hide another row: then no message reaches it.
#[test]
fn each_row_is_reached_by_the_corpus() {
    let reached: Vec<String> = cases()
        .iter()
        .filter_map(|case| diagnosis::of_message(&case.message, &Situation::default()))
        .map(|error| error.explanation.headline)
        .collect();
    // Some are known only from the dialogue of a log.
    let early = Condition::is(Fact::Early);
    let rows = program_errors().filter(|(_, row)| !row.when.contains(&early));
    let hidden = rows.filter(|(_, row)| !reached.contains(&row.means));
    let hidden: Vec<&str> = hidden.map(|(key, _)| key).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

proptest::proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_read(lines in proptest::collection::vec(".{0,80}", 0..6), pick in 0_usize..1000) {
        let cases = cases();
        let case = &cases[pick % cases.len()];
        let text = format!("{}\n{}", lines.join("\n"), case.message);
        let found = diagnosis::of_message(&text, &Situation::default());
        if let Some(error) = found {
            proptest::prop_assert!(error.line < text.lines().count());
            proptest::prop_assert!(!error.explanation.next.is_empty());
            let plain = |c: char| c.is_ascii_graphic() || c == ' ';
            proptest::prop_assert!(error.explanation.commands.iter().all(|one| one.chars().all(plain)));
        }
    }
}
