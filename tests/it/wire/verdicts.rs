//! Each certificate gets its verdict, with everything that is wrong at once, and the conversation
//! continues.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ehlo::manual;
use ehlo::net::{CertificateFault, ConnectPlan, Security, Sni, TlsFacts, TlsOptions};
use ehlo::report::handshake;
use ehlo::smtp::{Exposure, Link, NotSentReason, Phase};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, NameConstraints, SanType, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;

use super::certificates::{Authority, ServerIdentity, ca_params, leaf_params};
use super::client::{Client, HOST, plan};
use super::text::matches_pattern;
use crate::support::scripted::{Scripted, Step, expects, says};

/// The name that a client expects in a certificate.
#[derive(Clone, Copy)]
enum Expected {
    Name(&'static str),
    /// The address to which it connects, 127.0.0.1.
    Address,
}

const MX: Expected = Expected::Name(HOST);
const CORP: Expected = Expected::Name("mx.corp.example");

const AUTH: &str = "AUTH PLAIN AGEAYg==";

/// The key of the explanation in the manual that a case must show.
const EXPLANATIONS: [(&str, &str); 22] = [
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
fn certificates_get_the_right_verdict() {
    let root = Authority::new("Test Root");
    let stranger = Authority::new("Stranger Root");
    let intermediate = || root.intermediate(ca_params("Test Intermediate"));
    let with = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = leaf_params(&[HOST]);
        change(&mut params);
        params
    };
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 2, 3);
    };
    let under = |params: CertificateParams| {
        let intermediate = root.intermediate(params);
        intermediate
            .issue(&leaf_params(&[HOST]))
            .with_chain(&[&intermediate])
    };
    let in_years = |params: &mut CertificateParams, first: i32, last: i32| {
        params.not_before = date_time_ymd(first, 1, 1);
        params.not_after = date_time_ymd(last, 1, 1);
    };
    // A leaf and its intermediate with these years of validity, below a CA.
    let dated = |ca: &Authority, leaf: (i32, i32), issuer: (i32, i32)| {
        let intermediate = ca.intermediate({
            let mut params = ca_params("Test Intermediate");
            in_years(&mut params, issuer.0, issuer.1);
            params
        });
        let leaf = with(&|params| in_years(params, leaf.0, leaf.1));
        intermediate.issue(&leaf).with_chain(&[&intermediate])
    };
    let trusted_self_signed = ServerIdentity::self_signed(&leaf_params(&[HOST]));
    let trusted_leaf = stranger.issue(&leaf_params(&[HOST]));
    let trusted = [root.der(), trusted_self_signed.der(), trusted_leaf.der()];

    let table: Vec<(&str, Arc<ServerConfig>, Expected, &str)> = vec![
        ("c01 good", root.server(&[HOST]), MX, "verified"),
        (
            "c02 expired",
            root.issue(&with(&expired)).server(),
            MX,
            "expired 2021-02-03, … days ago",
        ),
        (
            "c03 not yet valid",
            root.issue(&with(&|params| {
                params.not_before = date_time_ymd(2999, 1, 2);
            }))
            .server(),
            MX,
            "not valid before 2999-01-02 (is this machine's clock right?)",
        ),
        (
            "c03 with an intermediate that expires before it",
            {
                let intermediate = root.intermediate({
                    let mut params = ca_params("Test Intermediate");
                    params.not_after = date_time_ymd(3000, 1, 1);
                    params
                });
                let late = with(&|params| params.not_before = date_time_ymd(2999, 1, 2));
                intermediate
                    .issue(&late)
                    .with_chain(&[&intermediate])
                    .server()
            },
            MX,
            "not valid before 2999-01-02 (is this machine's clock right?)",
        ),
        (
            "c04 expired intermediate",
            under({
                let mut params = ca_params("Test Intermediate");
                expired(&mut params);
                params
            })
            .server(),
            MX,
            "an issuer certificate is expired or not yet valid: CN=Test Intermediate",
        ),
        (
            "c02 with an intermediate renewed after it expired",
            dated(&root, (2020, 2021), (2022, 2999)).server(),
            MX,
            "expired 2021-01-01, … days ago",
        ),
        (
            "c02 with an intermediate renewed before it expired",
            dated(&root, (2019, 2021), (2020, 2999)).server(),
            MX,
            "expired 2021-01-01, … days ago",
        ),
        (
            "c02 with an intermediate that expired before it",
            dated(&root, (2020, 2022), (2019, 2021)).server(),
            MX,
            "expired 2022-01-01, … days ago",
        ),
        (
            "c02 with an intermediate renewed after it expired, unknown root",
            dated(&stranger, (2020, 2021), (2022, 2999)).server(),
            MX,
            "expired 2021-01-01, … days ago; unknown issuer: Stranger Root, whose certificate was not sent",
        ),
        (
            "c04 expired intermediate, unknown root",
            dated(&stranger, (2020, 2999), (2019, 2021)).server(),
            MX,
            "an issuer certificate is expired or not yet valid: CN=Test Intermediate; unknown issuer: Stranger Root, whose certificate was not sent",
        ),
        (
            "c11 unknown root with an organization, sent",
            {
                let mut params = ca_params("Mail Root");
                params
                    .distinguished_name
                    .push(DnType::OrganizationName, "Example Ltd");
                params
                    .distinguished_name
                    .push(DnType::OrganizationalUnitName, "Mail team");
                let root = stranger.intermediate(params);
                root.issue(&leaf_params(&[HOST])).server()
            },
            MX,
            "unknown issuer: Mail Root (O=Example Ltd, OU=Mail team), whose certificate was not sent",
        ),
        (
            "c05 wrong name",
            root.server(&["other.example", "third.example", "192.0.2.7"]),
            MX,
            "wrong name: expected mx.example, found other.example, third.example, 192.0.2.7",
        ),
        (
            "c02 and c05 at once",
            root.issue(&{
                let mut params = leaf_params(&["other.example"]);
                expired(&mut params);
                params
            })
            .server(),
            MX,
            "expired 2021-02-03, … days ago; wrong name: expected mx.example, found other.example",
        ),
        (
            "c02, c05 and c11 at once",
            stranger
                .issue(&{
                    let mut params = leaf_params(&["other.example"]);
                    expired(&mut params);
                    params
                })
                .server(),
            MX,
            "expired 2021-02-03, … days ago; unknown issuer: Stranger Root, whose certificate was not sent; wrong name: expected mx.example, found other.example",
        ),
        (
            "c06 common name only",
            root.issue(&with(&|params| params.subject_alt_names.clear()))
                .server(),
            MX,
            "wrong name: expected mx.example, found no names",
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
            Expected::Name("a.b.corp.example"),
            "wrong name: expected a.b.corp.example, found *.corp.example",
        ),
        (
            "c08 wildcard, part of a label",
            root.server(&["m*.corp.example"]),
            CORP,
            "wrong name: expected mx.corp.example, found m*.corp.example",
        ),
        (
            "c09 address matches",
            root.server(&["127.0.0.1"]),
            Expected::Address,
            "verified",
        ),
        (
            "c09 address does not match",
            root.server(&[HOST]),
            Expected::Address,
            "wrong name: expected 127.0.0.1, found mx.example",
        ),
        (
            "c09 address as a DNS name",
            root.issue(&with(&|params| {
                params.subject_alt_names = vec![SanType::DnsName("127.0.0.1".try_into().unwrap())];
            }))
            .server(),
            Expected::Address,
            "wrong name: expected 127.0.0.1, found 127.0.0.1",
        ),
        (
            "c10 self-signed",
            ServerIdentity::self_signed(&leaf_params(&[HOST])).server(),
            MX,
            "self-signed",
        ),
        (
            "c10 self-signed CA",
            ServerIdentity::self_signed(&with(&|params| {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }))
            .server(),
            MX,
            "self-signed",
        ),
        (
            "c10 self-signed, trusted itself",
            trusted_self_signed.server(),
            MX,
            "verified",
        ),
        (
            "c10 issued by a stranger, trusted itself",
            trusted_leaf.server(),
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
            "c11 unknown root, sent",
            stranger
                .issue(&leaf_params(&[HOST]))
                .with_chain(&[&stranger])
                .server(),
            MX,
            "unknown issuer: Stranger Root",
        ),
        (
            "c12 chain incomplete",
            intermediate().issue(&leaf_params(&[HOST])).server(),
            MX,
            "unknown issuer: Test Intermediate, whose certificate was not sent",
        ),
        (
            "c13 chain reversed, and more than needed",
            {
                let intermediate = intermediate();
                let identity = intermediate.issue(&leaf_params(&[HOST]));
                identity
                    .with_chain(&[&root, &stranger, &intermediate])
                    .server()
            },
            MX,
            "verified",
        ),
        (
            "c19 name constraints",
            under({
                let mut params = ca_params("Test Intermediate");
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("corp.example".to_owned())],
                    excluded_subtrees: Vec::new(),
                });
                params
            })
            .server(),
            MX,
            "invalid certificate: its issuer may not certify this name",
        ),
        (
            "c20 for clients only",
            root.issue(&with(&|params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }))
            .server(),
            MX,
            "invalid certificate: it is not for TLS servers (extended key usage)",
        ),
        (
            "c21 issuer is not a CA",
            under({
                let mut params = ca_params("Test Intermediate");
                params.is_ca = IsCa::ExplicitNoCa;
                params
            })
            .server(),
            MX,
            "invalid certificate: its issuer is not a CA",
        ),
        (
            "c22 chain too long",
            {
                let mut params = ca_params("Test Intermediate");
                params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
                let upper = root.intermediate(params);
                let lower = upper.intermediate(ca_params("Lower Intermediate"));
                let identity = lower.issue(&leaf_params(&[HOST]));
                identity.with_chain(&[&lower, &upper]).server()
            },
            MX,
            "invalid certificate: the chain is longer than its issuer allows",
        ),
        (
            "c23 unknown critical extension",
            root.issue(&with(&|params| {
                let mut extension =
                    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 9], vec![5, 0]);
                extension.set_criticality(true);
                params.custom_extensions = vec![extension];
            }))
            .server(),
            MX,
            "invalid certificate: it has an unknown critical extension",
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
            "wrong name: expected mx.example, found evil\u{1b}[31m\n.example",
        ),
        (
            "c26 an internationalized name",
            root.server(&["xn--mller-kva.example"]),
            Expected::Name("xn--mller-kva.example"),
            "verified",
        ),
        (
            "TLS 1.2 only",
            root.issue(&leaf_params(&[HOST])).tls12_server(),
            MX,
            "verified",
        ),
        (
            "TLS 1.2 only, self-signed",
            ServerIdentity::self_signed(&leaf_params(&[HOST])).tls12_server(),
            MX,
            "self-signed",
        ),
    ];
    let mut pages: BTreeMap<&str, String> = BTreeMap::new();
    for (case, config, expected, expected_verdict) in table {
        let tls12 = case.starts_with("TLS 1.2");
        let server = Scripted::start(vec![
            Step::Tls(config),
            says("220 mx.example ESMTP"),
            expects("NOOP"),
            says("250 ok"),
            expects(AUTH),
            says("235 yes"),
        ]);
        let mut client = Client::new();
        client.show_journal_of(&server);
        let mut plan = plan(&server, Security::Implicit);
        plan.tls.authorities = trusted.to_vec();
        plan.tls.sni = match expected {
            Expected::Name(name) => Sni::Name(name.to_owned()),
            Expected::Address => Sni::Host,
        };
        client.connect(plan);
        client.wait_for_replies();
        let [facts] = client.tls.as_slice() else {
            client.fail(&format!("{case}: expected one handshake"));
        };
        println!("{case}: {}", facts.verdict);
        let id = case.split(' ').next().unwrap_or_default();
        *pages.entry(id).or_default() += &page(facts);
        for fault in &facts.verdict.faults {
            if let CertificateFault::Expired { ago, .. } = fault {
                let text = format!("expired {ago} ago");
                client.assert_that(&text, pages[id].contains(&text));
            }
        }
        let verdict = facts.verdict.to_string();
        if !matches_pattern(&verdict, expected_verdict) {
            client.fail(&format!("{case}: {expected_verdict}\nbut: {verdict}"));
        }
        let link = if expected_verdict == "verified" {
            Link::Verified
        } else {
            Link::Unverified
        };
        client.assert_equal(case, &facts.link(), &link);
        client.assert_equal(case, &client.status.link, &link);
        client.assert_equal(
            case,
            facts.version,
            if tls12 { "TLSv1.2" } else { "TLSv1.3" },
        );
        let mark = if link == Link::Verified { "--" } else { "!!" };
        let bangs = if link == Link::Verified { "" } else { "!! " };
        client.assert_line(&format!("{mark} certificate CN=…: {bangs}{verdict}"));
        client.ask("NOOP");
        client.assert_line("tls S: 250 ok");
        client.assert_phase(Phase::Greeted);
        // A secret is sent to an unverified server only with the user's consent.
        if link == Link::Unverified {
            client.type_line(AUTH);
            client.assert_not_sent(&[(AUTH, NotSentReason::Exposed(Exposure::Unverified))]);
            client.type_with_consent(AUTH);
        } else {
            client.type_line(AUTH);
        }
        client.wait_for_replies();
        client.assert_line("tls S: 235 yes");
    }
    for (case, key) in EXPLANATIONS {
        let text = &manual::certificate(key).unwrap().means;
        assert!(pages[case].contains(text), "{case}: {text}");
    }
}

