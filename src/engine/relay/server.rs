//! The collector's side: one thread serves every console that connects.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::delta::between;
use super::place;
use super::wire::{self, Down, Failed, Given, Hello, MOST_DOWN, MOST_HELLO, MOST_UP, Up, WireError};
use crate::engine::handle::{Command, Focus, Handle};
use crate::hypervisor::HvError;

/// How long a peer is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// One that connects has this long to greet.
    pub(super) greets: Duration,
    /// A console that does not take a frame for so long is dropped.
    pub(super) takes: Duration,
}

/// As long as a collector waits.
const PATIENCE: Patience = Patience { greets: Duration::from_secs(5), takes: Duration::from_secs(10) };
/// With nothing to tell, it is told so this often.
pub(super) const BEAT: Duration = Duration::from_secs(2);
/// Consoles at once; more are turned away.
const MOST_CONSOLES: usize = 32;
/// Answers that wait for a console; then its questions wait.
const ANSWERS: usize = 16;
/// After the system refused a connection, the next is taken no sooner.
const BREATH: Duration = Duration::from_millis(500);

/// Serves consoles; ends with this.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    consoles: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves what this engine publishes at a socket in the folder of its history. Only for whoever holds that history's
    /// lock: a socket that is there is replaced.
    ///
    /// # Errors
    /// When the socket cannot be made, or the system gives no thread.
    pub fn start(folder: &Path, handle: Handle) -> io::Result<Self> {
        Self::with(folder, handle, PATIENCE)
    }

    /// The same with another patience.
    pub(super) fn with(folder: &Path, handle: Handle, patience: Patience) -> io::Result<Self> {
        let listener = place::listen(folder)?;
        listener.set_nonblocking(true)?;
        let consoles = Arc::<AtomicUsize>::default();
        let shared = Arc::new(Shared::new(handle, consoles.clone(), patience));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("nc-relay".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, shared) => {}
                }
            });
        })?;
        Ok(Self { folder: folder.to_owned(), consoles, stop: Some(stop), thread: Some(thread) })
    }

    /// How many consoles there are.
    pub fn consoles(&self) -> usize {
        self.consoles.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // While the lock is still held: later it could be another's.
        place::remove(&self.folder);
        if let Some(stop) = self.stop.take() {
            // An ended thread needs no word.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // It never blocks, so this is over at once.
            drop(thread.join());
        }
    }
}

/// What all connections share.
pub(super) struct Shared {
    handle: Handle,
    consoles: Arc<AtomicUsize>,
    focuses: Mutex<BTreeMap<u64, Focus>>,
    patience: Patience,
}

impl Shared {
    pub(super) fn new(handle: Handle, consoles: Arc<AtomicUsize>, patience: Patience) -> Self {
        Self { handle, consoles, focuses: Mutex::default(), patience }
    }

    fn focuses(&self) -> MutexGuard<'_, BTreeMap<u64, Focus>> {
        self.focuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A console looks elsewhere, or no longer.
    fn focus(&self, console: u64, focus: Option<Focus>) {
        let mut focuses = self.focuses();
        let before = merged(&focuses);
        match focus {
            Some(focus) => drop(focuses.insert(console, focus)),
            None => drop(focuses.remove(&console)),
        }
        let now = merged(&focuses);
        if now != before {
            self.handle.send(Command::Focus(now));
        }
    }
}

/// What is on any screen. The details of one VM are read at a time: the newest console's; those of others count as rows.
pub(super) fn merged(focuses: &BTreeMap<u64, Focus>) -> Focus {
    let mut visible: Vec<_> =
        focuses.values().flat_map(|f| f.visible.iter().chain(&f.detail)).copied().collect();
    visible.sort_unstable();
    visible.dedup();
    Focus { visible, detail: focuses.values().rev().find_map(|f| f.detail) }
}

/// One console, counted.
pub(super) struct Console {
    number: u64,
    shared: Arc<Shared>,
}

impl Console {
    /// Nothing where there are as many as there may be.
    pub(super) fn new(number: u64, shared: Arc<Shared>) -> Option<Self> {
        if shared.consoles.fetch_add(1, Ordering::Relaxed) >= MOST_CONSOLES {
            shared.consoles.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self { number, shared })
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.shared.consoles.fetch_sub(1, Ordering::Relaxed);
        self.shared.focus(self.number, None);
    }
}

