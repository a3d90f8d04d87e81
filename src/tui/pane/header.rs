//! The first line of the screen: the server, its TLS, the state of the session; or the saved file.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::report::text;
use crate::smtp::{CapabilityState, Phase};
use crate::tui::state::connection::{Connection, State};
use crate::tui::state::news::News;
use crate::tui::state::saved::Saved;
use crate::tui::widget::canvas::{Canvas, indented};
use crate::tui::widget::look::Look;

/// Width of the gap between two parts.
const GAP: usize = 2;

/// A part of the header. If there is little room, the part with the highest rank goes first; parts of
/// rank 0 and 1 stay.
pub struct Badge {
    text: String,
    style: Style,
    rank: u8,
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
    let width = |badges: &[Badge]| {
        badges
            .iter()
            .map(|badge| badge.text.chars().count() + GAP)
            .sum::<usize>()
            .saturating_sub(1)
    };
    while width(&badges) > usize::from(area.width)
        && let Some(least) = (0..badges.len()).max_by_key(|&at| badges[at].rank)
        && badges[least].rank > 1
    {
        badges.remove(least);
    }
    let mut rest = indented(area, 1);
    for badge in badges {
        let end = canvas.text(&badge.text, badge.style, rest);
        rest = indented(rest, usize::from(end - rest.x) + GAP);
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
    Some(Badge {
        text: all.iter().map(one).collect::<Vec<_>>().join(" "),
        style: if refused {
            look.theme.badge
        } else {
            look.theme.bar
        },
        rank: 1,
    })
}

/// The parts for a live session. `modes` are words for unusual settings and states.
pub fn live(connection: &Connection, modes: &[&'static str], look: &Look) -> Vec<Badge> {
    let theme = &look.theme;
    let status = &connection.status;
    let mut badges = Vec::new();
    let mut push = |text: String, style: Style, rank: u8| badges.push(Badge { text, style, rank });
    push("ehlo".to_owned(), theme.bar, 9);
    push(connection.name(), theme.bar, 0);
    // What the keys do now is more important than what rarely changes.
    for mode in modes {
        push((*mode).to_owned(), theme.badge, 1);
    }
    match &connection.state {
        State::Idle => {}
        State::Requested { .. } | State::Connecting(_) => {
            push("connecting".to_owned(), theme.bar, 1);
        }
        State::Up => {
            match &connection.tls {
                None => push("no TLS".to_owned(), theme.chip_clear, 1),
                Some(tls) => {
                    let version = tls.version.replace("TLSv", "TLS");
                    if tls.verdict.is_verified() {
                        push(version, theme.chip_verified, 1);
                    } else {
                        push(version, theme.bar, 1);
                        push("!cert".to_owned(), theme.chip_unverified, 1);
                    }
                }
            }
            if status.authenticated {
                push("auth".to_owned(), theme.chip_login, 5);
            }
            push(trail(status.phase, look), theme.bar, 2);
            match &status.capabilities.now {
                CapabilityState::Known(capabilities) => push(
                    format!("caps:{}", capabilities.keywords.len()),
                    theme.bar,
                    6,
                ),
                CapabilityState::Discarded => push("caps:expired".to_owned(), theme.badge, 6),
                CapabilityState::Unknown | CapabilityState::Helo => {}
            }
        }
        State::Over(_) => push("closed".to_owned(), theme.badge, 1),
        State::Failed(_) => push("not connected".to_owned(), theme.badge, 1),
    }
    badges
}

/// The parts for a saved session.
pub fn saved(saved: &Saved, modes: &[&'static str], look: &Look) -> Vec<Badge> {
    let theme = &look.theme;
    let visible = |text: &str| text::visible(text.as_bytes(), look.charset);
    let badge = |text: String, style: Style, rank: u8| Badge { text, style, rank };
    let mut badges = vec![
        badge("ehlo".to_owned(), theme.bar, 9),
        badge(visible(saved.file_name()), theme.bar, 0),
        badge("saved".to_owned(), theme.badge, 1),
    ];
    for mode in modes {
        badges.push(badge((*mode).to_owned(), theme.badge, 2));
    }
    if !saved.meta.target.is_empty() {
        badges.push(badge(visible(&saved.meta.target), theme.bar, 3));
    }
    if !saved.ended {
        badges.push(badge("incomplete".to_owned(), theme.badge, 2));
    }
    badges
}

/// The state of the session, as the last steps.
fn trail(phase: Phase, look: &Look) -> String {
    let arrow = look.charset.pick("›", ">");
    match phase {
        Phase::Offline => String::new(),
        Phase::Greeting => "waiting for 220".to_owned(),
        Phase::Greeted => "220".to_owned(),
        Phase::Ready => "EHLO ok".to_owned(),
        Phase::Transaction {
            accepted,
            refused: 0,
        } => format!("MAIL ok {arrow} RCPT {accepted}"),
        Phase::Transaction { accepted, refused } => {
            format!(
                "MAIL ok {arrow} RCPT {accepted} of {}",
                accepted.saturating_add(refused)
            )
        }
        Phase::Message => format!("RCPT ok {arrow} DATA"),
        Phase::Submitted => format!("DATA {arrow} sent"),
        Phase::Exchange => "AUTH".to_owned(),
        Phase::Handshake => "STARTTLS".to_owned(),
        Phase::Closing => "closing".to_owned(),
    }
}
