//! What the user decided: defaults < config file < flags. Also where files of the user live.

mod history;
mod paths;
mod profile;
mod settings;
mod target;
mod tls;

pub use history::{History, RecentTargets, StateError, open_append};
pub use paths::Paths;
pub use profile::{PasswordError, PasswordSource, Profile};
pub use settings::{LogLevel, Settings, SettingsError, UserTemplate, When, is_helo_name};
pub use target::{Target, TargetError, parse_port};
pub use tls::{ResolvedTls, TlsChoice, TlsField, TlsOverrideError, TlsOverrides};
