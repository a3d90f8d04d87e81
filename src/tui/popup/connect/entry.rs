//! The rows of the list in the connect form: the practice server, profiles, recent targets.

use crate::config::{RecentTarget, TlsChoice};
use crate::practice::Mood;

/// A row of the list below the fields.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Practice(Vec<Mood>),
    Tour,
    /// A server of the config, by the name of its profile.
    Profile(String),
    /// A target that was reached before.
    Recent(RecentTarget),
}

/// The rows of the list with their words. There is always at least one.
pub(super) fn all(profiles: &[(String, String)], recent: &[RecentTarget]) -> Vec<(String, Entry)> {
    let mut entries = vec![
        (
            "practice server: nothing leaves this machine".to_owned(),
            Entry::Practice(Vec::new()),
        ),
        (
            "tour: eight short lessons on the practice server".to_owned(),
            Entry::Tour,
        ),
    ];
    for (name, description) in profiles {
        let words = format!("{name}: {description}");
        entries.push((words, Entry::Profile(name.clone())));
    }
    for recent in recent {
        entries.push((recent_words(recent), Entry::Recent(recent.clone())));
    }
    for mood in Mood::ALL {
        let words = format!("practice, {}: {}", mood.name(), mood.description());
        entries.push((words, Entry::Practice(vec![mood])));
    }
    entries
}

/// A recent target, with the TLS settings that are remembered.
fn recent_words(recent: &RecentTarget) -> String {
    let mut words = recent.target.to_string();
    match recent.tls {
        TlsChoice::Auto => {}
        TlsChoice::None => words.push_str(", no TLS"),
        TlsChoice::StartTls => words.push_str(", STARTTLS"),
        TlsChoice::Implicit => words.push_str(", implicit TLS"),
    }
    if recent.verified {
        words.push_str(", certificate required");
    }
    words
}
