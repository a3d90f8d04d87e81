//! The mail servers of a domain.

use crate::net::{self, Failure, MailServers, Resolver};

/// Looks up the mail servers of a domain, the most preferred first: the domain itself if it has no MX
/// record, none if it takes no mail (RFC 7505).
///
/// # Errors
/// If the lookup fails.
pub async fn mail_servers(domain: &str, resolver: Resolver) -> Result<Vec<String>, Failure> {
    let route = net::mail_route(&resolver, domain).await;
    let route = route.map_err(Failure::MailRoute)?;
    Ok(match route.servers {
        MailServers::NullMx => Vec::new(),
        MailServers::ImplicitMx => vec![route.domain],
        MailServers::Mx(all) => all.into_iter().map(|one| one.host).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;
    use crate::net::DnsError;

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
