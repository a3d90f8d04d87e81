//! The manual as its readers have it: every row of every asset, looked up once.

use ehlo::manual;

/// A form such as `5321 s4.1.1.2`, or the name of a product.
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
fn every_asset_is_read() {
    assert_eq!(manual::commands().count(), 37);
    assert_eq!(manual::dialogue_topics().count(), 4);
    assert_eq!(manual::parameters().count(), 35);
    assert_eq!(manual::extensions().count(), 76);
}

#[test]
fn names_in_one_table_stand_in_the_other() {
    for (verb, command) in manual::commands().chain(manual::dialogue_topics()) {
        if let Some(keyword) = &command.extension {
            assert!(manual::extension(keyword).is_some(), "{verb}: {keyword}");
        }
        let first = command.example.split(' ').next();
        let said = manual::command(verb).is_some().then_some(verb);
        assert!(said.is_none() || first == said, "{verb}: {first:?}");
    }
    for (name, parameter) in manual::parameters() {
        for verb in &parameter.on {
            let taker = manual::command(verb).unwrap_or_else(|| panic!("{name}: {verb}"));
            assert!(taker.parameters, "{name}: {verb} takes no parameters");
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
fn words_fit_their_places() {
    let fits = |about: &str, text: &str, most: usize| {
        assert!(!text.is_empty(), "{about}: nothing");
        let count = text.chars().count();
        assert!(count <= most, "{about}: {count} characters: {text}");
        assert!(!text.contains('?'), "{about}: {text}");
    };
    for (verb, command) in manual::commands().chain(manual::dialogue_topics()) {
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
fn a_line_may_grow_by_what_the_extensions_say() {
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
    let worth: Vec<_> = manual::extensions()
        .filter(|(_, extension)| extension.worth_knowing)
        .map(|(keyword, _)| keyword)
        .collect();
    assert_eq!(
        worth,
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
