use super::*;
use crate::config::Settings;

/// The contrast of text (WCAG 2.1, success criterion 1.4.3).
const BODY: f64 = 4.5;
/// The contrast of what is no running text: times, marks, frames, what is only proposed.
const BESIDE: f64 = 3.0;

type Rgb = (u8, u8, u8);

/// The sixteen colours of xterm.
const XTERM: [Rgb; 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// The colours of text and background where no style sets them.
#[derive(Clone, Copy)]
struct Ground {
    text: Rgb,
    background: Rgb,
}

const DARK: Ground = Ground {
    text: XTERM[7],
    background: XTERM[0],
};
const WHITE: Ground = Ground {
    text: XTERM[0],
    background: XTERM[15],
};

fn rgb(color: Color) -> Rgb {
    if let Some(number) = TERMINAL.iter().position(|one| *one == color) {
        return XTERM[number];
    }
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match color {
        Color::Indexed(number @ 16..=231) => {
            let cube = number - 16;
            (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        Color::Indexed(number @ 232..) => {
            let gray = 8 + 10 * (number - 232);
            (gray, gray, gray)
        }
        Color::Rgb(red, green, blue) => (red, green, blue),
        other => panic!("no RGB value of {other}"),
    }
}

/// The relative luminance.
fn luminance((red, green, blue): Rgb) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn ratio(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The contrast of text in this style.
fn contrast(style: Style, ground: Ground) -> f64 {
    let mut text = style.fg.map_or(ground.text, rgb);
    let background = style.bg.map_or(ground.background, rgb);
    if style.add_modifier.contains(Modifier::DIM) {
        // Terminals halve the colour, or mix it with the background: on black this is the same.
        assert_eq!(ground.background, XTERM[0], "DIM is not visible on white");
        text = (text.0 / 2, text.1 / 2, text.2 / 2);
    }
    // Swapped colours have the same contrast.
    ratio(text, background)
}

/// All styles of a theme by name; what is part of the header is on top of it.
fn styles(mut theme: Theme) -> Vec<(&'static str, Meaning, Style)> {
    let bar = theme.bar;
    let named = Meaning::ALL.iter();
    named
        .map(|&(name, meaning)| {
            let style = *theme.style_mut(meaning);
            let on_bar = name == "badge" || name.starts_with("chip_");
            (name, meaning, if on_bar { bar.patch(style) } else { style })
        })
        .collect()
}

#[test]
fn contrast_is_computed_as_in_wcag() {
    assert!((ratio((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.01);
    assert!((ratio((0x76, 0x76, 0x76), (255, 255, 255)) - 4.54).abs() < 0.01);
    // Why the light theme has colours of its own.
    assert!(ratio(XTERM[2], XTERM[15]) < 2.2 && ratio(XTERM[6], XTERM[15]) < 2.0);
}

#[test]
fn every_style_can_be_read() {
    for (theme, shown, ground) in [
        ("default", Theme::on_dark(), DARK),
        ("light", Theme::on_white(), WHITE),
        ("plain", Theme::plain(), DARK),
    ] {
        for (name, meaning, style) in styles(shown) {
            let least = match meaning {
                Meaning::Dim | Meaning::Special | Meaning::Frame | Meaning::Ghost => BESIDE,
                Meaning::Unoffered if theme == "plain" => BESIDE,
                _ => BODY,
            };
            let found = contrast(style, ground);
            assert!(
                found >= least,
                "{theme}: {name} has a contrast of {found:.2}"
            );
            // Such as the chosen row of a list.
            let chosen = contrast(style.patch(shown.chosen), ground);
            assert!(chosen >= least, "{theme}: chosen {name} has {chosen:.2}");
        }
    }
}

#[test]
fn plain_has_no_colors() {
    for (name, _, style) in styles(Theme::plain()) {
        assert_eq!((style.fg, style.bg), (None, None), "{name}");
    }
}

/// The groups are of meanings that occur at the same place, or that must not be taken for one another.
#[test]
fn meanings_of_one_place_look_different() {
    let groups: [&[&str]; 4] = [
        &["good", "warn", "bad"],
        &[
            "chip_clear",
            "chip_verified",
            "chip_unverified",
            "chip_login",
        ],
        &["sent", "ghost", "dim", "finding"],
        &["verb", "offered", "unoffered", "finding", "ghost"],
    ];
    for theme in [Theme::on_dark(), Theme::on_white(), Theme::plain()] {
        let all = styles(theme);
        let look = |name: &str| {
            let (.., style) = all.iter().find(|(one, ..)| *one == name).unwrap();
            (style.fg, style.bg, style.add_modifier)
        };
        for group in groups {
            for (at, one) in group.iter().enumerate() {
                for other in &group[at + 1..] {
                    assert_ne!(look(one), look(other), "{one} and {other}");
                }
            }
        }
        let (.., attributes) = look("ghost");
        assert!(attributes.contains(Modifier::ITALIC) && !attributes.contains(Modifier::DIM));
    }
}

#[test]
fn every_field_can_be_replaced() {
    let debug = format!("{:#?}", Theme::default());
    let fields: Vec<&str> = debug
        .lines()
        .filter(|line| line.starts_with("    ") && !line.starts_with("     "))
        .filter_map(|line| line.trim().split_once(':').map(|(name, _)| name))
        .collect();
    let names: Vec<&str> = Meaning::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(fields, names);
}

#[test]
fn replaces_the_styles_of_the_settings() {
    let text = "[theme]\ngood = 'bold #0a0b0c on bright-white'\nchip_login = 'none'\nbar = 'white'";
    let theme = Theme::from_settings(&Settings::parse(text).unwrap().theme);
    let plain = Style::new();
    let expected = Theme {
        good: plain
            .fg(Color::Rgb(10, 11, 12))
            .bg(Color::White)
            .add_modifier(Modifier::BOLD),
        chip_login: plain.remove_modifier(Modifier::REVERSED),
        bar: plain.fg(Color::Gray),
        ..Theme::on_dark()
    };
    assert_eq!(theme, expected);
}

/// The styles of the example's comments.
#[test]
fn the_example_shows_the_default_theme() {
    let example = include_str!("../../../../config.example.toml");
    let (_, table) = example.split_once("\n[theme]\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let lines = table
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line));
    let text = format!("[theme]\n{}", lines.collect::<Vec<_>>().join("\n"));
    let settings = Settings::parse(&text).unwrap().theme;
    assert_eq!(settings.styles.len(), Meaning::ALL.len());
    let mut theme = Theme::plain();
    for (meaning, text) in &settings.styles {
        *theme.style_mut(*meaning) = style(text, *meaning);
    }
    assert_eq!(theme, Theme::on_dark());
}
