//! The tour's lessons, and which reply is what a step wants.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::smtp::{Awaited, Code, Link, SessionStatus, Verb};

static TOUR: LazyLock<Tour> =
    LazyLock::new(|| toml::from_str(include_str!("../../assets/tour.toml")).unwrap_or_default());

/// The asset.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tour {
    lesson: Vec<Lesson>,
}

/// A lesson.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What it is about, in a few words.
    pub title: String,
    /// Its steps, at least one.
    pub step: Vec<Step>,
}

/// A step of a lesson.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    pub words: String,
    /// The reply that counts.
    want: Want,
    /// What has to stand in the line, in any case of letters.
    #[serde(default)]
    with: String,
    /// Whether that has to be under TLS.
    #[serde(default)]
    tls: bool,
    /// What it has shown.
    pub seen: String,
}

/// A reply that counts: to what, and its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Want {
    kind: EntryKind,
    code: Code,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryKind {
    Verb(Verb),
    Message,
}

/// What a reply is to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is what was wanted.
    Done,
    /// It answers what was wanted, with another code than this one.
    Otherwise(Code),
    /// It is right, but this was not in the line.
    Without(&'static str),
    /// It would be right, but it has to be under TLS.
    WantsTls,
    /// It has nothing to do with the step.
    Aside,
}

/// All lessons, in order.
pub fn lessons() -> &'static [Lesson] {
    &TOUR.lesson
}

impl TryFrom<String> for Want {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no verb and code");
        let (word, code) = text.split_once(' ').ok_or_else(wrong)?;
        let code = Code::parse(code.as_bytes()).ok_or_else(wrong)?;
        let kind = match word {
            "MESSAGE" => EntryKind::Message,
            "OTHER" => EntryKind::Verb(Verb::Other),
            word => match Verb::parse(word) {
                Verb::Other => return Err(wrong()),
                verb => EntryKind::Verb(verb),
            },
        };
        Ok(Self { kind, code })
    }
}

impl Step {
    /// The code that it wants.
    pub fn code(&self) -> Code {
        self.want.code
    }

    /// Whether it is a MAIL that cannot be sent again before RSET, now that this was answered.
    pub fn wants_reset(&self, code: Code) -> bool {
        let opened = code.is_positive() || code.number() == 503;
        self.want.kind == EntryKind::Verb(Verb::Mail) && opened
    }

    /// What a reply with this code, to this, means for the step. `line` is the line that was sent.
    pub fn verdict(
        &'static self,
        awaited: Option<Awaited>,
        line: &str,
        code: Code,
        status: &SessionStatus,
    ) -> Verdict {
        let with = || line.to_ascii_uppercase().contains(&self.with);
        let meant = match awaited {
            Some(Awaited::Command(verb)) => self.want.kind == EntryKind::Verb(verb),
            Some(Awaited::SaslResponse) => self.want.kind == EntryKind::Verb(Verb::Auth),
            Some(Awaited::EndOfData | Awaited::Chunk { last: true }) => {
                self.want.kind == EntryKind::Message
            }
            _ => false,
        };
        // 334 is the middle of a login, and neither its end nor a refusal.
        if !meant || code.number() == 334 {
            Verdict::Aside
        } else if code != self.want.code {
            Verdict::Otherwise(code)
        } else if !with() {
            Verdict::Without(&self.with)
        } else if self.tls && status.link == Link::Clear {
            Verdict::WantsTls
        } else {
            Verdict::Done
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_eight_lessons_that_fit_their_strip() {
        assert_eq!(lessons().len(), 8);
        for step in lessons().iter().flat_map(|lesson| &lesson.step) {
            // Two rows of an 80 column screen, one row of what was seen.
            assert!(step.words.len() <= 140, "{}", step.words);
            assert!(step.seen.len() <= 110, "{}", step.seen);
        }
    }

    #[test]
    fn a_reply_is_what_a_step_wants_or_not() {
        let login = &lessons()[4].step[0];
        let clear = SessionStatus::default();
        let tls = SessionStatus {
            link: Link::Verified,
            ..SessionStatus::default()
        };
        let auth = Some(Awaited::Command(Verb::Auth));
        let table = [
            (auth, 235, &tls, Verdict::Done),
            (Some(Awaited::SaslResponse), 235, &tls, Verdict::Done),
            (auth, 235, &clear, Verdict::WantsTls),
            (auth, 535, &tls, Verdict::Otherwise(Code::new(535))),
            (auth, 334, &tls, Verdict::Aside),
            (Some(Awaited::Greeting), 220, &tls, Verdict::Aside),
            (None, 235, &tls, Verdict::Aside),
        ];
        for (awaited, code, status, verdict) in table {
            assert_eq!(login.verdict(awaited, "", Code::new(code), status), verdict);
        }
    }

    #[test]
    fn a_step_may_want_words_in_its_line() {
        let lesson = &lessons()[6];
        let tls = SessionStatus {
            link: Link::Verified,
            ..SessionStatus::default()
        };
        let (mail, rcpt) = (&lesson.step[1], &lesson.step[2]);
        let table = [
            (mail, Verb::Mail, "MAIL FROM:<a@b> ret=hdrs", Verdict::Done),
            (
                mail,
                Verb::Mail,
                "MAIL FROM:<a@b>",
                Verdict::Without("RET="),
            ),
            (
                rcpt,
                Verb::Rcpt,
                "RCPT TO:<a@b> NOTIFY=SUCCESS",
                Verdict::Done,
            ),
            (
                rcpt,
                Verb::Rcpt,
                "RCPT TO:<a@b>",
                Verdict::Without("NOTIFY="),
            ),
        ];
        for (step, verb, line, verdict) in table {
            let awaited = Some(Awaited::Command(verb));
            assert_eq!(step.verdict(awaited, line, Code::new(250), &tls), verdict);
        }
    }
}
