//! A tap without a screen: prints what passes, keeps each connection as a session, and says at the end
//! what became of each.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::printer::Printer;
use super::recorder::{Output, Recorder};
use crate::config::Retention;
use crate::diagnosis;
use crate::manual::Page;
use crate::net::Event;
use crate::record::{self, Journal};
use crate::report::output;
use crate::report::{json, page, visible};
use crate::smtp::{self, Code, Envelope, count};
use crate::tap::{Refusal, Tap, TapEvent, Tapped};

/// How many connections the list at the end has; of more, those that failed come first.
const LISTED: usize = 1000;
/// How long the connections may take to end once the tap does.
const END: Duration = Duration::from_secs(2);

/// How a tap without a screen works.
#[derive(Clone, Debug)]
pub struct TapPrint {
    /// The server as the user named it.
    pub target: String,
    /// Its host.
    pub host: String,
    /// What is printed.
    pub output: Output,
    /// Where the sessions are kept, and for how long.
    pub kept: Option<(PathBuf, Retention)>,
    /// The columns of a diagnosis.
    pub columns: usize,
}

/// What became of a connection.
#[derive(Clone, Debug)]
struct Summary {
    number: u32,
    client: SocketAddr,
    envelope: Envelope,
    last: Option<Code>,
    took: Duration,
    /// What went wrong, if anything did.
    failure: Option<String>,
}

impl Summary {
    fn words(&self) -> String {
        let last = self
            .last
            .map_or_else(|| "no reply".to_owned(), |code| code.to_string());
        let failure = self.failure.as_ref();
        let failure = failure.map_or_else(String::new, |words| format!("  !! {words}"));
        format!(
            "#{} {}  {}  last {last}  {:.1} s{failure}",
            self.number,
            self.client,
            mail(&self.envelope),
            self.took.as_secs_f64()
        )
    }

    fn json(&self) -> Value {
        json!({
            "connection": self.number,
            "client": self.client.to_string(),
            "sender": self.envelope.reverse_path,
            "recipients": self.envelope.forward_paths,
            "code": self.last.map(Code::number),
            "seconds": self.took.as_secs_f64(),
            "failure": self.failure,
        })
    }
}

/// Who a mail is from, and to whom.
fn mail(envelope: &Envelope) -> String {
    let Some(first) = envelope.forward_paths.first() else {
        return "no mail".to_owned();
    };
    let others = match envelope.recipients {
        0 | 1 => String::new(),
        several => format!(" and {}", count(u64::from(several) - 1, "other", "others")),
    };
    format!("<{}> to <{first}>{others}", envelope.reverse_path)
}

/// Prints what passes until `stop` is done, or nobody reads it any more.
///
/// # Errors
/// If standard output cannot be written.
pub async fn tap(
    mut tap: Tap,
    print: TapPrint,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let printer = Printer::start(print.output)?;
    let (end, ending) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut summaries: Vec<Summary> = Vec::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = printer.closed() => break,
            event = tap.events.recv() => match event {
                None => break,
                Some(TapEvent::Opened(tapped)) => {
                    let follow = follow(tapped, print.clone(), printer.clone(), ending.clone());
                    connections.spawn(follow);
                }
                Some(TapEvent::Refused(client, why)) => {
                    printer.print(refused(client, why, print.output)).await;
                }
            },
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Ok(summary) = ended {
                    keep(&mut summaries, summary);
                }
            }
        }
    }
    // What still runs ends now, and says what it came to so far.
    drop(tap);
    let _ = end.send(true);
    let late = tokio::time::sleep(END);
    tokio::pin!(late);
    while !connections.is_empty() {
        tokio::select! {
            () = &mut late => break,
            Some(ended) = connections.join_next() => if let Ok(summary) = ended {
                keep(&mut summaries, summary);
            },
        }
    }
    let list = match print.output {
        Output::Text => listed(&mut summaries),
        Output::Json | Output::None => String::new(),
    };
    let _ = tokio::time::timeout(END, printer.end(list)).await;
    Ok(())
}

/// That a client was not let in.
fn refused(client: SocketAddr, why: Refusal, output: Output) -> String {
    match output {
        Output::Json => {
            line(&json!({"refused": {"client": client.to_string(), "why": why.to_string()}}))
        }
        Output::Text => format!("{client} refused: {why}\n"),
        Output::None => String::new(),
    }
}

/// Keeps a summary, unless there are too many and it did not fail.
fn keep(summaries: &mut Vec<Summary>, summary: Summary) {
    if summaries.len() >= LISTED {
        let Some(at) = summaries.iter().position(|kept| kept.failure.is_none()) else {
            return;
        };
        summaries.remove(at);
    }
    summaries.push(summary);
}

