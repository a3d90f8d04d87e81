//! The details of a TLS handshake as a page, for the popup and for standard output, and the check of the
//! certificate against another name.

use crate::manual::{self, Interceptor, Page, rows};
use crate::net::{
    Certificate, CertificateDetails, CertificateFault, Dane, Sni, TlsFacts, TrustSource, Verdict,
};

/// The maximum number of names listed of a certificate.
const NAMES_SHOWN: usize = 20;
/// The maximum width of the left column.
const COLUMN: usize = 14;

/// The page, with the check against other names. It quotes the server: make it visible before it is shown.
pub fn page(facts: &TlsFacts, others: &[String]) -> Page {
    let found = if facts.verdict.is_verified() {
        "verified"
    } else {
        "NOT verified"
    };
    let mut page = Page::new(format!("TLS with {}: {found}", facts.expected_name));
    page.lead(rows(&essence(facts), COLUMN));
    page.section("Verdict", verdict(facts));
    page.section("Another handshake", other_handshakes(facts, others));
    page.section("Connection", rows(&summary(facts), COLUMN));
    page.section("Other names", other_verdicts(facts, others));
    let count = facts.chain.len();
    for (at, certificate) in facts.chain.iter().enumerate() {
        let whose = if at == 0 { " (server)" } else { "" };
        let heading = format!("Certificate {} of {count}{whose}", at + 1);
        page.section(&heading, about(certificate));
    }
    page.section("Chain", chain(facts));
    page.section(
        "Accepted issuers of client certificates",
        authorities(facts),
    );
    page
}

/// The result of the check against another name.
pub fn check(facts: &TlsFacts, name: &str, verdict: &Verdict) -> Page {
    let found = if verdict.is_verified() {
        "verified"
    } else {
        "NOT verified"
    };
    let mut page = Page::new(format!("Check against {name}: {found}"));
    page.lead([format!("{name}: {verdict}")]);
    let other = |fault: &CertificateFault| matches!(fault, CertificateFault::WrongName { .. });
    if facts.leaf().is_some() && !verdict.faults.iter().any(other) {
        page.lead(["The certificate is for this name.".to_owned()]);
    }
    page.lead(meaning(verdict, interceptor(facts)));
    page.lead([format!(
        "Nothing was sent. The session still uses {}: {}",
        facts.expected_name, facts.verdict
    )]);
    page
}

fn other_verdicts(facts: &TlsFacts, others: &[String]) -> Vec<String> {
    let verdict = |name: &String| {
        let verdict = facts.verdict_for(name).ok()?;
        Some(format!("{name}: {verdict}"))
    };
    others.iter().filter_map(verdict).collect()
}

/// The issuers that the server accepts for client certificates.
fn authorities(facts: &TlsFacts) -> Vec<String> {
    let Some(certificate_request) = &facts.certificate_request else {
        return Vec::new();
    };
    let mut lines = certificate_request.authorities.clone();
    if certificate_request.more > 0 {
        lines.push(format!("and {} more", certificate_request.more));
    }
    lines
}

/// What most people want to know: the verdict, for which name, who issued the certificate, and until
/// when it is valid.
fn essence(facts: &TlsFacts) -> Vec<(String, String)> {
    let mut cells = vec![
        ("verdict", facts.verdict.to_string()),
        ("name", facts.expected_name.clone()),
    ];
    if let Some(leaf) = facts.leaf() {
        let issuer = beside(&leaf.issuer, &leaf.issuer_organization);
        cells.push(("issuer", issuer));
        cells.push(("valid", validity(leaf)));
    }
    let owned = cells.into_iter();
    owned
        .map(|(left, right)| (left.to_owned(), right))
        .collect()
}

fn summary(facts: &TlsFacts) -> Vec<(String, String)> {
    let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    let kind = match (facts.resumed, facts.retried) {
        (true, _) => "resumed",
        (false, true) => "full, after a second ClientHello",
        (false, false) => "full",
    };
    let before = if facts.after_starttls {
        "STARTTLS"
    } else {
        "the connection itself (implicit TLS)"
    };
    let certificate_request = facts.certificate_request.as_ref().map(ToString::to_string);
    let mut cells = vec![
        ("protocol", facts.version.to_owned()),
        ("cipher suite", facts.suite.clone()),
        ("key exchange", facts.group.clone()),
        ("ALPN", or_none(&facts.alpn)),
        ("SNI sent", or_none(&facts.sni)),
        (
            "handshake",
            format!("{kind}, {:.0} ms", facts.took.as_secs_f64() * 1000.0),
        ),
        ("started by", before.to_owned()),
        (
            "client",
            certificate_request.unwrap_or_else(|| "no client certificate requested".to_owned()),
        ),
    ];
    let dane = match &facts.dane {
        Dane::NotAsked => "not checked (--dane checks it)".to_owned(),
        dane => dane.to_string(),
    };
    cells.push(("DANE", dane));
    if let Some(path) = &facts.key_log {
        cells.push(("key log", path.display().to_string()));
    }
    let owned = cells.into_iter();
    owned
        .map(|(left, right)| (left.to_owned(), right))
        .collect()
}

