//! Providers of mail: hosts and ports, how a user is written, what the secret is, what they mean by
//! their replies.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::{Page, rows};
use super::rule::{Heard, Rule, best, says};
use super::sentence;
use super::table::Table;

static PROVIDERS: LazyLock<Table<Provider>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/providers.toml")));

/// A provider, keyed by a short name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Other words for it, in small letters.
    #[serde(default)]
    pub also: Vec<String>,
    /// What kind of service it is: `mailbox`, `transactional`.
    pub kind: String,
    /// Names of its hosts; `*` stands for anything.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Its ports: the number, a blank, how TLS begins.
    #[serde(default)]
    pub ports: Vec<String>,
    /// The mechanisms it offers.
    #[serde(default)]
    pub mechanisms: Vec<String>,
    /// How the user is written; empty where it is not known or nobody logs in.
    #[serde(default)]
    pub user: String,
    /// What the secret is; empty where it is not known or there is none.
    #[serde(default)]
    pub secret: String,
    /// Words of its replies, in small letters, that give it away.
    #[serde(default)]
    pub signs: Vec<String>,
    /// The key of a provider whose replies it has.
    #[serde(default)]
    pub like: Option<String>,
    /// Whose enhanced codes it uses; see [`Enhanced::by`](super::Enhanced).
    #[serde(default)]
    pub codes: Vec<String>,
    /// What it means by its replies.
    #[serde(default)]
    pub replies: Vec<Rule>,
    /// More that is worth knowing.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Where this is from.
    pub source: String,
    /// Not certain; it is shown as such.
    #[serde(default)]
    pub unconfirmed: bool,
}

impl Provider {
    /// Its own rules, and those of the provider it is like.
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        let other = self.like.as_deref().and_then(|key| PROVIDERS.row(key));
        let others = other.into_iter().flat_map(|provider| &provider.replies);
        self.replies.iter().chain(others)
    }

    /// What it means by a reply.
    pub(super) fn reads(&self, heard: &Heard<'_>) -> Option<&Rule> {
        best(self.rules(), heard)
    }
}

/// The provider of that short name, name or host, in any case of letters.
pub fn provider(name: &str) -> Option<&'static Provider> {
    entry(name).map(|(_, provider)| provider)
}

fn entry(name: &str) -> Option<(&'static str, &'static Provider)> {
    let is_name = |provider: &Provider| {
        let mut names = provider.name.split(", ");
        names.any(|part| part.eq_ignore_ascii_case(name))
            || provider.name.eq_ignore_ascii_case(name)
            || provider
                .also
                .iter()
                .any(|also| also.eq_ignore_ascii_case(name))
            || provider.hosts.iter().any(|host| is_host(host, name))
    };
    let dashed = name.replace(' ', "-");
    PROVIDERS
        .entry(&dashed)
        .or_else(|| PROVIDERS.rows().find(|(_, provider)| is_name(provider)))
}

/// The provider that a host's name belongs to.
pub fn provider_of(host: &str) -> Option<&'static Provider> {
    let mut rows = PROVIDERS.rows();
    rows.find(|(_, provider)| provider.hosts.iter().any(|known| is_host(known, host)))
        .map(|(_, provider)| provider)
}

/// The provider that the text of a reply, in small letters, gives away.
pub(super) fn provider_in(text: &str) -> Option<&'static Provider> {
    let mut rows = PROVIDERS.rows();
    rows.find(|(_, provider)| provider.signs.iter().any(|sign| says(text, sign)))
        .map(|(_, provider)| provider)
}

/// All providers by short name.
pub fn providers() -> impl Iterator<Item = (&'static str, &'static Provider)> {
    PROVIDERS.rows()
}

/// Whether `host` is what `known` names; a `*` in it stands for one or more characters.
fn is_host(known: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match known.split_once('*') {
        None => host == known,
        Some((head, tail)) => {
            host.len() > head.len() + tail.len() && host.starts_with(head) && host.ends_with(tail)
        }
    }
}

/// The page of a provider.
pub(super) fn provider_page(name: &str) -> Option<Page> {
    let (key, row) = entry(name)?;
    let mut page = Page::new(row.name.clone());
    page.lead(row.unconfirmed.then(|| sentence("unconfirmed").to_owned()));
    let fact = |name: &str, words: String| (name.to_owned(), words);
    let facts = [
        fact("Kind", row.kind.clone()),
        fact("Hosts", row.hosts.join(", ")),
        fact("Ports", row.ports.join(", ")),
        fact("AUTH", row.mechanisms.join(" ")),
        fact("User", row.user.clone()),
        fact("Secret", row.secret.clone()),
        fact("Look up as", key.to_ascii_lowercase()),
    ];
    let facts: Vec<_> = facts
        .into_iter()
        .filter(|(_, words)| !words.is_empty())
        .collect();
    page.lead(rows(&facts, 10));
    page.section("Good to know", row.notes.clone());
    let said = |rule: &Rule| {
        let codes = rule
            .codes
            .iter()
            .map(u16::to_string)
            .collect::<Vec<_>>()
            .join("/");
        let enhanced = rule.enhanced.first().map_or("", String::as_str);
        let words = rule
            .words
            .first()
            .map(|word| format!("\"{}\"", word.trim()));
        let head = [codes.as_str(), enhanced, words.as_deref().unwrap_or("")];
        let head = head.into_iter().filter(|part| !part.is_empty());
        let head = head.collect::<Vec<_>>().join(" ");
        let next = rule
            .next
            .first()
            .map_or(String::new(), |next| format!("; try: {next}"));
        format!("{head}: {}{next}", rule.means)
    };
    page.section("What it says, and means", row.rules().map(said));
    page.section("Source", [row.source.clone()]);
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_belongs_to_its_provider() {
        let table = [
            ("smtp.gmail.com", Some("Gmail")),
            ("SMTP.Gmail.Com.", Some("Gmail")),
            ("alt1.gmail-smtp-in.l.google.com", Some("Gmail, incoming")),
            (
                "contoso-com.mail.protection.outlook.com",
                Some("Microsoft 365, incoming"),
            ),
            ("email-smtp.eu-west-1.amazonaws.com", Some("Amazon SES")),
            ("email-smtp..amazonaws.com", None),
            ("notgmail.com", None),
            ("127.0.0.1", None),
            ("", None),
        ];
        for (host, expected) in table {
            let found = provider_of(host).map(|provider| provider.name.as_str());
            assert_eq!(found, expected, "{host}");
        }
    }

    #[test]
    fn those_that_are_like_another_have_its_rules() {
        let aol = provider("aol").unwrap();
        assert!(aol.rules().any(|rule| rule.words == ["#auth005"]));
    }
}
