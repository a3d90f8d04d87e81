//! The table itself: the actions with their names and words, then keys, menu and hints.

use super::{Action, Binding, Chord, Place, tls, transcript};

/// Actions in the order in which help tells them: the action, its name behind `:`, what may stand
/// behind the name, its words.
const ACTIONS: &[(Action, &str, &str, &str)] = &[
    (
        Action::Send,
        "send",
        "",
        "send the line as it stands, plus CR LF",
    ),
    (
        Action::EndMessage,
        "end-message",
        "",
        "end the message with its dot (so does a lone dot)",
    ),
    (
        Action::Accept,
        "accept",
        "",
        "put the grey text into the line",
    ),
    (
        Action::Complete,
        "complete",
        "",
        "complete the piece at the cursor, or list what fits",
    ),
    (
        Action::List,
        "list",
        "",
        "list what could stand at the cursor",
    ),
    (Action::ListDown, "list-down", "", "the next of the list"),
    (Action::ListUp, "list-up", "", "the one before in the list"),
    (
        Action::ListTake,
        "list-take",
        "",
        "put the chosen one into the line",
    ),
    (Action::ListClose, "list-close", "", "close the list"),
    (
        Action::Fix,
        "fix",
        "",
        "mend the line as the advice below it says",
    ),
    (
        Action::HistoryBack,
        "history-back",
        "",
        "the command before that begins like this one",
    ),
    (
        Action::HistoryForward,
        "history-forward",
        "",
        "the command after",
    ),
    (
        Action::HistorySearch,
        "history-search",
        "",
        "search the commands sent to this host",
    ),
    (Action::Browse, "browse", "", "move in the transcript"),
    (Action::Back, "prompt", "", "back to the prompt"),
    (
        Action::Help,
        "help",
        "[WORD...]",
        "all keys, or what the manual says of RCPT, SIZE, 5.7.1",
    ),
    (
        Action::Explain,
        "explain",
        "[WORD...]",
        "what the last reply means, or 550 5.7.1",
    ),
    (Action::Palette, "palette", "", "all actions by name"),
    (Action::Menu, "menu", "", "the menu of actions"),
    (Action::Search, "search", "TEXT", "search the transcript"),
    (
        Action::SearchNext,
        "search-next",
        "",
        "the next match, in the direction of the search",
    ),
    (Action::SearchBack, "search-back", "", "the match before"),
    (Action::Up, "up", "", "an entry up"),
    (Action::Down, "down", "", "an entry down"),
    (Action::PageUp, "page-up", "", "scroll the transcript up"),
    (
        Action::PageDown,
        "page-down",
        "",
        "scroll the transcript down",
    ),
    (Action::Oldest, "oldest", "", "to the oldest entry"),
    (
        Action::Newest,
        "newest",
        "",
        "to the newest entry, and follow what comes",
    ),
    (Action::Open, "whole", "", "the whole of an entry"),
    (
        Action::Fold,
        "fold",
        "",
        "fold or unfold the reply (the last one, from the prompt)",
    ),
    (Action::Wrap, "wrap", "", "wrap long lines or cut them"),
    (
        Action::Reveal,
        "reveal",
        "",
        "show the secret of this line on the screen, or hide it",
    ),
    (
        Action::RevealTyped,
        "reveal-typed",
        "",
        "show or hide the secret that is being typed",
    ),
    (
        Action::Capabilities,
        "capabilities",
        "",
        "what the server offers, before and after TLS",
    ),
    (
        Action::Connect,
        "connect",
        "HOST:PORT",
        "connect to a server",
    ),
    (
        Action::Profile,
        "profile",
        "NAME",
        "connect to a server of your config",
    ),
    (
        Action::Reconnect,
        "reconnect",
        "",
        "connect to the same server again",
    ),
    (
        Action::Practice,
        "practice",
        "MOOD...",
        "connect to the built-in practice server",
    ),
    (
        Action::Tour,
        "tour",
        "[stop]",
        "eight short lessons on the practice server",
    ),
    (
        Action::Disconnect,
        "disconnect",
        "",
        "drop the connection now, without QUIT",
    ),
    (
        Action::ReadOn,
        "read-on",
        "",
        "go on reading a reply that reached its cap",
    ),
    (
        Action::Tls,
        "tls",
        "",
        "TLS laid open: certificates, verdict, what to try",
    ),
    (
        Action::Load,
        "open",
        "FILE",
        "look at a saved session, or a log of swaks, curl -v ...",
    ),
    (
        Action::Save,
        "save",
        "FILE",
        "session into .txt .md .html .jsonl .eml, --with-secrets",
    ),
    (
        Action::Login,
        "login",
        "",
        "log in with AUTH, by a form and not by hand",
    ),
    (
        Action::Base64,
        "base64",
        "",
        "base64 both ways, with escapes and what is odd",
    ),
    (
        Action::DecodeChosen,
        "decode",
        "",
        "decode the base64 in the chosen line",
    ),
    (
        Action::Templates,
        "template",
        "NAME",
        "lines and messages to fill in and send",
    ),
    (
        Action::Raw,
        "raw",
        "TEXT",
        "send octets as they are, with \\r \\n \\xHH; shown before they go",
    ),
    (
        Action::Compose,
        "compose",
        "",
        "write a message first; DATA is sent when it is done",
    ),
    (
        Action::Attach,
        "attach",
        "FILE",
        "a file as a part of the message; without a name, none",
    ),
    (
        Action::Data,
        "data",
        "FILE",
        "send a file as the message, with DATA where that is due",
    ),
    (
        Action::Edit,
        "edit",
        "",
        "the message in $VISUAL or $EDITOR",
    ),
    (Action::Mouse, "mouse", "", "capture the mouse or let it go"),
    (Action::Redraw, "redraw", "", "draw the screen anew"),
    (
        Action::Suspend,
        "suspend",
        "",
        "stop ehlo; fg brings it back",
    ),
    (
        Action::Cancel,
        "cancel",
        "",
        "cancel connecting, clear the line; twice: quit",
    ),
    (Action::Quit, "quit", "", "leave ehlo"),
];

