//! Exports server, login and sender as an account of msmtp, which prompts for the password.

use super::common::{NOT_VERIFIED, password_line, tls_comment};
use super::facts::{Facts, TlsMode};
use crate::quoting::{Place, msmtp_value as value};

/// Writes the lines of the configuration file.
pub(super) fn write(facts: &Facts) -> String {
    let mut lines = vec![
        "account ehlo".to_owned(),
        format!("host {}", value(&facts.host)),
        format!("port {}", facts.port),
    ];
    lines.push(format!("tls {}", switch(facts.tls != TlsMode::None)));
    if facts.tls != TlsMode::None {
        lines.push(format!(
            "tls_starttls {}",
            switch(facts.tls == TlsMode::StartTls)
        ));
    }
    let verifying = if facts.unverified {
        lines.push("tls_certcheck off".to_owned());
        NOT_VERIFIED
    } else {
        "msmtp verifies the certificate; tls_trust_file sets other CAs"
    };
    if facts.lmtp {
        lines.push("protocol lmtp".to_owned());
    }
    if let Some(helo) = &facts.helo {
        lines.push(format!("domain {}", value(helo)));
    }
    match &facts.login {
        Some(login) => {
            lines.push(format!(
                "auth {}",
                value(&login.mechanism.to_ascii_lowercase())
            ));
            lines.push(match &login.user {
                Some(user) => format!("user {}", value(user)),
                None => "# user NAME".to_owned(),
            });
            let line = password_line(Place::Msmtp, "msmtp", "password");
            lines.extend(line.lines().map(str::to_owned));
        }
        None => lines.push("auth off".to_owned()),
    }
    if let Some(from) = facts.from.as_ref().filter(|from| !from.is_empty()) {
        lines.push(format!("from {}", value(from)));
    }
    tls_comment(facts, verifying) + &lines.join("\n") + "\n"
}

const fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
