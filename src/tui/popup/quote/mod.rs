//! What becomes of a password in shells, files and URLs: a hidden field, what arrived if that is
//! known, and a list of places. The literal of the chosen place is shown only on request.

mod view;

use crossterm::event::{KeyCode, KeyEvent};

use super::outcome::Outcome;
use crate::quoting::{Arrived, Place, literal};
use crate::report::quoting::first_loss;
use crate::smtp::Secret;
use crate::smtp::sasl::SecretShape;
use crate::tui::widget::form::{Field, Form};
use crate::tui::widget::hint::Hint;

/// The fields, in their order.
const PASSWORD: usize = 0;
const ARRIVED: usize = 1;

/// The popup. Its `Debug` does not show what is typed.
#[derive(Debug)]
pub struct Quote {
    /// The password and what arrived of it. If neither has the focus, the list has it.
    form: Form,
    /// The number of the chosen place.
    chosen: usize,
    /// What arrives in each place.
    losses: Vec<String>,
    revealed: bool,
    error: Option<String>,
}

impl Quote {
    /// The popup; `arrived` is what the server refused last.
    pub fn new(arrived: Option<SecretShape>) -> Self {
        let arrived = arrived.map(|shape| shape.to_string()).unwrap_or_default();
        let mut popup = Self {
            form: Form::new(vec![
                Field::text("Password", "").hidden(true),
                Field::text("Arrived", &arrived).placeholder("a length, as in 10"),
            ]),
            chosen: 0,
            losses: Vec::new(),
            revealed: false,
            error: None,
        };
        popup.read();
        popup
    }

    pub(in crate::tui::popup) fn takes_text(&self) -> bool {
        self.form.focus().is_some()
    }

    pub(in crate::tui::popup) fn hints(&self) -> Vec<Hint> {
        if self.takes_text() {
            return vec![Hint::new("Enter", "places"), Hint::new("Tab", "next")];
        }
        let reveal = if self.revealed { "hide" } else { "reveal" };
        vec![
            Hint::new("Enter", "copy how to write it"),
            Hint::new("r", reveal),
            Hint::new("Tab", "next"),
        ]
    }

    pub(in crate::tui::popup) fn paste(&mut self, pasted: &str) {
        self.error = self.form.paste(pasted).err().map(|error| error.to_string());
        self.read();
    }

    pub(in crate::tui::popup) fn handle(&mut self, key: KeyEvent) -> Outcome {
        let last = Place::ALL.len() - 1;
        match (key.code, self.form.focus()) {
            (KeyCode::Tab, _) => self.form.step_out(true),
            (KeyCode::BackTab, _) => self.form.step_out(false),
            (KeyCode::Enter, Some(_)) => self.form.leave(),
            (KeyCode::Down, Some(_)) => self.form.step_out(true),
            (KeyCode::Up, Some(at)) if at > PASSWORD => self.form.step_out(false),
            (KeyCode::Enter, None) => return self.copy(),
            (KeyCode::Char('y'), None) => return self.copy(),
            (KeyCode::Char('r'), None) => self.revealed = !self.revealed,
            (KeyCode::Down, None) => self.chosen = (self.chosen + 1).min(last),
            (KeyCode::Up, None) if self.chosen == 0 => self.form.step_out(false),
            (KeyCode::Up, None) => self.chosen -= 1,
            (KeyCode::Home, None) => self.chosen = 0,
            (KeyCode::End, None) => self.chosen = last,
            (_, None) => {}
            (_, Some(_)) => {
                if self.form.handle(key) {
                    self.error = None;
                    self.read();
                }
            }
        }
        Outcome::Stay
    }

    /// Copies the literal of the chosen place.
    fn copy(&mut self) -> Outcome {
        let password = self.password();
        if password.is_empty() {
            self.form.focus_on(PASSWORD);
            return Outcome::Stay;
        }
        match literal(self.place(), password.reveal()) {
            Ok(literals) => match literals.into_iter().next() {
                Some(literal) => Outcome::Copy(literal.text),
                None => Outcome::Stay,
            },
            Err(error) => {
                self.error = Some(error.to_string());
                Outcome::Stay
            }
        }
    }

    fn place(&self) -> Place {
        Place::ALL[self.chosen.min(Place::ALL.len() - 1)]
    }

    fn password(&self) -> Secret {
        Secret::new(self.form.value(PASSWORD).as_bytes().to_vec())
    }

    /// What arrived; nothing if it is not said, or not readable.
    fn arrived(&self) -> Option<Arrived> {
        self.form.value(ARRIVED).parse().ok()
    }

    /// Finds out what arrives of what is typed.
    fn read(&mut self) {
        let password = self.password();
        let known = self.arrived().is_some() || self.form.value(ARRIVED).trim().is_empty();
        if !known {
            self.error = Some("arrived: a number, as in 10 or \"10 octets\"".to_owned());
        }
        self.losses.clear();
        if !password.is_empty() {
            let loss = |place: Place| first_loss(place, &password);
            self.losses.extend(Place::ALL.map(loss));
        }
    }
}
