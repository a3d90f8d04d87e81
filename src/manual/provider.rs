//! Mail providers: hosts, ports, the form of the user name, the kind of secret, known replies.

use std::sync::LazyLock;

use serde::Deserialize;

use super::page::{Page, rows};
use super::rule::{ReplyRule, starts_word};
use super::sentence::sentence;
use super::table::Table;

static PROVIDERS: LazyLock<Table<Provider>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/providers.toml")));

/// A mail provider. The key is a short name in capitals.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The full name.
    pub name: String,
    /// Other names, in lowercase.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The kind of service: `mailbox`, `transactional`.
    pub kind: String,
    /// Host names; `*` matches one or more characters.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Ports: the number, a space, how TLS starts.
    #[serde(default)]
    pub ports: Vec<String>,
    /// The SASL mechanisms it offers.
    #[serde(default)]
    pub mechanisms: Vec<String>,
    /// The form of the user name; empty if unknown or there is no login.
    #[serde(default)]
    pub user: String,
    /// The kind of secret; empty if unknown or there is none.
    #[serde(default)]
    pub secret: String,
    /// Lowercase phrases of its replies that identify it on any host.
    #[serde(default)]
    pub signatures: Vec<String>,
    /// The key of a provider that sends the same replies.
    #[serde(default)]
    pub replies_like: Option<String>,
    /// The vendors whose enhanced codes it uses; see
    /// [`EnhancedCodeDoc::vendor`](super::EnhancedCodeDoc).
    #[serde(default)]
    pub code_vendors: Vec<String>,
    /// Rules for its replies.
    #[serde(default)]
    pub replies: Vec<ReplyRule>,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Where this data comes from.
    pub source: String,
    /// Not confirmed; the page says so.
    #[serde(default)]
    pub unconfirmed: bool,
}

impl Provider {
    /// Its own rules, then those of the provider with the same replies.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &ReplyRule> {
        let other = self
            .replies_like
            .as_deref()
            .and_then(|key| PROVIDERS.row(key));
        let others = other.into_iter().flat_map(|provider| &provider.replies);
        self.replies.iter().chain(others)
    }
}

/// The provider with this key, name, alias or host; case does not matter.
pub fn provider(name: &str) -> Option<&'static Provider> {
    entry(name).map(|(_, provider)| provider)
}

fn entry(name: &str) -> Option<(&'static str, &'static Provider)> {
    let is_name = |provider: &Provider| {
        let mut names = provider.name.split(", ");
        names.any(|part| part.eq_ignore_ascii_case(name))
            || provider.name.eq_ignore_ascii_case(name)
            || provider
                .aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name))
            || provider.hosts.iter().any(|host| is_host(host, name))
    };
    let dashed = name.replace(' ', "-");
    PROVIDERS.entry(&dashed).or_else(|| {
        // A host may match a pattern; any other name is in the text of its row.
        let word = if name.contains('.') { "" } else { name };
        let mut rows = PROVIDERS.rows_with(word);
        rows.find(|(_, provider)| is_name(provider))
    })
}

/// The provider of a host.
pub fn provider_of(host: &str) -> Option<&'static Provider> {
    let mut rows = PROVIDERS.rows();
    rows.find(|(_, provider)| provider.hosts.iter().any(|known| is_host(known, host)))
        .map(|(_, provider)| provider)
}

/// The provider that the lowercase text of a reply identifies.
pub(crate) fn provider_by_text(text: &str) -> Option<&'static Provider> {
    let mut rows = PROVIDERS.rows();
    rows.find(|(_, provider)| identifies(provider, text))
        .map(|(_, provider)| provider)
}

/// Whether `text` contains a signature of `provider`.
fn identifies(provider: &Provider, text: &str) -> bool {
    let mut signatures = provider.signatures.iter();
    signatures.any(|signature| starts_word(text, signature))
}

/// All providers, by key.
pub fn providers() -> impl Iterator<Item = (&'static str, &'static Provider)> {
    PROVIDERS.rows()
}

/// Whether `host` matches `known`, in which `*` matches one or more characters.
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
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let facts = [
        fact("Kind", row.kind.clone()),
        fact("Hosts", row.hosts.join(", ")),
        fact("Ports", row.ports.join(", ")),
        fact("AUTH", row.mechanisms.join(" ")),
        fact("User", row.user.clone()),
        fact("Secret", row.secret.clone()),
        fact("Short name", key.to_ascii_lowercase()),
    ];
    let facts: Vec<_> = facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    page.lead(rows(&facts, 10));
    page.section("Notes", row.notes.clone());
    let line = |rule: &ReplyRule| {
        let codes = rule
            .codes
            .iter()
            .map(u16::to_string)
            .collect::<Vec<_>>()
            .join("/");
        let enhanced = rule.enhanced.first().map_or("", String::as_str);
        let phrase = rule
            .phrases
            .first()
            .map(|phrase| format!("\"{}\"", phrase.trim()));
        let head = [codes.as_str(), enhanced, phrase.as_deref().unwrap_or("")];
        let head = head.into_iter().filter(|part| !part.is_empty());
        let head = head.collect::<Vec<_>>().join(" ");
        let next = rule
            .next
            .first()
            .map_or(String::new(), |next| format!("; next: {}", next.words));
        format!("{head}: {}{next}", rule.means)
    };
    page.section("Known replies", row.rules().map(line));
    page.section("Source", [row.source.clone()]);
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_provider_by_each_of_its_names() {
        for (_, row) in providers() {
            let names = row.name.split(", ").map(str::to_owned);
            let names = names.chain(row.aliases.iter().cloned());
            for name in names.filter(|name| !name.is_empty()) {
                assert!(provider(&name.to_uppercase()).is_some(), "{name}");
            }
            let without_dot = |host: &String| !host.contains('.');
            assert!(!row.hosts.iter().any(without_dot), "{:?}", row.hosts);
        }
    }

    #[test]
    fn finds_provider_by_host() {
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
    fn providers_share_the_rules_of_another() {
        let aol = provider("aol").unwrap();
        assert!(aol.rules().any(|rule| rule.phrases == ["#auth005"]));
    }
}
