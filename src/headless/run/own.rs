//! The commands of a script that are ours.

use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::{Runner, usage};
use crate::headless::login::{LoginFailure, LoginPlan, log_in};
use crate::headless::outcome::Outcome;
use crate::headless::script::{Content, OwnCommand};
use crate::headless::stage::Stage;
use crate::net::Upload;
use crate::net::file::open_input;
use crate::record::{self, Format, SaveOptions};
use crate::smtp::{CommandLine, Phase, Verb};

/// The largest file that is sent in chunks.
const CHUNKS_CAP: u64 = 256 * 1024 * 1024;

impl Runner<'_> {
    pub(super) async fn own(&mut self, command: OwnCommand) -> Result<(), Box<Outcome>> {
        match command {
            OwnCommand::Raw(octets) => {
                self.stage = None;
                let answer = self.conversation.send_raw(octets).await;
                self.keep(answer)
            }
            OwnCommand::Data(path) => self.data(&path).await,
            OwnCommand::Bdat { content, chunk } => self.chunks(content, chunk).await,
            OwnCommand::Login(spec) => {
                let plan = (self.options.login)(&spec);
                let plan = plan.map_err(|message| usage(format!(":login: {message}")))?;
                self.log_in(&plan).await
            }
            OwnCommand::StartTls => {
                self.command("STARTTLS").await?;
                if self.conversation.tls().is_none() {
                    return Ok(());
                }
                self.settle()?;
                let verb =
                    Verb::introduction(self.options.plan.port, self.conversation.status().lmtp);
                self.command(&format!("{verb} {}", self.helo())).await
            }
            OwnCommand::Save(path) => {
                let format = Format::from_path(&path);
                let format = format.map_err(|error| usage(format!(":save: {error}")))?;
                let options = SaveOptions {
                    replace: self.options.replace,
                    with_secrets: false,
                };
                let saved = record::save(
                    &path,
                    format,
                    &self.conversation.recorder.excerpt(),
                    options,
                );
                saved.map_err(|error| usage(format!(":save: {error}")))
            }
            OwnCommand::Sleep(duration) => self.sleep(duration).await,
            OwnCommand::Disconnect => {
                self.conversation.close().await;
                Ok(())
            }
            OwnCommand::Reconnect => {
                self.conversation.close().await;
                self.connect().await
            }
        }
    }

    async fn command(&mut self, text: &str) -> Result<(), Box<Outcome>> {
        let line = CommandLine::parse(text);
        let line = line.map_err(|error| usage(error.to_string()))?;
        self.line(line).await
    }

    async fn log_in(&mut self, plan: &LoginPlan) -> Result<(), Box<Outcome>> {
        self.stage = Some(Stage::Auth);
        let (host, port) = (&self.options.plan.host, self.options.plan.port);
        match log_in(self.conversation, plan, host, port).await {
            Ok(answer) => {
                self.last = vec![answer];
                Ok(())
            }
            Err(LoginFailure::Stopped(stop)) => Err(self.stopped(&stop)),
            Err(LoginFailure::NotBegun(message)) => Err(Box::new(Outcome {
                status: Stage::Auth.status(),
                stage: Some(Stage::Auth),
                message: format!("not logged in: {message}"),
                ..Outcome::default()
            })),
        }
    }

    async fn data(&mut self, path: &Path) -> Result<(), Box<Outcome>> {
        let upload = Upload::open(path).map_err(|error| usage(format!(":data: {error}")))?;
        if self.conversation.status().phase != Phase::Message {
            self.command("DATA").await?;
            if self.conversation.status().phase != Phase::Message {
                return Ok(());
            }
        }
        self.stage = Some(Stage::Dot);
        let answers = self.conversation.send_file(upload).await;
        self.keep_all(answers)
    }

    async fn chunks(&mut self, content: Content, size: Option<usize>) -> Result<(), Box<Outcome>> {
        let octets = match content {
            Content::Octets(octets) => octets,
            Content::File(path) => read_file(&path)
                .map_err(|error| usage(format!(":bdat: {}: {error}", path.display())))?,
        };
        self.stage = Some(Stage::Dot);
        let size = size.unwrap_or(usize::MAX).max(1);
        let mut rest = octets.as_slice();
        while rest.len() > size {
            let (piece, after) = rest.split_at(size);
            rest = after;
            let chunk = [format!("BDAT {}\r\n", piece.len()).as_bytes(), piece].concat();
            let answer = self.conversation.send_raw(chunk).await;
            self.keep(answer)?;
            self.settle()?;
        }
        let answers = self.conversation.send_chunk(rest.to_vec()).await;
        self.keep_all(answers)
    }

    /// Waits, and prints what the server says meanwhile.
    async fn sleep(&mut self, duration: Duration) -> Result<(), Box<Outcome>> {
        let over = sleep(duration);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return Ok(()),
                alive = self.conversation.listen() => if !alive {
                    over.await;
                    return Ok(());
                },
            }
        }
    }
}

fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut octets = Vec::new();
    open_input(path)?
        .take(CHUNKS_CAP + 1)
        .read_to_end(&mut octets)?;
    if octets.len() as u64 > CHUNKS_CAP {
        return Err(std::io::Error::other(format!(
            "larger than {CHUNKS_CAP} octets"
        )));
    }
    Ok(octets)
}