fn verdict(facts: &TlsFacts) -> Vec<String> {
    let product = interceptor(facts);
    let mut lines = meaning(&facts.verdict, product);
    if let Some(product) = product.filter(|_| facts.verdict.faults.is_empty()) {
        lines.push(product.means());
    }
    if facts.verdict.faults.is_empty() && matches_by_wildcard(facts) {
        lines.extend(words("wildcard"));
    }
    if facts.previous_fingerprint.is_some() {
        lines.extend(words("changed"));
    }
    lines.extend(manual::certificate("revocation-unchecked").map(|words| words.means.clone()));
    lines
}

/// What a verdict means, and what to try. If a product on the way signed the certificate, the unknown
/// issuer is explained by that.
fn meaning(verdict: &Verdict, product: Option<&Interceptor>) -> Vec<String> {
    let mut keys: Vec<&str> = match verdict.trusted_by {
        Some(TrustSource::Pin) => vec!["pin"],
        Some(TrustSource::Dane) => vec!["dane"],
        None if verdict.is_verified() => vec!["verified"],
        None => Vec::new(),
    };
    keys.extend(verdict.faults.iter().map(CertificateFault::key));
    let lines = keys.into_iter().flat_map(|key| match product {
        Some(product) if matches!(key, "unknown-root" | "incomplete-chain") => {
            vec![product.means(), format!("To try: {}", product.action())]
        }
        // What to do about a certificate on the server does not help.
        Some(_) => words(key).into_iter().take(1).collect(),
        None => words(key),
    });
    lines.collect()
}

/// Whether only a wildcard of the certificate matches the name.
fn matches_by_wildcard(facts: &TlsFacts) -> bool {
    let names = facts.leaf().map_or(&[][..], |leaf| &leaf.names);
    let fits = |name: &String| name.eq_ignore_ascii_case(&facts.expected_name);
    !names.iter().any(fits) && names.iter().any(|name| name.starts_with("*."))
}

/// What something means, and what to try if there is something to try.
fn words(key: &str) -> Vec<String> {
    let Some(words) = manual::certificate(key) else {
        return Vec::new();
    };
    let mut lines = vec![words.means.clone()];
    if words.action != "No action needed." {
        lines.push(format!("To try: {}", words.action));
    }
    lines
}

fn about(certificate: &Certificate) -> Vec<String> {
    let mut cells = Vec::new();
    let mut push = |left: &str, right: String| cells.push((left.to_owned(), right));
    match &certificate.details {
        None => push("", "It cannot be parsed.".to_owned()),
        Some(details) => {
            let subject = beside(&details.subject, &details.subject_organization);
            push("subject", subject);
            push("names", names(details));
            let issuer = beside(&details.issuer, &details.issuer_organization);
            push("issuer", issuer);
            push("valid", validity(details));
            push("key", details.key.to_string());
            push("signed with", details.signature.clone());
            push("serial", details.serial.clone());
            if details.version < 3 {
                push("version", format!("X.509 v{}", details.version));
            }
        }
    }
    push("SHA-256", certificate.fingerprint.hex());
    if let Some(details) = &certificate.details {
        push("pin, base64", details.pin.base64());
        push(
            "pin, hex",
            details.pin.hex().replace(':', "").to_lowercase(),
        );
    }
    let mut lines = rows(&cells, COLUMN);
    if let Some(details) = &certificate.details {
        lines.extend(odd(details).into_iter().flat_map(words));
    }
    lines
}

/// A name with its organizations and units, as the certificate has them.
fn beside(name: &str, organization: &str) -> String {
    match organization {
        "" => name.to_owned(),
        organization => format!("{name}, {organization}"),
    }
}

