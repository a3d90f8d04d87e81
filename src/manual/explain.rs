//! A reply in words: what it means, why it comes, what to try next, what is still possible.

use super::enhanced::{Enhanced, enhanced_class, enhanced_of_vendors, enhanced_subject};
use super::found::{Found, enhanced_row, unique};
use super::page::Page;
use super::provider::{Provider, provider_in, provider_of};
use super::remark::on_keywords;
use super::reply_code::class_words;
use super::sentence;
use crate::smtp::{Awaited, Class, Code, EnhancedCode, Phase, Reply, SessionStatus, Verb};

/// Octets of a reply's text that are looked at.
const TEXT_CAP: usize = 8 * 1024;
/// Links of one reply that are listed.
const LINKS_CAP: usize = 5;

/// A reply and what is known of its circumstances.
#[derive(Clone, Copy, Debug)]
pub struct ReplyContext<'a> {
    /// The reply.
    pub reply: &'a Reply,
    /// What it answers; none where nothing was asked, or it is not known.
    pub awaited: Option<Awaited>,
    /// The host that was connected to.
    pub host: Option<&'a str>,
    /// Where the dialogue stands after the reply.
    pub status: Option<&'a SessionStatus>,
}

/// A reply explained. What the server sent is in it only in [`links`](Self::links) and
/// [`remarks`](Self::remarks), as it came: both have to be made visible before they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The codes, and what was asked.
    pub title: String,
    /// The one thing to know, in at most 70 characters.
    pub headline: String,
    /// What the first digit says.
    pub class: String,
    /// What the reply code means here.
    pub code: String,
    /// What the enhanced code means, where there is one that counts.
    pub enhanced: Option<String>,
    /// The provider's name, and what it means by this.
    pub provider: Option<(String, String)>,
    /// What is odd, or worth a word, about the reply itself.
    pub remarks: Vec<String>,
    /// The usual causes, the likeliest first.
    pub causes: Vec<String>,
    /// What to try, the likeliest first.
    pub next: Vec<String>,
    /// Whether it is the name given with EHLO that is refused.
    pub refuses_name: bool,
    /// What is still possible in this session.
    pub still: Option<String>,
    /// Links in the server's text, whole.
    pub links: Vec<String>,
    /// Where it is defined.
    pub source: Vec<String>,
}

/// Explains a reply.
pub fn explain(situation: &ReplyContext<'_>) -> Explanation {
    let reply = situation.reply;
    let Some(code) = reply.code() else {
        return Explanation {
            title: "no code".to_owned(),
            headline: sentence("no-code").to_owned(),
            ..Explanation::default()
        };
    };
    let text = text_of(reply);
    let lowered = text.to_lowercase();
    let (found, enhanced, provider) = find(situation, code, &lowered);

    let awaited = situation
        .awaited
        .map_or(String::new(), |awaited| format!(" to {}", awaited.name()));
    let codes = reply
        .enhanced
        .map_or(code.to_string(), |enhanced| format!("{code} {enhanced}"));
    let mut explanation = Explanation {
        title: format!("{codes}{awaited}"),
        headline: found.headline().to_owned(),
        class: class_words(code.class()).to_owned(),
        code: found.code_words().to_owned(),
        enhanced: enhanced.map(|enhanced| enhanced_words(enhanced, provider)),
        provider: provider
            .zip(found.of_provider())
            .map(|(provider, rule)| (provider.name.clone(), rule.means.clone())),
        causes: found.causes(),
        next: found.next(),
        refuses_name: found.refuses_name(),
        still: still_possible(situation, code).map(str::to_owned),
        links: links(&text),
        source: found.sources(),
        ..Explanation::default()
    };
    explanation.remarks.extend(found.doubt().map(str::to_owned));
    if reply.enhanced.is_some() && enhanced.is_none() && code.class() != Class::Unknown {
        explanation
            .remarks
            .push(sentence("contradiction").to_owned());
    }
    let introduced = matches!(
        situation.awaited,
        Some(Awaited::Command(Verb::Ehlo | Verb::Lhlo))
    );
    if introduced && code.is_positive() {
        explanation.remarks.extend(on_keywords(reply));
    }
    explanation
}

/// What is known of this very reply beyond its code, and the first thing to try: in two sentences.
pub fn particular(situation: &ReplyContext<'_>) -> Option<String> {
    let code = situation.reply.code()?;
    let lowered = text_of(situation.reply).to_lowercase();
    let (found, ..) = find(situation, code, &lowered);
    if !found.is_particular() {
        return None;
    }
    let mut words = sentence_of(found.headline());
    if let Some(next) = found.next().first() {
        words.push(' ');
        words.push_str(&sentence_of(&format!("to try: {next}")));
    }
    Some(words)
}

