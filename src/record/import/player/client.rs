//! The lines of the client, whose secrets are known as such, or as missing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{LogPlayer, PLACEHOLDER};
use crate::record::import::client_line::{ClientLine, Hidden};
use crate::record::import::placeholder::{Placeholder, placeholder};
use crate::record::import::smtp_line::is_command;
use crate::record::text::HIDDEN;
use crate::smtp::line::Ending;
use crate::smtp::raw::to_command_line;
use crate::smtp::{Awaited, Entry, EntryKind, Event, Link, Phase, Secret, Sent, SentKind, Verb};

impl LogPlayer {
    /// Adds an AUTH line of which the log says only that it was sent.
    pub(in crate::record::import) fn suppressed(&mut self, auth: &[u8]) {
        self.client_line(&ClientLine {
            hidden: Some(Hidden::Words(b"(suppressed)".to_vec())),
            ..ClientLine::new(&[auth, b" "].concat())
        });
        self.suppressed = true;
    }

    /// Adds a line of the client.
    pub(in crate::record::import) fn client_line(&mut self, line: &ClientLine) {
        if !self.started
            && !self.greeting_due
            && !line.out_of_order
            && !line.octets.starts_with(b"PROXY ")
        {
            // The log starts after the greeting.
            self.greet();
        }
        self.in_middle = false;
        let line = &self.without_placeholder(line);
        if self.client_only && !self.replied {
            self.secret_expected = self.is_answer(line);
            self.suppose_reply(self.secret_expected);
        } else if std::mem::take(&mut self.suppressed) && is_command(&line.octets) {
            // The program went on, so the login that the log does not show succeeded.
            self.suppose_reply(false);
        }
        self.started = true;
        self.message_started |= self.phase() == Phase::Message;
        let mut octets = line.octets.clone();
        if let Some(hidden) = &line.hidden {
            octets.extend_from_slice(PLACEHOLDER);
            self.placeholder |= !matches!(hidden, Hidden::Octets(_)) || !self.own_format;
        }
        if !line.cut {
            octets.extend_from_slice(b"\r\n");
        }
        let consent = self.session.status().link.exposure();
        let before = self.entries.len();
        self.session
            .send_raw(Secret::new(octets), consent, self.now);
        let _ = self.session.poll_transmit();
        if self.masked || line.hidden.is_some() {
            // Repeated secrets were masked when the log was written.
            self.session.forget_secrets();
        }
        let notes = self.drain();
        self.amend_sent(before, line);
        self.shown_decoded = false;
        self.push_notes(notes);
        self.check_message();
    }

    /// Lets the session take the reply with which the client went on: the log does not have it. `asks`: the
    /// server asks for a response of the login.
    fn suppose_reply(&mut self, asks: bool) {
        let reply: &[u8] = match self.session.status().waiting {
            None => return,
            Some(_) if asks => b"334 \r\n",
            Some((Awaited::Command(Verb::Auth) | Awaited::SaslResponse, _)) => b"235 \r\n",
            Some((Awaited::Command(Verb::Data), _)) => b"354 \r\n",
            Some((Awaited::Command(Verb::StartTls), _)) => b"220 \r\n",
            Some(_) => b"250 \r\n",
        };
        self.session.handle_bytes(reply, self.now);
        while let Some(event) = self.session.poll_event() {
            if matches!(event, Event::StartTls) {
                self.session.handle_tls(Link::Unverified, self.now);
            }
        }
    }

    /// Whether a line after AUTH is an answer to a 334 that the log does not have.
    fn is_answer(&self, line: &ClientLine) -> bool {
        let awaits_auth = matches!(
            self.session.status().waiting,
            Some((Awaited::Command(Verb::Auth) | Awaited::SaslResponse, _))
        );
        let of_secret = line.hidden.is_some() && line.octets.is_empty();
        awaits_auth && (of_secret || to_command_line(&line.octets).looks_like_base64())
    }

