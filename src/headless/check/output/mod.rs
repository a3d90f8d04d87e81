//! How reports are printed.

mod json;
mod nagios;
mod text;

pub use json::json;
pub use nagios::{NAGIOS_NAME, nagios, nagios_problem};
pub use text::{changes, page};
