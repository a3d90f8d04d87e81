//! A long reply to EHLO is folded while the sidebar shows its lines, and nothing of it is lost.

use crossterm::event::KeyCode;
use ehlo::tui::{Look, Preferences};

use crate::mouse::click;
use crate::support::stage::Stage;

const LONG: &[u8] =
    b"250-mx.example.test\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-DSN\r\n250-VRFY\r\n250 HELP\r\n";
const FOLDED: &str = "250-mx.example.test  (+5 lines: Enter or z opens)";

/// A session on a wide screen with two long replies to EHLO.
fn twice() -> Stage {
    let mut stage = Stage::greeted(Look::default());
    stage.screen(120, 36);
    ehlo(&mut stage);
    ehlo(&mut stage);
    stage
}

fn ehlo(stage: &mut Stage) {
    stage.client("EHLO vm.example.net");
    stage.server(LONG);
}

/// How often a text is on a wide screen.
fn count(stage: &mut Stage, text: &str) -> usize {
    stage.screen(120, 36).matches(text).count()
}

#[test]
fn the_first_stays_open_and_the_others_fold_beside_the_sidebar() {
    let mut stage = twice();
    assert_eq!(count(&mut stage, "250-SIZE 1000"), 1);
    assert_eq!(count(&mut stage, FOLDED), 1);
    // Without a sidebar nothing is folded.
    let narrow = stage.screen(99, 36);
    assert_eq!(narrow.matches("250-SIZE 1000").count(), 2);
    assert!(!narrow.contains("opens)"));
    assert_eq!(count(&mut stage, FOLDED), 1);
}

#[test]
fn keys_clicks_and_a_search_open_it() {
    let opened = |mut stage: Stage, how: &str| {
        assert_eq!(count(&mut stage, "250-8BITMIME"), 2, "{how}");
        assert_eq!(count(&mut stage, "opens)"), 0, "{how}");
    };
    for keys in ["\n", "z"] {
        let mut stage = twice();
        stage.key(KeyCode::Esc);
        stage.press(keys);
        opened(stage, keys);
    }
    let mut stage = twice();
    click(&mut stage, "(+5 lines");
    opened(stage, "click");
    let mut stage = twice();
    stage.press("/8BITMIME\n");
    opened(stage, "search");
}

#[test]
fn what_is_copied_has_every_line() {
    let mut stage = twice();
    stage.menu("ys");
    let copied = String::from_utf8(stage.clipboard.clone()).unwrap();
    assert_eq!(copied.matches("250-8BITMIME").count(), 2);
    stage.key(KeyCode::Esc);
    stage.menu("yr");
    assert_eq!(
        stage.clipboard,
        LONG.strip_suffix(b"\r\n")
            .map(|all| {
                String::from_utf8_lossy(all)
                    .replace("\r\n", "\n")
                    .into_bytes()
            })
            .unwrap()
    );
}

#[test]
fn refusals_short_replies_and_unusual_lines_stay_open() {
    let five = b"550-a\r\n550-b\r\n550-c\r\n550-d\r\n550-e\r\n550 f\r\n";
    let short = b"250-mx.example.test\r\n250-A\r\n250-B\r\n250 C\r\n";
    let unusual = b"250-mx.example.test\r\n250-A\n250-B\r\n250-C\r\n250-D\r\n250 E\r\n";
    let help = b"214-a\r\n214-b\r\n214-c\r\n214-d\r\n214-e\r\n214 f\r\n";
    for (line, reply) in [
        ("EHLO x", &five[..]),
        ("EHLO x", short),
        ("EHLO x", unusual),
        ("HELP", help),
    ] {
        let mut stage = Stage::greeted(Look::default());
        stage.screen(120, 36);
        ehlo(&mut stage);
        stage.client(line);
        stage.server(reply);
        stage.hides("opens)");
    }
}

#[test]
fn the_config_turns_it_off() {
    let mut stage = Stage::greeted(Look::default());
    let preferences = Preferences {
        fold: false,
        ..Preferences::default()
    };
    stage.model.session.transcript = preferences.transcript();
    stage.screen(120, 36);
    ehlo(&mut stage);
    ehlo(&mut stage);
    assert_eq!(count(&mut stage, "250-SIZE 1000"), 2);
}