/// The page with all details of the handshake, as text.
fn page(facts: &TlsFacts) -> String {
    let page = handshake::page(facts, &[]);
    let lines = page.sections.into_iter().flat_map(|section| section.lines);
    lines.map(|line| line + "\n").collect()
}

/// The facts of a handshake with this server. `sni` is what the client sends and expects.
fn facts_of(config: Arc<ServerConfig>, sni: Sni, trusted: &Authority) -> TlsFacts {
    let server = Scripted::start(vec![Step::Tls(config), says("220 x")]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    let mut plan = plan(&server, Security::Implicit);
    plan.tls.authorities = vec![trusted.der()];
    plan.tls.sni = sni;
    client.connect(plan);
    client.wait_for_replies();
    client.tls.remove(0)
}

#[test]
fn an_antivirus_that_answers_is_named_and_the_server_left_alone() {
    let stranger = Authority::new("Stranger Root");
    let named = |params: &mut CertificateParams| {
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "Avast Web/Mail Shield Root");
        name.push(DnType::OrganizationName, "Avast Web/Mail Shield");
        name.push(
            DnType::OrganizationalUnitName,
            "generated by Avast Antivirus for SSL/TLS scanning",
        );
    };
    let mut params = ca_params("");
    named(&mut params);
    let avast = Authority::with(params);
    let intercepted = || avast.issue(&leaf_params(&[HOST])).with_chain(&[&avast]);
    let name = || Sni::Name(HOST.to_owned());
    let facts = facts_of(intercepted().server(), name(), &stranger);
    let verdict = facts.verdict.to_string();
    assert!(
        verdict.contains("OU=generated by Avast Antivirus"),
        "{verdict}"
    );
    let text = page(&facts);
    assert!(
        text.contains("Switch off mail scanning (SSL/TLS) in Avast"),
        "{text}"
    );
    assert!(
        !text.contains("server's file") && !text.contains("fullchain"),
        "{text}"
    );
    let mut expired = leaf_params(&["other.example"]);
    expired.not_after = date_time_ymd(2021, 2, 3);
    let facts = facts_of(avast.issue(&expired).server(), name(), &stranger);
    let text = page(&facts);
    assert!(
        !text.contains("Renew") && !text.contains("have this name added"),
        "{text}"
    );
    // Its root may be trusted on this machine: the certificate is still not the server's.
    let facts = facts_of(intercepted().server(), name(), &avast);
    assert!(facts.verdict.is_verified());
    let text = page(&facts);
    assert!(
        text.contains("This is not the server's own certificate"),
        "{text}"
    );
    // The product's own certificate is no interception.
    let mut own = leaf_params(&[HOST]);
    named(&mut own);
    let facts = facts_of(avast.issue(&own).server(), name(), &stranger);
    assert!(handshake::interceptor(&facts).is_none());
    // Nor is a private root, of which nothing is said about the server's file.
    let identity = stranger.issue(&leaf_params(&[HOST]));
    let facts = facts_of(identity.with_chain(&[&stranger]).server(), name(), &avast);
    let text = page(&facts);
    assert!(!text.contains("server's file"), "{text}");
    assert!(text.contains("specify its file with --ca-file"), "{text}");
}

