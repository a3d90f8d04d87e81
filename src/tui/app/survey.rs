//! Runs surveys, each on a thread of its own, until they end or are stopped.

use std::io;

use tokio::sync::oneshot;

use super::App;
use crate::headless::check::{self, Progress};
use crate::headless::mail_servers;
use crate::headless::ports::{self, Door, Ports, PortsPlan};
use crate::net::{Resolver, addresses};
use crate::tui::message::{Message, SessionMessage};
use crate::tui::state::session_id::Origin;
use crate::tui::state::survey::{Findings, SurveyNews, SurveyRequest};

impl App {
    /// Begins a survey; the one before it in this session is stopped.
    pub(super) fn survey(
        &mut self,
        origin: Origin,
        number: u32,
        request: SurveyRequest,
    ) -> io::Result<()> {
        let (stop, stopped) = oneshot::channel();
        self.surveys.insert(origin.session, stop);
        let sender = self.background.0.clone();
        let message = move |news| {
            let news = Box::new(news);
            Message::Session(origin, SessionMessage::Surveyed(number, news))
        };
        std::thread::Builder::new()
            .name("survey".into())
            .spawn(move || {
                // What is found so far comes again with the next news: it may get lost.
                let part = |findings| _ = sender.try_send(message(SurveyNews::Part(findings)));
                let news = match run(request, stopped, &part) {
                    Ok(Some(findings)) => SurveyNews::Whole(findings),
                    Ok(None) => return,
                    Err(words) => SurveyNews::Failed(words),
                };
                // The send fails only if the loop has ended.
                let _ = sender.blocking_send(message(news));
            })?;
        Ok(())
    }
}

/// Runs a survey. `None` if it was stopped.
fn run(
    request: SurveyRequest,
    stopped: oneshot::Receiver<()>,
    part: &dyn Fn(Findings),
) -> Result<Option<Findings>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let found = runtime.block_on(async {
        tokio::select! {
            // A survey that is dropped closes its connections.
            _ = stopped => Ok(None),
            found = survey(request, part) => found.map(Some),
        }
    });
    // A lookup may still hang in the system's resolver.
    runtime.shutdown_background();
    found
}

async fn survey(request: SurveyRequest, part: &dyn Fn(Findings)) -> Result<Findings, String> {
    match request {
        SurveyRequest::Check(target, options) => {
            let seen = |progress: Progress<'_>| {
                if let Progress::Part(report) = progress {
                    part(Findings::Check(report.clone()));
                }
            };
            let reports = check::check(&[target], &options, &seen).await;
            let report = reports.into_iter().next().ok_or("nothing was checked")?;
            Ok(Findings::Check(report))
        }
        SurveyRequest::Ports {
            mut plan,
            is_domain,
            resolver,
        } => {
            if is_domain {
                let domain = plan.connect.host.clone();
                let servers = mail_servers(&domain, resolver.clone()).await;
                let servers = servers.map_err(|failure| failure.to_string())?;
                let first = servers.into_iter().next();
                plan.connect.host = first.ok_or("no server takes mail for this domain")?;
            }
            look(plan, &resolver, part).await
        }
    }
}

async fn look(
    mut plan: PortsPlan,
    resolver: &Resolver,
    part: &dyn Fn(Findings),
) -> Result<Findings, String> {
    let connect = &plan.connect;
    let found = addresses(&connect.host, connect.family, resolver, connect.timeout).await;
    let host = connect.host.clone();
    plan.addresses = found.map_err(|error| format!("{host}: {error}"))?;
    let places: Vec<_> = plan.places().collect();
    let so_far = std::cell::RefCell::new(Ports {
        host,
        doors: Vec::new(),
    });
    let tell = || part(Findings::Ports(places.clone(), so_far.borrow().clone()));
    tell();
    let seen = |door: &Door| {
        so_far.borrow_mut().doors.push(door.clone());
        tell();
    };
    let all = ports::look(&plan, &seen).await;
    Ok(Findings::Ports(places, all))
}
