//! Where something is defined, as the assets have it and as people read it.

/// `5321 s4.2, Postfix` as `RFC 5321 s4.2, Postfix`.
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
