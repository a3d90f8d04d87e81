//! Pages and TLS facts as lines of JSON. `assets/schema.json` describes every key.

use serde::Serialize;

use crate::manual::Page;
use crate::net::{Certificate, TlsFacts};

/// The schema of all lines of JSON that the program prints.
pub const SCHEMA: &str = include_str!("../../assets/schema.json");

/// A page.
#[derive(Serialize)]
struct JsonPage<'a> {
    title: &'a str,
    sections: Vec<JsonSection<'a>>,
}

#[derive(Serialize)]
struct JsonSection<'a> {
    heading: Option<&'a str>,
    lines: &'a [String],
}

/// What TLS settled.
#[derive(Serialize)]
struct JsonTls<'a> {
    version: &'a str,
    cipher: &'a str,
    group: &'a str,
    alpn: Option<&'a str>,
    sni: Option<&'a str>,
    starttls: bool,
    verified: bool,
    verdict: String,
    expected_name: &'a str,
    dane: String,
    seconds: f64,
    chain: Vec<JsonCertificate<'a>>,
}

#[derive(Serialize)]
struct JsonCertificate<'a> {
    subject: Option<&'a str>,
    issuer: Option<&'a str>,
    names: &'a [String],
    not_before: Option<&'a str>,
    not_after: Option<&'a str>,
    expired: Option<bool>,
    sha256: String,
    pin: Option<String>,
}

/// A page as a value.
pub fn page(page: &Page) -> serde_json::Value {
    serde_json::json!(JsonPage::of(page))
}

/// Pages, one line each: `{"page":{...}}`.
pub fn pages(pages: &[Page]) -> String {
    let lines = pages
        .iter()
        .map(|one| line(&serde_json::json!({ "page": page(one) })));
    lines.collect()
}

/// What TLS settled, as one line: `{"tls":{...}}`.
pub fn tls(facts: &TlsFacts) -> String {
    line(&serde_json::json!({ "tls": JsonTls::of(facts) }))
}

/// A value as one line.
pub fn line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}

impl<'a> JsonPage<'a> {
    fn of(page: &'a Page) -> Self {
        let sections = page.sections.iter().map(|section| JsonSection {
            heading: section.heading.as_deref(),
            lines: &section.lines,
        });
        Self {
            title: &page.title,
            sections: sections.collect(),
        }
    }
}

impl<'a> JsonTls<'a> {
    fn of(facts: &'a TlsFacts) -> Self {
        Self {
            version: facts.version,
            cipher: &facts.suite,
            group: &facts.group,
            alpn: facts.alpn.as_deref(),
            sni: facts.sni.as_deref(),
            starttls: facts.after_starttls,
            verified: facts.verdict.is_verified(),
            verdict: facts.verdict.to_string(),
            expected_name: &facts.expected_name,
            dane: facts.dane.to_string(),
            seconds: facts.took.as_secs_f64(),
            chain: facts.chain.iter().map(JsonCertificate::of).collect(),
        }
    }
}

impl<'a> JsonCertificate<'a> {
    fn of(certificate: &'a Certificate) -> Self {
        let details = certificate.details.as_ref();
        Self {
            subject: details.map(|details| details.subject.as_str()),
            issuer: details.map(|details| details.issuer.as_str()),
            names: details.map_or(&[], |details| details.names.as_slice()),
            not_before: details.map(|details| details.not_before.as_str()),
            not_after: details.map(|details| details.not_after.as_str()),
            expired: details.map(|details| details.expired),
            sha256: certificate.fingerprint.to_string(),
            pin: details.map(|details| details.pin.to_string()),
        }
    }
}
