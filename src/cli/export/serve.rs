//! Answers on a port: one question a connection, each within its time, so many at once and no more.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::request::{self, Asked, MOST};
use super::text::Dialect;

/// Connections at once; one more is told to come again.
const AT_ONCE: usize = 16;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// To ask.
    pub(super) ask: Duration,
    /// To take the answer.
    pub(super) take: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { ask: Duration::from_secs(3), take: Duration::from_secs(10) }
    }
}

/// Makes the page.
pub(super) type Source = dyn Fn(Dialect) -> String + Send + Sync;

/// Listens and answers on threads of its own until the process ends. Returns the address, with the port it got.
pub(super) fn start(address: SocketAddr, patience: Patience, source: Arc<Source>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    let bound = listener.local_addr()?;
    thread::Builder::new().name("nc-export".into()).spawn(move || accept(&listener, patience, &source))?;
    Ok(bound)
}

fn accept(listener: &TcpListener, patience: Patience, source: &Arc<Source>) {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let Ok((mut client, _)) = listener.accept() else {
            // No more file descriptors, or a client that is gone: not to be tried again at once.
            thread::park_timeout(Duration::from_millis(100));
            continue;
        };
        let place = Place::take(&open);
        let source = Arc::clone(source);
        if place.number > AT_ONCE {
            let soon = Instant::now() + Duration::from_millis(100);
            let _ = send(&mut client, soon, 503, "Service Unavailable", "text/plain", "Too many at once.\n");
            continue;
        }
        // Where no thread can be made the client is dropped and asks again.
        let _ = thread::Builder::new().name("nc-export-answer".into()).spawn(move || {
            let _place = place;
            // A client that went away needs no answer.
            let _ = answer(&mut client, patience, &*source);
        });
    }
}

/// One of the connections that are open.
struct Place {
    open: Arc<AtomicUsize>,
    number: usize,
}

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        let number = open.fetch_add(1, Ordering::AcqRel) + 1;
        Self { open: Arc::clone(open), number }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::AcqRel);
    }
}

fn answer(client: &mut TcpStream, patience: Patience, source: &Source) -> io::Result<()> {
    let asked = match head(client, Instant::now() + patience.ask)? {
        Some(head) => request::read(&head),
        None => Asked::Refused(431, "Request Header Fields Too Large"),
    };
    let until = Instant::now() + patience.take;
    match asked {
        Asked::Page(dialect) => send(client, until, 200, "OK", dialect.media_type(), &source(dialect)),
        Asked::Refused(status, reason) => {
            let body = format!("{reason}. The page is at /metrics.\n");
            send(client, until, status, reason, "text/plain; charset=utf-8", &body)
        }
    }
}

/// The head of the request; `None` when it is too long.
fn head(client: &mut TcpStream, until: Instant) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !request::is_whole(&head) {
        if head.len() > MOST {
            return Ok(None);
        }
        client.set_read_timeout(Some(left(until)?))?;
        match client.read(&mut buffer)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            n => head.extend_from_slice(&buffer[..n]),
        }
    }
    Ok(Some(head))
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn send(
    client: &mut TcpStream,
    until: Instant,
    status: u16,
    reason: &str,
    media_type: &str,
    body: &str,
) -> io::Result<()> {
    let allow = if status == 405 { "Allow: GET\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n{allow}\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    for part in [head.as_bytes(), body.as_bytes()] {
        let mut rest = part;
        while !rest.is_empty() {
            client.set_write_timeout(Some(left(until)?))?;
            match client.write(rest)? {
                0 => return Err(ErrorKind::WriteZero.into()),
                n => rest = &rest[n..],
            }
        }
    }
    client.shutdown(Shutdown::Write)?;
    // What was sent and not read would make the system throw the answer away with the connection.
    let mut buffer = [0; 4096];
    let drained = Instant::now() + Duration::from_millis(500);
    for _ in 0..16 {
        client.set_read_timeout(Some(left(drained)?))?;
        if client.read(&mut buffer)? == 0 {
            break;
        }
    }
    Ok(())
}
