//! The transcript on the screen: filter, folds, search, times, and what can be copied from it.

mod anchor;
mod copy;
mod filter;
mod filtering;
mod folding;
mod folds;
mod format;
mod hex;
mod named_value;
mod needle;
mod pane;
mod replies;
mod rows;
mod scroll;
mod search;
mod status;
mod times;

pub use self::copy::TooMuch;
pub use self::filter::Filter;
pub use self::format::OctetFormat;
pub use self::named_value::NamedValue;
pub use self::needle::Needle;
pub use self::pane::TranscriptPane;
pub use self::times::{Clock, Times};
