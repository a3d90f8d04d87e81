//! The server's end of a connection: in clear or under TLS, with what was read ahead of its turn.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::PATIENCE;

/// A connection and what was read from it ahead of its turn.
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

    pub(super) async fn all_that_comes(&mut self, kind: &str) -> Result<Vec<u8>, String> {
        let mut room = vec![0; 64 * 1024];
        loop {
            match in_time(kind, self.stream.read(&mut room)).await? {
                // Gone in good order, or not.
                Ok(0) | Err(_) => return Ok(std::mem::take(&mut self.ahead)),
                Ok(octets) => self.ahead.extend_from_slice(&room[..octets]),
            }
        }
    }

    fn take(&mut self, octets: usize) -> Vec<u8> {
        let rest = self.ahead.split_off(octets);
        std::mem::replace(&mut self.ahead, rest)
    }

    async fn more(&mut self, kind: &str) -> Result<(), String> {
        let mut room = vec![0; 64 * 1024];
        let read = in_time(kind, self.stream.read(&mut room)).await?;
        let end = match read {
            Ok(0) => "the end of the stream".to_owned(),
            Ok(octets) => {
                self.ahead.extend_from_slice(&room[..octets]);
                return Ok(());
            }
            Err(error) => error.to_string(),
        };
        let last = &self.ahead[self.ahead.len().saturating_sub(200)..];
        let last = last.escape_ascii();
        Err(format!("{kind} was due, after \"{last}\" there came {end}"))
    }
}

/// What carries the octets.
pub(super) enum Stream {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Gone,
}

impl Stream {
    pub(super) async fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(room).await,
            Self::Tls(stream) => stream.read(room).await,
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
    io::Error::other("the script closed the connection before")
}

pub(super) async fn in_time<T>(kind: &str, future: impl Future<Output = T>) -> Result<T, String> {
    timeout(PATIENCE, future)
        .await
        .map_err(|_| format!("waited for {kind} in vain"))
}
