//! The popups over a session, the topmost last.

use super::Popup;

/// The popups over a session. Only the topmost is drawn and has the keys.
#[derive(Debug, Default)]
pub struct Popups {
    stack: Vec<Open>,
}

/// A popup that is open.
#[derive(Debug)]
struct Open {
    popup: Popup,
    /// No key asked for it.
    unasked: bool,
}

impl Popups {
    /// Opens a popup that a key asked for.
    pub fn push(&mut self, popup: Popup) {
        self.stack.push(Open {
            popup,
            unasked: false,
        });
    }

    /// Opens a popup that no key asked for.
    pub fn push_unasked(&mut self, popup: Popup) {
        self.stack.push(Open {
            popup,
            unasked: true,
        });
    }

    /// Closes the topmost.
    pub fn pop(&mut self) -> Option<Popup> {
        self.stack.pop().map(|open| open.popup)
    }

    /// The topmost.
    pub fn last(&self) -> Option<&Popup> {
        self.stack.last().map(|open| &open.popup)
    }

    /// The topmost, to give it a key or to draw it.
    pub fn last_mut(&mut self) -> Option<&mut Popup> {
        self.stack.last_mut().map(|open| &mut open.popup)
    }

    /// All, the topmost last.
    pub fn iter(&self) -> impl Iterator<Item = &Popup> {
        self.stack.iter().map(|open| &open.popup)
    }

    /// All, the topmost first.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Popup> {
        self.stack.iter_mut().rev().map(|open| &mut open.popup)
    }

    /// Whether no key asked for the topmost.
    pub fn last_is_unasked(&self) -> bool {
        self.stack.last().is_some_and(|open| open.unasked)
    }

    /// The topmost counts as asked for from now on.
    pub fn take_up(&mut self) {
        if let Some(open) = self.stack.last_mut() {
            open.unasked = false;
        }
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.stack.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    /// Closes those that are not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&Popup) -> bool) {
        self.stack.retain(|open| keep(&open.popup));
    }
}
