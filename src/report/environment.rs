//! What the environment variables say about the terminal.

use super::text::Charset;
use crate::config::When;

/// What the environment variables say about the terminal.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `NO_COLOR`.
    pub no_color: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// The locale: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set.
    pub locale: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
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

    /// The characters that the terminal can show.
    pub fn charset(&self, ascii: When) -> Charset {
        let utf8 = self.locale.as_deref().is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        match ascii {
            When::Always => Charset::Ascii,
            When::Auto if !utf8 => Charset::Ascii,
            When::Auto | When::Never => Charset::Utf8,
        }
    }
}
