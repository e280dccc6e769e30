//! A console's side: the socket, and the thread that reads it.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use rustix::net::sockopt::socket_peercred;

use super::place;
use super::wire::{self, Down, Hello, MOST_DOWN, MOST_HELLO, MOST_UP, Up, WireError};
use crate::engine::calls::Input;

/// How long a collector is waited for.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Patience {
    /// The greeting has to come within this time.
    pub(in crate::engine::relay) greets: Duration,
    /// One that takes no message for so long is as good as gone.
    pub(in crate::engine::relay) takes: Duration,
    /// One that says nothing for so long has ended or hangs: it says something every two seconds.
    pub(in crate::engine::relay) speaks: Duration,
    /// One that ended may be back at once: so long it is waited for.
    pub(in crate::engine::relay) back: Duration,
}

/// As long as a console waits.
pub(in crate::engine) const PATIENCE: Patience = Patience {
    greets: Duration::from_secs(2),
    takes: Duration::from_secs(2),
    speaks: Duration::from_secs(8),
    back: Duration::from_millis(1500),
};

/// What a collector said.
#[derive(Debug)]
pub(in crate::engine) struct Live {
    /// Over which connection.
    pub(in crate::engine::relay) number: u64,
    /// What, or why it says no more.
    pub(in crate::engine::relay) said: Result<Down, String>,
}

/// A connection to a collector.
#[derive(Debug)]
pub(in crate::engine) struct Client {
    stream: UnixStream,
    /// The collector's process.
    pub(in crate::engine) pid: Option<u32>,
}

impl Client {
    /// Connects to the collector of this folder and host; nothing where there is none.
    pub(in crate::engine::relay) fn connect(
        folder: &Path,
        uri: &str,
        patience: &Patience,
    ) -> Result<Option<Self>, WireError> {
        let stream = match place::connect(folder) {
            Ok(stream) => stream,
            Err(e) if is_nobody(&e) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        Self::greet(stream, uri, patience).map(Some)
    }

    /// Greets whoever is at the other end.
    pub(in crate::engine::relay) fn greet(
        mut stream: UnixStream,
        uri: &str,
        patience: &Patience,
    ) -> Result<Self, WireError> {
        let peer = socket_peercred(&stream).map_err(io::Error::from)?;
        wire::is_trusted(peer.uid.as_raw())?;
        stream.set_read_timeout(Some(patience.greets))?;
        stream.set_write_timeout(Some(patience.takes))?;
        wire::write(&mut stream, &Hello::of(uri).encode()?, MOST_HELLO)?;
        Hello::decode(&wire::read(&mut stream, MOST_HELLO)?, uri)?;
        stream.set_read_timeout(Some(patience.speaks))?;
        Ok(Self { stream, pid: u32::try_from(peer.pid.as_raw_nonzero().get()).ok() })
    }

    /// Has what the collector says put into the inbox, marked with this number, until the connection ends.
    pub(in crate::engine::relay) fn listen(&self, number: u64, inbox: SyncSender<Input>) -> io::Result<()> {
        let mut stream = self.stream.try_clone()?;
        std::thread::Builder::new().name("nc-live".into()).spawn(move || {
            loop {
                let said = wire::read(&mut stream, MOST_DOWN).and_then(|bytes| wire::decode::<Down>(&bytes));
                let over = said.is_err();
                let live = Live { number, said: said.map_err(|why| why.to_string()) };
                if inbox.send(Input::Live(Box::new(live))).is_err() || over {
                    return;
                }
            }
        })?;
        Ok(())
    }

    /// Says something to the collector.
    pub(in crate::engine::relay) fn say(&mut self, message: &Up) -> Result<(), WireError> {
        wire::write(&mut self.stream, &wire::encode(message)?, MOST_UP)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Its thread wakes and ends. A closed socket needs no shutdown.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Nobody listens: no socket, or one that was left behind.
fn is_nobody(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}
