//! Colours by meaning: what the config says reaches the cells of the screen.

use ehlo::config::{Settings, When};
use ehlo::net::{CertificateFault, Verdict};
use ehlo::report::Environment;
use ehlo::tui::Look;
use ratatui::style::{Color, Modifier};

use crate::support::stage::Stage;

/// The look for a config file, in a terminal with colours unless `no_color` is set.
fn look(config: &str, color: When, no_color: bool) -> Look {
    let environment = Environment {
        no_color: no_color.then(|| "1".to_owned()),
        term: Some("xterm-256color".to_owned()),
        locale: Some("C.UTF-8".to_owned()),
    };
    let theme = Settings::parse(config).unwrap().theme;
    Look::decide(color, &theme, When::Auto, &environment)
}

/// The colours and attributes of the first cell of a word on the screen.
fn style_of(stage: &mut Stage, word: &str) -> (Color, Color, Modifier) {
    let terminal = stage.draw(80, 24);
    let buffer = terminal.backend().buffer();
    for y in 0..24 {
        let row: Vec<&str> = (0..80).map(|x| buffer[(x, y)].symbol()).collect();
        let word: Vec<String> = word.chars().map(String::from).collect();
        if let Some(x) = row.windows(word.len()).position(|part| *part == word[..]) {
            let cell = &buffer[(u16::try_from(x).unwrap(), y)];
            return (cell.fg, cell.bg, cell.modifier);
        }
    }
    panic!("{word:?} is not on the screen");
}

const CONFIG: &str = "
[theme]
good = 'bold #010203 on blue'
ghost = 'underlined bright-red'
chip_clear = 'bright-white on magenta'
";

#[test]
fn the_config_replaces_styles_by_meaning() {
    let mut stage = Stage::greeted(look(CONFIG, When::Auto, false));
    let table = [
        // The code of the reply, and not the one in the header.
        ("220 mx", (Color::Rgb(1, 2, 3), Color::Blue, Modifier::BOLD)),
        // The proposal at the prompt.
        (
            "EHLO [192.0.2.7] [Tab]",
            (Color::LightRed, Color::Reset, Modifier::UNDERLINED),
        ),
        // The rest of the header has its colours swapped.
        ("no TLS", (Color::White, Color::Magenta, Modifier::empty())),
        (
            "mx.example.test",
            (Color::Reset, Color::Reset, Modifier::REVERSED),
        ),
    ];
    for (word, style) in table {
        assert_eq!(style_of(&mut stage, word), style, "{word}");
    }
}

#[test]
fn without_colours_the_config_does_not_count() {
    let mut stage = Stage::greeted(look(CONFIG, When::Auto, true));
    let (text, background, _) = style_of(&mut stage, "no TLS");
    assert_eq!((text, background), (Color::Reset, Color::Reset));
    let mut stage = Stage::greeted(look(CONFIG, When::Always, true));
    let (text, background, _) = style_of(&mut stage, "no TLS");
    assert_eq!((text, background), (Color::White, Color::Magenta));
}

#[test]
fn the_header_tells_connections_apart() {
    for theme in ["default", "light", "plain"] {
        let config = format!("theme.name = '{theme}'");
        let chip = |verdict: Option<Verdict>, word| {
            let mut stage = Stage::greeted(look(&config, When::Auto, false));
            if let Some(verdict) = verdict {
                stage.tls(verdict);
            }
            style_of(&mut stage, word)
        };
        let clear = chip(None, "no TLS");
        let verified = chip(Some(Verdict::default()), "TLS1.3");
        let faults = vec![CertificateFault::SelfSigned];
        let trusted_by = None;
        let unverified = chip(Some(Verdict { faults, trusted_by }), "TLS1.3 unverified");
        let differ = clear != verified && verified != unverified && unverified != clear;
        assert!(differ, "{theme}: {clear:?} {verified:?} {unverified:?}");
    }
}

/// The words of a typed command by their meaning, each told apart without colours too.
#[test]
fn the_prompt_shows_the_grammar_of_the_line() {
    for theme in ["default", "light", "plain"] {
        let config = format!("theme.name = '{theme}'");
        let mut stage = Stage::greeted(look(&config, When::Auto, false));
        stage.client("EHLO vm.example.net");
        stage.server(b"250-mx.example.test\r\n250 SIZE 33554432\r\n");
        stage.type_text("MAIL FROM:<日本@b.example> SIZE=77 RET=FULL x");
        let verb = style_of(&mut stage, "MAIL FROM:<");
        let address = style_of(&mut stage, "b.example> SIZE=77");
        let offered = style_of(&mut stage, "SIZE=77 ");
        let unoffered = style_of(&mut stage, "RET=FULL x");
        assert_ne!(verb, address, "{theme}");
        assert_ne!(verb, offered, "{theme}");
        assert_ne!(offered, unoffered, "{theme}");
        let is_fault = |style: (Color, Color, Modifier)| style.2.contains(Modifier::UNDERLINED);
        assert!(is_fault(unoffered) && !is_fault(offered), "{theme}");
    }
}

#[test]
fn a_hidden_secret_has_no_style_of_a_word() {
    let mut stage = Stage::greeted(look("", When::Auto, false));
    stage.client("EHLO vm.example.net");
    stage.server(b"250-mx.example.test\r\n250 AUTH PLAIN LOGIN\r\n");
    stage.type_text("AUTH PLAIN AGEAYg==");
    let (color, ..) = style_of(&mut stage, "PLAIN ••••••••");
    assert_eq!(color, Color::Green);
    let hidden = style_of(&mut stage, "••••••••");
    assert_eq!(hidden, (Color::Reset, Color::Reset, Modifier::empty()));
}

/// In the message editor, the gutter of a line without a fault has no colour.
#[test]
fn only_the_gutter_of_a_marked_line_is_marked() {
    let mut stage = Stage::greeted(look("", When::Auto, false));
    for line in [
        "HELO vm",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<c@d.example>",
    ] {
        stage.client(line);
        stage.server(b"250 ok\r\n");
    }
    stage.client("DATA");
    stage.server(b"354 go\r\n");
    stage.client("plain");
    stage.type_text("ü");
    let plain = (Color::Reset, Color::Reset, Modifier::empty());
    assert_eq!(style_of(&mut stage, "     | plain"), plain);
    assert_eq!(style_of(&mut stage, "  8b | ü"), plain);
    let (_, background, _) = style_of(&mut stage, "8b | ü");
    assert_eq!(background, Color::Yellow);
}
