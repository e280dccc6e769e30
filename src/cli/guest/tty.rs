//! The terminal, lent to a guest: raw while it lasts, and afterwards as it was.

use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Mutex, PoisonError};

use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::{mpsc, oneshot};

use crate::cli::exit::{Exit, Failure};
use crate::cli::panic;

/// How the terminal was; there while it is lent.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Pieces of what is typed that wait: more is left with the terminal.
const PIECES: usize = 16;

/// Modes a guest may have set that this program would not know of: colours and charset, margins, keypad, cursor keys,
/// cursor, mouse, focus and paste reports. The cursor stays where it is.
const PLAIN: &str = "\x1b[0m\x1b(B\x0f\x1b7\x1b[r\x1b[?6l\x1b8\x1b[?7h\x1b>\x1b[?1l\x1b[?25h\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?2004l\x1b[4l";

/// A command that lends the terminal cannot do without one.
pub(super) fn needs_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, "a console needs a terminal for input and output"))
}

/// The terminal, raw; dropping it gives it back.
pub(super) struct Raw(());

impl Raw {
    /// Takes it: every key arrives as its byte, Ctrl-C too.
    pub(super) fn enter() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        panic::restore_with(restore);
        let guard = Self(());
        tcsetattr(stdin(), OptionalActions::Drain, &raw)?;
        Ok(guard)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was. Errors have nowhere to go.
fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(before) = before else { return };
    // Not through the buffer of standard output, which another thread may hold while the terminal takes nothing.
    let _ = rustix::io::write(stdout(), PLAIN.as_bytes());
    let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
}

/// What is typed, on a thread that stays behind when nobody listens any more.
pub(super) fn typed() -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let (tell, told) = mpsc::channel(PIECES);
    std::thread::Builder::new().name("typed".into()).spawn(move || {
        let mut piece = [0u8; 1024];
        loop {
            match io::stdin().lock().read(&mut piece) {
                Ok(0) | Err(_) => return,
                Ok(n) => {
                    if tell.blocking_send(piece.get(..n).unwrap_or_default().to_vec()).is_err() {
                        return;
                    }
                }
            }
        }
    })?;
    Ok(told)
}

/// Takes what is to be shown, on a thread: a terminal that takes nothing must not keep anybody from leaving. The other end
/// tells when all was shown, once the sender is dropped.
pub(super) fn shown() -> io::Result<(mpsc::Sender<Vec<u8>>, oneshot::Receiver<()>)> {
    let (show, mut to_show) = mpsc::channel::<Vec<u8>>(1);
    let (tell, all_shown) = oneshot::channel();
    std::thread::Builder::new().name("shown".into()).spawn(move || {
        while let Some(bytes) = to_show.blocking_recv() {
            let mut out = io::stdout().lock();
            if out.write_all(&bytes).and_then(|()| out.flush()).is_err() {
                return;
            }
        }
        // Nobody may wait for it.
        let _ = tell.send(());
    })?;
    Ok((show, all_shown))
}
