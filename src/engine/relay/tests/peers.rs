//! Peers that do not behave: each connection ends with a reason, and whoever else is served is served on.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::host;
use crate::engine::calls::Input;
use crate::engine::clock::SystemClock;
use crate::engine::handle::{Focus, Handle};
use crate::engine::relay::client::{self, Client};
use crate::engine::relay::delta::between;
use crate::engine::relay::follow::{Ended, Follower};
use crate::engine::relay::place;
use crate::engine::relay::server::{Console, Patience, Server, Shared, serve};
use crate::engine::relay::wire::{self, Down, Hello, MOST_DOWN, MOST_HELLO, MOST_UP, Up};
use crate::engine::{Engine, EngineConfig};
use crate::hypervisor::sim::{SimClock, SimConfig, SimHost};
use crate::model::snapshot::{Link, Source};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(150);
const URI: &str = "sim://peers/system";

/// An engine that knows all of a simulated host.
fn engine(vms: usize) -> (Engine, Handle) {
    let config = SimConfig::manual(vms, vms / 4).on(SimClock::real());
    let engine = Engine::start(EngineConfig::new(Arc::new(SimHost::new(config).connector()))).unwrap();
    let handle = engine.handle();
    until("everything is known", || {
        let s = handle.snapshot();
        s.vms.len() == vms && s.vms.iter().all(|vm| vm.definition.is_some())
    });
    (engine, handle)
}

fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < LONG, "not in time: {what}");
        std::thread::yield_now();
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    wire::frame(message, u32::MAX).unwrap()
}

fn greeting(uri: &str) -> Vec<u8> {
    framed(&Hello::of(uri).encode().unwrap())
}

/// A greeting as another version of the program sends it.
fn greeting_of_version(version: u32) -> Vec<u8> {
    let mut bytes = Hello::of(URI).encode().unwrap();
    bytes[8..12].copy_from_slice(&version.to_le_bytes());
    framed(&bytes)
}

/// Connects to a server and greets it.
fn greeted(folder: &Path, uri: &str) -> UnixStream {
    let mut stream = place::connect(folder).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(&greeting(uri)).unwrap();
    Hello::decode(&wire::read(&mut stream, MOST_HELLO).unwrap(), uri).unwrap();
    stream
}

