//! Plays the exchanges printed in the standards, and exchanges with servers that deviate from them.

use super::*;

/// A password of characters that programs often handle wrongly.
const DIFFICULT: &str = "p@$s'w\"o`r\\d\\0123 ü ";

fn credentials(user: &str, secret: &str) -> Credentials {
    Credentials {
        authzid: String::new(),
        user: user.to_owned(),
        secret: Secret::new(secret.as_bytes().to_vec()),
        host: "server.example.com".to_owned(),
        port: 143,
    }
}

fn exchange(mechanism: Mechanism, user: &str, secret: &str, nonce: &str) -> Exchange {
    let nonce = base64::decode(nonce.as_bytes());
    let credentials = credentials(user, secret);
    Exchange::new(mechanism, credentials, None, nonce.bytes.reveal(), true).unwrap()
}

/// The client's response to a challenge, without base64.
fn respond(exchange: &mut Exchange, challenge: &[u8]) -> Result<String, SaslError> {
    let response = exchange.respond(base64::encode(challenge).as_bytes())?;
    Ok(String::from_utf8(response.message.bytes().reveal().to_vec()).unwrap())
}

#[test]
fn plays_the_exchanges_of_the_standards() {
    const NONE: &str = "";
    let table: &[(Mechanism, &str, &str, &str, &[(&str, &str)])] = &[
        // RFC 4616 section 4.
        (
            Mechanism::Plain,
            "tim",
            "tanstaaftanstaaf",
            NONE,
            &[("", "\0tim\0tanstaaftanstaaf")],
        ),
        (
            Mechanism::Plain,
            "alice",
            DIFFICULT,
            NONE,
            &[("", "\0alice\0p@$s'w\"o`r\\d\\0123 ü ")],
        ),
        (
            Mechanism::Login,
            "alice",
            DIFFICULT,
            NONE,
            &[("User Name\0", "alice"), ("Password\0", DIFFICULT)],
        ),
        // RFC 2195 section 2.
        (
            Mechanism::CramMd5,
            "tim",
            "tanstaaftanstaaf",
            NONE,
            &[(
                "<1896.697170952@postoffice.reston.mci.net>",
                "tim b913a602c7eda7a495b4e6e7334d3890",
            )],
        ),
        // RFC 5802 section 5.
        (
            Mechanism::ScramSha1,
            "user",
            "pencil",
            "fyko+d2lbbFgONRv9qkxdawL",
            &[
                ("", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"),
                (
                    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                ),
                ("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", ""),
            ],
        ),
        // RFC 7677 section 3.
        (
            Mechanism::ScramSha256,
            "user",
            "pencil",
            "rOprNGfwEbeRWgbNEkqO",
            &[
                ("", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"),
                (
                    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                ),
                ("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", ""),
            ],
        ),
        // Google's documentation of XOAUTH2.
        (
            Mechanism::XOAuth2,
            "someuser@example.com",
            "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
            NONE,
            &[
                (
                    "",
                    "user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01",
                ),
                ("{\"status\":\"401\"}", ""),
            ],
        ),
        // RFC 7628 section 4.1 and 4.3.
        (
            Mechanism::OAuthBearer,
            "user@example.com",
            "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
            NONE,
            &[
                (
                    "",
                    "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
                     auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01",
                ),
                (
                    "{\"status\":\"invalid_token\",\"scope\":\"example_scope\"}",
                    "\x01",
                ),
            ],
        ),
        (Mechanism::External, "", "", NONE, &[("", "")]),
        // RFC 4505 section 4.
        (Mechanism::Anonymous, "sirhc", "", NONE, &[("", "sirhc")]),
    ];
    for (mechanism, user, secret, nonce, steps) in table {
        let mut exchange = exchange(*mechanism, user, secret, nonce);
        for (challenge, expected) in *steps {
            let response = respond(&mut exchange, challenge.as_bytes());
            assert_eq!(response.as_deref(), Ok(*expected), "{mechanism}");
        }
        assert_eq!(exchange.check_accepted(), Ok(()), "{mechanism}");
        assert_eq!(
            respond(&mut exchange, b"more"),
            Err(SaslError::Unasked(*mechanism)),
            "{mechanism}"
        );
    }
}

/// Names are escaped, and the binding data follows the header.
#[test]
fn binds_scram_to_the_channel() {
    let mut credentials = credentials("a=b,c", "pencil");
    credentials.authzid = "boss".to_owned();
    let new = |credentials, kind| {
        Exchange::new(
            Mechanism::ScramSha256Plus,
            credentials,
            kind,
            &[0; 15],
            true,
        )
        .unwrap()
    };
    let mut unbound = new(credentials.clone(), None);
    assert_eq!(unbound.wants_binding(), Some(None));
    assert_eq!(
        unbound.begin(),
        Err(SaslError::NoBinding(Mechanism::ScramSha256Plus))
    );
    let mut bound = new(credentials, Some(BindingKind::TlsServerEndPoint));
    assert_eq!(
        bound.wants_binding(),
        Some(Some(BindingKind::TlsServerEndPoint))
    );
    let channel = ChannelBinding {
        kind: BindingKind::TlsServerEndPoint,
        data: b"\xffdata".to_vec(),
    };
    bound.bind(Some(channel.clone()));
    bound.bind(None);
    let other = SaslError::NoBinding(Mechanism::ScramSha256Plus);
    assert_eq!(bound.begin(), Err(other));
    bound.bind(Some(channel));
    let first = bound.begin().unwrap().unwrap().message;
    assert_eq!(
        first.bytes().reveal(),
        b"p=tls-server-end-point,a=boss,n=a=3Db=2Cc,r=AAAAAAAAAAAAAAAAAAAA"
    );
    assert_eq!(first.masked.user.as_deref(), Some("a=b,c"));
    assert_eq!(first.masked.authzid.as_deref(), Some("boss"));
    let last = respond(&mut bound, b"r=AAAAAAAAAAAAAAAAAAAAx,s=QSXC,i=4096").unwrap();
    let header = base64::encode(b"p=tls-server-end-point,a=boss,\xffdata");
    assert!(
        last.starts_with(&format!("c={header},r=AAAAAAAAAAAAAAAAAAAAx,p=")),
        "{last}"
    );
}

#[test]
fn rejects_invalid_scram_messages() {
    let first = |rest: &str| format!("r=fyko+d2lbbFgONRv9qkxdawL{rest}");
    let table: &[(&str, SaslError)] = &[
        ("", SaslError::Empty(Mechanism::ScramSha1)),
        ("nonsense", SaslError::NotScram("no nonce r=")),
        (
            "m=x,r=y",
            SaslError::NotScram("it asks for an extension (m=)"),
        ),
        ("r=other,s=QSXC,i=4096", SaslError::ForeignNonce),
        (&first(",s=QSXC,i=4096"), SaslError::ForeignNonce),
        (&first("x"), SaslError::NotScram("no salt s=")),
        (
            &first("x,s=,i=4096"),
            SaslError::NotScram("its salt s= is not base64"),
        ),
        (
            &first("x,s=QSXC"),
            SaslError::NotScram("no iteration count i="),
        ),
        (
            &first("x,s=QSXC,i=-1"),
            SaslError::NotScram("its iteration count i= is not a number"),
        ),
        (
            &first("x,s=QSXC,i=0"),
            SaslError::NotScram("its iteration count i= is zero"),
        ),
        (&first("x,s=QSXC,i=200001"), SaslError::Iterations(200_001)),
        (
            &first("x,s=QSXC,i=99999999999999999999"),
            SaslError::Iterations(u64::MAX),
        ),
    ];
    for (challenge, error) in table {
        let mut exchange = exchange(
            Mechanism::ScramSha1,
            "user",
            "pencil",
            "fyko+d2lbbFgONRv9qkxdawL",
        );
        exchange.begin().unwrap();
        let response = respond(&mut exchange, challenge.as_bytes());
        assert_eq!(response.as_ref(), Err(error), "{challenge}");
        assert_eq!(exchange.check_accepted(), Err(SaslError::NoSignature));
    }
    let mut cram = exchange(Mechanism::CramMd5, "tim", "x", "");
    assert_eq!(cram.respond(b""), Err(SaslError::Empty(Mechanism::CramMd5)));
    assert_eq!(cram.respond(b"<1@a>"), Err(SaslError::NotBase64));
}

#[test]
fn warns_about_unusual_passwords() {
    let notes = |secret: &str, iterations: u32| {
        let nonce = "fyko+d2lbbFgONRv9qkxdawL";
        let mut exchange = exchange(Mechanism::ScramSha1, "user", secret, nonce);
        exchange.begin().unwrap();
        let first = base64::encode(format!("r={nonce}x,s=QSXC,i={iterations}").as_bytes());
        let response = exchange.respond(first.as_bytes()).unwrap();
        response
            .notes
            .iter()
            .map(|note| note.text.to_string())
            .collect::<Vec<_>>()
            .join("; ")
    };
    assert_eq!(notes("pencil", 4096), "");
    assert_eq!(notes(DIFFICULT, 4096), "");
    assert!(notes("\u{2168}", 4096).starts_with("SASLprep changed"));
    assert!(notes("a\u{7}b", 4096).contains("SASLprep forbids"));
}

#[test]
fn few_iterations_need_consent() {
    let nonce = "fyko+d2lbbFgONRv9qkxdawL";
    let first = base64::encode(format!("r={nonce}x,s=QSXC,i=4095").as_bytes());
    let mut exchange = exchange(Mechanism::ScramSha256, "user", "pencil", nonce);
    exchange.begin().unwrap();
    let refused = exchange.respond(first.as_bytes());
    assert_eq!(refused, Err(SaslError::FewIterations(4095)));
    exchange.restart();
    exchange.accept_few_iterations();
    exchange.begin().unwrap();
    let response = exchange.respond(first.as_bytes()).unwrap();
    assert!(response.notes.is_empty());
}

#[test]
fn rejects_fields_the_mechanism_cannot_transmit() {
    let new = |mechanism, user: &str, secret: &str| {
        Exchange::new(mechanism, credentials(user, secret), None, &[0; 15], true)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let table = [
        (Mechanism::Plain, "", "x", "PLAIN needs a user name"),
        (Mechanism::Plain, "a", "", "PLAIN needs a password or token"),
        (
            Mechanism::Plain,
            "a",
            "x\0",
            "the password cannot contain a NUL in PLAIN",
        ),
        (
            Mechanism::XOAuth2,
            "a\x01",
            "x",
            "the user name cannot contain a ^A in XOAUTH2",
        ),
        (
            Mechanism::OAuthBearer,
            "a",
            "x\n",
            "the token cannot contain a line break or another control character in OAUTHBEARER",
        ),
    ];
    for (mechanism, user, secret, error) in table {
        assert_eq!(new(mechanism, user, secret), Err(error.to_owned()));
    }
    let short = Exchange::new(
        Mechanism::ScramSha1,
        credentials("a", "x"),
        None,
        &[0; 14],
        true,
    );
    assert_eq!(short.err(), Some(SaslError::Nonce(14)));
}

#[test]
fn previews_the_lines_with_masked_secrets() {
    let preview = |mechanism, initial| {
        let mut credentials = credentials("alice", "wonderland");
        if mechanism == Mechanism::External {
            credentials.user.clear();
        }
        let exchange = Exchange::new(mechanism, credentials, None, &[0; 18], initial);
        exchange.unwrap().preview()
    };
    let table: &[(Mechanism, bool, &[&str])] = &[
        (
            Mechanism::Plain,
            true,
            &["AUTH PLAIN NUL alice NUL ****** (10 characters)"],
        ),
        (
            Mechanism::Plain,
            false,
            &["AUTH PLAIN", "NUL alice NUL ****** (10 characters)"],
        ),
        (
            Mechanism::Login,
            true,
            &["AUTH LOGIN alice", "****** (10 characters)"],
        ),
        (
            Mechanism::Login,
            false,
            &["AUTH LOGIN", "alice", "****** (10 characters)"],
        ),
        (
            Mechanism::CramMd5,
            true,
            &["AUTH CRAM-MD5", "alice <digest of 32 characters>"],
        ),
        (
            Mechanism::ScramSha256,
            true,
            &[
                "AUTH SCRAM-SHA-256 n,,n=alice,r=<nonce>",
                "c=<binding>,r=<nonce>,p=<proof>",
            ],
        ),
        (
            Mechanism::ScramSha1Plus,
            false,
            &[
                "AUTH SCRAM-SHA-1-PLUS",
                "p=tls-exporter,,n=alice,r=<nonce>",
                "c=<binding>,r=<nonce>,p=<proof>",
            ],
        ),
        (
            Mechanism::XOAuth2,
            true,
            &["AUTH XOAUTH2 user=alice ^A auth=Bearer ****** (10 characters) ^A ^A"],
        ),
        (
            Mechanism::OAuthBearer,
            true,
            &[
                "AUTH OAUTHBEARER n,a=alice, ^A host=server.example.com ^A port=143 ^A \
               auth=Bearer ****** (10 characters) ^A ^A",
            ],
        ),
        (Mechanism::External, true, &["AUTH EXTERNAL ="]),
        (Mechanism::Anonymous, true, &["AUTH ANONYMOUS alice"]),
    ];
    for (mechanism, initial, lines) in table {
        assert_eq!(preview(*mechanism, *initial), *lines, "{mechanism}");
    }
}

/// RFC 4954 section 4: a response that would make the line too long is sent after the 334.
#[test]
fn sends_a_long_response_after_the_334() {
    // AUTH XOAUTH2, a space, CR LF and 496 letters of base64 are 511 octets.
    let fixed = "user=a\x01auth=Bearer \x01\x01".len();
    for (length, is_initial) in [(496 / 4 * 3, true), (496 / 4 * 3 + 1, false)] {
        let token = "x".repeat(length - fixed);
        let mut exchange = exchange(Mechanism::XOAuth2, "a", &token, "");
        let begun = exchange.begin().unwrap();
        assert_eq!(begun.is_some(), is_initial, "{length}");
        if begun.is_none() {
            assert!(respond(&mut exchange, b"").is_ok());
        }
    }
}
