//! How things look: theme and character set, from the settings and the environment.

use crate::config::{ThemeSettings, When};
use crate::report::{Charset, Environment};
use crate::tui::widget::theme::Theme;

/// Theme and character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Styles by meaning.
    pub theme: Theme,
    /// Which characters can be drawn.
    pub charset: Charset,
}

impl Look {
    /// The look for these settings in this environment. If it has no colours, the theme of the settings
    /// does not count.
    pub fn decide(
        color: When,
        theme: &ThemeSettings,
        ascii: When,
        environment: &Environment,
    ) -> Self {
        let dumb = matches!(
            environment.term.as_deref(),
            Some("dumb" | "vt100" | "vt102" | "vt220")
        );
        let colored = match color {
            When::Always => true,
            When::Never => false,
            When::Auto => environment.no_color.is_none() && !dumb,
        };
        Self {
            theme: if colored {
                Theme::from_settings(theme)
            } else {
                Theme::plain()
            },
            charset: environment.charset(ascii),
        }
    }
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            charset: Charset::Utf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn the_environment_decides_unless_the_settings_do() {
        let text = "[theme]\nname = 'light'\ngood = 'red'";
        let theme = Settings::parse(text).unwrap().theme;
        let environment = |no_color: &str, term: &str, locale: &str| Environment {
            no_color: (!no_color.is_empty()).then(|| no_color.to_owned()),
            term: Some(term.to_owned()),
            locale: (!locale.is_empty()).then(|| locale.to_owned()),
        };
        let table = [
            (
                "",
                "xterm-256color",
                "C.UTF-8",
                When::Auto,
                When::Auto,
                true,
                false,
            ),
            (
                "1",
                "xterm-256color",
                "de_DE.utf8",
                When::Auto,
                When::Auto,
                false,
                false,
            ),
            (
                "1",
                "xterm",
                "C.UTF-8",
                When::Always,
                When::Auto,
                true,
                false,
            ),
            ("", "dumb", "C", When::Auto, When::Auto, false, true),
            ("", "vt100", "", When::Auto, When::Never, false, false),
            (
                "",
                "linux",
                "C.UTF-8",
                When::Never,
                When::Always,
                false,
                true,
            ),
        ];
        for (no_color, term, locale, color, ascii, colored, only_ascii) in table {
            let environment = environment(no_color, term, locale);
            let look = Look::decide(color, &theme, ascii, &environment);
            let expected = if colored {
                Theme::from_settings(&theme)
            } else {
                Theme::plain()
            };
            assert_eq!(look.theme, expected, "{no_color} {term}");
            assert_eq!(
                look.charset == Charset::Ascii,
                only_ascii,
                "{term} {locale}"
            );
        }
    }
}
