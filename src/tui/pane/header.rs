//! The first line of the screen: the server, its TLS, the state of the session; or the saved file.

use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::report::text;
use crate::smtp::{CapabilityState, Phase};
use crate::tui::state::connection::{Connection, State};
use crate::tui::state::news::News;
use crate::tui::state::saved::Saved;
use crate::tui::widget::canvas::{Canvas, indented};
use crate::tui::widget::look::Look;

/// Parts from this rank on go before others are shortened.
const MINOR: u8 = 6;
/// Width of the gap between two parts.
const GAP: usize = 2;

/// From this time on the header says how long a reply has been awaited.
const WAITING_SHOWN: Duration = Duration::from_secs(2);
/// The maximum width of a user's name.
const NAME: usize = 24;

/// A part of the header. If there is little room, parts of a high rank go first, then parts are shortened,
/// then others go, always those with the highest rank first; parts of rank 0 and 1 stay.
pub struct Badge {
    text: String,
    /// Shorter words for the same.
    short: Option<String>,
    style: Style,
    rank: u8,
}

impl Badge {
    fn new(text: impl Into<String>, style: Style, rank: u8) -> Self {
        Self {
            text: text.into(),
            short: None,
            style,
            rank,
        }
    }

    fn short(self, short: impl Into<String>) -> Self {
        Self {
            short: Some(short.into()),
            ..self
        }
    }

    /// The part with the highest number is shortened next, or goes if it has no shorter words.
    fn turn(&self) -> u8 {
        match (self.short.is_some(), self.rank) {
            (false, MINOR..) => self.rank + 20,
            (true, _) => self.rank + 10,
            (false, _) => self.rank,
        }
    }
}

/// Draws the header, with the open sessions if there are several.
pub fn draw(
    mut badges: Vec<Badge>,
    all: &[(usize, bool, Option<News>)],
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    if let Some(badge) = sessions(all, canvas.look) {
        badges.insert(1.min(badges.len()), badge);
    }
    canvas.style(area, canvas.look.theme.bar);
    fit(&mut badges, usize::from(area.width), canvas.look);
    let mut rest = indented(area, 1);
    for badge in badges {
        let end = canvas.text(&badge.text, badge.style, rest);
        rest = indented(rest, usize::from(end - rest.x) + GAP);
    }
}

/// Shortens and drops parts until they fit in this many columns. At last the server's name is cut.
fn fit(badges: &mut Vec<Badge>, columns: usize, look: &Look) {
    let width = |badges: &[Badge]| {
        let parts = badges.iter().map(|badge| badge.text.width() + GAP);
        parts.sum::<usize>().saturating_sub(1)
    };
    while width(badges) > columns
        && let Some(at) = (0..badges.len()).max_by_key(|&at| badges[at].turn())
        && badges[at].turn() > 1
    {
        match badges[at].short.take() {
            Some(short) => badges[at].text = short,
            None => _ = badges.remove(at),
        }
    }
    let over = width(badges).saturating_sub(columns);
    if let Some(name) = badges.iter_mut().find(|badge| badge.rank == 0)
        && over > 0
    {
        let room = name.text.width().saturating_sub(over);
        name.text = text::fitted(&name.text, room, look.charset);
    }
}

/// The open sessions by number, the shown one in brackets; a mark says that something came, or that
/// something was refused. Nothing if there is only one.
fn sessions(all: &[(usize, bool, Option<News>)], look: &Look) -> Option<Badge> {
    if all.len() < 2 {
        return None;
    }
    let one = |(number, shown, news): &(usize, bool, Option<News>)| {
        let mark = match news {
            Some(News::Refusal) => "!",
            Some(News::Reply) => "*",
            None => "",
        };
        if *shown {
            format!("[{number}]")
        } else {
            format!("{number}{mark}")
        }
    };
    let refused = all.iter().any(|(.., news)| *news == Some(News::Refusal));
    let style = if refused {
        look.theme.badge
    } else {
        look.theme.bar
    };
    let words = all.iter().map(one).collect::<Vec<_>>().join(" ");
    Some(Badge::new(words, style, 1))
}

