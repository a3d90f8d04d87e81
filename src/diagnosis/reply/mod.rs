//! Explains a reply: what it means, its causes, what to do next, what the session still allows.

mod matches;
mod remark;
mod scoring;

use self::matches::{Matches, enhanced_doc, unique};
use self::remark::on_keywords;
use super::situation::Situation;
use crate::manual::{
    EnhancedCodeDoc, Page, Provider, StepAction, class_text, enhanced_class, enhanced_of_vendors,
    enhanced_subject, fill, provider_by_text, provider_of, sentence,
};
use crate::smtp::{Awaited, Class, Code, EnhancedCode, Phase, Reply, Verb};

/// The most octets of a reply's text that are read.
const TEXT_CAP: usize = 8 * 1024;
/// The most faults of a message that are listed.
const FAULTS_CAP: usize = 4;
/// Codes with which a server says that it does not know a command.
const UNKNOWN_VERB: [u16; 2] = [500, 502];
/// Codes with which a server says that it takes no more recipients.
const TOO_MANY: [u16; 2] = [452, 552];
/// The most links listed for one reply.
const LINKS_CAP: usize = 5;

/// A reply and its context.
#[derive(Clone, Copy, Debug)]
pub struct ReplyContext<'a> {
    /// The reply.
    pub reply: &'a Reply,
    /// What is known about the session.
    pub situation: &'a Situation,
}

/// How sure a reading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certainty {
    /// The session, the standard or the provider's documentation says so.
    #[default]
    Known,
    /// Servers usually mean this by such a text.
    Likely,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The words, imperative.
    pub words: String,
    /// What it begins with, if it is a step of the protocol or one the program can do.
    pub action: Option<StepAction>,
}

/// The explanation of a reply. Only [`links`](Self::links) and [`remarks`](Self::remarks) contain text
/// from the server, unescaped: escape both before you show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The codes, and what the reply answers.
    pub title: String,
    /// The most specific meaning, at most 70 characters.
    pub headline: String,
    /// How sure the headline is.
    pub certainty: Certainty,
    /// The facts about the session that the headline rests on.
    pub evidence: Vec<String>,
    /// What the first digit means.
    pub class: String,
    /// What the reply code means after this command.
    pub code: String,
    /// What the enhanced code means, if there is one and it does not contradict the reply code.
    pub enhanced: Option<String>,
    /// The provider's name, and what it means by this reply.
    pub provider: Option<(String, String)>,
    /// Notes on the reply, such as contradictions and unusual keywords.
    pub remarks: Vec<String>,
    /// The usual causes, most likely first.
    pub causes: Vec<String>,
    /// What to do, most promising first.
    pub next: Vec<Step>,
    /// Commands of this program that show it.
    pub commands: Vec<String>,
    /// Whether the server refuses the EHLO name.
    pub refuses_name: bool,
    /// Whether a refused login is not due to the password.
    pub not_the_password: bool,
    /// What the session still allows after a refusal.
    pub still_possible: Option<String>,
    /// The links in the server's text, complete.
    pub links: Vec<String>,
    /// Where the codes are defined.
    pub source: Vec<String>,
}

