//! The questions about failures and risks: what happened, what it usually means, what can be done.

use crossterm::event::KeyCode;

use crate::config::{Target, TlsChoice, TlsField};
use crate::diagnosis;
use crate::net::{
    Failure, MailRoute, MailServers, Security, Sni, TlsError, TlsFacts, TlsOptions, TlsVersion,
};
use crate::smtp::{CommandLine, End, Exposure};
use crate::tui::keymap::Action;
use crate::tui::popup::choice::{Answer, Choice};
use crate::tui::state::connection::Destination;

/// Ports of mail servers, in the order to try them after another one.
const PORTS: [u16; 3] = [587, 465, 25];

/// The port on which TLS always starts at once (RFC 8314 section 3.3).
const SUBMISSIONS: u16 = 465;

/// The question after a connection to `destination` failed.
pub fn choice(failure: &Failure, destination: Option<&Destination>) -> Choice {
    let server = destination.map_or_else(String::new, |destination| destination.target.to_string());
    let plan = destination
        .map(|destination| destination.plan.clone())
        .unwrap_or_default();
    let domain = destination.and_then(|destination| destination.domain.as_deref());
    let (port, implicit) = (plan.port, plan.security == Security::Implicit);
    let mut lines = vec![failure.to_string()];
    if let Failure::Connect(attempts) = failure {
        lines.extend(
            attempts
                .iter()
                .map(|attempt| format!("  {}: {}", attempt.address, attempt.error)),
        );
    }
    lines.push(String::new());
    lines.extend(diagnosis::advice(failure, &plan, domain));
    let mut choice = with_edit(with_retry(Choice::new(
        format!("No connection to {server}"),
        lines,
    )));
    if implicit && may_be_plain(failure, port) {
        let words = "try the same port without TLS";
        choice = choice.option(KeyCode::Char('n'), words, Answer::Tls(TlsChoice::None));
    }
    if implicit && matches!(failure, Failure::Tls(TlsError::PlainText(_))) {
        let words = "the same port, with STARTTLS";
        choice = choice.option(KeyCode::Char('t'), words, Answer::Tls(TlsChoice::StartTls));
    }
    choice = with_tls_setting(choice, failure, &plan.tls);
    if may_depend_on_port(failure) {
        choice = with_other_port(choice, port);
    }
    // Without an address there are no ports.
    if !matches!(failure, Failure::Resolve(_) | Failure::MailRoute(_)) {
        choice = with_ports(choice);
    }
    choice
}

/// Offers to look at all ports.
fn with_ports(choice: Choice) -> Choice {
    let words = "look at its mail ports";
    choice.option(KeyCode::Char('a'), words, Answer::run(Action::Ports))
}

/// Offers the TLS setting that helps.
fn with_tls_setting(choice: Choice, failure: &Failure, options: &TlsOptions) -> Choice {
    let Failure::Tls(error) = failure else {
        return choice;
    };
    match error {
        TlsError::CertificateWanted(_) => choice.option(
            KeyCode::Char('k'),
            "set a client certificate (--cert, --key)",
            Answer::TlsSetting(TlsField::Cert),
        ),
        TlsError::NotVerified(verdict) => match verdict.other_names() {
            None => choice,
            Some(names) => {
                let of_host = |name: &&String| Target::parse(name).is_ok();
                match names.iter().find(of_host) {
                    Some(name) => choice.option(
                        KeyCode::Char('n'),
                        format!("expect the name {name} (--sni)"),
                        Answer::Sni(Sni::Name(name.clone())),
                    ),
                    // Such as *.example.org: which name it is, only the user knows.
                    None => choice.option(
                        KeyCode::Char('n'),
                        "set the expected name (--sni)",
                        Answer::TlsSetting(TlsField::Sni),
                    ),
                }
            }
        },
        TlsError::TimedOut(_)
            if [TlsVersion::Tls12, TlsVersion::Tls13]
                .iter()
                .all(|version| options.versions.contains(*version)) =>
        {
            choice.option(
                KeyCode::Char('v'),
                "the same with TLS 1.2 (--tls-max 1.2)",
                Answer::Tls12,
            )
        }
        _ => choice,
    }
}

