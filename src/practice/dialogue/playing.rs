//! How a conversation follows a script: what is sent in place of the server's own replies.

use super::Dialogue;
use crate::practice::chunk::Chunk;
use crate::practice::outcome::CommandOutcome;
use crate::practice::reply::Reply;
use crate::smtp::{CommandLine, Verb};

/// The reply of the server's own that a script replaces.
pub(super) fn played(code: u16) -> Reply {
    Reply::new(code, "", "played")
}

impl Dialogue {
    /// Takes the answer of the script to a line, if it is the next one there.
    pub(super) fn play(&mut self, line: &str) -> Option<u16> {
        let answer = self.state.script.answer_to(self.next_line, line)?;
        self.scripted = Some(answer.clone());
        self.next_line += 1;
        // Without a code, as with silence, nothing is obeyed.
        Some(answer.code().unwrap_or_default())
    }

    /// Executes a command that the script answers with this code: what it refuses is not executed.
    pub(super) fn obey_as(&mut self, code: u16, command: &CommandLine) -> CommandOutcome {
        let refused = || CommandOutcome::Stored(played(code));
        match code {
            // A message, TLS or a challenge follow only their own code.
            200..400 => self.session.obey(command).with_words(played(code)),
            // The octets of a refused chunk are read all the same.
            _ if command.verb() == Verb::Bdat => match self.session.obey(command) {
                CommandOutcome::ReadChunk(chunk) => CommandOutcome::ReadChunk(Chunk {
                    refusal: Some(played(code)),
                    ..chunk
                }),
                _ => refused(),
            },
            421 => CommandOutcome::Close(played(code)),
            _ => refused(),
        }
    }
}
