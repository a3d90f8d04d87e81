//! The colours of the screen as the config file chooses them: a theme, and styles that replace those
//! of the theme, by meaning.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::text_style::TextStyle;
use crate::smtp::lint::suggest;

/// The table `[theme]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThemeSettings {
    /// The theme.
    pub name: ThemeName,
    /// What the user has instead.
    pub styles: BTreeMap<Meaning, TextStyle>,
}

/// A theme that comes with the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// The terminal's own colours, for dark backgrounds and most others.
    #[default]
    Default,
    /// For white backgrounds.
    Light,
    /// Attributes without colours.
    Plain,
}

impl ThemeName {
    const ALL: [(&'static str, Self); 3] = [
        ("default", Self::Default),
        ("light", Self::Light),
        ("plain", Self::Plain),
    ];
}

/// Declares the meanings with their names in the config.
macro_rules! meanings {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)+) => {
        /// What a style is for. The names are those of the fields of the screen's theme.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Meaning {
            $($(#[$doc])* $variant,)+
        }

        impl Meaning {
            /// All meanings with their names in the config.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant),)+];
        }
    };
}

meanings! {
    /// Text that the user typed and sent.
    Sent "sent",
    /// The mark of a line from the client.
    MarkSent "mark_sent",
    /// A positive reply.
    Good "good",
    /// A transient refusal, a warning.
    Warn "warn",
    /// A permanent refusal.
    Bad "bad",
    /// Messages of this program.
    Info "info",
    /// Less important text.
    Dim "dim",
    /// A stand-in for a character or a secret.
    Special "special",
    /// The chosen row or entry.
    Chosen "chosen",
    /// The header.
    Bar "bar",
    /// A warning in the header.
    Badge "badge",
    /// In the header: no TLS.
    ChipClear "chip_clear",
    /// In the header: TLS with a verified certificate.
    ChipVerified "chip_verified",
    /// In the header: the certificate is not verified.
    ChipUnverified "chip_unverified",
    /// In the header: logged in.
    ChipLogin "chip_login",
    /// A key in a hint.
    Key "key",
    /// A heading in a text.
    Heading "heading",
    /// The title of a popup.
    Title "title",
    /// The frame of a popup, and lines between the parts of the screen.
    Frame "frame",
    /// What Tab inserts.
    Ghost "ghost",
    /// At the prompt: a known verb.
    Verb "verb",
    /// At the prompt: a parameter that the server offers.
    Offered "offered",
    /// At the prompt: a parameter that the server does not offer.
    Unoffered "unoffered",
    /// The part of the typed line that advice is about.
    Finding "finding",
}

/// What an unknown word is, with the nearest right one, or with all if none is near.
pub(super) fn unknown(
    kind: &str,
    word: &str,
    names: impl Iterator<Item = &'static str> + Clone,
) -> String {
    let lowercase = word.to_ascii_lowercase();
    let nearest = names
        .clone()
        .find(|name| *name == lowercase)
        .or_else(|| suggest(&lowercase, names.clone()));
    match nearest {
        Some(nearest) => format!("unknown {kind} {word:?} (did you mean {nearest:?}?)"),
        None => {
            let names: Vec<&str> = names.collect();
            format!("unknown {kind} {word:?}: use {}", names.join(", "))
        }
    }
}

/// A key of the table: the name of the theme, or a meaning.
enum Key {
    Name,
    Style(Meaning),
}

/// The key for the name of the theme.
const NAME: &str = "name";

// The keys and values are types of their own for the place of an error: the parser adds the line where
// the key or the value is.
impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        if word == NAME {
            return Ok(Self::Name);
        }
        match Meaning::ALL.iter().find(|(name, _)| *name == word) {
            Some((_, meaning)) => Ok(Self::Style(*meaning)),
            None => {
                let names = Meaning::ALL.iter().map(|(name, _)| *name);
                let names = std::iter::once(NAME).chain(names);
                Err(D::Error::custom(unknown("theme key", &word, names)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for ThemeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, theme)| theme).ok_or_else(|| {
            let names = Self::ALL.into_iter().map(|(name, _)| name);
            D::Error::custom(unknown("theme", &word, names))
        })
    }
}

struct ThemeVisitor;

impl<'de> Visitor<'de> for ThemeVisitor {
    type Value = ThemeSettings;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table, as in [theme]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ThemeSettings, A::Error> {
        let mut settings = ThemeSettings::default();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Name => settings.name = map.next_value()?,
                Key::Style(meaning) => {
                    settings.styles.insert(meaning, map.next_value()?);
                }
            }
        }
        Ok(settings)
    }
}

impl<'de> Deserialize<'de> for ThemeSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ThemeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Attribute, Color, Settings};

    #[test]
    fn reads_the_theme_and_what_replaces_its_styles() {
        let text = "[theme]\nname = 'light'\ngood = 'bold green'\nchip_clear = 'none'\n";
        let theme = Settings::parse(text).unwrap().theme;
        assert_eq!(theme.name, ThemeName::Light);
        assert_eq!(theme.styles.len(), 2);
        let good = &theme.styles[&Meaning::Good];
        assert_eq!(good.foreground, Some(Color::Terminal(2)));
        assert!(good.has(Attribute::Bold) && !good.has(Attribute::Dim));
        assert_eq!(theme.styles[&Meaning::ChipClear], TextStyle::default());

        for name in ThemeName::ALL {
            let text = format!("theme.name = '{}'", name.0);
            assert_eq!(Settings::parse(&text).unwrap().theme.name, name.1);
        }
    }

    #[test]
    fn refuses_unknown_words_with_their_line() {
        let table = [
            (
                "[theme]\nname = 'default'\n\ngod = 'green'\n",
                4,
                "unknown theme key \"god\" (did you mean \"good\"?)",
            ),
            (
                "[theme]\nGood = 'green'\n",
                2,
                "unknown theme key \"Good\" (did you mean \"good\"?)",
            ),
            (
                "[theme]\nname = 'light'\nbackground = 'red'",
                3,
                "unknown theme key \"background\": use name, sent, mark_sent, good,",
            ),
            (
                "wrap = true\n[theme]\nname = 'ligth'",
                3,
                "unknown theme \"ligth\" (did you mean \"light\"?)",
            ),
            (
                "[theme]\nname = 'solarized'",
                2,
                "unknown theme \"solarized\": use default, light, plain",
            ),
            (
                "[theme]\ngood = 'green'\nbad = 'bold whit on red'\ninfo = 'cyan'",
                3,
                "invalid style \"bold whit on red\": unknown word \"whit\" (did you mean \"white\"?)",
            ),
            (
                "[theme]\nwarn = \"\"\"\nblack\non yelow\"\"\"",
                2,
                "unknown colour \"yelow\" (did you mean \"yellow\"?)",
            ),
            ("theme.good = 1", 1, "theme.good: invalid type: integer `1`"),
            (
                "\ntheme = 'light'",
                2,
                "theme: invalid type: string \"light\", expected a table, as in [theme]",
            ),
        ];
        for (text, line, message) in table {
            let (at, error) = Settings::parse(text).unwrap_err();
            assert!(
                at == line && error.contains(message) && !error.contains('\n'),
                "{text:?}: {at}: {error}"
            );
        }
    }
}