/// The question about a server that has sent nothing yet.
pub fn silence(destination: &Destination) -> Choice {
    let words = diagnosis::no_greeting(is_implicit(destination));
    let title = format!("No greeting from {} yet", destination.target);
    let choice =
        Choice::new(title, words).option(KeyCode::Char('w'), "keep waiting", Answer::KeepWaiting);
    with_other_way(choice, destination)
}

/// The question about a server that has closed the connection without having sent anything.
pub fn closed_before_greeting(destination: &Destination, end: &End) -> Choice {
    let mut words = vec![end.to_string(), String::new()];
    words.extend(diagnosis::closed_before_greeting(is_implicit(destination)));
    let title = format!("No greeting from {}", destination.target);
    with_other_way(with_retry(Choice::new(title, words)), destination)
}

fn is_implicit(destination: &Destination) -> bool {
    destination.plan.security == Security::Implicit
}

/// Offers the other ways to connect: TLS from the first octet, another port, another server.
fn with_other_way(choice: Choice, destination: &Destination) -> Choice {
    let mut choice = choice;
    if !is_implicit(destination) {
        let words = "with TLS from the first octet";
        choice = choice.option(KeyCode::Char('t'), words, Answer::Tls(TlsChoice::Implicit));
    }
    with_ports(with_edit(with_other_port(choice, destination.target.port)))
}

fn with_retry(choice: Choice) -> Choice {
    let again = Answer::run(Action::Reconnect);
    choice.option(KeyCode::Char('r'), "try again", again)
}

fn with_edit(choice: Choice) -> Choice {
    let edit = Answer::run(Action::Connect);
    choice.option(KeyCode::Char('e'), "edit where to connect", edit)
}

fn with_other_port(choice: Choice, port: u16) -> Choice {
    match PORTS.into_iter().find(|other| *other != port) {
        Some(other) => {
            let words = format!("try port {other}");
            choice.option(KeyCode::Char('p'), words, Answer::Port(other))
        }
        None => choice,
    }
}

/// Whether a port on which implicit TLS failed may be a port without TLS.
fn may_be_plain(failure: &Failure, port: u16) -> bool {
    match failure {
        Failure::Tls(TlsError::PlainText(_)) => true,
        Failure::Tls(TlsError::Closed | TlsError::TimedOut(_)) => port != SUBMISSIONS,
        _ => false,
    }
}

/// Whether another port may help. It does not if the address or a certificate is at fault: they are
/// the same there.
fn may_depend_on_port(failure: &Failure) -> bool {
    !matches!(
        failure,
        Failure::Resolve(_)
            | Failure::MailRoute(_)
            | Failure::Tls(TlsError::NotVerified(_) | TlsError::CertificateWanted(_))
    )
}

/// Asks which mail server of the domain to connect to, on this port.
pub fn exchangers(route: &MailRoute, port: u16) -> Choice {
    let hosts: Vec<(String, String)> = match &route.servers {
        MailServers::NullMx => Vec::new(),
        MailServers::ImplicitMx => {
            vec![(route.domain.clone(), "the domain's own address".to_owned())]
        }
        MailServers::Mx(exchangers) => exchangers
            .iter()
            .map(|one| (one.host.clone(), format!("preference {}", one.preference)))
            .collect(),
    };
    let more = hosts.len().saturating_sub(exchanger_keys().count());
    let mut words = vec![route.to_string()];
    if more > 0 {
        words.push(format!(
            "{more} more are not listed: use :connect HOST:{port}"
        ));
    }
    let mut choice = Choice::new(format!("Mail for {}", route.domain), words);
    // A name that is not a valid host cannot be connected to.
    let targets = hosts.into_iter().filter_map(|(host, words)| {
        let target = Target::parse(&host).ok()?;
        Some((Target { port, ..target }, words))
    });
    for (letter, (target, words)) in exchanger_keys().zip(targets) {
        let words = format!("connect to {}, {words}", target.host);
        choice = choice.option(KeyCode::Char(letter), words, Answer::Exchanger(target));
    }
    with_edit(choice)
}

