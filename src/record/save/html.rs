//! Renders a record as a self-contained HTML page: no scripts, no external resources, light and
//! dark colours. Server text is escaped twice, for the terminal and for HTML.

use crate::record::session::Excerpt;
use crate::record::text;
use crate::smtp::{Entry, EntryKind};

const STYLE: &str = "\
:root{color-scheme:light dark;--dim:#667;--good:#17702b;--bad:#b3131b;--note:#1d5fa8;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--dim:#99a;--good:#6fd08c;--bad:#ff8087;--note:#7db7ff;--warn:#e6b450}}
body{margin:1.5rem;font:14px/1.45 ui-monospace,monospace}
header,.about,time{color:var(--dim)}
p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;padding-left:14ch;text-indent:-14ch}
.sent{font-weight:bold}.good b{color:var(--good)}.bad b,.warning{color:var(--bad)}
.note b{color:var(--note)}.fault b{color:var(--warn)}b{white-space:pre}";

/// Renders the page.
pub(super) fn write(excerpt: &Excerpt<'_>, with_secrets: bool) -> String {
    let header = text::header(excerpt.meta);
    let header = escaped(header.trim_start_matches("# ").trim_end());
    let (comment, warning) = if with_secrets {
        let words = text::WITH_SECRETS;
        (
            format!("<!-- {words} -->"),
            format!("<p class=\"warning\">{words}</p>\n"),
        )
    } else {
        (String::new(), String::new())
    };
    let mut page = format!(
        "<!DOCTYPE html>{comment}\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{header}</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n{warning}<header>{header}</header>\n<main>\n"
    );
    for entry in &excerpt.entries {
        page.push_str(&row(entry, with_secrets));
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn row(entry: &Entry, with_secrets: bool) -> String {
    let class = match &entry.kind {
        EntryKind::Note(_) if text::marker(entry) == "***" => "fault",
        EntryKind::Note(_) => "note",
        EntryKind::Sent(_) => "sent",
        EntryKind::Received(received) if text::is_failure(received) => "bad",
        EntryKind::Received(_) => "good",
    };
    let time = match &entry.kind {
        EntryKind::Received(received) => received.took,
        _ => None,
    };
    let time = time.map_or_else(String::new, |took| text::seconds(took, text::TIME));
    let annotations = text::annotations(entry);
    let annotations = if annotations.is_empty() {
        String::new()
    } else {
        format!("  <span class=\"about\">{}</span>", escaped(&annotations))
    };
    format!(
        "<p class=\"{class}\"><time>{time:>width$}</time>  <b>{}</b> {}{annotations}</p>\n",
        escaped(text::marker(entry)),
        escaped(&text::content(entry, with_secrets)),
        width = text::TIME,
    )
}

/// Escapes text for HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
