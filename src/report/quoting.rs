//! The report on a password that is to be written somewhere: how long it is, what arrives of it
//! without care, and who is to blame for what arrived. No character of it is in the report.

use crate::manual::Page;
use crate::quoting::{Arrival, Arrived, Culprit, Place, literal, without_care};
use crate::smtp::Secret;
use crate::smtp::sasl::SecretShape;

/// The page about a password: its length, culprits, and one section for each place that changes it.
pub fn page(password: &Secret, places: &[Place], arrived: Option<(&Arrived, &[Culprit])>) -> Page {
    let mut page = Page::new("The password, and what arrives of it");
    page.lead(lengths(password));
    if let Some((arrived, culprits)) = arrived {
        page.lead(blame(password, arrived, culprits));
    }
    let mut unchanged = Vec::new();
    for place in places {
        let lines = losses(*place, password);
        if lines.is_empty() {
            unchanged.push(place.name());
            continue;
        }
        let heading = format!("{place}: {}", place.description());
        page.section(
            &heading,
            lines.into_iter().chain([place.source().to_owned()]),
        );
    }
    if !unchanged.is_empty() {
        page.section("unchanged, however it is written", [unchanged.join(", ")]);
    }
    page
}

/// How long the password is, and what is unusual about it.
pub fn lengths(password: &Secret) -> Vec<String> {
    let shape = SecretShape::of(password.reveal());
    let mut lines = vec![format!("You typed {shape}.")];
    if !shape.utf8 {
        lines.push("It is not UTF-8: most places and servers expect UTF-8.".to_owned());
    } else if shape.non_ascii > 0 {
        lines.push(format!(
            "In UTF-8 it has {} octets. A server that stored it as Latin-1 or in another form of \
             Unicode refuses these.",
            password.len()
        ));
    }
    if shape.leading_blank || shape.trailing_blank || shape.trailing_newline {
        lines.push("A blank at its begin or end is easily copied along or lost.".to_owned());
    }
    lines
}

/// Who gives what arrived.
pub fn blame(password: &Secret, arrived: &Arrived, culprits: &[Culprit]) -> Vec<String> {
    let typed = SecretShape::of(password.reveal()).length_text();
    let said = arrived.to_string();
    // The kinds are compared, but need not be repeated.
    let length = said.split(": ").next().unwrap_or_default();
    let both = format!("{typed} typed here, {length} arrived:");
    if arrived.matches(password.reveal()) {
        return vec![format!("{both} nothing is lost.")];
    }
    let named = |culprit: &Culprit| {
        let reasons = culprit.reasons.join("; ");
        format!("{}, {}: {reasons}.", culprit.place, culprit.how)
    };
    match culprits {
        [] => vec![format!("{both} no place known here gives that.")],
        [culprit] => vec![format!("{both} exactly that is made by {}", named(culprit))],
        culprits => {
            let first = format!("{both} exactly that is made by each of these.");
            [first]
                .into_iter()
                .chain(culprits.iter().map(named))
                .collect()
        }
    }
}

/// The first way to write a password in a place that changes it, in a few words.
pub fn first_loss(place: Place, password: &Secret) -> String {
    let written = without_care(place, password.reveal());
    let changed = written
        .iter()
        .find(|written| !written.arrival.is_unchanged());
    changed.map_or_else(
        || "unchanged".to_owned(),
        |written| {
            format!(
                "{}, {}",
                written.arrival.in_short(password.reveal()),
                written.how
            )
        },
    )
}

/// What arrives in a place; empty if the password arrives unchanged however it is written.
pub fn losses(place: Place, password: &Secret) -> Vec<String> {
    let mut ways: Vec<(Vec<String>, Arrival)> = Vec::new();
    let mut unchanged = Vec::new();
    for written in without_care(place, password.reveal()) {
        if written.arrival.is_unchanged() && written.arrival.reasons.is_empty() {
            unchanged.push(written.how);
            continue;
        }
        match ways.last_mut() {
            Some((hows, arrival)) if *arrival == written.arrival => hows.push(written.how),
            _ => ways.push((vec![written.how], written.arrival)),
        }
    }
    let refused = literal(place, password.reveal()).err();
    if ways.is_empty() && refused.is_none() {
        return Vec::new();
    }
    let line = |(hows, arrival): (Vec<String>, Arrival)| {
        let summary = arrival.summary(password.reveal());
        let reasons = match arrival.reasons.join("; ") {
            reasons if reasons.is_empty() => String::new(),
            reasons => format!(": {reasons}"),
        };
        format!("{}: {summary}{reasons}.", hows.join("; "))
    };
    let changes = !ways.is_empty();
    let unchanged = match unchanged.as_slice() {
        [] => None,
        [how] => Some(format!("{how}: unchanged.")),
        _ if changes => Some("otherwise: unchanged.".to_owned()),
        _ => Some("unchanged, however it is written.".to_owned()),
    };
    let refused = refused.map(|error| format!("{error}."));
    ways.into_iter()
        .map(line)
        .chain(unchanged)
        .chain(refused)
        .collect()
}