async fn accept(listener: std::os::unix::net::UnixListener, shared: Arc<Shared>) {
    let listener = match UnixListener::from_std(listener) {
        Ok(listener) => listener,
        Err(e) => return tracing::error!("Consoles cannot be served: {e}."),
    };
    let mut number = 0;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(e) => {
                tracing::warn!("A console could not connect: {e}.");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        number += 1;
        let Some(console) = Console::new(number, shared.clone()) else {
            tracing::warn!("A console was turned away: {MOST_CONSOLES} are connected.");
            continue;
        };
        tokio::spawn(async move {
            let pid =
                stream.peer_cred().ok().and_then(|c| c.pid()).map_or_else(String::new, |p| format!(" {p}"));
            match serve(stream, &console).await {
                Ok(()) => tracing::debug!("Console{pid} left."),
                Err(WireError::Io(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    tracing::debug!("Console{pid} left.");
                }
                Err(why) => tracing::warn!("Console{pid} was let go: {why}."),
            }
        });
    }
}

/// Serves one console until its connection ends, and tells why it did.
pub(super) async fn serve(stream: UnixStream, console: &Console) -> Result<(), WireError> {
    wire::is_trusted(stream.peer_cred()?.uid())?;
    let shared = &console.shared;
    let uri = shared.handle.snapshot().uri.clone();
    let (mut reading, mut writing) = stream.into_split();
    // Said before it is heard what the other says: one of another version learns why it is let go.
    send(&mut writing, &Hello::of(&uri).encode()?, MOST_HELLO, shared.patience.takes).await?;
    let greeting = timeout(shared.patience.greets, wire::read_async(&mut reading, MOST_HELLO)).await;
    let hello = Hello::decode(&greeting.map_err(|_| late())??, &uri)?;
    tracing::debug!("A console of NovaCron {} is served.", crate::model::text::clean(&hello.program));
    let (replies, answers) = mpsc::channel(ANSWERS);
    tokio::select! {
        ended = listen(&mut reading, console, replies) => ended,
        ended = tell(&mut writing, shared, answers) => ended,
    }
}

fn late() -> WireError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

async fn send(
    writing: &mut OwnedWriteHalf,
    message: &[u8],
    most: u32,
    within: Duration,
) -> Result<(), WireError> {
    let frame = wire::frame(message, most)?;
    Ok(timeout(within, writing.write_all(&frame)).await.map_err(|_| late())??)
}

/// Sends the newest snapshot whenever the console has taken the one before.
async fn tell(
    writing: &mut OwnedWriteHalf,
    shared: &Shared,
    mut answers: mpsc::Receiver<Down>,
) -> Result<(), WireError> {
    let mut snapshots = shared.handle.subscribe();
    snapshots.mark_changed();
    let mut sent = None;
    loop {
        let message = tokio::select! {
            Some(answer) = answers.recv() => answer,
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = snapshots.borrow_and_update().clone();
                let frame = between(sent.as_deref(), &now);
                sent = Some(now);
                Down::Frame(Box::new(frame))
            }
            () = tokio::time::sleep(BEAT) => Down::Beat,
        };
        send(writing, &wire::encode(&message)?, MOST_DOWN, shared.patience.takes).await?;
    }
}

/// Does what the console asks.
async fn listen(
    reading: &mut OwnedReadHalf,
    console: &Console,
    replies: mpsc::Sender<Down>,
) -> Result<(), WireError> {
    let handle = &console.shared.handle;
    loop {
        // With as many answers waiting as there may be, the next question waits.
        let room = replies.clone().reserve_owned().await;
        let room = room.map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        match wire::decode(&wire::read_async(reading, MOST_UP).await?)? {
            Up::Focus(visible, detail) => {
                console.shared.focus(console.number, Some(Focus { visible, detail }));
            }
            Up::Refresh => drop(handle.send(Command::Refresh)),
            Up::Reconnect => drop(handle.send(Command::Reconnect)),
            Up::Xml(number, id) => {
                let answer = handle.xml(id);
                tokio::spawn(async move {
                    room.send(Down::Reply(number, given(answer.await, Given::Xml)));
                });
            }
            Up::RefreshPool(number, id) => {
                let answer = handle.refresh_pool(id);
                tokio::spawn(async move {
                    room.send(Down::Reply(number, given(answer.await, |()| Given::Done)));
                });
            }
        }
    }
}

fn given<T>(
    answer: Result<Result<T, HvError>, oneshot::error::RecvError>,
    wrap: impl FnOnce(T) -> Given,
) -> Result<Given, Failed> {
    match answer {
        Ok(Ok(given)) => Ok(wrap(given)),
        Ok(Err(e)) => Err(Failed { kind: wire::kind_number(e.kind), object: e.object, message: e.message }),
        Err(_) => {
            Err(Failed { kind: u8::MAX, object: String::new(), message: "the collector is too busy".into() })
        }
    }
}
