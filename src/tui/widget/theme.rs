//! Styles by meaning. They use the terminal's own colours and attributes. Every meaning also has a
//! glyph or a word, and the plain theme has no colour at all.

use ratatui::style::{Color, Modifier, Style};

/// A style for each meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Text that the user typed and sent.
    pub sent: Style,
    /// The mark of a line from the client.
    pub mark_sent: Style,
    /// The mark or code of a positive reply.
    pub good: Style,
    /// The mark or code of a transient refusal, and anything that deserves a look.
    pub warn: Style,
    /// The mark or code of a permanent refusal.
    pub bad: Style,
    /// Messages of this program.
    pub info: Style,
    /// Less important text, such as times and fold marks.
    pub dim: Style,
    /// A stand-in for a character that cannot be drawn, or for a secret.
    pub special: Style,
    /// The chosen row or entry, and a match of a search.
    pub chosen: Style,
    /// The header.
    pub bar: Style,
    /// A warning in the header.
    pub badge: Style,
    /// A key in a hint.
    pub key: Style,
    /// A heading in a text.
    pub heading: Style,
    /// The title of a popup.
    pub title: Style,
    /// The frame of a popup, and lines between the parts of the screen.
    pub frame: Style,
    /// Ghost text: what Tab inserts.
    pub ghost: Style,
    /// The part of the typed line that advice is about.
    pub finding: Style,
}

impl Theme {
    /// The theme with colours: some of the basic eight, on the terminal's own background.
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
            title: bold,
            frame: plain.add_modifier(Modifier::DIM),
            ghost: plain.fg(Color::DarkGray).add_modifier(Modifier::ITALIC),
            finding: plain.add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The theme without colours, for `NO_COLOR` and terminals without colours.
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
            title: bold,
            frame: plain.add_modifier(Modifier::DIM),
            ghost: plain.add_modifier(Modifier::ITALIC | Modifier::DIM),
            finding: plain.add_modifier(Modifier::UNDERLINED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_theme_has_no_colors() {
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
            title,
            frame,
            ghost,
            finding,
        } = Theme::plain();
        for style in [
            sent, mark_sent, good, warn, bad, info, dim, special, chosen, bar, badge, key, heading,
            title, frame, ghost, finding,
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
