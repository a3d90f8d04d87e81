//! The commands of a script that are ours.

use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::Runner;
use crate::headless::conversation::Answer;
use crate::headless::message::{MESSAGE_CAP, read};
use crate::headless::outcome::{Outcome, usage};
use crate::headless::script::{Content, OwnCommand};
use crate::headless::stage::Stage;
use crate::net::Upload;
use crate::record::{self, Format, SaveOptions};
use crate::smtp::{Phase, Verb};

impl Runner<'_> {
    pub(in crate::headless) async fn own(
        &mut self,
        command: OwnCommand,
    ) -> Result<(), Box<Outcome>> {
        match command {
            OwnCommand::Raw(octets) => {
                self.session.stage = None;
                let answer = self.session.conversation.send_raw(octets).await;
                self.session.keep(answer)
            }
            OwnCommand::Data(path) => self.data(&path).await,
            OwnCommand::Bdat { content, chunk } => self.chunks(content, chunk).await,
            OwnCommand::Login(spec) => {
                let plan = (self.options.login)(&spec, None);
                let plan = plan.map_err(|need| usage(format!(":login: {need}")))?;
                self.session.log_in(&plan).await
            }
            OwnCommand::StartTls => {
                self.session.command("STARTTLS").await?;
                if self.session.conversation.tls().is_none() {
                    return Ok(());
                }
                self.session.settle()?;
                let verb = Verb::introduction(
                    self.options.plan.port,
                    self.session.conversation.status().lmtp,
                );
                self.session
                    .command(&format!("{verb} {}", self.session.helo()))
                    .await
            }
            OwnCommand::Save(path) => {
                let format = Format::from_path(&path);
                let format = format.map_err(|error| usage(format!(":save: {error}")))?;
                let options = SaveOptions {
                    replace: false,
                    with_secrets: false,
                };
                let saved = record::save(
                    &path,
                    format,
                    &self.session.conversation.recorder.excerpt(),
                    options,
                );
                saved.map_err(|error| usage(format!(":save: {error}")))
            }
            OwnCommand::Sleep(duration) => self.sleep(duration).await,
            OwnCommand::Disconnect => {
                self.session.conversation.close().await;
                Ok(())
            }
            OwnCommand::Reconnect => {
                self.session.conversation.close().await;
                self.session.connect().await
            }
        }
    }

    async fn data(&mut self, path: &Path) -> Result<(), Box<Outcome>> {
        let upload = Upload::open(path).map_err(|error| usage(format!(":data: {error}")))?;
        if self.session.conversation.status().phase != Phase::Message {
            self.session.command("DATA").await?;
            let refused = self.session.last.iter().any(Answer::is_refusal);
            if refused || !self.session.takes_message()? {
                return Ok(());
            }
        }
        self.session.stage = Some(Stage::Dot);
        let answers = self.session.conversation.send_file(upload).await;
        self.session.keep(answers)
    }

    async fn chunks(&mut self, content: Content, size: Option<usize>) -> Result<(), Box<Outcome>> {
        let octets = match content {
            Content::Octets(octets) => octets,
            Content::File(path) => {
                read(&path, MESSAGE_CAP).map_err(|error| usage(format!(":bdat: {error}")))?
            }
        };
        self.session.chunks(&octets, size).await
    }

    /// Waits, and prints what the server says meanwhile.
    async fn sleep(&mut self, duration: Duration) -> Result<(), Box<Outcome>> {
        let over = sleep(duration);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return Ok(()),
                alive = self.session.conversation.listen() => if !alive {
                    over.await;
                    return Ok(());
                },
            }
        }
    }
}
