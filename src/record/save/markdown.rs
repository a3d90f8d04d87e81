//! Renders a record as text in a Markdown code fence, for tickets. The fence is longer than any run
//! of backticks in the text, so that server text cannot close it.

use crate::record::session::Excerpt;
use crate::record::text;

/// The minimum number of backticks of a fence.
const FENCE: usize = 3;

/// Renders the fenced text.
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
