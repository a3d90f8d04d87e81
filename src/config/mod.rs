//! What the user decides (command line over profile over config file over defaults), where the
//! user's files are, and what is kept between sessions.

mod duration;
mod history;
mod paths;
mod profile;
mod recent;
mod retention;
mod settings;
mod state_file;
mod target;
mod text_style;
mod theme;
mod tls;

pub use duration::{DurationError, parse_duration};
pub use history::History;
pub use paths::Paths;
pub use profile::{PasswordError, PasswordSource, Profile};
pub use recent::{RecentTarget, RecentTargets};
pub use retention::Retention;
pub use settings::{
    KeyBinding, LogLevel, Settings, SettingsError, UserTemplate, When, is_helo_name,
};
pub use state_file::{StateError, open_append};
pub use target::{Target, TargetError, parse_port};
pub use text_style::{Attribute, Color, TextStyle};
pub use theme::{Meaning, ThemeName, ThemeSettings};
pub use tls::{ResolvedTls, TlsChoice, TlsField, TlsOverrideError, TlsOverrides};