#[test]
fn another_handshake_is_proposed_for_a_wrong_name() {
    let root = Authority::new("Test Root");
    let mx = "mx1.hoster.example".to_owned();
    let steps = |names: &[&str], sni: Sni, others: &[String]| {
        let facts = facts_of(root.server(names), sni, &root);
        let steps = handshake::other_snis(&facts, others).into_iter();
        steps.map(|(sni, _)| sni.to_string()).collect::<Vec<_>>()
    };
    let named = |name: &str| Sni::Name(name.to_owned());
    let wildcard = &["*.hoster.example"];
    // The name was not sent.
    assert_eq!(steps(wildcard, Sni::Nothing, &[]), Vec::<String>::new());
    // By an address: nothing was sent as SNI. The greeting has a name that the certificate has.
    assert_eq!(
        steps(wildcard, Sni::Host, std::slice::from_ref(&mx)),
        ["mx1.hoster.example"]
    );
    // Under another name.
    let shared = &["*.hoster.example", "www.hoster.example"];
    assert_eq!(
        steps(shared, named(HOST), &[]),
        ["www.hoster.example", "none"]
    );
    // A name that the certificate does not have may get the right one.
    let other = "mail.example".to_owned();
    assert_eq!(
        steps(wildcard, named(HOST), std::slice::from_ref(&other)),
        [other, "none".to_owned()]
    );
    // The name is right.
    assert!(steps(&[HOST], named(HOST), &[mx]).is_empty());
    let facts = facts_of(root.server(wildcard), Sni::Host, &root);
    let text: String = handshake::page(&facts, &["mx1.hoster.example".to_owned()])
        .sections
        .into_iter()
        .flat_map(|section| section.lines)
        .collect();
    assert!(
        text.contains("the default certificate of a server that has others"),
        "{text}"
    );
    assert!(
        text.contains("--sni mx1.hoster.example: expects a name"),
        "{text}"
    );
}