/// Where keys count, and what they do there.
const KEYS: &[(Place, &str, Action)] = &[
    (Place::Prompt, "Enter", Action::Send),
    (Place::Prompt, "Tab", Action::Complete),
    (Place::Prompt, "S-Tab", Action::List),
    (Place::Prompt, "Up", Action::HistoryBack),
    (Place::Prompt, "Down", Action::HistoryForward),
    (Place::Prompt, "^R", Action::HistorySearch),
    (Place::Prompt, "Esc", Action::Browse),
    (Place::Prompt, "F1", Action::Help),
    (Place::Prompt, "^O", Action::Menu),
    (Place::Prompt, "PgUp", Action::PageUp),
    (Place::Prompt, "PgDn", Action::PageDown),
    (Place::Prompt, "F2", Action::Capabilities),
    (Place::Prompt, "F3", Action::Base64),
    (Place::Prompt, "^L", Action::Redraw),
    (Place::Prompt, "^Z", Action::Suspend),
    (Place::Prompt, "^C", Action::Cancel),
    (Place::EmptyPrompt, "?", Action::Help),
    (Place::EmptyPrompt, ":", Action::Palette),
    (Place::EmptyPrompt, "/", Action::Search),
    (Place::EmptyPrompt, "End", Action::Newest),
    (Place::EmptyPrompt, "^D", Action::Quit),
    (Place::Ghost, "Tab", Action::Accept),
    (Place::Ghost, "Right", Action::Accept),
    (Place::List, "Enter", Action::ListTake),
    (Place::List, "Tab", Action::ListDown),
    (Place::List, "Down", Action::ListDown),
    (Place::List, "S-Tab", Action::ListUp),
    (Place::List, "Up", Action::ListUp),
    (Place::List, "Esc", Action::ListClose),
    (Place::Message, "^D", Action::EndMessage),
    (Place::Message, "Esc", Action::Browse),
    (Place::Message, "F1", Action::Help),
    (Place::Message, "^O", Action::Menu),
    (Place::Message, "^L", Action::Redraw),
    (Place::Message, "^Z", Action::Suspend),
    (Place::Message, "^C", Action::Cancel),
];

