//! Each certificate gets its verdict in words, whatever is wrong with it is told at once, and the
//! conversation goes on.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ehlo::manual;
use ehlo::net::{CertificateFault, Plan, Security, Sni, TlsFacts, TlsOptions};
use ehlo::report::handshake;
use ehlo::smtp::{Exposure, Link, NotSentReason, Phase};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, NameConstraints, SanType, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;

use super::certificates::{Authority, Identity, authority, leaf};
use super::client::{Client, HOST, plan};
use super::text::fits;
use crate::support::scripted::{Scripted, Step, expects, says};

/// What a client looks for in a certificate.
#[derive(Clone, Copy)]
enum Wanted {
    Name(&'static str),
    /// The address it connects to, 127.0.0.1.
    Address,
}

const MX: Wanted = Wanted::Name(HOST);
const CORP: Wanted = Wanted::Name("mx.corp.example");

const AUTH: &str = "AUTH PLAIN AGEAYg==";

/// The words of each case that no other case has, by their key in the manual.
const OWN_WORDS: [(&str, &str); 22] = [
    ("c01", "verified"),
    ("c02", "expired"),
    ("c03", "not-yet-valid"),
    ("c04", "issuer-out-of-date"),
    ("c05", "wrong-name"),
    ("c06", "no-names"),
    ("c07", "wildcard"),
    ("c08", "wrong-wildcard"),
    ("c09", "wrong-address"),
    ("c10", "self-signed"),
    ("c11", "unknown-root"),
    ("c12", "incomplete-chain"),
    ("c13", "chain-order"),
    ("c01", "revocation-unchecked"),
    ("c19", "name-constraints"),
    ("c20", "purpose"),
    ("c21", "no-authority"),
    ("c22", "path-length"),
    ("c23", "critical-extension"),
    ("c24", "many-names"),
    ("c25", "odd-characters"),
    ("c26", "xn-name"),
];

#[test]
fn certificates_get_their_verdict() {
    let root = Authority::new("Test Root");
    let stranger = Authority::new("Stranger Root");
    let middle = || root.below(authority("Test Intermediate"));
    let with = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = leaf(&[HOST]);
        change(&mut params);
        params
    };
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 2, 3);
    };
    let under = |params: CertificateParams| {
        let middle = root.below(params);
        middle.sign(&leaf(&[HOST])).behind(&[&middle])
    };
    let pinned = Identity::self_signed(&leaf(&[HOST]));
    let pinned_leaf = stranger.sign(&leaf(&[HOST]));
    let trusted = [root.der(), pinned.der(), pinned_leaf.der()];

    let table: Vec<(&str, Arc<ServerConfig>, Wanted, &str)> = vec![
        ("c01 good", root.server(&[HOST]), MX, "verified"),
        (
            "c02 expired",
            root.sign(&with(&expired)).server(),
            MX,
            "expired 2021-02-03, … days ago",
        ),
        (
            "c03 not yet valid",
            root.sign(&with(&|params| {
                params.not_before = date_time_ymd(2999, 1, 2);
            }))
            .server(),
            MX,
            "not valid before 2999-01-02 (is this machine's clock right?)",
        ),
        (
            "c03 and an intermediate that ends before it does",
            {
                let middle = root.below({
                    let mut params = authority("Test Intermediate");
                    params.not_after = date_time_ymd(3000, 1, 1);
                    params
                });
                let late = with(&|params| params.not_before = date_time_ymd(2999, 1, 2));
                middle.sign(&late).behind(&[&middle]).server()
            },
            MX,
            "not valid before 2999-01-02 (is this machine's clock right?)",
        ),
        (
            "c04 expired intermediate",
            under({
                let mut params = authority("Test Intermediate");
                expired(&mut params);
                params
            })
            .server(),
            MX,
            "an intermediate certificate is out of date: CN=Test Intermediate",
        ),
        (
            "c05 wrong name",
            root.server(&["other.example", "third.example", "192.0.2.7"]),
            MX,
            "wrong name: wanted mx.example, it has other.example, third.example, 192.0.2.7",
        ),
        (
            "c02 and c05 at once",
            root.sign(&{
                let mut params = leaf(&["other.example"]);
                expired(&mut params);
                params
            })
            .server(),
            MX,
            "expired 2021-02-03, … days ago; wrong name: wanted mx.example, it has other.example",
        ),
        (
            "c02, c05 and c11 at once",
            stranger
                .sign(&{
                    let mut params = leaf(&["other.example"]);
                    expired(&mut params);
                    params
                })
                .server(),
            MX,
            "expired 2021-02-03, … days ago; unknown issuer: Stranger Root, whose certificate was not sent; wrong name: wanted mx.example, it has other.example",
        ),
        (
            "c06 common name alone",
            root.sign(&with(&|params| params.subject_alt_names.clear()))
                .server(),
            MX,
            "wrong name: wanted mx.example, it has no names at all",
        ),
        (
            "c07 wildcard, right level",
            root.server(&["*.corp.example"]),
            CORP,
            "verified",
        ),
        (
            "c08 wildcard, wrong level",
            root.server(&["*.corp.example"]),
            Wanted::Name("a.b.corp.example"),
            "wrong name: wanted a.b.corp.example, it has *.corp.example",
        ),
        (
            "c08 wildcard, part of a label",
            root.server(&["m*.corp.example"]),
            CORP,
            "wrong name: wanted mx.corp.example, it has m*.corp.example",
        ),
        (
            "c09 address in it",
            root.server(&["127.0.0.1"]),
            Wanted::Address,
            "verified",
        ),
        (
            "c09 address not in it",
            root.server(&[HOST]),
            Wanted::Address,
            "wrong name: wanted 127.0.0.1, it has mx.example",
        ),
        (
            "c09 address as a name",
            root.sign(&with(&|params| {
                params.subject_alt_names = vec![SanType::DnsName("127.0.0.1".try_into().unwrap())];
            }))
            .server(),
            Wanted::Address,
            "wrong name: wanted 127.0.0.1, it has 127.0.0.1",
        ),
        (
            "c10 self-signed",
            Identity::self_signed(&leaf(&[HOST])).server(),
            MX,
            "self-signed",
        ),
        (
            "c10 self-signed, an authority",
            Identity::self_signed(&with(&|params| {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }))
            .server(),
            MX,
            "self-signed",
        ),
        ("c10 self-signed, pinned", pinned.server(), MX, "verified"),
        (
            "c10 signed by a stranger, pinned",
            pinned_leaf.server(),
            MX,
            "verified",
        ),
        (
            "c11 unknown root",
            stranger.server(&[HOST]),
            MX,
            "unknown issuer: Stranger Root, whose certificate was not sent",
        ),
        (
            "c11 unknown root, sent along",
            stranger.sign(&leaf(&[HOST])).behind(&[&stranger]).server(),
            MX,
            "unknown issuer: Stranger Root",
        ),
        (
            "c12 chain incomplete",
            middle().sign(&leaf(&[HOST])).server(),
            MX,
            "unknown issuer: Test Intermediate, whose certificate was not sent",
        ),
        (
            "c13 chain reversed, and more than needed",
            {
                let middle = middle();
                let identity = middle.sign(&leaf(&[HOST]));
                identity.behind(&[&root, &stranger, &middle]).server()
            },
            MX,
            "verified",
        ),
        (
            "c19 name constraints",
            under({
                let mut params = authority("Test Intermediate");
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("corp.example".to_owned())],
                    excluded_subtrees: Vec::new(),
                });
                params
            })
            .server(),
            MX,
            "not acceptable: its issuer may not sign this name",
        ),
        (
            "c20 for clients alone",
            root.sign(&with(&|params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }))
            .server(),
            MX,
            "not acceptable: it is not meant for servers",
        ),
        (
            "c21 signed by no authority",
            under({
                let mut params = authority("Test Intermediate");
                params.is_ca = IsCa::ExplicitNoCa;
                params
            })
            .server(),
            MX,
            "not acceptable: its issuer is no authority",
        ),
        (
            "c22 chain too long",
            {
                let mut params = authority("Test Intermediate");
                params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
                let upper = root.below(params);
                let lower = upper.below(authority("Lower Intermediate"));
                let identity = lower.sign(&leaf(&[HOST]));
                identity.behind(&[&lower, &upper]).server()
            },
            MX,
            "not acceptable: the chain is longer than its issuer allows",
        ),
        (
            "c23 unknown critical extension",
            root.sign(&with(&|params| {
                let mut extension =
                    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 9], vec![5, 0]);
                extension.set_criticality(true);
                params.custom_extensions = vec![extension];
            }))
            .server(),
            MX,
            "not acceptable: it has a critical extension that is not understood",
        ),
        (
            "c24 a thousand names",
            {
                let names: Vec<String> = (0..1000).map(|n| format!("n{n}.example")).collect();
                let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
                names.push(HOST);
                root.server(&names)
            },
            MX,
            "verified",
        ),
        (
            "c25 control characters in a name",
            root.server(&["evil\u{1b}[31m\n.example"]),
            MX,
            "wrong name: wanted mx.example, it has evil\u{1b}[31m\n.example",
        ),
        (
            "c26 a name in ASCII clothes",
            root.server(&["xn--mller-kva.example"]),
            Wanted::Name("xn--mller-kva.example"),
            "verified",
        ),
        (
            "TLS 1.2 alone",
            root.sign(&leaf(&[HOST])).old_server(),
            MX,
            "verified",
        ),
        (
            "TLS 1.2 alone, self-signed",
            Identity::self_signed(&leaf(&[HOST])).old_server(),
            MX,
            "self-signed",
        ),
    ];
    let mut told: BTreeMap<&str, String> = BTreeMap::new();
    for (case, config, wanted, words) in table {
        let old = case.starts_with("TLS 1.2");
        let server = Scripted::start(vec![
            Step::Tls(config),
            says("220 mx.example ESMTP"),
            expects("NOOP"),
            says("250 ok"),
            expects(AUTH),
            says("235 yes"),
        ]);
        let mut client = Client::new();
        client.watch(&server);
        let mut plan = plan(&server, Security::Implicit);
        plan.tls.authorities = trusted.to_vec();
        plan.tls.sni = match wanted {
            Wanted::Name(name) => Sni::Name(name.to_owned()),
            Wanted::Address => Sni::Host,
        };
        client.connect(plan);
        client.answered();
        let [facts] = client.tls.as_slice() else {
            client.fail(&format!("{case}: one handshake was to be"));
        };
        println!("{case}: {}", facts.verdict);
        let id = case.split(' ').next().unwrap_or_default();
        *told.entry(id).or_default() += &page(facts);
        for fault in &facts.verdict.faults {
            if let CertificateFault::Expired { days, .. } = fault {
                let said = format!("expired {days} days ago");
                client.check(&said, told[id].contains(&said));
            }
        }
        let verdict = facts.verdict.to_string();
        if !fits(&verdict, words) {
            client.fail(&format!("{case}: {words}\nbut: {verdict}"));
        }
        let link = if words == "verified" {
            Link::Verified
        } else {
            Link::Unverified
        };
        client.same(case, &facts.link(), &link);
        client.same(case, &client.status.link, &link);
        client.same(case, facts.version, if old { "TLSv1.2" } else { "TLSv1.3" });
        let mark = if link == Link::Verified { "--" } else { "!!" };
        let bangs = if link == Link::Verified { "" } else { "!! " };
        client.shows(&format!("{mark} certificate CN=…: {bangs}{verdict}"));
        client.asks("NOOP");
        client.shows("tls S: 250 ok");
        client.stands(Phase::Greeted);
        // No secret goes to who is not verified, unless the user says so.
        if link == Link::Unverified {
            client.types(AUTH);
            client.came_back(&[(AUTH, NotSentReason::Exposed(Exposure::Unverified))]);
            client.consents(AUTH);
        } else {
            client.types(AUTH);
        }
        client.answered();
        client.shows("tls S: 235 yes");
    }
    for (case, key) in OWN_WORDS {
        let words = &manual::certificate(key).unwrap().means;
        assert!(told[case].contains(words), "{case}: {words}");
    }
}

