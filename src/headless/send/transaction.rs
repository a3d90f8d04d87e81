//! One mail transaction: MAIL, RCPT, the message.

use super::{Ending, Sender, is_recipient, refusal};
use crate::headless::conversation::Answer;
use crate::headless::message::{MESSAGE_CAP, Message, read};
use crate::headless::outcome::{Outcome, usage};
use crate::headless::stage::Stage;
use crate::net::Upload;
use crate::smtp::{Awaited, CommandLine, Phase, Verb};

/// The commands that are sent together at most.
const GROUP: usize = 200;

impl Sender<'_> {
    pub(super) async fn transaction(&mut self) -> Result<(), Ending> {
        let mail = self.mail()?;
        let rcpts: Vec<String> = self
            .options
            .recipients
            .iter()
            .map(|to| self.rcpt(to))
            .collect();
        let stops = self.options.quit_after.is_some() || self.options.drop_after.is_some();
        if self.options.pipeline && self.offers("PIPELINING") && !stops {
            self.together(&mail, &rcpts).await?;
        } else {
            self.session.command(&mail).await?;
            self.stop_after(Stage::Mail).await?;
            self.session.settle()?;
            let mut answers = Vec::new();
            for rcpt in &rcpts {
                self.session.command(rcpt).await?;
                answers.append(&mut self.session.last);
                if self.session.conversation.status().phase == Phase::Closing {
                    // After a 421 the server takes no more.
                    self.session.last = answers.split_off(answers.len().saturating_sub(1));
                    self.session.settle()?;
                }
            }
            self.take_recipients(&answers)?;
            self.stop_after(Stage::Rcpt).await?;
            if self.options.bdat.is_none() {
                self.session.command("DATA").await?;
                self.stop_after(Stage::Data).await?;
                self.session.settle()?;
            }
        }
        self.message().await?;
        self.stop_after(Stage::Dot).await?;
        Ok(())
    }

    /// MAIL, all RCPT and DATA in one go (RFC 2920).
    async fn together(&mut self, mail: &str, rcpts: &[String]) -> Result<(), Ending> {
        self.session.stage = Some(Stage::Mail);
        let data = self.options.bdat.is_none();
        let lines = std::iter::once(mail).chain(rcpts.iter().map(String::as_str));
        let lines: Vec<&str> = lines.chain(data.then_some("DATA")).collect();
        let (mut answers, mut stop) = (Vec::new(), None);
        for group in lines.chunks(GROUP) {
            for text in group {
                let line = CommandLine::parse(*text).map_err(|error| usage(error.to_string()))?;
                let said = self.session.conversation.say(line);
                said.map_err(|stop| self.session.stopped(&stop))?;
            }
            let (mut came, why) = self.session.conversation.answer_all(group.len()).await;
            answers.append(&mut came);
            stop = why;
            if stop.is_some() {
                break;
            }
        }
        let (rcpt, others): (Vec<Answer>, Vec<Answer>) =
            answers.into_iter().partition(is_recipient);
        let is = |answer: &Answer, verb| answer.awaited == Awaited::Command(verb);
        let refused = others
            .iter()
            .find(|answer| is(answer, Verb::Mail) && answer.is_refusal());
        let complete = rcpt.len() == rcpts.len();
        let result = match (refused, &stop) {
            (Some(answer), _) => Err(Box::new(Outcome::refused(Some(Stage::Mail), answer))),
            (None, Some(stop)) if !complete => Err(self.session.stopped(stop)),
            _ => self.take_recipients(&rcpt),
        };
        if result.is_err() && self.session.conversation.status().phase == Phase::Message {
            if rcpt.iter().all(Answer::is_refusal) {
                // The server takes a message for nobody: it gets an empty one (RFC 2920 section 3.1).
                let empty = self.session.conversation.send_message(Vec::new()).await;
                empty.map_err(|stop| self.session.stopped(&stop))?;
            } else {
                // Others were accepted: only the end of the connection keeps the message from them.
                self.session.conversation.close().await;
                self.session.quit = true;
            }
        }
        result?;
        if let Some(stop) = stop {
            return Err(self.session.stopped(&stop).into());
        }
        self.session.last = others
            .into_iter()
            .filter(|answer| is(answer, Verb::Data))
            .collect();
        self.session.settle()?;
        Ok(())
    }

    /// Keeps the recipients that were refused. Without any that was accepted, nothing more is sent.
    fn take_recipients(&mut self, answers: &[Answer]) -> Result<(), Box<Outcome>> {
        let pairs = self.options.recipients.iter().zip(answers);
        let refused: Vec<(&String, &Answer)> =
            pairs.filter(|(_, answer)| answer.is_refusal()).collect();
        self.accepted = self
            .options
            .recipients
            .iter()
            .zip(answers)
            .filter(|(_, answer)| !answer.is_refusal())
            .map(|(address, _)| address.clone())
            .collect();
        for (address, answer) in &refused {
            let refusal = refusal(address, answer);
            if !self.refused.contains(&refusal) {
                self.refused.push(refusal);
            }
        }
        let all = refused.len() == self.options.recipients.len();
        match refused.first() {
            Some((_, answer)) if all || self.options.require_all => {
                let mut outcome = Outcome::refused(Some(Stage::Rcpt), answer);
                outcome.message = if all {
                    format!("no recipient accepted: {}", outcome.message)
                } else {
                    format!("not all recipients accepted: {}", outcome.message)
                };
                Err(Box::new(outcome))
            }
            _ => Ok(()),
        }
    }

    async fn message(&mut self) -> Result<(), Box<Outcome>> {
        self.session.stage = Some(Stage::Dot);
        let (count, stamp) = (self.count, &self.options.stamp);
        let answers = match (&self.options.message, self.options.bdat) {
            (message, Some(size)) => {
                let octets = match message {
                    Message::Octets(octets) => Message::octets_of(octets, count, stamp),
                    Message::File(path) => {
                        read(path, MESSAGE_CAP).map_err(|error| usage(error.to_string()))?
                    }
                };
                return self.chunks(&with_cr_lf(&octets), size).await;
            }
            (Message::Octets(octets), None) => {
                let octets = Message::octets_of(octets, count, stamp);
                self.session.conversation.send_message(octets).await
            }
            (Message::File(path), None) => {
                let upload = Upload::open(path).map_err(|error| usage(error.to_string()))?;
                self.session.conversation.send_file(upload).await
            }
        };
        self.session.keep(answers)?;
        self.take_message()
    }

    async fn chunks(&mut self, octets: &[u8], size: Option<usize>) -> Result<(), Box<Outcome>> {
        self.session.chunks(octets, size).await?;
        self.take_message()
    }

    /// The answers to the message: in LMTP one for each recipient, and some may be refusals.
    fn take_message(&mut self) -> Result<(), Box<Outcome>> {
        let answers = std::mem::take(&mut self.session.last);
        let refused = answers.iter().filter(|answer| answer.is_refusal());
        let count = refused.clone().count();
        let Some(first) = refused.clone().next() else {
            return Ok(());
        };
        if count == answers.len() || self.options.require_all {
            return Err(Box::new(Outcome::refused(Some(Stage::Dot), first)));
        }
        for (address, answer) in self.accepted.iter().zip(&answers) {
            if answer.is_refusal() {
                self.refused.push(refusal(address, answer));
            }
        }
        Ok(())
    }

    fn offers(&self, keyword: &str) -> bool {
        let status = self.session.conversation.status();
        status
            .capabilities
            .current()
            .is_some_and(|now| now.offers(keyword))
    }

    fn mail(&self) -> Result<String, Box<Outcome>> {
        let options = self.options;
        let mut line = format!("MAIL FROM:<{}>", options.from);
        let eight_bit = options
            .message
            .is_eight_bit()
            .map_err(|error| usage(error.to_string()))?;
        if eight_bit && self.offers("8BITMIME") {
            line.push_str(" BODY=8BITMIME");
        }
        if options.smtputf8 {
            line.push_str(" SMTPUTF8");
        }
        if let Some(ret) = &options.dsn.ret {
            line.push_str(&format!(" RET={ret}"));
        }
        if let Some(envid) = &options.dsn.envid {
            line.push_str(&format!(" ENVID={envid}"));
        }
        Ok(line)
    }

    fn rcpt(&self, address: &str) -> String {
        match &self.options.dsn.notify {
            Some(notify) => format!("RCPT TO:<{address}> NOTIFY={notify}"),
            None => format!("RCPT TO:<{address}>"),
        }
    }
}

/// A message whose lines all end in CR LF, as DATA sends them.
fn with_cr_lf(octets: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(octets.len());
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        lines.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        lines.extend_from_slice(b"\r\n");
    }
    lines
}
