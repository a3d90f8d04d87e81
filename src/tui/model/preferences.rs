//! What the program was started with, as far as the screen needs it.

use std::collections::BTreeMap;

use crate::config::{Profile, ResolvedTls, TlsChoice, TlsOverrides};
use crate::manual::Template;
use crate::net::Plan;
use crate::smtp::transcript::TRANSCRIPT_CAP;

/// What is said about the handshake and was read, at the most.
const READ_CAP: usize = 16;

/// What the program was started with, as far as the screen cares.
#[derive(Clone, Debug)]
pub struct Preferences {
    /// Flags and settings that every plan shares.
    pub plan: Plan,
    /// When TLS begins, unless the form says otherwise.
    pub tls: TlsChoice,
    /// Memory for the transcript, in octets.
    pub transcript_cap: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// Servers and how to log in there, by name.
    pub profiles: BTreeMap<String, Profile>,
    /// What flags and settings say about the handshake; the plan has what that comes to.
    pub overrides: TlsOverrides,
    /// What those profiles say about it, below the flags, that say something.
    pub profile_overrides: BTreeMap<String, TlsOverrides>,
    /// What else was said, and what it came to when its files were read, the latest last.
    pub read: Vec<ResolvedTls>,
    /// The user's own templates.
    pub templates: Vec<Template>,
}

impl Preferences {
    /// What flags and settings say about the handshake, with what that comes to.
    pub fn begun(&self) -> ResolvedTls {
        ResolvedTls {
            overrides: self.overrides.clone(),
            options: self.plan.tls.clone(),
        }
    }

    /// What this comes to, where its files were read.
    pub fn chosen(&self, overrides: &TlsOverrides) -> Option<ResolvedTls> {
        if *overrides == self.overrides {
            return Some(self.begun());
        }
        let mut read = self.read.iter();
        read.find(|chosen| chosen.overrides == *overrides).cloned()
    }

    /// Keeps what something came to, in place of what was kept longest where that is much.
    pub fn keep(&mut self, chosen: ResolvedTls) {
        self.read.retain(|kept| kept.overrides != chosen.overrides);
        if self.read.len() >= READ_CAP {
            self.read.remove(0);
        }
        self.read.push(chosen);
    }
}

impl Default for Preferences {
    /// What nobody chose.
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            tls: TlsChoice::default(),
            transcript_cap: TRANSCRIPT_CAP,
            wrap: true,
            mouse: false,
            profiles: BTreeMap::new(),
            overrides: TlsOverrides::default(),
            profile_overrides: BTreeMap::new(),
            read: Vec::new(),
            templates: Vec::new(),
        }
    }
}
