//! The state of the tour: the current lesson and step, and the strip that shows them.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::manual::{LessonStep, StepResult, lessons};
use crate::report::text;
use crate::smtp::{Awaited, Code, SessionStatus};
use crate::tui::keymap::with_keys;
use crate::tui::widget::look::Look;

/// Below this size, in columns and rows, the strip is short.
const SMALL: (usize, usize) = (60, 20);

/// The commands of the tour.
const COMMANDS: &str = ":tour next, back, stop";

/// The progress of the tour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tour {
    lesson: usize,
    step: usize,
    /// The command that was sent last.
    line: String,
    /// What the last step showed, or why the current step is not done yet.
    remark: Option<Remark>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Remark {
    Seen(&'static str),
    NotYet(String),
}

impl Tour {
    fn current(&self) -> Option<&'static LessonStep> {
        lessons().get(self.lesson)?.step.get(self.step)
    }

    /// The line that the current step asks for; empty if it is the usual one.
    pub fn command(&self) -> &'static str {
        self.current().map_or("", |step| &step.command)
    }

    /// Goes to the next step or the previous one, whatever was done.
    pub fn step(&mut self, forward: bool) {
        let all = || places().collect::<Vec<_>>();
        let place = (self.lesson, self.step);
        let next = if forward {
            let after = all().into_iter().find(|other| *other > place);
            after.unwrap_or((lessons().len(), 0))
        } else {
            let before = all().into_iter().rfind(|other| *other < place);
            before.unwrap_or((0, 0))
        };
        self.go_to(next);
    }

    /// Goes to the beginning of a lesson, counted from 1. `false` if there is no such lesson.
    pub fn begin_lesson(&mut self, number: usize) -> bool {
        let exists = (1..=lessons().len()).contains(&number);
        if exists {
            self.go_to((number - 1, 0));
        }
        exists
    }

    fn go_to(&mut self, (lesson, step): (usize, usize)) {
        (self.lesson, self.step) = (lesson, step);
        self.remark = None;
    }

    /// Takes a command that was sent.
    pub fn sent(&mut self, line: &str) {
        line.clone_into(&mut self.line);
    }

    /// Takes a reply, which may complete the step.
    pub fn take(&mut self, awaited: Option<Awaited>, code: Code, status: &SessionStatus) {
        let Some(step) = self.current() else { return };
        if let Some(place) = self.done_ahead(awaited, code, status) {
            self.go_to(place);
            let done = self.current().map_or("", |step| step.result.as_str());
            self.step(true);
            self.remark = Some(Remark::Seen(done));
            return;
        }
        let first = if step.needs_reset(code) {
            "RSET, then this again:"
        } else {
            "Do this again:"
        };
        match step.check(awaited, &self.line, code, status) {
            StepResult::Unrelated => {}
            StepResult::OtherCode(code) => {
                let wanted = step.expected_code();
                self.remark = Some(Remark::NotYet(format!(
                    "You got {code}; this step needs {wanted}. {first}"
                )));
            }
            StepResult::Missing(words) => {
                self.remark = Some(Remark::NotYet(format!(
                    "Accepted, but the line did not contain {words}. {first}"
                )));
            }
            StepResult::NeedsTls => {
                let words = "That was right, but without TLS. STARTTLS, EHLO, then this again:";
                self.remark = Some(Remark::NotYet(words.to_owned()));
            }
            StepResult::Done => {
                self.remark = Some(Remark::Seen(&step.result));
                self.step += 1;
                let steps = lessons()
                    .get(self.lesson)
                    .map_or(0, |lesson| lesson.step.len());
                if self.step == steps {
                    self.lesson += 1;
                    self.step = 0;
                }
            }
        }
    }

    /// The step of this lesson or the next that a reply completes, if it does not complete the current
    /// step: what somebody did too early counts.
    fn done_ahead(
        &self,
        awaited: Option<Awaited>,
        code: Code,
        status: &SessionStatus,
    ) -> Option<(usize, usize)> {
        let is_done = |(lesson, step): (usize, usize)| {
            let step = lessons()
                .get(lesson)
                .and_then(|lesson| lesson.step.get(step));
            step.is_some_and(|step| {
                step.check(awaited, &self.line, code, status) == StepResult::Done
            })
        };
        let here = (self.lesson, self.step);
        if is_done(here) {
            return None;
        }
        let ahead = places().filter(|place| *place > here && place.0 <= self.lesson + 1);
        ahead.into_iter().find(|place| is_done(*place))
    }

    /// The strip for a screen of this many columns and rows. `is_connected`: the lesson can be done.
    pub fn lines(
        &self,
        (columns, rows): (usize, usize),
        is_connected: bool,
        has_tls: bool,
        look: &Look,
    ) -> Vec<Line<'static>> {
        let small = columns < SMALL.0 || rows < SMALL.1;
        let width = columns.saturating_sub(2).max(1);
        let row = |style: Style| {
            move |words: String| Line::from(Span::styled(format!(" {words}"), style))
        };
        let place = match lessons().get(self.lesson) {
            Some(lesson) => format!("{}/{} {}", self.lesson + 1, lessons().len(), lesson.title),
            None => "done".to_owned(),
        };
        let words = self.current().map_or(
            "The tour is over. ^O n connects to your own server, ? lists all keys.",
            |step| {
                if is_connected && step.needs_tls() && !has_tls && self.remark.is_none() {
                    "This lesson needs TLS: STARTTLS, with EHLO before and after it. Then it shows its task."
                } else if is_connected {
                    step.task.as_str()
                } else {
                    "The connection is closed. ^O r reconnects; EHLO, and the lesson continues."
                }
            },
        );
        let words = with_keys(words);
        let mut lines = Vec::new();
        if small {
            let words = match &self.remark {
                Some(Remark::NotYet(remark)) => format!("{place}: {remark} {words}"),
                _ => format!("{place}: {words}"),
            };
            lines.extend(
                text::words(&words, width, look.charset)
                    .into_iter()
                    .map(row(look.theme.info)),
            );
            return lines;
        }
        let title = format!("TOUR {place}");
        let pad = width.saturating_sub(title.chars().count() + COMMANDS.len() + 2);
        lines.push(Line::from(vec![
            Span::raw(" "),
            Span::styled(title, look.theme.heading),
            Span::styled(format!("{}  {COMMANDS}", " ".repeat(pad)), look.theme.dim),
        ]));
        let (remark, style) = match &self.remark {
            None => (None, Style::new()),
            Some(Remark::Seen(words)) => (Some(format!("ok  {words}")), look.theme.good),
            Some(Remark::NotYet(words)) => (Some(format!("!!  {words}")), look.theme.warn),
        };
        if let Some(remark) = remark {
            lines.extend(
                text::words(&remark, width, look.charset)
                    .into_iter()
                    .map(row(style)),
            );
        }
        lines.extend(
            text::words(&words, width, look.charset)
                .into_iter()
                .map(row(look.theme.info)),
        );
        lines
    }
}

