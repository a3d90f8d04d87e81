//! The state of the tour: the current lesson and step, and the strip that shows them.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::manual::{LessonStep, StepResult, lessons};
use crate::report::text;
use crate::smtp::{Awaited, Code, SessionStatus};
use crate::tui::widget::look::Look;

/// Below this size, in columns and rows, the strip is short.
const SMALL: (usize, usize) = (60, 20);

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

    /// Takes a command that was sent.
    pub fn sent(&mut self, line: &str) {
        line.clone_into(&mut self.line);
    }

    /// Takes a reply, which may complete the step.
    pub fn take(&mut self, awaited: Option<Awaited>, code: Code, status: &SessionStatus) {
        let Some(step) = self.current() else { return };
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
                    "That was {code}, and this step is done by {wanted}. {first}"
                )));
            }
            StepResult::Missing(words) => {
                self.remark = Some(Remark::NotYet(format!(
                    "The server agreed, but {words} was not in the line. {first}"
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

    /// The strip for a screen of this many columns and rows.
    pub fn lines(&self, (columns, rows): (usize, usize), look: &Look) -> Vec<Line<'static>> {
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
            "The tour is over. ^O n connects to a server of yours, ? lists all keys.",
            |step| step.task.as_str(),
        );
        let mut lines = Vec::new();
        if small {
            let words = format!("{place}: {words}");
            lines.extend(
                text::words(&words, width, look.charset)
                    .into_iter()
                    .map(row(look.theme.info)),
            );
            return lines;
        }
        let title = format!("TOUR {place}");
        let pad = width.saturating_sub(title.chars().count() + 17);
        lines.push(Line::from(vec![
            Span::raw(" "),
            Span::styled(title, look.theme.heading),
            Span::styled(
                format!("{}  :tour stop ends", " ".repeat(pad)),
                look.theme.dim,
            ),
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
            text::words(words, width, look.charset)
                .into_iter()
                .map(row(look.theme.info)),
        );
        lines
    }
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
}
