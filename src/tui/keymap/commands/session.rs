//! Commands for connections, logins and sessions as documents.

use crate::tui::keymap::Place::{Prompt, Saved, Transcript};
use crate::tui::keymap::command::{Condition, Ends};
use crate::tui::keymap::{Action, Command};

/// See `commands`.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        Action::Capabilities,
        "capabilities",
        "show what the server offers, before and after TLS",
    )
    .keys(&[(Prompt, "F2"), (Saved, "F2")])
    .menu('c', "capabilities")
    .hint("offers", 6)
    .in_saved(),
    Command::new(Action::Connect, "connect", "connect to a server")
        .takes("HOST:PORT")
        .menu('n', "connect elsewhere")
        .in_saved()
        .ends(Ends::WithArgument),
    Command::new(
        Action::Profile,
        "profile",
        "connect to a server of your config",
    )
    .takes("NAME")
    .in_saved()
    .ends(Ends::WithArgument),
    Command::new(
        Action::Reconnect,
        "reconnect",
        "connect to the same server again",
    )
    .menu('r', "reconnect")
    .when(Condition::ServerKnown)
    .in_saved()
    .ends(Ends::Always),
    Command::new(
        Action::Practice,
        "practice",
        "connect to the built-in practice server",
    )
    .takes("MOOD...")
    .menu('p', "practice server")
    .in_saved()
    .ends(Ends::Always),
    Command::new(
        Action::Tour,
        "tour",
        "eight short lessons on the practice server",
    )
    .takes("[stop]")
    .in_saved()
    .ends(Ends::WithoutArgument),
    Command::new(
        Action::Disconnect,
        "disconnect",
        "drop the connection now, without QUIT",
    )
    .menu('k', "drop the connection")
    .when(Condition::Connecting)
    .ends(Ends::Always),
    Command::new(
        Action::ReadOn,
        "read-on",
        "continue a reply that was paused at its limit",
    )
    .menu('g', "continue the paused reply")
    .when(Condition::Paused),
    Command::new(
        Action::Tls,
        "tls",
        "TLS and certificate details, verdict, what to try",
    )
    .menu('v', "TLS and certificate details")
    .when(Condition::Tls),
    Command::new(
        Action::TlsName,
        "tls-name",
        "check the certificate against another NAME",
    )
    .takes("NAME")
    .when(Condition::Tls),
    Command::new(
        Action::TlsWrite,
        "tls-write",
        "write the certificate chain to FILE as PEM",
    )
    .takes("FILE")
    .when(Condition::Tls),
    Command::new(Action::Login, "login", "log in with AUTH, by a form")
        .menu('a', "log in (AUTH)")
        .when(Condition::Sending),
    Command::new(
        Action::Load,
        "open",
        "open a saved session, or a log of swaks, curl -v ...",
    )
    .takes("FILE")
    .menu('o', "open a saved session or a log")
    .in_saved(),
    Command::new(
        Action::Save,
        "save",
        "save the session: .txt .md .html .jsonl .eml, --with-secrets",
    )
    .takes("FILE")
    .menu('s', "save the session")
    .in_saved(),
    Command::new(
        Action::Export,
        "export",
        "export the connection to swaks, curl, git ...",
    )
    .takes("[NAME]")
    .menu('x', "export to swaks, curl, git ...")
    .when(Condition::Exportable)
    .in_saved(),
    Command::new(
        Action::Compare,
        "diff",
        "compare this session with saved one B, or A with B",
    )
    .takes("[A] B")
    .in_saved(),
    Command::new(
        Action::Replay,
        "replay",
        "connect again and send all up to the chosen line; asks first",
    )
    .keys(&[(Transcript, "R")])
    .in_saved(),
    Command::new(Action::Leave, "leave", "close the saved session")
        .keys(&[(Saved, "q")])
        .hint("leave", 0)
        .in_saved(),
];
