//! The words of what to check after a refused login, from `assets/logins.toml`.

use std::sync::LazyLock;

use super::table::Table;

static CHECKS: LazyLock<Table<String>> =
    LazyLock::new(|| Table::read(include_str!("../../assets/logins.toml")));

/// The check with this key, with each `{name}` replaced by its value; none if there is no such key.
pub(crate) fn login_check(key: &str, values: &[(&str, &str)]) -> Option<String> {
    let mut rest = CHECKS.row(key)?.as_str();
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(one, _)| *one == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_replaced_once() {
        let check = login_check("user-local", &[("user", "{user}")]);
        assert!(check.is_some_and(|check| check.starts_with("The user name was {user};")));
        assert_eq!(login_check("no such key", &[]), None);
    }

    #[test]
    fn asset_is_complete() {
        assert_eq!(CHECKS.rows().count(), 40);
    }
}
