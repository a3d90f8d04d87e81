//! Where keys count.

/// Where a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the prompt.
    Prompt,
    /// At the prompt while nothing is typed.
    EmptyPrompt,
    /// At the end of a line that ghost text goes on.
    Ghost,
    /// In the list of what could stand at the cursor.
    List,
    /// In the editor of a message.
    Message,
    /// In the transcript.
    Transcript,
    /// In a saved session.
    Saved,
    /// In the transcript while a range is marked or only some lines are shown.
    Narrowed,
}

impl Place {
    /// Whether letters are text here.
    pub const fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Prompt | Self::Ghost | Self::List | Self::Message
        )
    }

    /// Its name, for the help.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::EmptyPrompt => "empty prompt",
            Self::Ghost => "ghost text",
            Self::List => "list",
            Self::Message => "message",
            Self::Transcript => "transcript",
            Self::Saved => "saved session",
            Self::Narrowed => "some lines only",
        }
    }
}