/// Explains a reply.
pub fn explain(context: &ReplyContext<'_>) -> Explanation {
    let reply = context.reply;
    let Some(code) = reply.code() else {
        return Explanation {
            title: "no code".to_owned(),
            headline: sentence("no-code").to_owned(),
            ..Explanation::default()
        };
    };
    let text = text_of(reply);
    let lowered = text.to_lowercase();
    let (matches, enhanced, provider) = find(context, code, &lowered);

    let awaited = context
        .situation
        .awaited
        .map_or(String::new(), |awaited| format!(" to {}", awaited.name()));
    let codes = reply
        .enhanced
        .map_or(code.to_string(), |enhanced| format!("{code} {enhanced}"));
    let with_values = |words: &str| fill(words, |value| context.situation.value_of(value));
    let mut next = matches.next();
    for step in &mut next {
        step.words = with_values(&step.words);
    }
    let mut explanation = Explanation {
        title: format!("{codes}{awaited}"),
        headline: with_values(matches.headline()),
        certainty: matches.certainty(),
        evidence: matches.evidence(),
        class: class_text(code.class()).to_owned(),
        code: matches.code_text().to_owned(),
        enhanced: enhanced.map(|enhanced| enhanced_text(enhanced, provider)),
        provider: provider
            .zip(matches.provider_rule())
            .map(|(provider, rule)| (provider.name.clone(), rule.means.clone())),
        causes: matches
            .causes()
            .iter()
            .map(|cause| with_values(cause))
            .collect(),
        refuses_name: matches.refuses_name(),
        not_the_password: matches.not_the_password(),
        still_possible: still_possible(context, code, &next).map(str::to_owned),
        next,
        links: links(&text),
        source: matches.sources(),
        ..Explanation::default()
    };
    explanation
        .remarks
        .extend(matches.status_note().map(str::to_owned));
    if reply.enhanced.is_some() && enhanced.is_none() && code.class() != Class::Unknown {
        explanation
            .remarks
            .push(sentence("contradiction").to_owned());
    }
    let ends_message = matches!(
        context.situation.awaited,
        Some(Awaited::EndOfData | Awaited::Chunk { last: true })
    );
    if code.is_negative() && ends_message {
        let faults = context.situation.message.iter().flatten();
        let words = sentence("message-fault");
        let words = faults.map(|fault| words.replace("{}", &fault.to_string()));
        explanation.remarks.extend(words.take(FAULTS_CAP));
    }
    if code.is_negative() && context.situation.password_exposed == Some(true) {
        let about_login = context.situation.awaited.is_some_and(Awaited::is_login);
        let words = about_login.then(|| sentence("password-exposed").to_owned());
        explanation.remarks.extend(words);
    }
    let is_ehlo_reply = matches!(
        context.situation.awaited,
        Some(Awaited::Command(Verb::Ehlo | Verb::Lhlo))
    );
    if is_ehlo_reply && code.is_positive() {
        explanation.remarks.extend(on_keywords(reply));
    }
    explanation
}

/// The matching rows, the enhanced code unless it contradicts the reply code, and the provider.
fn find<'a>(
    context: &ReplyContext<'a>,
    code: Code,
    lowered: &'a str,
) -> (Matches<'a>, Option<EnhancedCode>, Option<&'static Provider>) {
    let agrees = |enhanced: &EnhancedCode| u16::from(enhanced.class) == code.number() / 100;
    let enhanced = context.reply.enhanced.filter(agrees);
    let provider = provider_for(context, lowered);
    let matches = Matches::new(context.situation, code, enhanced, provider, lowered);
    (matches, enhanced, provider.map(|(provider, _)| provider))
}

impl Explanation {
    /// Whether the headline says more than the reply code.
    pub fn is_specific(&self) -> bool {
        self.headline != self.code
    }

    /// The words of the first step.
    pub fn first_step(&self) -> Option<&str> {
        self.next.first().map(|step| step.words.as_str())
    }

    /// The explanation as a page.
    pub fn page(&self) -> Page {
        let mut page = Page::new(self.title.clone());
        page.lead([self.headline.clone()]);
        page.section("Evidence", self.evidence.clone());
        page.section(
            "What to try",
            self.next.iter().map(|step| step.words.clone()),
        );
        page.section("Commands that show it", self.commands.clone());
        page.section("Still possible", self.still_possible.clone());
        let provider = self
            .provider
            .as_ref()
            .map(|(name, means)| format!("{name}: {means}"));
        let meanings = [
            Some(self.class.clone()),
            Some(self.code.clone()).filter(|meaning| {
                *meaning != self.headline && !self.class.ends_with(meaning.as_str())
            }),
            self.enhanced.clone(),
            provider.filter(|meaning| !meaning.ends_with(&self.headline)),
            (self.certainty == Certainty::Likely).then(|| sentence("likely").to_owned()),
        ];
        page.section("Meaning", meanings.into_iter().flatten());
        page.section("Possible causes", self.causes.clone());
        page.section("Notes", self.remarks.clone());
        page.section("Links in the reply", self.links.clone());
        page.section("Source", [self.source.join(", ")]);
        page
    }
}

