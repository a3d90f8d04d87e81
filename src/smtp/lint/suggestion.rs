//! Suggests the right spelling of a misspelt word.

/// The name that was probably meant: the nearest one, if it is near enough. `None` too if the word is
/// one of the names.
pub fn suggest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A word of three letters with two errors is a different word.
    let most = match word.len() {
        0..=2 => return None,
        3 => 1,
        _ => 2,
    };
    names
        .map(|name| (distance(word, name), name))
        .filter(|(distance, _)| (1..=most).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The number of letters to insert, remove, change or swap with their neighbour to turn `a` into
/// `b`.
fn distance(a: &str, b: &str) -> usize {
    /// The length of the longest name.
    const LETTERS: usize = 24;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > LETTERS || b.len() > LETTERS {
        return usize::MAX;
    }
    let mut table = [[0_usize; LETTERS + 1]; LETTERS + 1];
    for (i, row) in table.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in table[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (table[i - 1][j] + 1)
                .min(table[i][j - 1] + 1)
                .min(table[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = best;
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_name() {
        for (word, expected) in [
            ("RCTP", Some("RCPT")),
            ("MIAL", Some("MAIL")),
            ("DAT", Some("DATA")),
            ("QUITT", Some("QUIT")),
            ("STRTTLS", Some("STARTTLS")),
            ("QUIT", None),
            ("MX", None),
            ("FROBNICATE", None),
            ("AVERYLONGWORDOFMANYMANYLETTERS", None),
        ] {
            let names = ["RCPT", "MAIL", "DATA", "QUIT", "STARTTLS"].into_iter();
            assert_eq!(suggest(word, names), expected, "{word}");
        }
    }
}
