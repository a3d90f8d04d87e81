//! A timeline: the stages of connecting and each reply as bars on one scale. The scale is logarithmic:
//! on a linear one, one slow reply would leave the rest without a bar.

use std::collections::HashMap;
use std::time::Duration;

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::report::text;
use crate::smtp::{EntryId, EntryKind, RequestId, SentKind, Transcript};
use crate::tui::state::connection::StageTiming;
use crate::tui::widget::look::Look;

/// The maximum number of bars: those of the latest replies.
const BARS_CAP: usize = 1000;
/// The beginning of the scale.
const LEAST: Duration = Duration::from_micros(100);
/// Width of a time, and of the marks and blanks before a bar.
const TIME: usize = 7;
const MARKS: usize = 4;

/// A bar of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What took the time.
    pub name: String,
    /// How long it took.
    pub took: Duration,
    /// Whether it is a reply; otherwise it is a stage of connecting.
    pub reply: bool,
}

/// The bars of a connection in order: its stages, and the replies from the entry `first` on.
pub fn bars(first: EntryId, stages: &[StageTiming], transcript: &Transcript) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut stages = stages.iter().peekable();
    let mut awaited: HashMap<RequestId, String> = HashMap::new();
    let first = first.max(transcript.start());
    for id in (first.0..transcript.end().0).map(EntryId) {
        while let Some(stage) = stages.next_if(|stage| stage.before <= id) {
            bars.push(stage_bar(stage));
        }
        match transcript.entry(id).map(|entry| &entry.kind) {
            Some(EntryKind::Sent(sent)) => {
                let name = match sent.kind {
                    SentKind::Command => String::from_utf8_lossy(&sent.visible).trim().to_owned(),
                    SentKind::SaslResponse => "answer to 334".to_owned(),
                    SentKind::Message => "end of the message".to_owned(),
                };
                awaited.extend(sent.request.map(|request| (request, name)));
            }
            Some(EntryKind::Received(received)) => {
                let name = match received.answers {
                    Some(request) => awaited.remove(&request).unwrap_or_default(),
                    None => "greeting".to_owned(),
                };
                bars.extend(received.took.map(|took| Bar {
                    name,
                    took,
                    reply: true,
                }));
            }
            Some(EntryKind::Note(_)) | None => {}
        }
    }
    bars.extend(stages.map(stage_bar));
    bars.split_off(bars.len().saturating_sub(BARS_CAP))
}

fn stage_bar(timing: &StageTiming) -> Bar {
    Bar {
        name: timing.stage.name().to_owned(),
        took: timing.took,
        reply: false,
    }
}

/// A reply that takes longer is marked, as in the transcript.
const SLOW: Duration = Duration::from_secs(1);

/// The timeline in this many columns: the slowest bar, the scale, and a row for each bar.
pub fn lines(bars: &[Bar], columns: usize, look: &Look) -> Vec<Line<'static>> {
    let Some(slowest) = bars.iter().max_by_key(|bar| bar.took) else {
        return Vec::new();
    };
    let theme = &look.theme;
    let widest = bars.iter().map(|bar| bar.name.width()).max();
    let name = widest.unwrap_or(0).clamp(1, (columns / 3).max(1));
    let room = columns.saturating_sub(name + TIME + MARKS).max(1);
    let decades = decades(slowest.took);
    let head = format!("slowest: {} {}", slowest.name, time(slowest.took));
    let mut lines: Vec<Line<'static>> = text::words(&head, columns, look.charset)
        .into_iter()
        .map(Line::from)
        .collect();
    let scale = scale(decades, room);
    let before = " ".repeat(columns.saturating_sub(room));
    lines.push(Line::styled(format!("{before}{scale}"), theme.dim));
    for bar in bars {
        let filled = length(bar.took, decades, room);
        let glyphs = text::glyphs(bar.name.as_bytes(), look.charset);
        let (shown, cut) = text::first_row(&glyphs, name);
        let mut words: String = glyphs[shown].iter().map(|glyph| &*glyph.text).collect();
        if cut {
            let glyphs = text::glyphs(bar.name.as_bytes(), look.charset);
            let (shown, _) = text::first_row(&glyphs, name.saturating_sub(1));
            words = glyphs[shown].iter().map(|glyph| &*glyph.text).collect();
            words.push_str(look.charset.pick("…", ">"));
        }
        let pad = " ".repeat(name.saturating_sub(words.width()));
        let is_slowest = std::ptr::eq(bar, slowest);
        let style = match (is_slowest, bar.reply) {
            (true, _) => theme.key,
            (false, true) => theme.good,
            (false, false) => theme.info,
        };
        let mark = if bar.took > SLOW {
            Span::styled("!", theme.warn)
        } else {
            Span::raw(" ")
        };
        let block = look.charset.pick("█", "#");
        lines.push(Line::from(vec![
            mark,
            Span::raw(format!(" {words}{pad} {:>TIME$} ", time(bar.took))),
            Span::styled(block.repeat(filled), style),
        ]));
    }
    lines
}

