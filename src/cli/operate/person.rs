//! Whoever sits before a command: is asked, sees how far it is, and may press Ctrl-C.

use std::io::{self, IsTerminal, Write};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::model::text::truncate;

/// Somebody, or nobody.
pub(super) trait Person {
    /// Whether there is somebody to ask.
    fn is_there(&self) -> bool;

    /// Shows a text, with line ends.
    fn show(&mut self, text: &str);

    /// Asks for a line; `None` when there is no answer, or Ctrl-C.
    fn ask(&mut self, question: &str) -> impl Future<Output = Option<String>>;

    /// Shows how far it is, in place of what was shown so before; an empty line takes it away.
    fn progress(&mut self, line: &str);

    /// Ends when the command is told to: by Ctrl-C or SIGTERM.
    fn interrupted(&mut self) -> impl Future<Output = ()>;
}

/// The terminal, where there is one. Everything goes to standard error: standard output is for what comes out.
pub(super) struct Terminal {
    interrupt: Signal,
    terminate: Signal,
    asks: bool,
    /// Columns, where standard error is a terminal that can take a line back.
    width: Option<usize>,
    shown: bool,
}

impl Terminal {
    /// Finds out. From here on Ctrl-C no longer ends the process by itself.
    pub(super) fn new() -> io::Result<Self> {
        let (stdin, stderr) = (io::stdin(), io::stderr());
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok();
        let columns = size.map(|s| usize::from(s.ws_col)).filter(|c| *c > 0).unwrap_or(80);
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            asks: stdin.is_terminal() && stderr.is_terminal(),
            width: stderr.is_terminal().then_some(columns),
            shown: false,
        })
    }
}

impl Person for Terminal {
    fn is_there(&self) -> bool {
        self.asks
    }

    fn show(&mut self, text: &str) {
        self.progress("");
        // Nobody to tell when it is gone.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    async fn ask(&mut self, question: &str) -> Option<String> {
        self.show(question);
        let _ = io::stderr().lock().flush();
        let (tell, told) = oneshot::channel();
        // A read cannot be given up: after Ctrl-C this thread stays behind until the process ends.
        let reader = std::thread::Builder::new().name("answer".into()).spawn(move || {
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line).is_ok_and(|n| n > 0);
            drop(tell.send(read.then_some(line)));
        });
        reader.ok()?;
        let answer = tokio::select! {
            line = told => line.ok().flatten(),
            () = self.interrupted() => None,
        };
        if answer.is_none() {
            self.show("\n");
        }
        answer
    }

    fn progress(&mut self, line: &str) {
        let Some(width) = self.width else { return };
        if line.is_empty() && !self.shown {
            return;
        }
        let _ = write!(io::stderr().lock(), "\r\x1b[K{}", truncate(line, width.saturating_sub(1)));
        self.shown = !line.is_empty();
    }

    async fn interrupted(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