/// The lesson and the step of each step, in order.
fn places() -> impl Iterator<Item = (usize, usize)> {
    let lessons = lessons().iter().enumerate();
    lessons.flat_map(|(at, lesson)| (0..lesson.step.len()).map(move |step| (at, step)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Verb;

    #[test]
    fn a_step_is_done_by_its_reply_alone() {
        let mut tour = Tour::default();
        let status = SessionStatus::default();
        let ehlo = Some(Awaited::Command(Verb::Ehlo));
        tour.take(Some(Awaited::Greeting), Code::new(220), &status);
        assert_eq!(tour, Tour::default());
        tour.take(ehlo, Code::new(504), &status);
        assert!(matches!(&tour.remark, Some(Remark::NotYet(words)) if words.contains("504")));
        tour.take(ehlo, Code::new(250), &status);
        assert_eq!((tour.lesson, tour.step), (0, 1));
        tour.take(Some(Awaited::Command(Verb::Noop)), Code::new(250), &status);
        assert_eq!((tour.lesson, tour.step), (1, 0));
    }

    #[test]
    fn what_is_done_too_early_counts() {
        let mut tour = Tour::default();
        assert!(tour.begin_lesson(4) && !tour.begin_lesson(9) && !tour.begin_lesson(0));
        let status = SessionStatus {
            link: crate::smtp::Link::Verified,
            authenticated: true,
            ..SessionStatus::default()
        };
        // The login succeeds although the lesson wants it to fail.
        tour.take(Some(Awaited::SaslResponse), Code::new(235), &status);
        assert_eq!((tour.lesson, tour.step), (5, 0));
        assert!(matches!(&tour.remark, Some(Remark::Seen(words)) if words.contains("235")));
    }

    #[test]
    fn the_tour_can_be_walked() {
        let mut tour = Tour::default();
        let count = places().count();
        for _ in 0..count + 3 {
            tour.step(true);
        }
        assert!(tour.current().is_none());
        for _ in 0..count + 3 {
            tour.step(false);
        }
        assert_eq!(tour, Tour::default());
    }
}
