//! The assets: every row is valid, complete, and within its length limits.

use std::collections::BTreeSet;

use ehlo::manual;

/// Whether `source` is an RFC such as `5321 s4.1.1.2`, or the name of a product.
fn is_source(source: &str) -> bool {
    let Some((number, section)) = source.split_once(' ').or(Some((source, ""))) else {
        return false;
    };
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return !source.is_empty();
    }
    let digits = (3..=4).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let parts = section.strip_prefix('s').map(|s| s.split('.'));
    digits
        && parts.map_or(section.is_empty(), |mut parts| {
            parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        })
}

#[test]
fn assets_have_all_rows() {
    assert_eq!(manual::commands().count(), 37);
    assert_eq!(manual::terms().count(), 11);
    assert_eq!(manual::parameters().count(), 35);
    assert_eq!(manual::extensions().count(), 76);
    assert_eq!(manual::reply_codes().count(), 74);
    assert_eq!(manual::enhanced_codes().count(), 158);
    assert_eq!(manual::mechanisms().count(), 39);
    assert_eq!(manual::providers().count(), 68);
    assert_eq!(manual::symptoms().count(), 312);
    assert_eq!(manual::alerts().count(), 37);
    assert_eq!(manual::certificates().count(), 46);
}

#[test]
fn tables_refer_to_existing_rows() {
    for (verb, command) in manual::commands().chain(manual::terms()) {
        if let Some(keyword) = &command.extension {
            assert!(manual::extension(keyword).is_some(), "{verb}: {keyword}");
        }
        let first = command.example.split(' ').next();
        let name = manual::command(verb).is_some().then_some(verb);
        assert!(name.is_none() || first == name, "{verb}: {first:?}");
    }
    for (name, parameter) in manual::parameters() {
        for verb in &parameter.on {
            let command = manual::command(verb).unwrap_or_else(|| panic!("{name}: {verb}"));
            assert!(command.parameters, "{name}: {verb} takes no parameters");
        }
        for keyword in &parameter.extensions {
            let adds = manual::extension(keyword)
                .is_some_and(|extension| extension.parameters.iter().any(|added| added == name));
            assert!(adds, "{keyword} does not add {name}");
        }
        assert!(parameter.example.starts_with(name), "{name}");
        assert!(parameter.form.starts_with(name), "{name}");
    }
    for (keyword, extension) in manual::extensions() {
        for verb in extension.verbs.iter().chain(extension.growth.keys()) {
            assert!(manual::command(verb).is_some(), "{keyword}: {verb}");
        }
        for name in &extension.parameters {
            let known = manual::parameter(name);
            let known = known.unwrap_or_else(|| panic!("{keyword}: {name}"));
            assert!(known.extensions.iter().any(|by| by == keyword), "{name}");
        }
    }
}

#[test]
fn alerts_and_certificates_have_distinct_advice() {
    // The numbers registered at IANA.
    let numbers: Vec<u8> = [0, 10, 20, 21, 22, 30]
        .into_iter()
        .chain(40..=52)
        .chain([60, 70, 71, 80, 86, 90, 100])
        .chain(109..=117)
        .chain([120, 121])
        .collect();
    for number in &numbers {
        assert!(manual::alert(*number).is_some(), "{number}");
    }
    let alerts = manual::alerts().map(|(number, alert)| {
        assert!(is_source(&alert.source), "{number}: {}", alert.source);
        (number, &alert.means, &alert.action)
    });
    let certificates =
        manual::certificates().map(|(key, advice)| (key, &advice.means, &advice.action));
    let mut seen = std::collections::HashSet::new();
    for (key, means, action) in alerts.chain(certificates) {
        assert!(means.ends_with('.') && action.len() > 5, "{key}");
        assert!(!means.contains('?') && !action.contains('?'), "{key}");
        assert!(seen.insert(means), "{key}: duplicate: {means}");
    }
}

#[test]
fn texts_fit_their_places() {
    let fits = |about: &str, text: &str, most: usize| {
        assert!(!text.is_empty(), "{about}: empty");
        let count = text.chars().count();
        assert!(count <= most, "{about}: {count} characters: {text}");
        assert!(!text.contains('?'), "{about}: {text}");
    };
    for (verb, command) in manual::commands().chain(manual::terms()) {
        fits(verb, &command.means, 70);
        fits(verb, &command.when, 78);
        fits(verb, &command.example, 78);
        assert!(is_source(&command.source), "{verb}: {}", command.source);
        for argument in &command.arguments {
            fits(verb, &argument.means, 60);
            fits(verb, &argument.form, 30);
        }
        for text in command.replies.iter().chain(&command.notes) {
            fits(verb, text, 110);
        }
        for reply in &command.replies {
            assert!(reply.starts_with(|c: char| c.is_ascii_digit()), "{verb}");
        }
    }
    for (name, parameter) in manual::parameters() {
        fits(name, &parameter.means, 60);
        fits(name, &parameter.form, 45);
        fits(name, &parameter.example, 60);
        assert!(is_source(&parameter.source), "{name}: {}", parameter.source);
        for text in &parameter.notes {
            fits(name, text, 110);
        }
    }
    for (keyword, extension) in manual::extensions() {
        fits(keyword, &extension.means, 60);
        assert!(
            is_source(&extension.source),
            "{keyword}: {}",
            extension.source
        );
        for text in &extension.notes {
            fits(keyword, text, 140);
        }
    }
}

