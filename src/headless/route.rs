//! The mail servers of a domain.

use crate::net::{self, Command, DnsError, Event, Failure, MailServers, MxLookup, Resolver};

/// Looks up the mail servers of a domain, the most preferred first: the domain itself if it has no MX
/// record, none if it takes no mail (RFC 7505).
///
/// # Errors
/// If the lookup fails.
pub async fn mail_servers(domain: &str, resolver: Resolver) -> Result<Vec<String>, Failure> {
    let unavailable = || Failure::MailRoute(DnsError::NoAnswer);
    let mut wire = net::spawn().map_err(|_| unavailable())?;
    let lookup = MxLookup {
        domain: domain.to_owned(),
        resolver,
    };
    let sent = wire.send(Command::LookUpMx(Box::new(lookup)));
    sent.map_err(|_| unavailable())?;
    while let Some(batch) = wire.events().await {
        for event in batch {
            match event {
                Event::MailRoute(route) => {
                    return Ok(match route.servers {
                        MailServers::NullMx => Vec::new(),
                        MailServers::ImplicitMx => vec![route.domain],
                        MailServers::Mx(all) => all.into_iter().map(|one| one.host).collect(),
                    });
                }
                Event::Failed(failure) => return Err(failure),
                _ => {}
            }
        }
    }
    Err(unavailable())
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[tokio::test]
    async fn a_failed_lookup_does_not_mean_that_a_domain_takes_no_mail() {
        // A port that nobody listens on any more.
        let gone = UdpSocket::bind("127.0.0.1:0").unwrap();
        let server = gone.local_addr().unwrap();
        drop(gone);
        let resolver = Resolver::At {
            server,
            trusted: false,
        };
        let found = mail_servers("example.org", resolver).await;
        assert_eq!(found, Err(Failure::MailRoute(DnsError::NoAnswer)));
    }
}
