//! The terminal, lent to a command until it ends.

use std::io::{self, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

use super::{Console, Ended, Flow, Guard, HangUp, Signals, guard};
use crate::console::app::msg::{Effect, Notice};
use crate::model::id::VmId;
use crate::model::operation::Visit;
use crate::model::shell;
use crate::model::text::clean;

/// Puts back what a guest's programs may have left behind: colours, character set, cursor keys, keypad.
const PLAIN: &str = "\x1b[0m\x1b(B\x0f\x1b[?1l\x1b>\r\n";

/// It is written down so soon that somebody goes to a guest, or nobody goes.
const TELL_WITHIN: Duration = Duration::from_secs(5);

/// How a command ended.
enum Over {
    /// By itself.
    Ended(io::Result<ExitStatus>),
    /// This program was told to end, or the terminal is gone.
    Told(Ended),
}

impl Console {
    /// Lends the terminal, and takes it back. Nobody else may read it meanwhile.
    pub(super) async fn visit(
        &mut self,
        (vm, words): (VmId, &[String]),
        signals: &mut Signals,
        hang_up: &mut HangUp,
    ) -> io::Result<Flow> {
        // The desk may wait for a host that hangs; nobody goes anywhere meanwhile, and all can still be left.
        let told = tokio::select! {
            told = tokio::time::timeout(TELL_WITHIN, self.lines.witness(vm, Visit::Ssh)) => told,
            _ = signals.terminate.recv() => return Ok(Flow::Break(Ended::Signal)),
            () = hang_up.happened() => return Ok(Flow::Break(Ended::TerminalGone)),
        };
        if let Err(why) = told.unwrap_or_else(|_| Err("The host does not answer: SSH was not begun.".into()))
        {
            self.app.dirty = true;
            return Ok(self.take(super::Msg::Notice(Notice::bad(why))));
        }
        Guard::lend();
        let before = tcgetattr(rustix::stdio::stdin());
        let over = run(words, signals, hang_up).await;
        if let Ok(before) = before {
            // As it was lent, whatever the command left.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &before);
        }
        let notice = match over {
            Over::Told(ended) => return Ok(Flow::Break(ended)),
            Over::Ended(result) => failure(words, result),
        };
        if let Some(why) = &notice {
            say(&format!("\n{why} Press Enter to return to NovaCron.\n"));
            if let Some(ended) = enter(signals, hang_up).await {
                return Ok(Flow::Break(ended));
            }
        }
        // Ctrl-c was for the command.
        *signals = Signals::new()?;
        say(PLAIN);
        Guard::take_back(self.mouse)?;
        let redrawn = self.perform(Effect::Redraw);
        if let Some(why) = notice {
            self.app.dirty = true;
            return Ok(self.take(super::Msg::Notice(Notice::bad(why))));
        }
        Ok(redrawn)
    }
}

/// Runs it to its end.
async fn run(words: &[String], signals: &mut Signals, hang_up: &mut HangUp) -> Over {
    say(&format!("NovaCron: {}\n", clean(&shell::line(words))));
    let child = match start(words) {
        Ok(child) => child,
        Err(e) => return Over::Ended(Err(e)),
    };
    let id = Pid::from_child(&child);
    let mut waited = wait(child);
    loop {
        tokio::select! {
            biased;
            status = &mut waited => {
                return Over::Ended(status.unwrap_or_else(|_| Err(io::Error::other("nobody waited for it"))));
            }
            _ = signals.terminate.recv() => return told(id, Ended::Signal),
            _ = signals.hang_up.recv() => return told(id, Ended::Signal),
            () = hang_up.happened() => return told(id, Ended::TerminalGone),
            // The terminal sends these to all that run on it: they are the command's.
            _ = signals.interrupt.recv() => {}
            _ = signals.quit.recv() => {}
        }
    }
}

/// The command goes with this program.
fn told(id: Pid, ended: Ended) -> Over {
    let _ = kill_process(id, Signal::TERM);
    Over::Told(ended)
}

fn start(words: &[String]) -> io::Result<Child> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(stderr) = guard::stderr() {
        command.stderr(Stdio::from(stderr));
    }
    command.spawn()
}

/// Waits on a thread of its own: that cannot be given up.
fn wait(mut child: Child) -> oneshot::Receiver<io::Result<ExitStatus>> {
    let (tell, told) = oneshot::channel();
    let waiter = std::thread::Builder::new().name("lent".into());
    // Where there is no thread the other end learns of it.
    drop(waiter.spawn(move || drop(tell.send(child.wait()))));
    told
}

/// Why it did not do what it was to do. A shell that was left with an error is none of ours: SSH itself ends with 255.
fn failure(words: &[String], result: io::Result<ExitStatus>) -> Option<String> {
    let program = clean(words.first().map_or("", String::as_str));
    match result {
        Err(e) => Some(format!("{program} could not be run: {e}.")),
        Ok(status) if status.code().is_none_or(|code| code == 255) => {
            Some(format!("{program} failed: {status}."))
        }
        Ok(_) => None,
    }
}

/// Waits for Enter; tells where this program was to end meanwhile.
async fn enter(signals: &mut Signals, hang_up: &mut HangUp) -> Option<Ended> {
    let (tell, told) = oneshot::channel();
    let reader = std::thread::Builder::new().name("enter".into());
    drop(reader.spawn(move || drop(tell.send(io::stdin().read_line(&mut String::new())))));
    tokio::select! {
        _ = told => None,
        () = signals.any() => Some(Ended::Signal),
        () = hang_up.happened() => Some(Ended::TerminalGone),
    }
}

fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