/// The page on which all of it is laid open, as text.
fn page(facts: &TlsFacts) -> String {
    let page = handshake::page(facts, &[]);
    let lines = page.sections.into_iter().flat_map(|section| section.lines);
    lines.map(|line| line + "\n").collect()
}

#[test]
fn the_certificate_speaks_for_itself() {
    let root = Authority::new("Test Root");
    let mut params = leaf(&[HOST, "127.0.0.1", "::1"]);
    params.not_after = date_time_ymd(2999, 12, 31);
    let server = Scripted::start(vec![Step::Tls(root.sign(&params).server()), says("220 x")]);
    let mut client = Client::new();
    client.watch(&server);
    client.connect(Plan {
        tls: TlsOptions {
            authorities: vec![root.der()],
            ..TlsOptions::default()
        },
        ..plan(&server, Security::Implicit)
    });
    client.answered();
    let facts = &client.tls[0];
    let leaf = facts.leaf().unwrap();
    client.same("subject", &*leaf.subject, &*format!("CN={HOST}"));
    client.same("issuer", &*leaf.issuer, "CN=Test Root");
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST).to_string();
    client.same("names", &leaf.names, &[HOST, &loopback, "::1"]);
    client.same("last day", &*leaf.not_after, "2999-12-31");
    client.check("days are left", leaf.days_left > 300_000);
    client.same("wanted", &*facts.wanted, "127.0.0.1");
    client.check("a suite", facts.suite.starts_with("TLS_"));
    client.check("a group", !facts.group.is_empty());
}
