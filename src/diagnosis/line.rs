//! Facts about the line that was answered.

use super::address;
use crate::manual::{AddressFault, Fact};
use crate::smtp::lint::verb::is_message_header;
use crate::smtp::{Capabilities, HostNameFault, ParsedCommand, Verb, host_name_fault, parameter};

/// The most octets of a command, without CR LF (RFC 5321 section 4.5.3.1.4).
const COMMAND_LIMIT: usize = 510;
/// Commands of RFC 821 that later standards dropped.
const OBSOLETE: [&str; 4] = ["SEND", "SOML", "SAML", "TURN"];
/// How a request of HTTP begins.
const HTTP_METHODS: [&str; 7] = ["GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "PRI"];
/// Parameters whose value is written in xtext, which has no space (RFC 3461 section 4).
const XTEXT: [&str; 3] = ["ENVID=", "ORCPT=", "AUTH="];

/// Whether a fact about the line is true; `None` if it does not apply to such a line.
pub(super) fn of_line(text: &str, fact: &Fact) -> Option<bool> {
    let line = &ParsedCommand::parse(text);
    let is_verb = |names: &[&str]| {
        let mut names = names.iter();
        names.any(|name| name.eq_ignore_ascii_case(line.first_word()))
    };
    match fact {
        Fact::NonAscii => Some(!text.is_ascii()),
        Fact::EmptyLine => Some(text.trim().is_empty()),
        Fact::Nul => Some(text.matches('\0').count() == 1),
        Fact::LongLine => Some(text.len() > COMMAND_LIMIT),
        Fact::Http => Some(is_http(text)),
        Fact::HeaderLine => Some(is_header(line)),
        Fact::MessageHeader => Some(is_message_header(text)),
        Fact::Obsolete => Some(is_verb(&OBSOLETE)),
        Fact::Word(word) => Some(is_verb(&[word])),
        Fact::Argument(text) => {
            let argument = &line.text[line.first_word().len()..];
            Some(argument.to_ascii_lowercase().contains(text))
        }
        Fact::Bare => Some(line.tokens.len() == 1),
        Fact::Parameter => Some(line.parameters().next().is_some()),
        Fact::ParameterUnknown => Some(has_unknown_parameter(line)),
        Fact::SplitValue => Some(has_split_value(line)),
        Fact::SizeNotANumber => Some(line.parameters().any(|token| {
            let size = name_of(line.text_of(token), "SIZE=");
            size.is_some_and(|size| {
                size.is_empty() || !size.bytes().all(|octet| octet.is_ascii_digit())
            })
        })),
        Fact::Address(fault) => of_address(line, *fault),
        _ => of_path(line, fact).or_else(|| of_name(line, fact)),
    }
}

/// Whether the line is a request of HTTP.
pub(super) fn is_http(text: &str) -> bool {
    let mut methods = HTTP_METHODS.iter();
    let method = text.split(' ').next().unwrap_or_default();
    methods.any(|name| name.eq_ignore_ascii_case(method)) && text.contains(" HTTP/")
}

/// A fact about the path of MAIL or RCPT.
fn of_path(line: &ParsedCommand<'_>, fact: &Fact) -> Option<bool> {
    let path = line
        .path
        .as_ref()
        .filter(|path| !path.colon.is_empty() && !path.address.is_empty());
    match fact {
        Fact::SpaceAfterColon => path.map(|path| !path.blanks[1].is_empty()),
        Fact::NoPath => line.path.as_ref().map(|path| {
            let keyword = &line.text[path.keyword.clone()];
            let expected = if line.verb == Verb::Rcpt {
                "TO"
            } else {
                "FROM"
            };
            !keyword.eq_ignore_ascii_case(expected)
                || path.colon.is_empty()
                || path.address.is_empty()
        }),
        Fact::InBrackets => path.map(|path| {
            path.blanks[1].is_empty()
                && path.brackets(line.text) == (true, true)
                && !path.bare_address(line.text).is_empty()
        }),
        Fact::NoDomain => path.map(|path| {
            let address = line.text[path.address.clone()].trim_matches(['<', '>']);
            !address.is_empty()
                && !address.contains('@')
                && !address.eq_ignore_ascii_case("postmaster")
        }),
        Fact::BracketOpen => path.map(|path| path.brackets(line.text) == (true, false)),
        Fact::BracketNotOpened => path.map(|path| {
            let typed = &line.text[path.address.clone()];
            typed.ends_with('>') && !typed.contains('<')
        }),
        Fact::ExtraBracket => path.map(|path| line.text[path.tail.clone()].starts_with('>')),
        Fact::NoBrackets => path.map(|path| !line.text[path.address.clone()].starts_with('<')),
        _ => None,
    }
}

/// A fact about the name in EHLO, HELO or LHLO; `None` for a line without a name.
fn of_name(line: &ParsedCommand<'_>, fact: &Fact) -> Option<bool> {
    let mut arguments = line.arguments().filter(|_| line.verb.is_introduction());
    let name = line.text_of(arguments.next()?);
    match fact {
        Fact::SeveralNames => Some(arguments.next().is_some()),
        _ => of_host_name(name, fact),
    }
}

/// A fact about the name that EHLO gave.
pub(super) fn of_host_name(name: &str, fact: &Fact) -> Option<bool> {
    let fault = host_name_fault(name);
    Some(match fact {
        Fact::ShortName => matches!(fault, Some(HostNameFault::NoDot | HostNameFault::Local)),
        Fact::InvalidName => matches!(
            fault,
            Some(HostNameFault::Character(_) | HostNameFault::Label)
        ),
        Fact::UnderscoreName => fault == Some(HostNameFault::Character('_')),
        Fact::BadLiteralName => matches!(
            fault,
            Some(HostNameFault::Literal | HostNameFault::UntaggedAddress(_))
        ),
        Fact::OpenLiteralName => name.starts_with('[') && !name.ends_with(']'),
        Fact::AddressName => matches!(fault, Some(HostNameFault::BareAddress(_))),
        _ => return None,
    })
}

/// A fact about the address of MAIL, RCPT, VRFY or EXPN.
fn of_address(line: &ParsedCommand<'_>, fault: AddressFault) -> Option<bool> {
    if let Some(path) = &line.path {
        let given = !path.colon.is_empty() && !path.address.is_empty();
        let address = &line.text[path.bare_address(line.text)];
        return given.then(|| address::has_fault(address, fault));
    }
    if !matches!(line.verb, Verb::Vrfy | Verb::Expn) {
        return None;
    }
    let argument = line.text_of(line.arguments().next()?);
    Some(address::has_fault(argument.trim_matches(['<', '>']), fault))
}

/// The first parameter that is not offered, with `=` if it has a value, and the extensions that would
/// offer it.
pub(super) fn unoffered(
    line: &ParsedCommand<'_>,
    offer: &Capabilities,
) -> Option<(String, &'static [&'static str])> {
    line.parameters().find_map(|token| {
        let text = line.text_of(token);
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let equals = if text.contains('=') { "=" } else { "" };
        let known = parameter::find(name).filter(|known| known.on.contains(&line.verb))?;
        let extensions = known.extension(value);
        let offered = extensions.iter().any(|keyword| offer.offers(keyword));
        (!offered).then(|| (format!("{}{equals}", known.name), extensions))
    })
}

