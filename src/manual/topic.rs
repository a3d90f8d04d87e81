//! What can be looked up: each word, its kind, and what it means.

use super::page::{Page, rows};
use super::{
    commands, dialogue_topics, enhanced_codes, extensions, mechanisms, parameters, providers,
    reply_codes, symptoms,
};

/// What the manual has a page about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The word to ask for it.
    pub name: String,
    /// What kind of thing it is.
    pub kind: TopicKind,
    /// What it means, in a few words.
    pub means: String,
}

/// The kinds of things the manual knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicKind {
    /// A command.
    Verb,
    /// What has a place in the dialogue and is no verb.
    Dialogue,
    /// An ESMTP parameter.
    Parameter,
    /// A word of EHLO's answer.
    Extension,
    /// A SASL mechanism.
    Mechanism,
    /// A reply code.
    ReplyCode,
    /// An enhanced status code.
    EnhancedCode,
    /// A provider.
    Provider,
    /// What servers say in words.
    Symptom,
}

impl TopicKind {
    /// All kinds, each with words that ask for some of it.
    const ALL: [(Self, &'static str); 9] = [
        (Self::Verb, "RCPT, STARTTLS, XCLIENT"),
        (Self::Dialogue, "greeting, ., *"),
        (Self::Parameter, "NOTIFY, BODY, HOLDFOR"),
        (Self::Extension, "8BITMIME, CHUNKING, LIMITS"),
        (Self::Mechanism, "PLAIN, SCRAM-SHA-256, XOAUTH2"),
        (Self::ReplyCode, "550, 421, 4yz"),
        (Self::EnhancedCode, "5.7.1, X.7.1, 4.7"),
        (Self::Provider, "gmail, smtp.office365.com, ses"),
        (Self::Symptom, "greylisting, relay-denied, bare-lf"),
    ];

    /// The kind in the plural.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Verb => "commands",
            Self::Dialogue => "other parts of the dialogue",
            Self::Parameter => "parameters",
            Self::Extension => "extensions",
            Self::Mechanism => "ways to log in",
            Self::ReplyCode => "reply codes",
            Self::EnhancedCode => "enhanced codes",
            Self::Provider => "providers",
            Self::Symptom => "what servers say",
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
    let small = |topic: Topic| Topic {
        name: topic.name.to_ascii_lowercase(),
        ..topic
    };
    let mut all = Vec::new();
    let verbs = commands().map(|(name, row)| (name, row.means.as_str()));
    all.extend(verbs.map(topic(TopicKind::Verb)));
    let others = dialogue_topics().map(|(name, row)| (name, row.means.as_str()));
    all.extend(others.map(topic(TopicKind::Dialogue)).map(small));
    let words = parameters().map(|(name, row)| (name, row.means.as_str()));
    all.extend(words.map(topic(TopicKind::Parameter)));
    let words = extensions().map(|(name, row)| (name, row.means.as_str()));
    all.extend(words.map(topic(TopicKind::Extension)));
    for (name, row) in mechanisms() {
        let names = std::iter::once(name).chain(row.also.iter().map(String::as_str));
        all.extend(names.map(|name| topic(TopicKind::Mechanism)((name, &row.means))));
    }
    let codes = reply_codes().map(|(name, row)| (name, row.means.as_str()));
    all.extend(codes.map(topic(TopicKind::ReplyCode)).map(small));
    let codes = enhanced_codes().map(|(name, row)| (name, row.means.as_str()));
    all.extend(codes.map(topic(TopicKind::EnhancedCode)));
    for (key, row) in providers() {
        all.push(small(topic(TopicKind::Provider)((key, &row.name))));
        let hosts = row.hosts.iter().filter(|host| !host.contains('*'));
        all.extend(hosts.map(|host| topic(TopicKind::Provider)((host, &row.name))));
    }
    let words = symptoms().map(|(name, row)| (name, row.means.as_str()));
    all.extend(words.map(topic(TopicKind::Symptom)).map(small));
    all
}

/// The page that says what there is to look up.
pub fn overview() -> Page {
    let mut page = Page::new("What can be looked up");
    let cells: Vec<_> = TopicKind::ALL
        .iter()
        .map(|(kind, examples)| (kind.plural().to_owned(), (*examples).to_owned()))
        .collect();
    page.lead(rows(&cells, 40));
    page.section(
        "Several words together",
        [
            "550 5.7.1                  both codes in one",
            "RCPT 552                   the code after that command",
            "gmail 535 5.7.8            what this provider means by it",
            "550 5.7.1 Relaying denied  a reply as it came",
        ]
        .map(str::to_owned),
    );
    page
}
