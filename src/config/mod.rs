//! What the user decided: defaults < config file < flags. Also where files of the user live.

mod history;
mod paths;
mod profile;
mod settings;
mod target;
mod tls;

pub use history::{History, Recent, StateError, open_append};
pub use paths::Paths;
pub use profile::{PasswordError, PasswordSource, Profile};
pub use settings::{LogLevel, Settings, SettingsError, Switch, UserTemplate, is_word};
pub use target::{Target, TargetError, parse_port};
pub use tls::{ResolvedTls, TlsChoice, TlsField, TlsOverrideError, TlsOverrides};