/// The letters of the menu, and their words there, of at most 30 characters.
const MENU: &[(char, Action, &str)] = &[
    ('?', Action::Help, "all keys"),
    (':', Action::Palette, "all actions by name"),
    ('/', Action::Search, "search the transcript"),
    ('f', Action::Fix, "mend the line as advised"),
    ('z', Action::Fold, "fold or unfold the last reply"),
    ('u', Action::RevealTyped, "show or hide what is typed"),
    ('l', Action::Explain, "explain the last reply"),
    ('c', Action::Capabilities, "capabilities"),
    ('n', Action::Connect, "connect elsewhere"),
    ('r', Action::Reconnect, "reconnect"),
    ('p', Action::Practice, "practice server"),
    ('k', Action::Disconnect, "drop the connection"),
    ('t', Action::Templates, "templates"),
    ('d', Action::Compose, "compose a message"),
    ('e', Action::Edit, "the message in $EDITOR"),
    ('g', Action::ReadOn, "go on reading"),
    ('v', Action::Tls, "TLS laid open"),
    ('s', Action::Save, "save the session"),
    ('o', Action::Load, "open a saved session or a log"),
    ('a', Action::Login, "log in (AUTH)"),
    ('b', Action::Base64, "base64 both ways"),
    ('m', Action::Mouse, "mouse on or off"),
    ('q', Action::Quit, "quit"),
];

/// The words of the footer, and how much each matters there: 0 goes last.
const HINTS: &[(Action, &str, u8)] = &[
    (Action::SearchNext, "next", 2),
    (Action::SearchBack, "back", 2),
    (Action::Accept, "accept", 0),
    (Action::ListTake, "insert", 0),
    (Action::ListDown, "next", 1),
    (Action::ListClose, "close", 2),
    (Action::Send, "send", 1),
    (Action::List, "list", 7),
    (Action::EndMessage, "send the message", 0),
    (Action::HistoryBack, "history", 4),
    (Action::Browse, "browse", 2),
    (Action::Back, "prompt", 0),
    (Action::Leave, "leave", 0),
    (Action::Search, "search", 5),
    (Action::PageUp, "scroll", 3),
    (Action::Open, "whole", 1),
    (Action::Fold, "fold", 3),
    (Action::Reveal, "reveal", 6),
    (Action::Capabilities, "offers", 6),
];

/// The table as one binding an action.
pub(super) fn bindings() -> Vec<Binding> {
    let binding = |&(action, name, argument, title): &(Action, _, _, _)| Binding {
        action,
        name,
        title,
        argument,
        keys: KEYS
            .iter()
            .chain(transcript::KEYS)
            .filter(|(.., does)| *does == action)
            .filter_map(|(place, key, _)| Some((*place, Chord::parse(key)?)))
            .collect(),
        menu: MENU
            .iter()
            .chain(transcript::MENU)
            .find(|(_, does, _)| *does == action)
            .map(|&(key, _, words)| (key, words)),
        hint: HINTS
            .iter()
            .chain(transcript::HINTS)
            .find(|(does, ..)| *does == action)
            .map(|&(_, word, rank)| (word, rank)),
    };
    let actions = ACTIONS
        .iter()
        .chain(tls::ACTIONS)
        .chain(transcript::ACTIONS);
    actions.map(binding).collect()
}

/// Every key of the table as it is written.
#[cfg(test)]
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    let keys = KEYS.iter().chain(transcript::KEYS);
    keys.map(|(_, key, _)| *key)
}
