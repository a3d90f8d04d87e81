//! Styles by meaning. Only the terminal's own colours and attributes are used, every meaning has
//! a glyph or a word as well, and the plain theme has no colour at all.

use ratatui::style::{Color, Modifier, Style};

/// How things are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// What the user typed and sent.
    pub sent: Style,
    /// A mark of the client.
    pub mark_sent: Style,
    /// A mark or a code of the server that says yes.
    pub good: Style,
    /// A mark or a code that says no for now, and whatever deserves a look.
    pub warn: Style,
    /// A mark or a code that says no.
    pub bad: Style,
    /// Our own words.
    pub info: Style,
    /// What is less important: times, marks of folding.
    pub dim: Style,
    /// A stand-in for what cannot be drawn, a secret.
    pub special: Style,
    /// The row or entry that is chosen; what a search found.
    pub chosen: Style,
    /// The header, and the frame around a popup.
    pub bar: Style,
    /// A badge in the header that warns.
    pub badge: Style,
    /// A key in a hint.
    pub key: Style,
    /// A heading.
    pub heading: Style,
    /// What advice is about, in the line that is typed.
    pub finding: Style,
}

impl Theme {
    /// The theme in colours: eight of them, on the terminal's own background.
    pub fn colored() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            sent: bold,
            mark_sent: bold,
            good: plain.fg(Color::Green),
            warn: plain.fg(Color::Black).bg(Color::Yellow),
            bad: plain
                .fg(Color::White)
                .bg(Color::Red)
                .add_modifier(Modifier::BOLD),
            info: plain.fg(Color::Cyan),
            dim: plain.add_modifier(Modifier::DIM),
            special: plain.fg(Color::Magenta),
            chosen: plain.add_modifier(Modifier::REVERSED),
            bar: plain.add_modifier(Modifier::REVERSED),
            badge: plain
                .fg(Color::Black)
                .bg(Color::Yellow)
                .remove_modifier(Modifier::REVERSED),
            key: bold,
            heading: bold.add_modifier(Modifier::UNDERLINED),
            finding: plain.add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The theme in attributes alone, for `NO_COLOR` and terminals without colours.
    pub fn plain() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let reversed = plain.add_modifier(Modifier::REVERSED);
        Self {
            sent: bold,
            mark_sent: bold,
            good: plain,
            warn: plain.add_modifier(Modifier::UNDERLINED),
            bad: reversed,
            info: plain,
            dim: plain.add_modifier(Modifier::DIM),
            special: plain.add_modifier(Modifier::UNDERLINED),
            chosen: reversed,
            bar: reversed,
            badge: reversed.add_modifier(Modifier::BOLD),
            key: bold,
            heading: bold.add_modifier(Modifier::UNDERLINED),
            finding: plain.add_modifier(Modifier::UNDERLINED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_means_none() {
        let Theme {
            sent,
            mark_sent,
            good,
            warn,
            bad,
            info,
            dim,
            special,
            chosen,
            bar,
            badge,
            key,
            heading,
            finding,
        } = Theme::plain();
        for style in [
            sent, mark_sent, good, warn, bad, info, dim, special, chosen, bar, badge, key, heading,
            finding,
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