#[test]
fn a_peer_that_takes_nothing_is_dropped_and_others_are_served_on() {
    let (_engine, handle) = engine(1600);
    let uri = handle.snapshot().uri.clone();
    let whole = wire::encode(&Down::Frame(Box::new(between(None, &handle.snapshot())))).unwrap();
    assert!(whole.len() > 800_000, "{} bytes may find room on the way", whole.len());
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(folder.path(), handle, Patience { greets: LONG, takes: SHORT }).unwrap();
    let mut other = greeted(folder.path(), &uri);
    let (told, hears) = sync_channel(1000);
    let reader = std::thread::spawn(move || {
        while let Ok(bytes) = wire::read(&mut other, MOST_DOWN) {
            wire::decode::<Down>(&bytes).unwrap();
            if told.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    hears.recv_timeout(LONG).unwrap();
    let mut stuck = greeted(folder.path(), &uri);
    // Both were counted when they were greeted.
    until("it is dropped", || server.consoles() == 1);
    let dropped = Instant::now();
    while hears.recv_timeout(LONG).unwrap() < dropped {}
    let why = wire::read(&mut stuck, MOST_DOWN).unwrap_err();
    assert_eq!(why.to_string(), "it closed the connection", "of its first frame only a part was sent");
    drop(hears);
    drop(server);
    reader.join().unwrap();
}

/// What a peer sends, after its greeting or instead of one, and why it is let go.
fn nonsense() -> Vec<(Vec<u8>, &'static str)> {
    let after = |more: &[u8]| [greeting(URI), more.to_vec()].concat();
    let too_long = |most: u32| (most + 1).to_le_bytes();
    let focus = wire::encode(&Up::Refresh).unwrap();
    vec![
        (framed(b"GET / HTTP/1.1\r\n"), "a message makes no sense (no greeting)"),
        (framed(b"NOVACRON"), "a message makes no sense (no version)"),
        (greeting_of_version(99), "it speaks version 99 of the protocol, this program version"),
        (greeting("sim://elsewhere/system"), "it serves another host (sim://elsewhere/system)"),
        (too_long(MOST_HELLO).into(), "a message of 4097 bytes is too large"),
        (greeting(URI)[..20].into(), "it closed the connection"),
        (after(&too_long(MOST_UP)), "a message of 1048577 bytes is too large"),
        (after(&framed(&[0xff; 9])), "a message makes no sense (it cannot be read)"),
        (after(&framed(&[])), "a message makes no sense (it cannot be read)"),
        (after(&framed(&[focus, vec![0]].concat())), "a message makes no sense (it is followed by more)"),
        (after(&[200, 0, 0, 0, 1, 2, 3]), "it closed the connection"),
        (after(&[9, 0]), "it closed the connection"),
    ]
}

/// An engine that never connects serves as well.
fn idle() -> (Engine, Handle) {
    let host = SimHost::new(SimConfig { hostname: "peers".into(), ..SimConfig::manual(3, 1) });
    let engine = Engine::start(EngineConfig::new(Arc::new(host.connector()))).unwrap();
    let handle = engine.handle();
    (engine, handle)
}

/// Has this sent to a collector, and the connection closed if so; why it was let go.
async fn let_go(shared: &Arc<Shared>, sends: &[u8], closes: bool) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
    let (mut reads, mut writes) = theirs.into_split();
    let console = Console::new(1, shared.clone()).unwrap();
    let peer = async {
        writes.write_all(sends).await.unwrap();
        if closes {
            writes.shutdown().await.unwrap();
        }
        let mut heard = Vec::new();
        // Until it is let go, it takes what comes.
        drop(reads.read_to_end(&mut heard).await);
        heard
    };
    let served = async {
        // Dropped with its answer, as the task of the server does.
        let served = serve(ours, &console).await;
        drop(console);
        served
    };
    let (served, heard) = tokio::time::timeout(LONG, async { tokio::join!(served, peer) }).await.unwrap();
    let hello = Hello::of(URI).encode().unwrap();
    assert_eq!(heard.get(4..4 + hello.len()), Some(&hello[..]), "it is told whom it speaks to");
    served.unwrap_err().to_string()
}

#[test]
fn a_collector_lets_go_of_who_sends_nonsense_and_says_why() {
    let (_engine, handle) = idle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let consoles = Arc::<AtomicUsize>::default();
    let patience = Patience { greets: LONG, takes: LONG };
    let shared = Arc::new(Shared::new(handle.clone(), consoles.clone(), patience));
    for (sends, reason) in nonsense() {
        let why = runtime.block_on(let_go(&shared, &sends, true));
        assert!(why.starts_with(reason), "{sends:?}: {why}");
        assert_eq!(consoles.load(Ordering::Relaxed), 0);
    }
    let patience = Patience { greets: SHORT, takes: LONG };
    let hurried = Arc::new(Shared::new(handle, consoles, patience));
    let why = runtime.block_on(let_go(&hurried, b"\x20\0\0\0NOVA", false));
    assert_eq!(why, "it does not answer", "half a greeting, and no more");
}

/// A folder where a process listens that sends this to who connects, and keeps the connection.
fn listening(folder: &Path, sends: Vec<u8>) -> std::thread::JoinHandle<(UnixListener, UnixStream)> {
    let listener = place::listen(folder).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // A console that knows enough hangs up while it is told more.
        drop(stream.write_all(&sends));
        (listener, stream)
    })
}

const QUICK: client::Patience = client::Patience { greets: SHORT, takes: SHORT, speaks: SHORT, back: SHORT };