#[test]
fn reports_the_details_of_a_certificate() {
    let root = Authority::new("Test Root");
    let mut params = leaf_params(&[HOST, "127.0.0.1", "::1"]);
    params.not_after = date_time_ymd(2999, 12, 31);
    let server = Scripted::start(vec![Step::Tls(root.issue(&params).server()), says("220 x")]);
    let mut client = Client::new();
    client.show_journal_of(&server);
    client.connect(ConnectPlan {
        tls: TlsOptions {
            authorities: vec![root.der()],
            ..TlsOptions::default()
        },
        ..plan(&server, Security::Implicit)
    });
    client.wait_for_replies();
    let facts = &client.tls[0];
    let leaf = facts.leaf().unwrap();
    client.assert_equal("subject", &*leaf.subject, &*format!("CN={HOST}"));
    client.assert_equal("issuer", &*leaf.issuer, "CN=Test Root");
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST).to_string();
    client.assert_equal("names", &leaf.names, &[HOST, &loopback, "::1"]);
    client.assert_equal("last day", &*leaf.not_after, "2999-12-31");
    client.assert_that("days left", leaf.distance.ends_with(" days"));
    client.assert_equal("expected name", &*facts.expected_name, "127.0.0.1");
    client.assert_that("a suite", facts.suite.starts_with("TLS_"));
    client.assert_that("a group", !facts.group.is_empty());
}
