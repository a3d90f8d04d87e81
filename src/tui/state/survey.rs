//! A survey of a server that runs beside the session: which of its ports are open, or whether it is in
//! order.

use std::net::SocketAddr;

use crate::headless::check::{CheckOptions, CheckTarget, TargetReport};
use crate::headless::ports::{Ports, PortsPlan};
use crate::net::Resolver;

/// What to look at.
#[derive(Clone, Debug)]
pub enum SurveyRequest {
    /// The ports of a host; of a domain, those of its first mail server.
    Ports {
        /// The ports. The addresses are looked up.
        plan: PortsPlan,
        /// Whether its host is a domain.
        is_domain: bool,
        /// The nameservers to ask.
        resolver: Resolver,
    },
    /// Whether a server, or those of a domain, are in order.
    Check(CheckTarget, CheckOptions),
}

/// What a survey has found so far.
#[derive(Clone, Debug)]
pub enum Findings {
    /// Each port at each address, and what is behind those that were looked at.
    Ports(Vec<SocketAddr>, Ports),
    /// What is in order.
    Check(TargetReport),
}

/// News of a survey.
#[derive(Clone, Debug)]
pub enum SurveyNews {
    /// There is more; it goes on.
    Part(Findings),
    /// All is found.
    Whole(Findings),
    /// Nothing could be found, for this reason.
    Failed(String),
}
