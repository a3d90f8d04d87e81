//! How a piece of text looks, as the config file says it: `bold red`, `black on yellow`, `none`. The
//! types are the config's own, so that it needs no screen.

use serde::Deserialize;

use super::theme::unknown;

/// A colour, if one is set, for text and background, and attributes.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct TextStyle {
    /// The colour of the text; `None` leaves it as it is.
    pub foreground: Option<Color>,
    /// The colour of the background; `None` leaves it as it is.
    pub background: Option<Color>,
    /// Whether each attribute is set, in the order of [`Attribute::ALL`].
    attributes: [bool; Attribute::ALL.len()],
}

/// A colour: one of the terminal's own sixteen, or an exact one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// One of the sixteen, by its number: see [`Color::NAMES`].
    Terminal(u8),
    /// Red, green and blue, written `#rrggbb`.
    Rgb(u8, u8, u8),
}

/// What text can have beside colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Bold.
    Bold,
    /// Faint.
    Dim,
    /// Italic.
    Italic,
    /// Underlined.
    Underlined,
    /// With the colours of text and background swapped.
    Reversed,
}

/// The word for neither colour nor attribute.
const NONE: &str = "none";
/// The word before the colour of the background.
const ON: &str = "on";

/// Words that people use for another one. They would be taken for a misspelling of something else, as
/// in "grey" and "green".
const OTHER_WORDS: [(&str, &str); 8] = [
    ("gray", "bright-black"),
    ("grey", "bright-black"),
    ("purple", "magenta"),
    ("orange", "yellow"),
    ("faint", "dim"),
    ("inverse", "reversed"),
    ("default", NONE),
    ("normal", NONE),
];

impl Color {
    /// The names of the terminal's sixteen colours, by their numbers.
    pub const NAMES: [&'static str; 16] = [
        "black",
        "red",
        "green",
        "yellow",
        "blue",
        "magenta",
        "cyan",
        "white",
        "bright-black",
        "bright-red",
        "bright-green",
        "bright-yellow",
        "bright-blue",
        "bright-magenta",
        "bright-cyan",
        "bright-white",
    ];

    /// Reads a name or `#rrggbb`. `Ok(None)` if it is neither.
    fn parse(word: &str) -> Result<Option<Self>, String> {
        let Some(digits) = word.strip_prefix('#') else {
            let number = Self::NAMES.iter().position(|name| *name == word);
            return Ok(number
                .and_then(|at| u8::try_from(at).ok())
                .map(Self::Terminal));
        };
        // A sign is accepted by `from_str_radix`, but is no digit.
        let number = (digits.len() == 6 && digits.bytes().all(|octet| octet.is_ascii_hexdigit()))
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten();
        let Some(number) = number else {
            return Err(format!("invalid colour {word:?}: use # and six hex digits"));
        };
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Some(Self::Rgb(red, green, blue)))
    }
}

impl Attribute {
    /// All attributes.
    pub const ALL: [Self; 5] = [
        Self::Bold,
        Self::Dim,
        Self::Italic,
        Self::Underlined,
        Self::Reversed,
    ];

    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Dim => "dim",
            Self::Italic => "italic",
            Self::Underlined => "underlined",
            Self::Reversed => "reversed",
        }
    }
}

impl TextStyle {
    /// Whether the style has this attribute.
    pub fn has(&self, attribute: Attribute) -> bool {
        let mut all = Attribute::ALL.iter().zip(self.attributes);
        all.any(|(one, set)| *one == attribute && set)
    }

    /// Parses words: attributes and a colour in any order, `on` and a colour for the background; or
    /// only `none`.
    ///
    /// # Errors
    /// What is wrong, and what to use instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |cause: String| format!("invalid style {text:?}: {cause}");
        let mut style = Self::default();
        let mut words = text.split_ascii_whitespace().peekable();
        if words.peek().is_none() {
            return Err(wrong(
                "use \"none\" for no colour and no attribute".to_owned(),
            ));
        }
        if text.split_ascii_whitespace().eq([NONE]) {
            return Ok(style);
        }
        while let Some(word) = words.next() {
            if word == NONE {
                return Err(wrong("\"none\" must be the only word".to_owned()));
            }
            if let Some(at) = Attribute::ALL.iter().position(|one| one.as_str() == word) {
                style.attributes[at] = true;
                continue;
            }
            let (color, place) = if word == ON {
                let Some(word) = words.next() else {
                    return Err(wrong("expected a colour after \"on\"".to_owned()));
                };
                (word, &mut style.background)
            } else {
                (word, &mut style.foreground)
            };
            let Some(found) = Color::parse(color).map_err(wrong)? else {
                return Err(wrong(unknown_word(color, word == ON)));
            };
            if place.replace(found).is_some() {
                let cause = "two colours: write \"on\" before that of the background";
                return Err(wrong(cause.to_owned()));
            }
        }
        Ok(style)
    }
}

