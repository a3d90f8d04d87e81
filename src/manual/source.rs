//! Citations: where something is defined.

/// Expands a source of the assets: `5321 s4.2, Postfix` becomes `RFC 5321 s4.2, Postfix`.
pub fn cite(source: &str) -> String {
    let parts = source.split(", ").map(|part| {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            format!("RFC {part}")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}