/// The product that signed the certificate in place of the server's CA, if it is known.
pub fn interceptor(facts: &TlsFacts) -> Option<&'static Interceptor> {
    let leaf = facts.leaf()?;
    let chain = facts.chain.iter();
    let details = chain.filter_map(|certificate| certificate.details.as_ref());
    let issuers = details.map(|one| (one.issuer.as_str(), one.issuer_organization.as_str()));
    manual::interceptor(issuers, (&leaf.subject, &leaf.subject_organization))
}

/// The SNI of another handshake that may get a certificate for the right name, the most promising
/// first, each with the reason. `others` are other names of the server.
pub fn other_snis(facts: &TlsFacts, others: &[String]) -> Vec<(Sni, &'static str)> {
    let is_wrong = |fault: &CertificateFault| matches!(fault, CertificateFault::WrongName { .. });
    if !facts.verdict.faults.iter().any(is_wrong) {
        return Vec::new();
    }
    let names = facts.leaf().map_or(&[][..], |leaf| &leaf.names);
    let fits = |name: &&String| {
        let verdict = facts.verdict_for(name);
        verdict.is_ok_and(|verdict| !verdict.faults.iter().any(is_wrong))
    };
    let can_be_sent = |name: &&String| {
        name.parse::<std::net::IpAddr>().is_err()
            && !name.starts_with("*.")
            && name.contains('.')
            && !name.ends_with(".invalid")
    };
    let of_certificate = others.iter().filter(fits).chain(names).find(can_be_sent);
    let other = others.iter().find(can_be_sent);
    let sni = |name: &String| name.parse::<Sni>().ok();
    let mut found: Vec<(Sni, &'static str)> = Vec::new();
    let mut push = |sni: Option<Sni>, words| {
        if let Some(sni) = sni
            && !found.iter().any(|(known, _)| *known == sni)
        {
            found.push((sni, words));
        }
    };
    let unsent = Some(&facts.expected_name).filter(|_| facts.sni.is_none());
    push(
        unsent.filter(can_be_sent).and_then(sni),
        "asks for the certificate of the expected name",
    );
    push(
        of_certificate.and_then(sni),
        "expects a name that this certificate has",
    );
    push(
        other.and_then(sni),
        "asks for the certificate of another name of this server",
    );
    if facts.sni.is_some() {
        push(Some(Sni::Nothing), "shows the server's default certificate");
    }
    found
}

/// What another handshake would show, as flags.
fn other_handshakes(facts: &TlsFacts, others: &[String]) -> Vec<String> {
    let steps = other_snis(facts, others).into_iter();
    let mut lines: Vec<String> = steps
        .map(|(sni, words)| format!("--sni {sni}: {words}."))
        .collect();
    let is_default = facts.sni.is_none() && !lines.is_empty();
    lines.splice(
        0..0,
        is_default
            .then(|| manual::certificate("default-certificate"))
            .flatten()
            .map(|doc| doc.means.clone()),
    );
    lines
}

fn names(details: &CertificateDetails) -> String {
    if details.names.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<&str> = details
        .names
        .iter()
        .take(NAMES_SHOWN)
        .map(String::as_str)
        .collect();
    let more = details.names.len() - shown.len() + details.more_names;
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn validity(details: &CertificateDetails) -> String {
    let left = if details.expired {
        format!("expired {} ago", details.distance)
    } else {
        format!("{} left", details.distance)
    };
    format!("{} to {}, {left}", details.not_before, details.not_after)
}

/// The keys of remarks about the names of a certificate.
fn odd(details: &CertificateDetails) -> Vec<&'static str> {
    let is_usual = |c: char| c.is_ascii_graphic();
    let mut keys = Vec::new();
    if details.names.len() + details.more_names > NAMES_SHOWN {
        keys.push("many-names");
    }
    if !details.names.iter().all(|name| name.chars().all(is_usual)) {
        keys.push("odd-characters");
    }
    let is_xn = |name: &String| name.split('.').any(|label| label.starts_with("xn--"));
    if details.names.iter().any(is_xn) {
        keys.push("xn-name");
    }
    keys
}

fn chain(facts: &TlsFacts) -> Vec<String> {
    let faults = facts.chain_faults.iter();
    let is_servers = interceptor(facts).is_none();
    let mut lines: Vec<String> = faults
        .flat_map(|fault| {
            let mut lines = vec![format!("{fault}.")];
            if is_servers {
                lines.extend(words(fault.key()));
            }
            lines
        })
        .collect();
    if lines.is_empty() {
        lines.push("Each certificate appears once, before the one that signed it.".to_owned());
    }
    lines
}
