//! The topics of the manual: name, kind and meaning of everything that has a page.

use super::command::{commands, terms};
use super::enhanced::enhanced_codes;
use super::extension::extensions;
use super::mechanism::mechanisms;
use super::page::{Page, rows};
use super::parameter::parameters;
use super::provider::providers;
use super::reply_code::reply_codes;
use super::rule::symptoms;

/// A topic that has a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The name to look it up by.
    pub name: String,
    /// The kind of topic.
    pub kind: TopicKind,
    /// What it means, in one short line.
    pub means: String,
}

/// The kinds of topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicKind {
    /// An SMTP command.
    Command,
    /// A protocol term that is not a command.
    Term,
    /// An ESMTP parameter.
    Parameter,
    /// An EHLO keyword.
    Extension,
    /// A SASL mechanism.
    Mechanism,
    /// A reply code.
    ReplyCode,
    /// An enhanced status code.
    EnhancedCode,
    /// A mail provider.
    Provider,
    /// A common problem, recognised by the text of replies.
    Symptom,
}

impl TopicKind {
    /// All kinds, with examples of names.
    const ALL: [(Self, &'static str); 9] = [
        (Self::Command, "RCPT, STARTTLS, XCLIENT"),
        (Self::Term, "greeting, ., *"),
        (Self::Parameter, "NOTIFY, BODY, HOLDFOR"),
        (Self::Extension, "8BITMIME, CHUNKING, LIMITS"),
        (Self::Mechanism, "PLAIN, SCRAM-SHA-256, XOAUTH2"),
        (Self::ReplyCode, "550, 421, 4yz"),
        (Self::EnhancedCode, "5.7.1, X.7.1, 4.7"),
        (Self::Provider, "gmail, smtp.office365.com, ses"),
        (Self::Symptom, "greylisting, relay-denied, bare-lf"),
    ];

    /// The plural, as a heading.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Command => "commands",
            Self::Term => "protocol terms",
            Self::Parameter => "parameters",
            Self::Extension => "extensions",
            Self::Mechanism => "SASL mechanisms",
            Self::ReplyCode => "reply codes",
            Self::EnhancedCode => "enhanced codes",
            Self::Provider => "providers",
            Self::Symptom => "common problems",
        }
    }
}

/// All topics, by kind and name.
pub fn topics() -> Vec<Topic> {
    let topic = |kind: TopicKind| {
        move |(name, means): (&str, &str)| Topic {
            name: name.to_owned(),
            kind,
            means: means.to_owned(),
        }
    };
    let lowercase = |topic: Topic| Topic {
        name: topic.name.to_ascii_lowercase(),
        ..topic
    };
    let mut all = Vec::new();
    let rows = commands().map(|(name, row)| (name, row.means.as_str()));
    all.extend(rows.map(topic(TopicKind::Command)));
    let rows = terms().map(|(name, row)| (name, row.means.as_str()));
    all.extend(rows.map(topic(TopicKind::Term)).map(lowercase));
    let rows = parameters().map(|(name, row)| (name, row.means.as_str()));
    all.extend(rows.map(topic(TopicKind::Parameter)));
    let rows = extensions().map(|(name, row)| (name, row.means.as_str()));
    all.extend(rows.map(topic(TopicKind::Extension)));
    for (name, row) in mechanisms() {
        let names = std::iter::once(name).chain(row.also.iter().map(String::as_str));
        all.extend(names.map(|name| topic(TopicKind::Mechanism)((name, &row.means))));
    }
    let rows = reply_codes().map(|(name, row)| (name, row.means.as_str()));
    all.extend(rows.map(topic(TopicKind::ReplyCode)).map(lowercase));
    let rows = enhanced_codes().map(|(name, row)| (name, row.means.as_str()));
    all.extend(rows.map(topic(TopicKind::EnhancedCode)));
    for (key, row) in providers() {
        all.push(lowercase(topic(TopicKind::Provider)((key, &row.name))));
        let hosts = row.hosts.iter().filter(|host| !host.contains('*'));
        all.extend(hosts.map(|host| topic(TopicKind::Provider)((host, &row.name))));
    }
    // A row that depends on the session says nothing without one.
    let rows = symptoms().filter(|(_, row)| row.when.is_empty());
    let rows = rows.map(|(name, row)| (name, row.means.as_str()));
    all.extend(rows.map(topic(TopicKind::Symptom)).map(lowercase));
    all
}

/// The page that lists the kinds of topics, with examples.
pub fn overview() -> Page {
    let mut page = Page::new("Topics");
    let cells: Vec<_> = TopicKind::ALL
        .iter()
        .map(|(kind, examples)| (kind.plural().to_owned(), (*examples).to_owned()))
        .collect();
    page.lead(rows(&cells, 40));
    page.section(
        "Combinations",
        [
            "550 5.7.1                  a reply code with its enhanced code",
            "RCPT 552                   a reply code after this command",
            "gmail 535 5.7.8            a reply of this provider",
            "550 5.7.1 Relaying denied  a complete reply",
        ]
        .map(str::to_owned),
    );
    page
}
