//! How things look here: theme, characters, decided once from settings and environment.

use crate::config::Switch;

use super::text::Charset;
use super::theme::Theme;

/// Theme and characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Styles by meaning.
    pub theme: Theme,
    /// What can be drawn.
    pub charset: Charset,
}

/// What the environment says about the terminal.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `NO_COLOR`.
    pub no_color: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// The locale: the first that is set of `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub locale: Option<String>,
}

impl Environment {
    /// Reads the process's environment.
    pub fn read() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            no_color: set("NO_COLOR"),
            term: set("TERM"),
            locale: set("LC_ALL")
                .or_else(|| set("LC_CTYPE"))
                .or_else(|| set("LANG")),
        }
    }
}

impl Look {
    /// The look for these choices in this environment.
    pub fn decide(color: Switch, ascii: Switch, environment: &Environment) -> Self {
        let dumb = matches!(
            environment.term.as_deref(),
            Some("dumb" | "vt100" | "vt102" | "vt220")
        );
        let colored = match color {
            Switch::Always => true,
            Switch::Never => false,
            Switch::Auto => environment.no_color.is_none() && !dumb,
        };
        let utf8 = environment.locale.as_deref().is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let ascii = match ascii {
            Switch::Always => true,
            Switch::Never => false,
            Switch::Auto => !utf8,
        };
        Self {
            theme: if colored {
                Theme::colored()
            } else {
                Theme::plain()
            },
            charset: if ascii { Charset::Ascii } else { Charset::Utf8 },
        }
    }
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: Theme::colored(),
            charset: Charset::Utf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_where_nobody_does() {
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
                Switch::Auto,
                Switch::Auto,
                true,
                false,
            ),
            (
                "1",
                "xterm-256color",
                "de_DE.utf8",
                Switch::Auto,
                Switch::Auto,
                false,
                false,
            ),
            (
                "1",
                "xterm",
                "C.UTF-8",
                Switch::Always,
                Switch::Auto,
                true,
                false,
            ),
            ("", "dumb", "C", Switch::Auto, Switch::Auto, false, true),
            ("", "vt100", "", Switch::Auto, Switch::Never, false, false),
            (
                "",
                "linux",
                "C.UTF-8",
                Switch::Never,
                Switch::Always,
                false,
                true,
            ),
        ];
        for (no_color, term, locale, color, ascii, colored, only_ascii) in table {
            let look = Look::decide(color, ascii, &environment(no_color, term, locale));
            assert_eq!(look.theme == Theme::colored(), colored, "{no_color} {term}");
            assert_eq!(
                look.charset == Charset::Ascii,
                only_ascii,
                "{term} {locale}"
            );
        }
    }
}