/// The parts for a live session. `user` is who is logged in; `modes` are words for unusual settings and
/// states.
pub fn live(
    connection: &Connection,
    user: Option<&str>,
    modes: &[&'static str],
    now: Instant,
    look: &Look,
) -> Vec<Badge> {
    let theme = &look.theme;
    let mut badges = vec![
        Badge::new("ehlo", theme.bar, 9),
        Badge::new(connection.name(), theme.bar, 0),
    ];
    // What the keys do now is more important than what rarely changes.
    badges.extend(modes.iter().map(|mode| Badge::new(*mode, theme.badge, 1)));
    match &connection.state {
        State::Idle => {}
        State::Requested { .. } | State::Connecting(_) => {
            badges.push(Badge::new("connecting", theme.bar, 1));
        }
        State::Up => badges.extend(connected(connection, user, now, look)),
        State::Over(_) => badges.push(Badge::new("closed", theme.badge, 1)),
        State::Failed(_) => badges.push(Badge::new("not connected", theme.badge, 1)),
    }
    badges
}

/// The parts for an established connection: its TLS, who is logged in, the state of the dialogue.
fn connected(connection: &Connection, user: Option<&str>, now: Instant, look: &Look) -> Vec<Badge> {
    let theme = &look.theme;
    let status = &connection.status;
    let mut badges = vec![match &connection.tls {
        None => Badge::new("no TLS", theme.chip_clear, 1),
        Some(tls) => {
            let version = tls.version.replace("TLSv", "TLS");
            if tls.verdict.is_verified() {
                let words = format!("{version} verified");
                Badge::new(words, theme.chip_verified, 1).short(format!("{version} ok"))
            } else {
                let words = format!("{version} unverified");
                Badge::new(words, theme.chip_unverified, 1).short("!cert")
            }
        }
    }];
    if status.authenticated {
        let name = user.map(|user| text::fitted(user, NAME, look.charset));
        let words = name.map_or_else(String::new, |name| format!(" as {name}"));
        let words = format!("logged in{words}");
        badges.push(Badge::new(words, theme.chip_login, 5).short("auth"));
    }
    let (state, short) = trail(status.phase, look);
    badges.push(Badge::new(state, theme.bar, 1).short(short));
    // A chunk waits for the user's octets, and paused reading for the user.
    let waits = status.chunk_left == 0 && status.paused.is_none();
    let waiting = status
        .waiting
        .filter(|_| waits)
        .map(|(_, since)| now.saturating_duration_since(since))
        .filter(|waiting| *waiting >= WAITING_SHOWN);
    if let Some(waiting) = waiting {
        let seconds = waiting.as_secs();
        let words = format!("waiting {seconds} s");
        badges.push(Badge::new(words, theme.badge, 2).short(format!("{seconds} s")));
    }
    match &status.capabilities.now {
        CapabilityState::Known(capabilities) => {
            let words = format!("caps:{}", capabilities.keywords.len());
            badges.push(Badge::new(words, theme.bar, 6));
        }
        CapabilityState::Discarded => badges.push(Badge::new("caps:expired", theme.badge, 6)),
        CapabilityState::Unknown | CapabilityState::Helo => {}
    }
    badges
}

/// The parts for a saved session.
pub fn saved(saved: &Saved, modes: &[&'static str], look: &Look) -> Vec<Badge> {
    let theme = &look.theme;
    let visible = |text: &str| text::visible(text.as_bytes(), look.charset);
    let mut badges = vec![
        Badge::new("ehlo", theme.bar, 9),
        Badge::new(visible(saved.file_name()), theme.bar, 0),
        Badge::new("saved", theme.badge, 1),
    ];
    badges.extend(modes.iter().map(|mode| Badge::new(*mode, theme.badge, 2)));
    if !saved.meta.target.is_empty() {
        badges.push(Badge::new(visible(&saved.meta.target), theme.bar, 3));
    }
    if !saved.ended {
        badges.push(Badge::new("incomplete", theme.badge, 2));
    }
    badges
}

/// The state of the session, as the last steps, and as the last one only.
fn trail(phase: Phase, look: &Look) -> (String, String) {
    let arrow = look.charset.pick("›", ">");
    let step = |words: &str| (words.to_owned(), words.to_owned());
    let steps = |before: &str, last: &str| (format!("{before} {arrow} {last}"), last.to_owned());
    match phase {
        Phase::Offline => step(""),
        Phase::Greeting => ("waiting for 220".to_owned(), "no 220".to_owned()),
        Phase::Greeted => step("220"),
        Phase::Ready => step("EHLO ok"),
        Phase::Transaction {
            accepted,
            refused: 0,
        } => steps("MAIL ok", &format!("RCPT {accepted}")),
        Phase::Transaction { accepted, refused } => {
            let all = accepted.saturating_add(refused);
            let (long, _) = steps("MAIL ok", &format!("RCPT {accepted} of {all}"));
            (long, format!("RCPT {accepted}/{all}"))
        }
        Phase::Message => steps("RCPT ok", "DATA"),
        Phase::Submitted => steps("DATA", "sent"),
        Phase::Exchange => step("AUTH"),
        Phase::Handshake => step("STARTTLS"),
        Phase::Closing => step("closing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_shortens_before_it_drops_and_the_state_stays() {
        let all = || {
            vec![
                Badge::new("ehlo", Style::new(), 9),
                Badge::new("mx.example.test:587", Style::new(), 0),
                Badge::new("TLS1.3 unverified", Style::new(), 1).short("!cert"),
                Badge::new("logged in as alice", Style::new(), 5).short("auth"),
                Badge::new("MAIL ok > RCPT 0 of 1", Style::new(), 1).short("RCPT 0/1"),
                Badge::new("caps:4", Style::new(), 6),
            ]
        };
        let table = [
            (
                100,
                "ehlo|mx.example.test:587|TLS1.3 unverified|logged in as alice|MAIL ok > RCPT 0 of 1|caps:4",
            ),
            (
                80,
                "mx.example.test:587|TLS1.3 unverified|auth|MAIL ok > RCPT 0 of 1",
            ),
            (40, "mx.example.test:587|!cert|RCPT 0/1"),
            (30, "mx.example.…|!cert|RCPT 0/1"),
        ];
        for (columns, expected) in table {
            let mut badges = all();
            fit(&mut badges, columns, &Look::default());
            let texts: Vec<&str> = badges.iter().map(|badge| &*badge.text).collect();
            assert_eq!(texts.join("|"), expected, "{columns}");
        }
    }
}
