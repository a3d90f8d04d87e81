//! Commands for connections, logins and sessions as documents.

use crate::tui::keymap::Place::{Prompt, Saved, Transcript};
use crate::tui::keymap::command::{Condition, MenuGroup};
use crate::tui::keymap::{Action, Command};

/// See `commands`.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        Action::Capabilities,
        "capabilities",
        "show what the server offers, before and after TLS",
    )
    .synonyms(&["ehlo", "extensions", "offers", "features"])
    .keys(&[(Prompt, "F2"), (Saved, "F2")])
    .menu(MenuGroup::Look, 'c', "capabilities")
    .hint("offers", 6)
    .in_saved(),
    Command::new(Action::Connect, "connect", "connect to a server")
        .synonyms(&["open", "server", "host", "mx", "dns", "domain", "target"])
        .takes("HOST:PORT")
        .menu(MenuGroup::Session, 'n', "connect elsewhere")
        .in_saved(),
    Command::new(
        Action::Profile,
        "profile",
        "connect to a server of your config",
    )
    .takes("NAME")
    .in_saved(),
    Command::new(
        Action::Reconnect,
        "reconnect",
        "connect to the same server again",
    )
    .never_first()
    .synonyms(&["again", "retry"])
    .menu(MenuGroup::Session, 'r', "reconnect")
    .when(Condition::ServerKnown)
    .in_saved()
    .ends(),
    Command::new(
        Action::Practice,
        "practice",
        "connect to the built-in practice server",
    )
    .never_first()
    .synonyms(&["test", "demo", "mood"])
    .takes("MOOD...")
    .menu(MenuGroup::Session, 'p', "practice server")
    .in_saved(),
    Command::new(
        Action::Tour,
        "tour",
        "eight short lessons on the practice server",
    )
    .never_first()
    .synonyms(&["tutorial", "lessons", "learn"])
    .takes("[next|back|N|stop]")
    .in_saved(),
    Command::new(
        Action::Disconnect,
        "disconnect",
        "drop the connection now, without QUIT",
    )
    .never_first()
    .synonyms(&["close", "hang up", "drop"])
    .menu(MenuGroup::Session, 'k', "drop the connection")
    .when(Condition::Connecting)
    .ends(),
    Command::new(
        Action::Ports,
        "ports",
        "look which ports of a host are open, and which one to use",
    )
    .synonyms(&["scan", "port", "refused", "firewall", "465", "587"])
    .takes("[HOST]")
    .menu(MenuGroup::Session, 'P', "which ports are open")
    .in_saved(),
    Command::new(
        Action::Check,
        "check",
        "check a server, or the mail servers of @DOMAIN",
    )
    .synonyms(&["test", "health", "mx", "dns", "monitor", "in order"])
    .takes("[TARGET]")
    .menu(MenuGroup::Look, 'C', "check the server")
    .in_saved(),
    Command::new(
        Action::ReadOn,
        "read-on",
        "continue a reply that was paused at its limit",
    )
    .never_first()
    .synonyms(&["wait", "continue", "paused"])
    .menu(MenuGroup::Session, 'g', "continue the paused reply")
    .when(Condition::Paused),
    Command::new(
        Action::Tls,
        "tls",
        "TLS and certificate details, verdict, what to try",
    )
    .synonyms(&[
        "certificate",
        "cert",
        "ssl",
        "starttls",
        "cipher",
        "issuer",
        "expiry",
    ])
    .menu(MenuGroup::Look, 'v', "TLS and certificate details")
    .when(Condition::Tls),
    Command::new(
        Action::StartTls,
        "starttls",
        "send STARTTLS, and EHLO again under TLS",
    )
    .never_first()
    .synonyms(&["tls", "encrypt"])
    .when(Condition::Sending),
    Command::new(
        Action::Sleep,
        "sleep",
        "wait before what follows in a script, as in :sleep 2s",
    )
    .never_first()
    .synonyms(&["wait", "pause"])
    .takes("TIME"),
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
        .synonyms(&["auth", "password", "user", "sasl"])
        .takes("[MECH] [user U] [password-from PLACE]")
        .menu(MenuGroup::Session, 'a', "log in (AUTH)")
        .when(Condition::Sending),
    Command::new(
        Action::Load,
        "open",
        "open a saved session, or a log of swaks, curl -v ...",
    )
    .synonyms(&["read", "log", "journal", "file"])
    .takes("FILE")
    .menu(MenuGroup::TakeAway, 'o', "open a saved session or a log")
    .in_saved(),
    Command::new(
        Action::Save,
        "save",
        "save the session: .txt .md .html .jsonl .eml, --with-secrets",
    )
    .synonyms(&["write", "store", "file"])
    .takes("FILE")
    .menu(MenuGroup::TakeAway, 's', "save the session")
    .in_saved(),
    Command::new(
        Action::Export,
        "export",
        "export the connection to swaks, curl, git ...",
    )
    .synonyms(&["swaks", "curl", "openssl", "git", "msmtp"])
    .takes("[NAME]")
    .menu(MenuGroup::TakeAway, 'x', "export to swaks, curl, git ...")
    .when(Condition::Exportable)
    .in_saved(),
    Command::new(
        Action::Compare,
        "diff",
        "compare this session with B, or A with B: numbers or files",
    )
    .synonyms(&["compare", "difference"])
    .takes("[A] B")
    .in_saved(),
    Command::new(
        Action::Replay,
        "replay",
        "connect again and send all up to the chosen line; asks first",
    )
    .never_first()
    .synonyms(&["repeat", "again", "resend"])
    .keys(&[(Transcript, "R")])
    .in_saved(),
    Command::new(
        Action::Session,
        "session",
        "show another open session, by number or name",
    )
    .synonyms(&["switch", "tab", "window"])
    .takes("N")
    .in_saved(),
    Command::new(
        Action::Sessions,
        "sessions",
        "list the open sessions and those kept on disk",
    )
    .synonyms(&["journal", "kept", "old", "history"])
    .takes("[WORD...]")
    .menu(MenuGroup::TakeAway, 'h', "sessions, open and kept")
    .in_saved(),
    Command::new(Action::Leave, "close", "close the shown session")
        .never_first()
        .keys(&[(Saved, "q")])
        .hint("close", 0)
        .in_saved()
        .ends(),
];