    /// A line in which words that stand in place of a secret are known as such.
    fn without_placeholder(&mut self, line: &ClientLine) -> ClientLine {
        let mut line = line.clone();
        if self.own_format || line.hidden.is_some() || self.phase() == Phase::Message {
            return line;
        }
        let text = String::from_utf8_lossy(&line.octets).into_owned();
        let mut words = text.splitn(3, ' ');
        let is_auth = words
            .next()
            .is_some_and(|verb| verb.eq_ignore_ascii_case("AUTH"));
        if is_auth {
            self.placeholder = false;
        }
        let open = match (words.next(), words.next()) {
            (Some(mechanism), Some(_)) if is_auth => "AUTH ".len() + mechanism.len() + 1,
            _ if self.secret_expected => 0,
            _ if placeholder(&line.octets) == Some(Placeholder::Surely) => 0,
            _ => return line,
        };
        let Some(secret) = line
            .octets
            .get(open..)
            .filter(|secret| !matches!(*secret, b"" | b"*" | b"="))
        else {
            return line;
        };
        let length = std::str::from_utf8(secret)
            .ok()
            .and_then(|secret| secret.strip_prefix(HIDDEN)?.split(' ').next()?.parse().ok());
        let hidden = match (length, placeholder(secret)) {
            (Some(length), _) => Some(Hidden::Octets(length)),
            (None, Some(Placeholder::Surely)) => Some(Hidden::Words(secret.to_vec())),
            (None, Some(Placeholder::Perhaps)) => Some(Hidden::Perhaps(secret.to_vec())),
            (None, None) => None,
        };
        if let Some(hidden) = hidden {
            line.octets.truncate(open);
            line.hidden = Some(hidden);
        } else if self.shown_decoded {
            line.octets = STANDARD.encode(secret).into_bytes();
        }
        line
    }

    /// Replaces the entries from `from` on, which the session made of `line`, by one that matches
    /// the log.
    fn amend_sent(&mut self, from: usize, line: &ClientLine) {
        let ending = if line.cut { Ending::Cut } else { Ending::CrLf };
        let produced = self.entries.split_off(from);
        let is_secret =
            |entry: &Entry| matches!(&entry.kind, EntryKind::Sent(sent) if sent.secret.is_some());
        let has_secret = produced.iter().any(is_secret);
        let is_single = produced.len() == 1;
        let mut entry = produced.into_iter().next().unwrap_or_else(|| Entry {
            at: self.now,
            tls: self.session.status().link != Link::Clear,
            kind: EntryKind::Sent(line.to_sent()),
        });
        // A response to a 334 is a secret even if the AUTH is not in the log. So is a single word
        // of base64: masking one too many does no harm.
        let answers =
            std::mem::take(&mut self.secret_expected) && !matches!(&*line.octets, b"*" | b"=");
        let is_base64 = |sent: &Sent| {
            sent.kind == SentKind::Command && to_command_line(&line.octets).looks_like_base64()
        };
        if let EntryKind::Sent(sent) = &mut entry.kind {
            if !is_single {
                // A BDAT chunk ended within the line, or the session could not send it.
                *sent = Sent {
                    kind: sent.kind,
                    request: sent.request,
                    ..line.to_sent()
                };
            }
            if self.masked {
                sent.visible = line.octets.as_slice().into();
                sent.secret = None;
            } else if (answers || has_secret || is_base64(sent))
                && sent.secret.is_none()
                && line.hidden.is_none()
            {
                sent.visible = Box::default();
                sent.secret = Some(Secret::new(line.octets.clone()));
            }
            if !answers && sent.visible.is_empty() && !self.own_format {
                // Without the 334 it is unknown which step of the exchange this is.
                sent.annotation = None;
            }
            if let Some(hidden) = &line.hidden {
                sent.visible = line.octets.as_slice().into();
                sent.annotation = None;
                sent.secret = match hidden {
                    Hidden::Octets(length) => Some(Secret::redacted(*length)),
                    Hidden::Perhaps(words) => Some(Secret::new(words.clone())),
                    Hidden::Words(words) => {
                        sent.visible = [&line.octets[..], words].concat().into();
                        None
                    }
                };
            }
            if let Some(secret) = sent.secret.as_ref().filter(|secret| secret.is_known()) {
                self.secrets.push((self.line, secret.clone()));
            }
            sent.ending = ending;
            if self.own_format {
                sent.out_of_order = line.out_of_order;
            } else {
                let introduces =
                    matches!(sent.awaited(), Awaited::Command(verb) if verb.is_introduction());
                self.order_unknown &= !introduces;
                sent.out_of_order &= !self.order_unknown;
            }
        }
        self.push(entry);
    }
}
