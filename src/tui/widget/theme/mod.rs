//! Styles by meaning: three themes, and what the user's settings replace. Every meaning also has a
//! glyph or a word, so that nothing rests on colour alone, nor on an attribute that a terminal may lack.

use ratatui::style::{Color, Modifier, Style};

use crate::config::{self, Attribute, Meaning, TextStyle, ThemeName, ThemeSettings};

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
    /// In the header: no TLS.
    pub chip_clear: Style,
    /// In the header: TLS with a verified certificate.
    pub chip_verified: Style,
    /// In the header: the certificate is not verified.
    pub chip_unverified: Style,
    /// In the header: logged in.
    pub chip_login: Style,
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
    /// At the prompt: a known verb.
    pub verb: Style,
    /// At the prompt: a parameter that the server offers.
    pub offered: Style,
    /// At the prompt: a parameter that the server does not offer.
    pub unoffered: Style,
    /// The part of the typed line that advice is about.
    pub finding: Style,
}

/// Colours of the 256-colour palette that are the same in every terminal, which the first sixteen are
/// not. On white, xterm's green and cyan have a contrast of only 2.
mod on_white {
    use ratatui::style::Color;

    pub(super) const BLACK: Color = Color::Indexed(16);
    pub(super) const WHITE: Color = Color::Indexed(231);
    pub(super) const GREEN: Color = Color::Indexed(22);
    pub(super) const BLUE: Color = Color::Indexed(25);
    pub(super) const PURPLE: Color = Color::Indexed(90);
    pub(super) const BROWN: Color = Color::Indexed(94);
    pub(super) const RED: Color = Color::Indexed(124);
    pub(super) const AMBER: Color = Color::Indexed(220);
    pub(super) const DARK_GRAY: Color = Color::Indexed(240);
    pub(super) const GRAY: Color = Color::Indexed(243);
    pub(super) const LIGHT_GRAY: Color = Color::Indexed(252);
}

impl Default for Theme {
    fn default() -> Self {
        Self::on_dark()
    }
}

impl Theme {
    /// The theme of the settings, with the styles that the settings replace.
    pub fn from_settings(settings: &ThemeSettings) -> Self {
        let mut theme = match settings.name {
            ThemeName::Default => Self::on_dark(),
            ThemeName::Light => Self::on_white(),
            ThemeName::Plain => Self::plain(),
        };
        for (meaning, text) in &settings.styles {
            *theme.style_mut(*meaning) = style(text, *meaning);
        }
        theme
    }

