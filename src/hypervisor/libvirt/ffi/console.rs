//! Streams: bytes of a domain's console or screen.

use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;
use std::sync::Arc;

use virt::sys;

use super::connection::Conn;
use super::domain::Domain;
use super::error::{RawError, RawResult, count, done};
use super::handle::{given, handle};
use super::text::taken;

handle!(
    /// One reference to a stream.
    RawStream(sys::virStream), sys::virStreamFree
);

/// Bytes that are read or sent at once.
const PIECE: usize = 16 << 10;
/// What a stream that does not block answers when there is nothing, or no room.
const NOT_NOW: c_int = -2;

const READABLE: c_int =
    (sys::VIR_STREAM_EVENT_READABLE | sys::VIR_STREAM_EVENT_ERROR | sys::VIR_STREAM_EVENT_HANGUP)
        .cast_signed();
const WRITABLE: c_int = sys::VIR_STREAM_EVENT_WRITABLE.cast_signed();

/// What happens on a stream.
pub(in super::super) enum StreamEvent<'a> {
    /// The other side sent this.
    Bytes(&'a [u8]),
    /// There is room to send.
    Room,
    /// It is over, with an error or without.
    Ended(Option<RawError>),
}

/// Who is told of it.
pub(in super::super) type StreamHandler = Arc<dyn Fn(StreamEvent<'_>) + Send + Sync>;

/// An open console: what it sends goes to the handler, on libvirt's event thread. Given up on drop.
pub(in super::super) struct Console {
    stream: RawStream,
    // Last: the stream belongs to it.
    _conn: Arc<Conn>,
}

impl Console {
    /// Opens a domain's first console. `take` takes it from whoever has it.
    pub(in super::super) fn open(
        conn: &Arc<Conn>,
        domain: &Domain,
        take: bool,
        handler: &StreamHandler,
    ) -> RawResult<Self> {
        let stream = new(conn, sys::VIR_STREAM_NONBLOCK)?;
        let flags = if take { sys::VIR_DOMAIN_CONSOLE_FORCE } else { 0 };
        // SAFETY: a live domain and a live stream of the same connection; a null device means the first console.
        done(unsafe { sys::virDomainOpenConsole(domain.raw(), null(), stream.raw(), flags) })?;
        // From here on the stream is open and given up on drop.
        let this = Self { stream, _conn: Arc::clone(conn) };
        let opaque: *mut c_void = Box::into_raw(Box::new(Arc::clone(handler))).cast();
        // SAFETY: a live stream; `opaque` is what `happened` expects and `free` gives back.
        let answer = unsafe {
            sys::virStreamEventAddCallback(this.stream.raw(), READABLE, Some(happened), opaque, Some(free))
        };
        done(answer).inspect_err(|_| {
            // SAFETY: made above, and libvirt did not keep it.
            unsafe { free(opaque) };
        })?;
        Ok(this)
    }

    /// Sends bytes, as many as are taken at once; `None` where there is no room, of which the handler is told later.
    pub(in super::super) fn send(&self, bytes: &[u8]) -> RawResult<Option<usize>> {
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        // SAFETY: a live stream, and as many bytes as are told.
        let sent =
            unsafe { sys::virStreamSend(self.stream.raw(), piece.as_ptr().cast::<c_char>(), piece.len()) };
        if sent != NOT_NOW {
            return count(sent).map(Some);
        }
        // SAFETY: a live stream with a callback.
        done(unsafe { sys::virStreamEventUpdateCallback(self.stream.raw(), READABLE | WRITABLE) })?;
        Ok(None)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // SAFETY: a live stream. An error is of no use: it had no callback, or was over.
        unsafe {
            sys::virStreamEventRemoveCallback(self.stream.raw());
            sys::virStreamAbort(self.stream.raw());
        }
    }
}

/// A picture of a screen: its kind and its bytes, at most so many. Blocks until all is there.
pub(in super::super) fn screenshot(
    conn: &Arc<Conn>,
    domain: &Domain,
    screen: u32,
    most: usize,
) -> RawResult<(String, Vec<u8>)> {
    let stream = new(conn, 0)?;
    // SAFETY: a live domain and a live stream of the same connection; the string is the caller's.
    let mime = unsafe { taken(sys::virDomainScreenshot(domain.raw(), stream.raw(), screen, 0)) }?;
    let read = read_all(&stream, most);
    match read {
        // SAFETY: a live stream that was read to its end.
        Ok(bytes) => done(unsafe { sys::virStreamFinish(stream.raw()) }).map(|()| (mime, bytes)),
        Err(e) => {
            // SAFETY: a live stream, given up.
            unsafe { sys::virStreamAbort(stream.raw()) };
            Err(e)
        }
    }
}

fn read_all(stream: &RawStream, most: usize) -> RawResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = vec![0u8; 256 << 10];
    loop {
        match receive(stream.raw(), &mut piece)? {
            Some(0) => return Ok(bytes),
            Some(n) if bytes.len() + n > most => return Err(RawError::local("the picture is too large")),
            Some(n) => bytes.extend_from_slice(piece.get(..n).unwrap_or_default()),
            None => return Err(RawError::local("the stream ended in the middle")),
        }
    }
}

fn new(conn: &Arc<Conn>, flags: u32) -> RawResult<RawStream> {
    // SAFETY: a live connection; the reference is the caller's.
    given(unsafe { sys::virStreamNew(conn.raw(), flags) }).map(|s| unsafe { RawStream::own(s) })
}

/// Reads what is there; 0 at the end, `None` when there is nothing now.
fn receive(stream: sys::virStreamPtr, into: &mut [u8]) -> RawResult<Option<usize>> {
    // SAFETY: a live stream, and room for as many bytes as are told.
    let got = unsafe { sys::virStreamRecv(stream, into.as_mut_ptr().cast::<c_char>(), into.len()) };
    if got == NOT_NOW { Ok(None) } else { count(got).map(Some) }
}

/// What libvirt's event thread calls.
unsafe extern "C" fn happened(stream: sys::virStreamPtr, events: c_int, opaque: *mut c_void) {
    // SAFETY: made by `Console::open`; libvirt keeps it while a callback runs.
    let handler = unsafe { &*opaque.cast::<StreamHandler>() };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if events & WRITABLE != 0 {
            // SAFETY: a live stream with this callback.
            unsafe { sys::virStreamEventUpdateCallback(stream, READABLE) };
            handler(StreamEvent::Room);
        }
        if events & READABLE == 0 {
            return;
        }
        // Also after an error: reading tells which.
        let mut piece = [0u8; PIECE];
        let ended = match receive(stream, &mut piece) {
            Ok(None) => return,
            Ok(Some(n @ 1..)) => return handler(StreamEvent::Bytes(piece.get(..n).unwrap_or_default())),
            Ok(Some(0)) => None,
            Err(e) => Some(e),
        };
        // SAFETY: as above. What is over would be told again and again.
        unsafe { sys::virStreamEventUpdateCallback(stream, 0) };
        handler(StreamEvent::Ended(ended));
    }));
}

/// Ends libvirt's count of the handler.
unsafe extern "C" fn free(opaque: *mut c_void) {
    // SAFETY: made by `Console::open`; called once.
    let handler = unsafe { Box::from_raw(opaque.cast::<StreamHandler>()) };
    let _ = catch_unwind(AssertUnwindSafe(move || drop(handler)));
}
