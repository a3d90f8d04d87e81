//! The part of the table that lays TLS open.

use super::Action;

/// As `ACTIONS` of the table.
pub(super) const ACTIONS: &[(Action, &str, &str, &str)] = &[
    (
        Action::TlsName,
        "tls-name",
        "NAME",
        "what a check of the certificate against NAME would say",
    ),
    (
        Action::TlsWrite,
        "tls-write",
        "FILE",
        "the chain as PEM, as it was sent",
    ),
];
