//! A guest's screen in a window of its own: started and left to itself.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use tokio::sync::mpsc;

use crate::console::app::msg::{Msg, Notice};
use crate::model::text::clean;

/// Bytes of a viewer's complaints that are kept.
const WORDS: usize = 2048;

/// Starts the first of these whose program is there; what becomes of it is told as a notice.
fn open(commands: Vec<Vec<String>>, address: &str, answers: mpsc::Sender<Msg>) {
    let at = if address.is_empty() { String::new() } else { format!(" Its address is {address}.") };
    let no_display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|v| std::env::var_os(v).is_none_or(|v| v.is_empty()));
    let tell = move |notice| drop(answers.blocking_send(Msg::Notice(notice)));
    let work = move || {
        if no_display {
            return tell(Notice::bad(format!("There is no display here to open a window on.{at}")));
        }
        match start(&commands) {
            Ok((program, child)) => {
                tell(Notice::good(format!("Opened {program}.")));
                if let Some(why) = ended(child) {
                    tell(Notice::bad(format!("{program} failed: {why}")));
                }
            }
            Err(why) => tell(Notice::bad(format!("{why}{at}"))),
        }
    };
    if let Err(e) = std::thread::Builder::new().name("viewer".into()).spawn(work) {
        tracing::warn!("no viewer was opened: {e}");
    }
}

/// The same once it is written down that somebody looks; where it is not, nothing is opened.
pub(super) async fn open_once(
    written: impl Future<Output = Result<(), String>>,
    commands: Vec<Vec<String>>,
    address: String,
    answers: mpsc::Sender<Msg>,
) {
    match written.await {
        Ok(()) => open(commands, &address, answers),
        Err(why) => drop(answers.send(Msg::Notice(Notice::bad(why))).await),
    }
}

fn start(commands: &[Vec<String>]) -> Result<(String, Child), String> {
    let mut missing = Vec::new();
    for words in commands {
        let Some((program, arguments)) = words.split_first() else { continue };
        // One that needs an address has none to show.
        if arguments.iter().any(String::is_empty) {
            continue;
        }
        let started = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-c in this terminal is not for it.
            .process_group(0)
            .spawn();
        match started {
            Ok(child) => return Ok((clean(program).into_owned(), child)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => missing.push(clean(program).into_owned()),
            Err(e) => return Err(format!("{} could not be started: {e}.", clean(program))),
        }
    }
    if missing.is_empty() {
        return Err("The VM has no graphical console that listens on a port.".into());
    }
    Err(format!("Not installed here: {}.", missing.join(", ")))
}

/// Waits for its end: why it failed, where it did.
fn ended(mut child: Child) -> Option<String> {
    let mut said = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        let mut piece = [0u8; 1024];
        // Read to the end, so that it never waits for a reader.
        while let Ok(n @ 1..) = stderr.read(&mut piece) {
            said.extend_from_slice(piece.get(..n).unwrap_or_default());
            said.drain(..said.len().saturating_sub(WORDS));
        }
    }
    let status = child.wait().ok()?;
    if status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    Some(last.map_or_else(|| format!("{status}."), |line| clean(line).into_owned()))
}
