//! The server's side of a connection, in clear or under TLS, with a buffer of unread octets.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::TIMEOUT;

/// A connection, and what was received but not yet used by a step.
pub(super) struct Link {
    pub(super) stream: Stream,
    pub(super) ahead: Vec<u8>,
}

impl Link {
    pub(super) async fn up_to(&mut self, end: &[u8], kind: &str) -> Result<Vec<u8>, String> {
        let mut searched = 0;
        loop {
            let mut windows = self.ahead[searched..].windows(end.len());
            if let Some(at) = windows.position(|window| window == end) {
                return Ok(self.take(searched + at + end.len()));
            }
            searched = (self.ahead.len() + 1).saturating_sub(end.len());
            self.more(kind).await?;
        }
    }

    pub(super) async fn exactly(&mut self, octets: usize) -> Result<Vec<u8>, String> {
        while self.ahead.len() < octets {
            self.more("a TLS record").await?;
        }
        Ok(self.take(octets))
    }

    pub(super) async fn read_to_end(&mut self, kind: &str) -> Result<Vec<u8>, String> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match in_time(kind, self.stream.read(&mut buffer)).await? {
                // Closed, properly or not.
                Ok(0) | Err(_) => return Ok(std::mem::take(&mut self.ahead)),
                Ok(octets) => self.ahead.extend_from_slice(&buffer[..octets]),
            }
        }
    }

    fn take(&mut self, octets: usize) -> Vec<u8> {
        let rest = self.ahead.split_off(octets);
        std::mem::replace(&mut self.ahead, rest)
    }

    async fn more(&mut self, kind: &str) -> Result<(), String> {
        let mut buffer = vec![0; 64 * 1024];
        let read = in_time(kind, self.stream.read(&mut buffer)).await?;
        let end = match read {
            Ok(0) => "the end of the stream".to_owned(),
            Ok(octets) => {
                self.ahead.extend_from_slice(&buffer[..octets]);
                return Ok(());
            }
            Err(error) => error.to_string(),
        };
        let last = &self.ahead[self.ahead.len().saturating_sub(200)..];
        let last = last.escape_ascii();
        Err(format!("expected {kind}, but after \"{last}\" came {end}"))
    }
}

/// The transport of a connection.
pub(super) enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Gone,
}

impl Stream {
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer).await,
            Self::Tls(stream) => stream.read(buffer).await,
            Self::Gone => Err(gone()),
        }
    }

    pub(super) async fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(octets).await,
            Self::Tls(stream) => stream.write(octets).await,
            Self::Gone => Err(gone()),
        }
    }

    pub(super) async fn write_all(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.write_all(octets).await,
            Self::Tls(stream) => {
                stream.write_all(octets).await?;
                stream.flush().await
            }
            Self::Gone => Err(gone()),
        }
    }

    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
            Self::Gone => Err(gone()),
        }
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        self.tcp()?.writable().await
    }

    pub(super) fn tcp(&self) -> io::Result<&TcpStream> {
        match self {
            Self::Clear(stream) => Ok(stream),
            Self::Tls(stream) => Ok(stream.get_ref().0),
            Self::Gone => Err(gone()),
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the script has closed the connection")
}

pub(super) async fn in_time<T>(kind: &str, future: impl Future<Output = T>) -> Result<T, String> {
    timeout(TIMEOUT, future)
        .await
        .map_err(|_| format!("timed out waiting for {kind}"))
}
