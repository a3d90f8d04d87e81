//! Text inside a fence, for a ticket: a fence longer than any run of backticks in it, so that nothing
//! of what a server said leaves it.

use crate::record::session::Excerpt;
use crate::record::text;

/// Backticks that a fence has at least.
const FENCE: usize = 3;

/// All of it.
pub(super) fn write(excerpt: &Excerpt<'_>, with_secrets: bool) -> String {
    let text = text::body(excerpt, with_secrets);
    let fence = "`".repeat(FENCE.max(longest_run(&text) + 1));
    let warning = if with_secrets {
        format!("**{}**\n\n", text::WITH_SECRETS)
    } else {
        String::new()
    };
    format!("{warning}{fence}text\n{text}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|letter| letter != '`').map(str::len);
    runs.max().unwrap_or(0)
}