/// The list at the end: those that failed first.
fn listed(summaries: &mut [Summary]) -> String {
    summaries.sort_by_key(|summary| (summary.failure.is_none(), summary.number));
    let mut text = format!(
        "\n{}\n",
        count(summaries.len() as u64, "connection", "connections")
    );
    for summary in summaries.iter() {
        let words = summary.words();
        let _ = writeln!(text, "{}", visible(words.as_bytes(), output::charset()));
    }
    text
}

/// Follows a connection to its end, or to that of the tap.
async fn follow(
    mut tapped: Tapped,
    print: TapPrint,
    printer: Printer,
    mut ending: watch::Receiver<bool>,
) -> Summary {
    let begun = Instant::now();
    let (number, client) = (tapped.number, tapped.client);
    let mut recorder = Recorder::new(&print.target, Output::None);
    let mut journal = print.kept.as_ref().and_then(|(folder, retention)| {
        let now = SystemTime::now();
        // Failing to remove old ones is no reason to keep no new one.
        let _ = record::prune(folder, now, retention.age, retention.octets);
        Journal::create(folder, recorder.meta()).ok()
    });
    let opened = match print.output {
        Output::Json => {
            line(&json!({"opened": {"connection": number, "client": client.to_string()}}))
        }
        Output::Text => format!("#{number} {client} connected\n"),
        Output::None => String::new(),
    };
    printer.print(opened).await;
    let mut summary = Summary {
        number,
        client,
        envelope: Envelope::default(),
        last: None,
        took: Duration::ZERO,
        failure: None,
    };
    loop {
        let events = tokio::select! {
            biased;
            events = tapped.events.recv() => events,
            _ = ending.wait_for(|ends| *ends) => {
                summary.failure = Some("still open when the tap ended".to_owned());
                None
            }
        };
        let Some(events) = events else { break };
        let mut text = String::new();
        for event in events {
            match event {
                Event::Session(smtp::Event::Entry(entry)) => {
                    match print.output {
                        Output::Json => {
                            let entry = record::json_line(&recorder.meta().clock, &entry);
                            let fields = entry.strip_prefix('{').unwrap_or(&entry);
                            let _ = write!(text, "{{\"connection\":{number},{fields}");
                        }
                        Output::Text => {
                            for row in record::text_line(&entry).lines() {
                                let _ = writeln!(text, "#{number} {row}");
                            }
                        }
                        Output::None => {}
                    }
                    if let Some(journal) = &mut journal {
                        // The journal itself notes what is missing.
                        let _ = journal.write(&entry);
                    }
                    recorder.push(entry);
                }
                Event::Session(smtp::Event::Reply { reply, .. }) => summary.last = reply.code(),
                Event::Session(smtp::Event::Status(status))
                    if !status.envelope.forward_paths.is_empty() =>
                {
                    summary.envelope = (*status.envelope).clone();
                }
                Event::Failed(failure) => summary.failure = Some(failure.to_string()),
                _ => {}
            }
        }
        printer.print(text).await;
    }
    summary.took = begun.elapsed();
    let pages = pages(&recorder, &print.host);
    if summary.failure.is_none() {
        summary.failure = pages.first().map(|page| page.title.clone());
    }
    if let Some(journal) = journal.take() {
        let _ = journal.end();
    }
    let ended = match print.output {
        Output::Json => {
            let pages: Vec<Value> = pages.iter().map(json::page).collect();
            let mut closed = summary.json();
            if let Some(closed) = closed.as_object_mut() {
                closed.insert("diagnosis".to_owned(), pages.into());
            }
            line(&json!({ "closed": closed }))
        }
        Output::Text => {
            let mut text = String::new();
            for found in &pages {
                let rows = page::rows(found, print.columns, output::charset());
                text.extend(
                    rows.into_iter()
                        .map(|row| format!("#{number} {}\n", row.text)),
                );
            }
            text
        }
        Output::None => String::new(),
    };
    printer.print(ended).await;
    summary
}

/// What went wrong in a connection.
fn pages(recorder: &Recorder, host: &str) -> Vec<Page> {
    let entries = recorder.transcript().iter().map(|(_, entry)| entry);
    let tracker = diagnosis::Tracker::default();
    let verdicts = diagnosis::verdicts(tracker, entries, Some(host));
    verdicts
        .iter()
        .map(|verdict| verdict.explanation.page())
        .collect()
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
