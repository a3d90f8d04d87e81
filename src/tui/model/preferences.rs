//! The settings the program was started with, as far as the screen needs them.

use std::collections::BTreeMap;

use crate::config::{Profile, ResolvedTls, TlsChoice, TlsOverrides};
use crate::manual::Template;
use crate::net::ConnectPlan;
use crate::smtp::transcript::TRANSCRIPT_CAP;
use crate::tui::pane::transcript::TranscriptPane;

/// How many resolved TLS settings are cached.
const READ_CAP: usize = 16;

/// The settings the program was started with.
#[derive(Clone, Debug)]
pub struct Preferences {
    /// The flags and settings that all connections share.
    pub plan: ConnectPlan,
    /// When to start TLS, unless the form says otherwise.
    pub tls: TlsChoice,
    /// The cap of the transcript, in octets.
    pub transcript_cap: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether long replies to EHLO are folded while the sidebar shows their lines.
    pub fold: bool,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// The servers of the config, by name.
    pub profiles: BTreeMap<String, Profile>,
    /// The TLS settings of flags and config; `plan` has them resolved.
    pub overrides: TlsOverrides,
    /// The TLS settings of profiles that have some, with those of the flags over them.
    pub profile_overrides: BTreeMap<String, TlsOverrides>,
    /// Cache of other resolved TLS settings, the latest last.
    pub read: Vec<ResolvedTls>,
    /// The user's own templates.
    pub templates: Vec<Template>,
}

impl Preferences {
    /// An empty transcript for a live session.
    pub fn transcript(&self) -> TranscriptPane {
        TranscriptPane::new(self.transcript_cap, self.wrap, self.fold)
    }

    /// The TLS settings of flags and config, resolved.
    pub fn startup_tls(&self) -> ResolvedTls {
        ResolvedTls {
            overrides: self.overrides.clone(),
            options: self.plan.tls.clone(),
        }
    }

    /// These TLS settings, resolved, if they are in the cache.
    pub fn resolved(&self, overrides: &TlsOverrides) -> Option<ResolvedTls> {
        if *overrides == self.overrides {
            return Some(self.startup_tls());
        }
        let mut read = self.read.iter();
        read.find(|chosen| chosen.overrides == *overrides).cloned()
    }

    /// Caches resolved TLS settings, and evicts the oldest when full.
    pub fn keep(&mut self, chosen: ResolvedTls) {
        self.read.retain(|kept| kept.overrides != chosen.overrides);
        if self.read.len() >= READ_CAP {
            self.read.remove(0);
        }
        self.read.push(chosen);
    }
}

impl Default for Preferences {
    /// The defaults.
    fn default() -> Self {
        Self {
            plan: ConnectPlan::default(),
            tls: TlsChoice::default(),
            transcript_cap: TRANSCRIPT_CAP,
            wrap: true,
            fold: true,
            mouse: false,
            profiles: BTreeMap::new(),
            overrides: TlsOverrides::default(),
            profile_overrides: BTreeMap::new(),
            read: Vec::new(),
            templates: Vec::new(),
        }
    }
}