/// The provider, and how sure that is: by host name, else by the name in its EHLO reply, else by the text
/// of the reply, which others may send too.
fn provider_for(
    context: &ReplyContext<'_>,
    lowered: &str,
) -> Option<(&'static Provider, Certainty)> {
    let situation = context.situation;
    let by_host = situation.host.as_deref().and_then(provider_of);
    let capabilities = situation.capabilities.as_ref();
    let by_name =
        by_host.or_else(|| capabilities.and_then(|capabilities| provider_of(&capabilities.server)));
    let by_text = || provider_by_text(lowered).map(|provider| (provider, Certainty::Likely));
    by_name
        .map(|provider| (provider, Certainty::Known))
        .or_else(by_text)
}

/// What an enhanced code means, and according to which vendor; falls back to its class and subject.
fn enhanced_text(code: EnhancedCode, provider: Option<&Provider>) -> String {
    if let Some(row) = enhanced_doc(code, provider) {
        let exact = match &row.vendor {
            Some(vendor) => format!("{code}: {} ({vendor})", row.means),
            None => format!("{code}: {}", row.means),
        };
        // A vendor may use the same code with another meaning, and the provider is unknown.
        let others =
            enhanced_of_vendors(code).filter(|_| row.vendor.is_none() && provider.is_none());
        let others =
            others.map(|row| format!("; {}: {}", row.vendor.as_deref().unwrap_or(""), row.means));
        return exact + &others.collect::<String>();
    }
    let meaning = |row: Option<&'static EnhancedCodeDoc>| row.map_or("", |row| row.means.as_str());
    format!(
        "{code}: {}, {}",
        meaning(enhanced_class(code)),
        meaning(enhanced_subject(code))
    )
}

/// Whether a step leaves the transaction, if one is open.
fn begins_anew(action: StepAction) -> bool {
    matches!(
        action,
        StepAction::Reconnect | StepAction::Ehlo | StepAction::Helo | StepAction::Starttls
    )
}

/// Whether the server offers AUTH, as far as that is known.
fn may_offer_login(situation: &Situation) -> bool {
    let now = situation.capabilities.as_ref();
    now.is_none_or(|now| now.offers("AUTH"))
}

/// What the session still allows after a refusal.
fn still_possible(context: &ReplyContext<'_>, code: Code, next: &[Step]) -> Option<&'static str> {
    let situation = context.situation;
    let first = next.first().and_then(|step| step.action);
    let begins_anew = first.is_some_and(begins_anew);
    let is_full = situation.awaited == Some(Awaited::Command(Verb::Rcpt))
        && TOO_MANY.contains(&code.number());
    if begins_anew || is_full {
        return None;
    }
    let phase = situation.phase_after.filter(|_| code.is_negative())?;
    let key = match (phase, situation.awaited) {
        (Phase::Closing | Phase::Offline, _) => "still-closing",
        (Phase::Transaction { .. }, Some(Awaited::Chunk { .. } | Awaited::Command(Verb::Bdat)))
            if !UNKNOWN_VERB.contains(&code.number()) =>
        {
            "still-chunk"
        }
        (Phase::Transaction { .. }, _) if situation.chunks == Some(true) => "still-chunks",
        (Phase::Transaction { accepted: 0, .. }, _) => "still-empty",
        (Phase::Transaction { .. }, _) => "still-open",
        (_, Some(Awaited::Command(Verb::StartTls))) if situation.tls == Some(false) => {
            "still-clear"
        }
        (_, Some(Awaited::SaslResponse | Awaited::Command(Verb::Auth)))
            if situation.logged_in == Some(false) && may_offer_login(situation) =>
        {
            "still-login"
        }
        (Phase::Ready, Some(Awaited::EndOfData)) => "still-ready",
        _ => return None,
    };
    Some(sentence(key))
}

/// The text of all lines joined, without the enhanced codes.
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

/// The links in a text, without trailing punctuation.
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