/// Why a console has no use for who sends this.
fn refused(sends: &[u8], closes: bool) -> String {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(sends).unwrap();
    if closes {
        theirs.shutdown(std::net::Shutdown::Write).unwrap();
    }
    let client = match Client::greet(ours, URI, &QUICK) {
        Ok(client) => client,
        Err(why) => return why.to_string(),
    };
    let (inbox, inputs) = sync_channel(8);
    client.listen(7, inbox).unwrap();
    loop {
        let Input::Live(live) = inputs.recv_timeout(LONG).unwrap() else { panic!("it heard something else") };
        assert_eq!(live.number, 7);
        if let Err(why) = live.said {
            return why;
        }
    }
}

#[test]
fn a_console_lets_go_of_a_collector_that_sends_nonsense_and_says_why() {
    let beat = framed(&wire::encode(&Down::Beat).unwrap());
    for (sends, reason) in nonsense() {
        if reason.contains("1048577") || reason.contains("followed") {
            continue;
        }
        let why = refused(&sends, true);
        assert!(why.starts_with(reason), "{sends:?}: {why}");
    }
    let after = |more: &[u8]| [greeting(URI), beat.clone(), more.to_vec()].concat();
    let too_long = (MOST_DOWN + 1).to_le_bytes();
    assert_eq!(refused(&after(&too_long), true), "a message of 536870913 bytes is too large");
    let two = framed(&[wire::encode(&Down::Beat).unwrap(), vec![1]].concat());
    assert_eq!(refused(&after(&two), true), "a message makes no sense (it is followed by more)");
    assert_eq!(refused(b"", false), "it does not answer", "no greeting");
    assert_eq!(refused(&after(b""), false), "it does not answer", "a beat, and then silence");
}

/// Follows whoever listens in this folder, until that is given up.
fn followed(folder: &Path) -> (Ended, Vec<Link>, Receiver<Input>) {
    let (inbox, inputs) = sync_channel(64);
    let mut follower = Follower {
        folder: folder.to_owned(),
        uri: URI.into(),
        read_only: false,
        clock: Arc::new(SystemClock::new()),
        inbox,
        machine: None,
        number: 0,
        patience: QUICK,
    };
    let (snapshots, mut newest) = watch::channel(Arc::new(host()));
    let links = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = links.clone();
    let watching = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        while runtime.block_on(newest.changed()).is_ok() {
            let link = newest.borrow_and_update().link.clone();
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(link);
        }
    });
    let ended = follower.run(None, Focus::default(), &inputs, &snapshots);
    drop(snapshots);
    watching.join().unwrap();
    let links = links.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (ended, links, inputs)
}

fn first_frame() -> Vec<u8> {
    framed(&wire::encode(&Down::Frame(Box::new(between(None, &host())))).unwrap())
}

#[test]
fn a_collector_that_falls_silent_is_gone_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    // Stopped: its socket still takes connections, and nobody greets.
    let listening = listening(folder.path(), [greeting(URI), first_frame()].concat());
    let begun = Instant::now();
    let (ended, links, _) = followed(folder.path());
    assert!(begun.elapsed() >= SHORT);
    let Ended::Alone(alone) = ended else { panic!("it was told to stop") };
    assert_eq!(alone.source, Source::Despite { why: "it does not answer".into() });
    let Some(Link::Lost { reason, .. }) = links.last() else { panic!("{links:?}") };
    assert!(reason.ends_with("is gone: it does not answer"), "{reason}");
    drop(listening.join().unwrap());
}

#[test]
fn a_collector_whose_frames_do_not_fit_is_gone_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let s = host();
    let nothing_new = framed(&wire::encode(&Down::Frame(Box::new(between(Some(&s), &s.clone())))).unwrap());
    let listening = listening(folder.path(), [greeting(URI), nothing_new].concat());
    let (ended, links, _) = followed(folder.path());
    assert!(matches!(ended, Ended::Alone(_)));
    assert!(links.is_empty(), "nothing of it was shown: {links:?}");
    drop(listening.join().unwrap());
}
