//! The list of sessions: what its rows show at each width, and that it follows what is deleted.

use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::KeyCode;
use ehlo::record::kept::{KeptSession, KeptState};
use ehlo::smtp::Code;
use ehlo::tui::{Look, SessionMessage};

use crate::support::stage::Stage;

fn kept(target: &str) -> KeptSession {
    KeptSession {
        path: PathBuf::from(format!("/{target}.jsonl")),
        target: target.to_owned(),
        started: "2026-03-04T05:06:07Z".parse().ok(),
        duration: Some(Duration::from_secs(12)),
        last_code: Some(Code::new(550)),
        octets: 100,
        state: KeptState::Interrupted { offered: false },
    }
}

/// A console whose list shows these kept sessions.
fn listing(targets: &[&str]) -> Stage {
    let mut stage = Stage::greeted(Look::default());
    list(&mut stage, Some(""), targets);
    stage
}

fn list(stage: &mut Stage, words: Option<&str>, targets: &[&str]) {
    let kept = targets.iter().map(|target| kept(target)).collect();
    let words = words.map(str::to_owned);
    stage.tell(SessionMessage::Kept(words, Ok(kept)));
}

#[test]
fn a_deleted_session_leaves_the_list_although_something_is_over_it() {
    let mut stage = listing(&["one.example:25", "two.example:25"]);
    stage.key(KeyCode::F(1));
    stage.shows("help: sessions");
    list(&mut stage, None, &["two.example:25"]);
    stage.key(KeyCode::Esc);
    stage.shows("two.example:25");
    stage.hides("one.example:25");
}

#[test]
fn a_closed_list_does_not_come_back() {
    let mut stage = listing(&["one.example:25"]);
    stage.key(KeyCode::Esc);
    list(&mut stage, None, &["one.example:25"]);
    stage.hides("one.example:25");
}

#[test]
fn the_code_is_shown_at_every_width() {
    let mut stage = listing(&["a-rather-long-name.mx.example.test:587"]);
    for (columns, rows, row) in [
        (
            120,
            36,
            "2026-03-04 05:06  a-rather-long-name.mx.example.t\u{2026} 550    12 s interrupted",
        ),
        (
            80,
            24,
            "2026-03-04 05:06  a-rather-long-name.mx.example.t\u{2026} 550    12 s interr",
        ),
        (40, 12, "03-04 05:06 a-rather-long-nam\u{2026} 550"),
    ] {
        let screen = stage.screen(columns, rows);
        assert!(screen.contains(row), "{row}:\n{screen}");
    }
}

#[test]
fn the_frame_says_how_many_rows_are_not_shown() {
    let targets: Vec<String> = (1..=30).map(|at| format!("mx{at}.example:25")).collect();
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut stage = listing(&targets);
    // The open session has a row, too.
    let screen = stage.screen(40, 12);
    assert!(screen.contains("23 more \u{2193}"), "{screen}");
    stage.key(KeyCode::End);
    let screen = stage.screen(40, 12);
    assert!(
        screen.contains("23 more \u{2191}") && !screen.contains('\u{2193}'),
        "{screen}"
    );
}