impl TryFrom<String> for TextStyle {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

fn unknown_word(word: &str, is_background: bool) -> String {
    let other = OTHER_WORDS
        .iter()
        .find(|(other, _)| *other == word.to_ascii_lowercase());
    if let Some((_, meant)) = other {
        return format!("unknown word {word:?} (did you mean {meant:?}?)");
    }
    let colors = Color::NAMES.into_iter().chain(["#rrggbb"]);
    if is_background {
        return unknown("colour", word, colors);
    }
    let attributes = Attribute::ALL.into_iter().map(Attribute::as_str);
    unknown("word", word, attributes.chain([ON, NONE]).chain(colors))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(
        foreground: Option<Color>,
        background: Option<Color>,
        attributes: &[Attribute],
    ) -> TextStyle {
        TextStyle {
            foreground,
            background,
            attributes: Attribute::ALL.map(|one| attributes.contains(&one)),
        }
    }

    #[test]
    fn reads_colours_and_attributes() {
        let [black, red, yellow, gray] = [0, 1, 3, 8].map(|number| Some(Color::Terminal(number)));
        let table = [
            ("none", style(None, None, &[])),
            ("bold red", style(red, None, &[Attribute::Bold])),
            (" red  bold ", style(red, None, &[Attribute::Bold])),
            ("black on yellow", style(black, yellow, &[])),
            ("on yellow", style(None, yellow, &[])),
            ("on yellow black", style(black, yellow, &[])),
            (
                "italic bright-black",
                style(gray, None, &[Attribute::Italic]),
            ),
            ("underlined", style(None, None, &[Attribute::Underlined])),
            (
                "#0a141E on #ffffff",
                style(
                    Some(Color::Rgb(10, 20, 30)),
                    Some(Color::Rgb(255, 255, 255)),
                    &[],
                ),
            ),
            (
                "bold dim italic underlined reversed",
                style(None, None, &Attribute::ALL),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(TextStyle::parse(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let table = [
            ("", "use \"none\" for no colour"),
            (
                "bold rd",
                "invalid style \"bold rd\": unknown word \"rd\": use bold, dim, italic",
            ),
            ("bold redd", "unknown word \"redd\" (did you mean \"red\"?)"),
            ("Red", "unknown word \"Red\" (did you mean \"red\"?)"),
            ("brightblack", "(did you mean \"bright-black\"?)"),
            ("underline", "(did you mean \"underlined\"?)"),
            (
                "grey",
                "unknown word \"grey\" (did you mean \"bright-black\"?)",
            ),
            ("inverse", "(did you mean \"reversed\"?)"),
            ("red on bold", "unknown colour \"bold\": use black, red"),
            ("red on", "expected a colour after \"on\""),
            (
                "red on yelow",
                "unknown colour \"yelow\" (did you mean \"yellow\"?)",
            ),
            ("red blue", "two colours: write \"on\" before"),
            ("on red on blue", "two colours"),
            ("none bold", "\"none\" must be the only word"),
            ("bold none", "\"none\" must be the only word"),
            ("#fff", "invalid colour \"#fff\": use # and six hex digits"),
            ("#+12345", "invalid colour \"#+12345\""),
            ("#gggggg", "invalid colour"),
            ("#ää345", "invalid colour"),
            ("red,blue", "unknown word \"red,blue\": use bold"),
            ("b\u{1b}[31m", "unknown word \"b\\u{1b}[31m\""),
        ];
        for (text, message) in table {
            let error = TextStyle::parse(text).unwrap_err();
            assert!(error.contains(message), "{text:?}: {error}");
        }
    }
}