fn sentence_of(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// What the tables know, the enhanced code that counts, and the provider.
fn find<'a>(
    situation: &ReplyContext<'_>,
    code: Code,
    lowered: &'a str,
) -> (Found<'a>, Option<EnhancedCode>, Option<&'static Provider>) {
    let agrees = |enhanced: &EnhancedCode| u16::from(enhanced.class) == code.number() / 100;
    let enhanced = situation.reply.enhanced.filter(agrees);
    let provider = provider_for(situation, lowered);
    let found = Found::new(situation.awaited, code, enhanced, provider, lowered);
    (found, enhanced, provider)
}

impl Explanation {
    /// The explanation as a page.
    pub fn page(&self) -> Page {
        let mut page = Page::new(self.title.clone());
        page.lead([self.headline.clone()]);
        page.section("To try", self.next.clone());
        page.section("Still possible", self.still.clone());
        let provider = self
            .provider
            .as_ref()
            .map(|(name, means)| format!("{name}: {means}"));
        let meanings = [
            Some(self.class.clone()),
            Some(self.code.clone()).filter(|words| *words != self.headline),
            self.enhanced.clone(),
            provider.filter(|words| !words.ends_with(&self.headline)),
        ];
        page.section("What it means", meanings.into_iter().flatten());
        page.section("Why", self.causes.clone());
        page.section("Worth a word", self.remarks.clone());
        page.section("The server's links", self.links.clone());
        page.section("Source", [self.source.join(", ")]);
        page
    }
}

/// The provider that is talked to: by the host's name, by the name in its EHLO, by its words.
fn provider_for(situation: &ReplyContext<'_>, lowered: &str) -> Option<&'static Provider> {
    let by_host = situation.host.and_then(provider_of);
    let capabilities = situation
        .status
        .and_then(|status| status.capabilities.current());
    by_host
        .or_else(|| capabilities.and_then(|capabilities| provider_of(&capabilities.server)))
        .or_else(|| provider_in(lowered))
}

/// What an enhanced code means, by whom; falls back from the code to its subject and class.
fn enhanced_words(code: EnhancedCode, provider: Option<&Provider>) -> String {
    if let Some(row) = enhanced_row(code, provider) {
        let exact = match &row.by {
            Some(vendor) => format!("{code}: {} (of {vendor})", row.means),
            None => format!("{code}: {}", row.means),
        };
        // The same number may be a vendor's too, and nobody knows yet whose server this is.
        let others = enhanced_of_vendors(code).filter(|_| row.by.is_none() && provider.is_none());
        let others =
            others.map(|row| format!("; for {}: {}", row.by.as_deref().unwrap_or(""), row.means));
        return exact + &others.collect::<String>();
    }
    let words = |row: Option<&'static Enhanced>| row.map_or("", |row| row.means.as_str());
    format!(
        "{code}: {}, {}",
        words(enhanced_class(code)),
        words(enhanced_subject(code))
    )
}

/// What the session still allows after a refusal.
fn still_possible(situation: &ReplyContext<'_>, code: Code) -> Option<&'static str> {
    let status = situation.status.filter(|_| code.is_negative())?;
    let key = match (status.phase, situation.awaited) {
        (Phase::Closing | Phase::Offline, _) => "still-closing",
        (_, Some(Awaited::Chunk { .. } | Awaited::Command(Verb::Bdat))) => "still-chunk",
        (Phase::Transaction { accepted: 0, .. }, _) => "still-empty",
        (Phase::Transaction { .. }, _) => "still-open",
        (_, Some(Awaited::Command(Verb::StartTls))) => "still-clear",
        (_, Some(Awaited::SaslResponse | Awaited::Command(Verb::Auth))) => "still-login",
        (Phase::Ready, Some(Awaited::EndOfData)) => "still-ready",
        _ => return None,
    };
    Some(sentence(key))
}

/// The text of all lines in one, without the enhanced codes in front.
fn text_of(reply: &Reply) -> String {
    let mut text = String::new();
    for line in &reply.texts {
        let code = EnhancedCode::parse(line).map_or(0, |code| code.to_string().len());
        let end = line.len().min(code + TEXT_CAP);
        let line = String::from_utf8_lossy(&line[code..end]);
        text.push_str(line.trim());
        text.push(' ');
        if text.len() > TEXT_CAP {
            break;
        }
    }
    text
}

/// The links in a text, whole, without the mark of a sentence's end.
fn links(text: &str) -> Vec<String> {
    let starts = ["https://", "http://"];
    let begins = |word: &str| starts.iter().filter_map(|start| word.find(start)).min();
    let links = text.split_whitespace().filter_map(|word| {
        let link = &word[begins(word)?..];
        Some(
            link.trim_end_matches(['.', ',', ';', ')', '>', ']', '"', '\''])
                .to_owned(),
        )
    });
    unique(links.collect(), LINKS_CAP)
}