/// The keys of the servers in their order: digits, then letters except that of editing.
fn exchanger_keys() -> impl Iterator<Item = char> {
    ('1'..='9').chain(('a'..='z').filter(|letter| *letter != 'e'))
}

/// Asks before a secret is sent over a link with this exposure, with both answers.
pub fn consent(exposure: Exposure, yes: Answer, no: Answer, tls: Option<&TlsFacts>) -> Choice {
    let question = diagnosis::exposed(exposure, tls);
    Choice::new(question.title, question.words)
        .option(KeyCode::Char('y'), question.yes, yes)
        .or_else(no)
        .close_on_other_letters()
}

/// Asks before a line is sent into an unfinished greeting.
pub fn before_the_greeting(line: CommandLine) -> Choice {
    let words = vec![
        "The greeting is not finished: its last line, with \"220 \" in place of \"220-\", is due."
            .to_owned(),
        "Filters such as postscreen wait there on purpose, and refuse mail from whoever sends now."
            .to_owned(),
    ];
    Choice::new("Send before the greeting is finished?", words)
        .option(
            KeyCode::Char('y'),
            "send it anyway",
            Answer::SendAhead(line.clone()),
        )
        .or_else(Answer::Withhold(line))
        .close_on_other_letters()
}

/// Asks before a proof is sent for which the server asks for so few iterations. Nothing of the password
/// was sent; the login was cancelled meanwhile.
pub fn few_iterations(mechanism: &str, number: u32) -> Choice {
    let question = diagnosis::few_iterations(mechanism, number);
    Choice::new(question.title, question.words)
        .option(KeyCode::Char('y'), question.yes, Answer::ConsentProof)
        .or_else(Answer::WithholdLogin)
        .close_on_other_letters()
}

/// What is at risk in a login that sends a proof of the password instead of the password.
pub fn proof(mechanism: &str, exposure: Exposure) -> Vec<String> {
    let link = match exposure {
        Exposure::Clear => "The connection is not encrypted.",
        Exposure::Unverified => "The server's certificate could not be verified.",
    };
    vec![
        link.to_owned(),
        format!(
            "{mechanism} does not send the password itself, but whoever reads what it sends can \
             try out passwords against it."
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::Verdict;
    use crate::net::{ConnectAttempt, ConnectError};

    #[test]
    fn what_cannot_work_is_not_offered() {
        let verdict = Verdict::default();
        let patience = Duration::from_secs(30);
        // The failure, the port, and whether the port without TLS and another port are worth trying.
        let table = [
            (TlsError::PlainText(b"220".to_vec()), 465, true, true),
            (TlsError::Closed, 2525, true, true),
            (TlsError::Closed, 465, false, true),
            (TlsError::TimedOut(patience), 465, false, true),
            (TlsError::TooOld, 2525, false, true),
            (TlsError::NothingInCommon, 2525, false, true),
            (TlsError::NotVerified(verdict), 465, false, false),
        ];
        for (error, port, plain, other) in table {
            let failure = Failure::Tls(error);
            assert_eq!(may_be_plain(&failure, port), plain, "{failure} on {port}");
            assert_eq!(may_depend_on_port(&failure), other, "{failure} on {port}");
        }
    }

    #[test]
    fn a_refused_port_leads_to_another() {
        let refused = ConnectAttempt {
            address: ([192, 0, 2, 1], 25).into(),
            error: ConnectError::Refused,
            took: Duration::ZERO,
        };
        let choice = choice(&Failure::Connect(vec![refused]), None);
        let port =
            |option: &crate::tui::popup::choice::ChoiceOption| option.answer == Answer::Port(587);
        assert!(choice.options.iter().any(port), "{choice:?}");
    }
}