/// Whether a parameter has a name that no extension has.
fn has_unknown_parameter(line: &ParsedCommand<'_>) -> bool {
    line.parameters().any(|token| {
        let text = line.text_of(token);
        parameter::find(text.split('=').next().unwrap_or_default()).is_none()
    })
}

/// Whether a space splits the value of a parameter: what follows is no parameter.
fn has_split_value(line: &ParsedCommand<'_>) -> bool {
    let parameters: Vec<&str> = line.parameters().map(|token| line.text_of(token)).collect();
    let is_xtext = |text: &str| XTEXT.iter().any(|name| name_of(text, name).is_some());
    let is_rest = |text: &str| !text.contains('=') && parameter::find(text).is_none();
    parameters
        .windows(2)
        .any(|pair| is_xtext(pair[0]) && is_rest(pair[1]))
}

/// The value after a name such as `SIZE=`, in any letter case.
fn name_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, value) = text.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(value)
}

/// Whether the line looks like a header: `Subject: x`.
fn is_header(line: &ParsedCommand<'_>) -> bool {
    let name = line.first_word().strip_suffix(':').unwrap_or_default();
    let letter = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    line.verb == Verb::Other && name.len() > 1 && name.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Situation;
    use crate::manual::Condition;

    fn condition(text: &str) -> Condition {
        Condition::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn facts_of_the_answered_line() {
        let table = [
            ("MAIL FROM:<a@b.example> SIZE=1k", "argument size=", true),
            ("MAIL FROM:<a@b.example> SIZE=1k", "parameter", true),
            ("MAIL FROM:<a@b.example>", "parameter", false),
            ("MAIL FROM: <a@b.example>", "space after colon", true),
            ("MAIL FROM:<a@b.example>", "space after colon", false),
            ("RCPT TO:b@c.example", "no brackets", true),
            ("RCPT TO: <b@c.example>", "no brackets", false),
            ("RCPT TO:<j\u{f6}rg@c.example>", "beyond ascii", true),
            ("AUTH", "bare", true),
            ("AUTH PLAIN", "bare", false),
            ("RCPT TO:<\"a> b\"@c.example>", "parameter", false),
            ("EHLO web_1", "ehlo name underscore", true),
            ("EHLO web1", "ehlo name short", true),
            ("EHLO [192.0.2.300]", "ehlo name bad literal", true),
            ("EHLO [192.0.2.30", "ehlo name bad literal", true),
            ("EHLO [IPv6:2001:db8::1]", "ehlo name bad literal", false),
            ("MAIL FROM:<a@b.example>", "in brackets", true),
            ("MAIL FROM:<a@b.example", "in brackets", false),
            ("MAIL FROM:<a@b.example", "bracket open", true),
            ("MAIL", "no path", true),
            ("MAIL FROM:", "no path", true),
            ("MAIL TO:<a@b.example>", "no path", true),
            ("MAIL FROM:<>", "no path", false),
            ("MAIL FROM:<app>", "no domain", true),
            ("MAIL FROM:app", "no domain", true),
            ("MAIL FROM:<>", "no domain", false),
            ("MAIL FROM:<a@b.example>", "no domain", false),
            ("RCPT TO:<Postmaster>", "no domain", false),
            ("RCPT FROM:<a@b.example>", "no path", true),
            ("MAIL FROM:<>", "in brackets", false),
            ("MAIL FROM:<a@b.example>>", "extra bracket", true),
            ("MAIL FROM:<a@b.example> >", "extra bracket", false),
            ("RCPT TO:b@c.example>", "bracket not opened", true),
            ("RCPT TO:b@c.example", "bracket not opened", false),
            ("RCPT TO:<b@@c.example>", "address two ats", true),
            ("VRFY bob", "address no domain", true),
            ("VRFY bob@c.example", "address no domain", false),
            ("MAIL FROM:<a@b.example> ENVID=a b", "split value", true),
            (
                "MAIL FROM:<a@b.example> ENVID=a RET=HDRS",
                "split value",
                false,
            ),
            (
                "MAIL FROM:<a@b.example> ENVID=a SMTPUTF8",
                "split value",
                false,
            ),
            ("MAIL FROM:<a@b.example> SIZE=1k", "size not a number", true),
            ("MAIL FROM:<a@b.example> SIZE=", "size not a number", true),
            (
                "MAIL FROM:<a@b.example> SIZE=10",
                "size not a number",
                false,
            ),
            ("EHLO [192.0.2.30", "ehlo bracket open", true),
            ("EHLO a.example b", "ehlo several names", true),
            ("EHLO a.example", "ehlo several names", false),
            (" ", "empty line", true),
            ("NOOP", "empty line", false),
            ("\0", "nul", true),
            ("\0bob\0simple", "nul", false),
            ("GET / HTTP/1.1", "http", true),
            ("GET", "http", false),
            ("User-Agent: x", "header line", true),
            ("Subject:", "header line", true),
            ("MAIL: x", "header line", true),
            ("User-Agent: x", "message header", false),
            ("subject: x", "message header", true),
            ("MAIL FROM:<a@b.example>", "message header", false),
            ("RCPT TO: <b@c.example>", "header line", false),
            ("send FROM:<a@b.example>", "obsolete", true),
            ("TURN", "word turn", true),
        ];
        for (line, text, expected) in table {
            let situation = Situation {
                line: Some(line.to_owned()),
                ..Situation::default()
            };
            let met = situation.meets(&condition(text));
            assert_eq!(met, Some(expected), "{line}: {text}");
        }
    }
}