    /// The default theme: some of the terminal's own sixteen colours, on its own background.
    pub fn on_dark() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let caution = plain.fg(Color::Black).bg(Color::Yellow);
        let alarm = bold.fg(Color::White).bg(Color::Red);
        Self {
            sent: bold,
            mark_sent: bold,
            good: plain.fg(Color::Green),
            warn: caution,
            bad: alarm,
            info: plain.fg(Color::Cyan),
            dim: plain.add_modifier(Modifier::DIM),
            special: plain.fg(Color::Magenta),
            chosen: plain.add_modifier(Modifier::REVERSED),
            bar: plain.add_modifier(Modifier::REVERSED),
            badge: on_bar(caution),
            chip_clear: on_bar(plain.fg(Color::Yellow).bg(Color::Black)),
            chip_verified: on_bar(plain.fg(Color::Black).bg(Color::Green)),
            chip_unverified: on_bar(alarm),
            chip_login: on_bar(plain.fg(Color::Black).bg(Color::Cyan)),
            key: bold,
            heading: bold,
            title: bold,
            frame: plain.add_modifier(Modifier::DIM),
            ghost: plain.fg(Color::DarkGray).add_modifier(Modifier::ITALIC),
            verb: bold.fg(Color::Cyan),
            offered: plain.fg(Color::Green),
            unoffered: plain.fg(Color::Yellow),
            finding: plain.add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The theme for a white background. It does without DIM, which most terminals do not show there.
    pub fn on_white() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let caution = plain.fg(on_white::BLACK).bg(on_white::AMBER);
        let alarm = bold.fg(on_white::WHITE).bg(on_white::RED);
        Self {
            sent: bold,
            mark_sent: bold,
            good: plain.fg(on_white::GREEN),
            warn: caution,
            bad: alarm,
            info: plain.fg(on_white::BLUE),
            dim: plain.fg(on_white::DARK_GRAY),
            special: plain.fg(on_white::PURPLE),
            chosen: plain.add_modifier(Modifier::REVERSED),
            bar: plain.fg(on_white::BLACK).bg(on_white::LIGHT_GRAY),
            badge: on_bar(caution),
            chip_clear: on_bar(plain.fg(on_white::AMBER).bg(on_white::BLACK)),
            chip_verified: on_bar(plain.fg(on_white::WHITE).bg(on_white::GREEN)),
            chip_unverified: on_bar(alarm),
            chip_login: on_bar(plain.fg(on_white::WHITE).bg(on_white::BLUE)),
            key: bold,
            heading: bold,
            title: bold,
            frame: plain.fg(on_white::GRAY),
            ghost: plain.fg(on_white::GRAY).add_modifier(Modifier::ITALIC),
            verb: bold.fg(on_white::BLUE),
            offered: plain.fg(on_white::GREEN),
            unoffered: plain.fg(on_white::BROWN),
            finding: plain.add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The theme without colours, also for `NO_COLOR` and terminals without colours.
    pub fn plain() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let underlined = plain.add_modifier(Modifier::UNDERLINED);
        let reversed = plain.add_modifier(Modifier::REVERSED);
        Self {
            sent: bold,
            mark_sent: bold,
            good: plain,
            warn: underlined,
            bad: reversed,
            info: plain,
            dim: plain.add_modifier(Modifier::DIM),
            special: underlined,
            chosen: reversed,
            bar: reversed,
            badge: reversed.add_modifier(Modifier::BOLD),
            chip_clear: reversed.add_modifier(Modifier::UNDERLINED),
            chip_verified: reversed,
            chip_unverified: reversed.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            chip_login: reversed.add_modifier(Modifier::BOLD),
            key: bold,
            heading: bold.add_modifier(Modifier::UNDERLINED),
            title: bold,
            frame: plain.add_modifier(Modifier::DIM),
            ghost: plain.add_modifier(Modifier::ITALIC),
            verb: bold,
            offered: plain,
            // Advice underlines it, too.
            unoffered: plain.add_modifier(Modifier::DIM),
            finding: underlined,
        }
    }

    fn style_mut(&mut self, meaning: Meaning) -> &mut Style {
        match meaning {
            Meaning::Sent => &mut self.sent,
            Meaning::MarkSent => &mut self.mark_sent,
            Meaning::Good => &mut self.good,
            Meaning::Warn => &mut self.warn,
            Meaning::Bad => &mut self.bad,
            Meaning::Info => &mut self.info,
            Meaning::Dim => &mut self.dim,
            Meaning::Special => &mut self.special,
            Meaning::Chosen => &mut self.chosen,
            Meaning::Bar => &mut self.bar,
            Meaning::Badge => &mut self.badge,
            Meaning::ChipClear => &mut self.chip_clear,
            Meaning::ChipVerified => &mut self.chip_verified,
            Meaning::ChipUnverified => &mut self.chip_unverified,
            Meaning::ChipLogin => &mut self.chip_login,
            Meaning::Key => &mut self.key,
            Meaning::Heading => &mut self.heading,
            Meaning::Title => &mut self.title,
            Meaning::Frame => &mut self.frame,
            Meaning::Ghost => &mut self.ghost,
            Meaning::Verb => &mut self.verb,
            Meaning::Offered => &mut self.offered,
            Meaning::Unoffered => &mut self.unoffered,
            Meaning::Finding => &mut self.finding,
        }
    }
}

/// A style with colours of its own for a part of the header: the header's swap of colours ends there.
fn on_bar(style: Style) -> Style {
    style.remove_modifier(Modifier::REVERSED)
}

/// The style that the user wrote for a meaning.
fn style(text: &TextStyle, meaning: Meaning) -> Style {
    let mut style = Style::new();
    style.fg = text.foreground.map(color);
    style.bg = text.background.map(color);
    for attribute in Attribute::ALL {
        if text.has(attribute) {
            style = style.add_modifier(modifier(attribute));
        }
    }
    let is_on_bar = matches!(
        meaning,
        Meaning::Badge
            | Meaning::ChipClear
            | Meaning::ChipVerified
            | Meaning::ChipUnverified
            | Meaning::ChipLogin
    );
    if is_on_bar && !text.has(Attribute::Reversed) {
        style = on_bar(style);
    }
    style
}

fn modifier(attribute: Attribute) -> Modifier {
    match attribute {
        Attribute::Bold => Modifier::BOLD,
        Attribute::Dim => Modifier::DIM,
        Attribute::Italic => Modifier::ITALIC,
        Attribute::Underlined => Modifier::UNDERLINED,
        Attribute::Reversed => Modifier::REVERSED,
    }
}

/// The colour for the terminal. The sixteen have short codes of their own, which `Indexed` has not.
fn color(color: config::Color) -> Color {
    match color {
        config::Color::Terminal(number) => TERMINAL
            .get(usize::from(number))
            .copied()
            .unwrap_or(Color::Indexed(number)),
        config::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

/// The terminal's sixteen colours by their numbers, as ratatui calls them.
const TERMINAL: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

#[cfg(test)]
mod tests;