#[test]
fn extensions_raise_the_line_limit() {
    let growth = |keyword: &str, verb: &str| {
        let extension = manual::extension(keyword);
        extension.and_then(|extension| extension.growth.get(verb).copied())
    };
    let table = [
        ("SIZE", "MAIL", Some(26)),
        ("8BITMIME", "MAIL", Some(17)),
        ("DSN", "MAIL", Some(107)),
        ("DSN", "RCPT", Some(507)),
        ("AUTH", "MAIL", Some(500)),
        ("SMTPUTF8", "MAIL", Some(10)),
        ("SMTPUTF8", "RCPT", None),
        ("PIPELINING", "MAIL", None),
    ];
    for (keyword, verb, expected) in table {
        assert_eq!(growth(keyword, verb), expected, "{keyword} {verb}");
    }
    let reported: Vec<_> = manual::extensions()
        .filter(|(_, extension)| extension.report_missing)
        .map(|(keyword, _)| keyword)
        .collect();
    assert_eq!(
        reported,
        [
            "8BITMIME",
            "AUTH",
            "CHUNKING",
            "DSN",
            "PIPELINING",
            "SMTPUTF8",
            "STARTTLS"
        ]
    );
}

/// What a headline rests on is shown in words.
#[test]
fn every_fact_of_a_rule_has_its_sentence() {
    let sentences = include_str!("../../../assets/sentences.toml");
    let keys = sentences.lines().filter_map(|line| line.split_once(" = "));
    let has: BTreeSet<&str> = keys
        .filter_map(|(key, _)| key.strip_prefix("fact-"))
        .collect();
    let rules = manual::symptoms().flat_map(|(_, rule)| &rule.when);
    let asked: BTreeSet<String> = rules.map(|one| one.key_and_value().0).collect();
    assert_eq!(
        asked.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        has
    );
}

#[test]
fn rules_are_valid() {
    let rules = manual::providers()
        .flat_map(|(key, provider)| provider.replies.iter().map(move |rule| (key, rule)));
    for (key, rule) in rules.chain(manual::symptoms()) {
        let about = format!("{key}: {rule:?}");
        assert!(
            !rule.means.is_empty() && rule.means.chars().count() <= 66,
            "{about}"
        );
        assert!(!rule.next.is_empty(), "{about}");
        let lowered = rule
            .phrases
            .iter()
            .all(|word| *word == word.to_lowercase() && !word.is_empty());
        assert!(lowered, "{about}");
        for code in &rule.codes {
            // 221 ends a session after a line that the server does not take.
            assert!((300..600).contains(code) || *code == 221, "{about}");
        }
        for after in &rule.after {
            let known = after == "-"
                || manual::command(after).is_some()
                || manual::terms().any(|(name, _)| name == after);
            assert!(known, "{about}");
        }
        for name in &rule.refines {
            let refined = manual::symptom(name).is_some_and(|other| !other.phrases.is_empty());
            assert!(refined, "{name}: {about}");
        }
        // Such a rule never matches, or refines what it already says itself.
        let is_of_state = !rule.when.is_empty() && rule.phrases.is_empty();
        let reachable = !rule.codes.is_empty() || !rule.refines.is_empty();
        assert!(reachable || !is_of_state, "{about}");
        assert!(is_of_state || rule.refines.is_empty(), "{about}");
        for pattern in &rule.enhanced {
            let code = pattern.replace('X', "5");
            let first = code.split('-').next().unwrap_or_default();
            assert!(manual::lookup(&[first]).is_ok(), "{about}");
        }
    }
    for (key, provider) in manual::providers() {
        let other = provider.replies_like.as_deref();
        assert!(
            other.is_none_or(|other| manual::provider(other).is_some()),
            "{key}"
        );
        for mechanism in &provider.mechanisms {
            assert!(manual::mechanism(mechanism).is_some(), "{key}: {mechanism}");
        }
        for port in &provider.ports {
            let number = port
                .split(' ')
                .next()
                .and_then(|number| number.parse::<u16>().ok());
            assert!(number.is_some(), "{key}: {port}");
        }
        for host in provider.hosts.iter().filter(|host| !host.contains('*')) {
            assert_eq!(
                manual::provider_of(host),
                Some(provider),
                "{host} belongs to two providers"
            );
        }
        for vendor in &provider.code_vendors {
            let exists =
                manual::enhanced_codes().any(|(_, row)| row.vendor.as_ref() == Some(vendor));
            assert!(exists, "{key}: {vendor}");
        }
    }
    for (key, row) in manual::reply_codes() {
        assert!(is_source(&row.source), "{key}");
        for verb in row.on.keys() {
            let known = verb == "-"
                || manual::command(verb).is_some()
                || manual::terms().any(|(name, _)| name == verb);
            assert!(known, "{key}: {verb}");
        }
    }
    for (key, row) in manual::enhanced_codes() {
        assert!(is_source(&row.source), "{key}");
    }
    for (key, row) in manual::mechanisms() {
        assert!(is_source(&row.source), "{key}: {}", row.source);
    }
}