/// Powers of ten from [`LEAST`] to a time, at least two.
fn decades(longest: Duration) -> u32 {
    let ratio = longest.as_secs_f64() / LEAST.as_secs_f64();
    (2..9)
        .find(|power| ratio <= 10_f64.powi(*power))
        .map_or(9, i32::unsigned_abs)
}

/// The cells of a bar, at least one.
fn length(took: Duration, decades: u32, room: usize) -> usize {
    let part = (took.as_secs_f64() / LEAST.as_secs_f64()).max(1.0).log10() / f64::from(decades);
    // `part` is between 0 and 1, so the result is neither negative nor more than `room`.
    ((part.min(1.0) * room as f64).round() as usize).max(1)
}

/// The scale: as many powers of ten as there is room for, each at its place.
fn scale(decades: u32, room: usize) -> String {
    const NAMES: [&str; 9] = [
        "1ms", "10ms", "100ms", "1s", "10s", "100s", "1000s", "10000s", "100000s",
    ];
    let mut row = String::new();
    for (at, name) in (1..=decades).zip(NAMES) {
        let end = room * at as usize / decades as usize;
        let mark = format!("{name}|");
        if row.len() + mark.len() < end || (row.is_empty() && mark.len() <= end) {
            row = format!("{row:width$}{mark}", width = end - mark.len());
        }
    }
    row
}

/// A duration in at most seven columns.
fn time(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match seconds {
        0.0..0.01 => format!("{:.1}ms", seconds * 1000.0),
        0.01..1.0 => format!("{:.0}ms", seconds * 1000.0),
        1.0..100.0 => format!("{seconds:.3}s"),
        _ => format!("{seconds:.0}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_grows_with_the_logarithm_and_fits() {
        let table = [
            (0, 2, 1),
            (100, 4, 1),
            (1_000, 4, 10),
            (10_000, 4, 20),
            (1_000_000, 4, 40),
            (9_000_000, 4, 40),
        ];
        for (micros, decades, cells) in table {
            assert_eq!(
                length(Duration::from_micros(micros), decades, 40),
                cells,
                "{micros}"
            );
        }
        let table = [
            (50, 2),
            (10_000, 2),
            (10_001, 3),
            (3_212_000, 5),
            (u64::MAX, 9),
        ];
        for (micros, powers) in table {
            assert_eq!(decades(Duration::from_micros(micros)), powers, "{micros}");
        }
    }

    #[test]
    fn the_scale_fits_the_bars() {
        assert_eq!(scale(4, 40), "      1ms|     10ms|    100ms|       1s|");
        assert_eq!(scale(4, 12), " 10ms|   1s|");
        for room in 0..60 {
            for decades in 2..=9 {
                assert!(scale(decades, room).len() <= room, "{decades} in {room}");
            }
        }
    }
}
