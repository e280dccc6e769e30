//! `novacron vm console`: the user's own terminal is the emulator, of what is harmless to it.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::filter::Filter;
use super::tty::{Raw, shown, typed};
use crate::cli::exit::{Exit, Failure};
use crate::cli::operate::exit_of;
use crate::cli::output::to_stderr;
use crate::engine::consoles::{ConsoleHandle, ConsoleState, Ended, Ending};
use crate::hypervisor::HvError;
use crate::model::vm::VmRecord;

/// Ctrl-].
const ESCAPE: u8 = 0x1d;
/// Bytes that are shown at once.
const PIECE: usize = 16 << 10;
/// How soon it is tried again to type what the guest did not take.
const AGAIN: Duration = Duration::from_millis(20);

/// How it was left.
enum Left {
    /// By Ctrl-], or with the terminal.
    ByUser,
    /// By a signal.
    Told,
    /// By the other side.
    Over(Ending),
}

/// Stays until the user leaves, or it ends by itself.
pub(super) async fn run(console: &ConsoleHandle, vm: &VmRecord) -> Result<Exit, Failure> {
    let name = crate::model::text::clean(&vm.name).into_owned();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let told = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
        }
    };
    let left = tokio::select! {
        biased;
        () = told => Left::Told,
        left = converse(console, &name) => left?,
    };
    match left {
        Left::ByUser => {
            to_stderr(&format!("\nLeft the console of {name}."));
            Ok(Exit::Done)
        }
        Left::Told => Err(Failure::new(Exit::Cancelled, "told to end: the console was closed")),
        Left::Over(ending) => over(&ending),
    }
}

fn over(ending: &Ending) -> Result<Exit, Failure> {
    let exit = match ending.how {
        Ended::Closed => {
            to_stderr(&format!("\n{}", ending.sentence));
            return Ok(Exit::Done);
        }
        Ended::Refused(kind) => exit_of(kind),
        Ended::Failed(kind) => Failure::from(&HvError::new(kind, "open the console", "")).exit,
    };
    Err(Failure::new(exit, ending.sentence.trim_end_matches('.')).hint(&ending.remedy))
}

async fn converse(console: &ConsoleHandle, name: &str) -> Result<Left, Failure> {
    // Not raw before it is open: until then Ctrl-C ends it.
    let mut first = console.take(PIECE);
    while first.state == ConsoleState::Opening {
        console.changed().await;
        let more = console.take(PIECE);
        first.bytes.extend(more.bytes);
        first.state = more.state;
    }
    if let ConsoleState::Ended(ending) = first.state {
        return Ok(Left::Over(ending));
    }
    to_stderr(&format!("Console of {name}. Ctrl-] leaves it."));
    let _raw = Raw::enter()?;
    let mut typed = typed()?;
    let (show, all_shown) = shown()?;
    let mut filter = Filter::default();
    let mut to_show = filter.pass(&first.bytes);
    let mut to_type: Vec<u8> = Vec::new();
    let ending = loop {
        tokio::select! {
            piece = typed.recv(), if to_type.is_empty() => {
                let Some(mut piece) = piece else { return Ok(Left::ByUser) };
                let leaves = piece.iter().position(|b| *b == ESCAPE);
                piece.truncate(leaves.unwrap_or(piece.len()));
                let all = piece.is_empty() || console.type_bytes(&piece);
                if leaves.is_some() {
                    return Ok(Left::ByUser);
                }
                if !all {
                    to_type = piece;
                }
            }
            () = tokio::time::sleep(AGAIN), if !to_type.is_empty() => {
                if console.type_bytes(&to_type) {
                    to_type.clear();
                }
            }
            permit = show.reserve(), if !to_show.is_empty() => match permit {
                Ok(permit) => permit.send(std::mem::take(&mut to_show)),
                // The terminal is gone.
                Err(_) => return Ok(Left::ByUser),
            },
            () = console.changed(), if to_show.is_empty() => {
                let taken = console.take(PIECE);
                if taken.dropped > 0 {
                    to_show = format!("\r\n[{} bytes left out: the terminal was too slow]\r\n", taken.dropped).into_bytes();
                }
                to_show.extend(filter.pass(&taken.bytes));
                if let ConsoleState::Ended(ending) = taken.state {
                    break ending;
                }
            }
        }
    };
    // What came last is shown, where the terminal takes it.
    let rest = async {
        let sent = show.send(to_show).await;
        drop(show);
        (sent.is_ok(), all_shown.await.is_ok())
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
    Ok(Left::Over(ending))
}
