//! `novacron export`: where the page goes, and how often.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::page::page;
use super::serve::{self, Patience};
use super::text::Dialect;
use super::textfile;
use crate::cli::args::Export;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{to_stderr, to_stdout};
use crate::cli::session::Session;
use crate::engine::Handle;
use crate::model::snapshot::{Link, Snapshot};
use crate::model::time::Timestamp;

/// Exports a page once from what `gather` brings, or again and again from what the session that `start` starts tells.
pub(in crate::cli) fn run(
    args: &Export,
    gather: impl FnOnce() -> Result<Arc<Snapshot>, Failure>,
    start: impl FnOnce() -> Result<Session, Failure>,
) -> Result<Exit, Failure> {
    if let Some(listen) = &args.listen {
        // Before anything is started: a wrong address is told at once.
        let address = address(listen, args.allow_remote)?;
        return listen_on(address, &start()?);
    }
    if let (Some(path), Some(interval)) = (&args.textfile, args.interval) {
        let session = start()?;
        return until_ended(repeat(session.handle().clone(), path, interval, args.timeout));
    }
    let text = page(&*gather()?, now(), Dialect::Plain);
    match &args.textfile {
        Some(path) => textfile::write(path, &text).map_err(|e| unwritten(path, &e))?,
        None => to_stdout(|out| out.write_all(text.as_bytes()))?,
    }
    Ok(Exit::Done)
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

/// The address to listen on; one that others can reach only if that is meant.
pub(super) fn address(text: &str, remote: bool) -> Result<SocketAddr, Failure> {
    let text =
        text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    let address: SocketAddr = text.parse().map_err(|_| {
        Failure::new(Exit::Usage, format!("--listen: \"{text}\" is not an address and port"))
            .hint("Say 127.0.0.1:9177 or [::1]:9177.")
    })?;
    if remote || address.ip().is_loopback() {
        return Ok(address);
    }
    Err(Failure::new(
        Exit::Refused,
        format!("{address} can be reached from other machines, without a password"),
    )
    .hint("Listen on 127.0.0.1, or say with --allow-remote that this is meant."))
}

fn listen_on(address: SocketAddr, session: &Session) -> Result<Exit, Failure> {
    let handle = session.handle().clone();
    let source = move |dialect| page(&handle.snapshot(), now(), dialect);
    let bound = serve::start(address, Patience::default(), Arc::new(source)).map_err(|e| {
        Failure::new(Exit::Failed, format!("could not listen on {address}: {e}"))
            .hint("Is the port taken? --listen ADDRESS:PORT takes another.")
    })?;
    to_stderr(&format!("novacron: serving http://{bound}/metrics"));
    until_ended(std::future::pending())
}

/// Waits for the work, which may never end, or for a signal to end it: that is the way to end it, and no failure.
fn until_ended(work: impl Future<Output = Result<(), Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            done = work => done.map(|()| Exit::Done),
            Ok(()) = tokio::signal::ctrl_c() => Ok(Exit::Done),
            _ = terminate.recv() => Ok(Exit::Done),
        }
    })
}

/// Writes the file so often. That it cannot be written ends it at first; later it is told, and tried again.
async fn repeat(handle: Handle, path: &Path, interval: Duration, patience: Duration) -> Result<(), Failure> {
    let mut snapshots = handle.subscribe();
    // The first page shall tell something, even if only that there is no connection.
    let told = snapshots.wait_for(|s| s.listed || matches!(s.link, Link::Lost { .. }));
    let _ = tokio::time::timeout(patience, told).await;
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut first, mut trouble) = (true, String::new());
    loop {
        ticks.tick().await;
        let text = page(&handle.snapshot(), now(), Dialect::Plain);
        match textfile::write(path, &text) {
            Ok(()) => trouble.clear(),
            Err(e) if first => return Err(unwritten(path, &e)),
            Err(e) => {
                let told = unwritten(path, &e).to_string();
                if told != trouble {
                    to_stderr(&told);
                    trouble = told;
                }
            }
        }
        first = false;
    }
}

fn unwritten(path: &Path, e: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("could not write {}: {e}", path.display()))
        .hint("The folder must be there, and this user must be able to write in it.")
}
