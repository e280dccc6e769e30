//! A program in a terminal of its own: keys in, a screen out, and every byte kept.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{Parser, Screen};

use super::modes::{Changed, changed};

/// How long anything may take that ought to be quick, on a machine under load.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A program running in a pseudo-terminal. Its home is a folder of its own, gone with it.
pub(crate) struct Term {
    master: Option<Box<dyn MasterPty + Send>>,
    /// Kept open so that the terminal's settings can still be read when the program has gone.
    slave: Option<Box<dyn SlavePty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    output: Receiver<Vec<u8>>,
    exit: Receiver<ExitStatus>,
    status: Option<ExitStatus>,
    pid: Pid,
    parser: Parser,
    raw: Vec<u8>,
    hung_up: Arc<AtomicBool>,
    /// The terminal's local flags as found, and as left.
    flags: (u32, Option<u32>),
    home: TempDir,
}

impl Term {
    /// Starts `program` at this size. The environment holds nothing but what a login would give, a home of its own and `env`.
    pub(crate) fn spawn(program: &str, args: &[&str], env: &[(&str, &str)], rows: u16, cols: u16) -> Self {
        Self::spawn_in(tempfile::tempdir().unwrap(), program, args, env, rows, cols)
    }

    /// The same in a home prepared beforehand.
    pub(crate) fn spawn_in(
        home: TempDir,
        program: &str,
        args: &[&str],
        env: &[(&str, &str)],
        rows: u16,
        cols: u16,
    ) -> Self {
        let pair = native_pty_system().openpty(size(rows, cols)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(home.path());
        command.env_clear();
        for (name, value) in [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("HOME", home.path().to_str().unwrap()),
            // Root keeps data elsewhere unless told.
            ("XDG_DATA_HOME", home.path().join("data").to_str().unwrap()),
            ("XDG_RUNTIME_DIR", home.path().to_str().unwrap()),
        ]
        .iter()
        .chain(env)
        {
            command.env(name, value);
        }
        let flags = (local_flags(&*pair.master), None);
        let mut child = pair.slave.spawn_command(command).unwrap();
        let pid = Pid::from_raw(child.process_id().unwrap().try_into().unwrap()).unwrap();
        let (gone, exit) = channel();
        thread::spawn(move || gone.send(child.wait().unwrap()));
        let hung_up = Arc::new(AtomicBool::new(false));
        Self {
            keys: Some(pair.master.take_writer().unwrap()),
            output: read_on_a_thread(pair.master.try_clone_reader().unwrap(), Arc::clone(&hung_up)),
            master: Some(pair.master),
            slave: Some(pair.slave),
            exit,
            status: None,
            pid,
            parser: Parser::new(rows, cols, 0),
            raw: Vec::new(),
            hung_up,
            flags,
            home,
        }
    }

    /// Starts the built `novacron`.
    pub(crate) fn novacron(args: &[&str], env: &[(&str, &str)], rows: u16, cols: u16) -> Self {
        Self::spawn(env!("CARGO_BIN_EXE_novacron"), args, env, rows, cols)
    }

    /// The program's home folder.
    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Sends keys as a terminal would: `"j"`, `"\r"`, `"\x1b[A"`.
    pub(crate) fn send(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until the screen is as described; returns how long that took.
    ///
    /// # Panics
    /// When it is not so in time, or cannot become so because the program has ended. Shows the screen.
    pub(crate) fn until(
        &mut self,
        what: &str,
        within: Duration,
        is_so: impl Fn(&Screen) -> bool,
    ) -> Duration {
        let start = Instant::now();
        loop {
            while let Ok(bytes) = self.output.try_recv() {
                self.take(&bytes);
            }
            if is_so(self.parser.screen()) {
                return start.elapsed();
            }
            match self.output.recv_timeout(within.saturating_sub(start.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("{what}: not within {within:?} ({why}). The screen:\n{}", self.framed()),
            }
        }
    }

    /// Waits until the text stands on the screen.
    pub(crate) fn until_text(&mut self, text: &str) -> Duration {
        self.until(&format!("{text:?} on screen"), SOON, |screen| screen.contents().contains(text))
    }

    /// Waits until the program writes these bytes, after the first `from` bytes of all.
    pub(crate) fn until_bytes(&mut self, what: &str, from: usize, bytes: &[u8]) {
        let start = Instant::now();
        while !self.raw[from..].windows(bytes.len()).any(|w| w == bytes) {
            match self.output.recv_timeout(SOON.saturating_sub(start.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("{what}: not within {SOON:?} ({why}). The screen:\n{}", self.framed()),
            }
        }
    }

    /// Takes in what is under way, until nothing came for a moment.
    pub(crate) fn settle(&mut self) {
        while self.listen(Duration::from_millis(100)) > 0 {}
    }

    /// Takes in what comes for this long and returns how many bytes came.
    pub(crate) fn listen(&mut self, duration: Duration) -> usize {
        let (before, start) = (self.raw.len(), Instant::now());
        while let Some(left) = duration.checked_sub(start.elapsed()) {
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => break,
            }
        }
        self.raw.len() - before
    }

    /// The emulated screen, cell by cell.
    pub(crate) fn cells(&self) -> &Screen {
        self.parser.screen()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    /// The screen's text, trailing blanks left out.
    pub(crate) fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    fn framed(&self) -> String {
        let (_, cols) = self.parser.screen().size();
        let edge = format!("+{}+", "-".repeat(cols.into()));
        let rows: Vec<String> =
            self.parser.screen().rows(0, cols).map(|row| format!("|{row:<0$}|", usize::from(cols))).collect();
        format!("{edge}\n{}\n{edge}\nlast bytes: {}", rows.join("\n"), self.tail())
    }

    /// The last bytes, readable.
    pub(crate) fn tail(&self) -> String {
        self.raw[self.raw.len().saturating_sub(200)..].escape_ascii().to_string()
    }

    /// Every byte the program wrote so far.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Gives the terminal another size; the program gets SIGWINCH.
    pub(crate) fn resize(&mut self, rows: u16, cols: u16) {
        self.master.as_ref().unwrap().resize(size(rows, cols)).unwrap();
        // The emulator cannot hold less than a wide character.
        self.parser.screen_mut().set_size(rows.max(2), cols.max(2));
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        assert!(self.status.is_none(), "the program has ended");
        kill_process(self.pid, signal).unwrap();
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether the terminal passes keys on one by one, without echo.
    pub(crate) fn is_raw(&self) -> bool {
        local_flags(&**self.master.as_ref().unwrap()) & (libc::ICANON | libc::ECHO | libc::ISIG) == 0
    }

    /// Takes the terminal away, as a lost SSH session does: SIGHUP, and nothing to write to any more.
    pub(crate) fn hang_up(&mut self) {
        self.hung_up.store(true, Ordering::SeqCst);
        // The reader notices at the next byte; a new size makes the program write one.
        let (rows, cols) = self.parser.screen().size();
        self.resize(rows + 1, cols);
        (self.keys, self.slave, self.master) = (None, None, None);
    }

    /// Waits for the program's end and takes in all that it wrote.
    pub(crate) fn wait_exit(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        // It cannot end while nobody reads what it writes.
        let status = loop {
            match self.exit.recv_timeout(Duration::from_millis(5)) {
                Ok(status) => break status,
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {
                    while let Ok(bytes) = self.output.try_recv() {
                        self.take(&bytes);
                    }
                }
                Err(why) => panic!("no end within {within:?} ({why}). The screen:\n{}", self.framed()),
            }
        };
        self.status = Some(status.clone());
        self.flags.1 = self.master.as_deref().map(|master| local_flags(master));
        // The last writer is gone with it, so the reader sees the end.
        self.slave = None;
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        status
    }

    /// After [`Self::wait_exit`]: the terminal is as it was found.
    pub(crate) fn assert_terminal_restored(&self) {
        assert!(self.status.is_some(), "still running");
        let (found, left) = self.flags;
        assert_eq!(left, Some(found), "echo, lines and signals are not as before (local flags)");
        assert_eq!(changed(&self.raw), Changed::default(), "modes left behind. {}", self.framed());
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{}", self.framed());
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        if self.status.is_none() && self.exit.try_recv().is_err() {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

const fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn local_flags(master: &dyn MasterPty) -> u32 {
    master.get_termios().unwrap().local_flags.bits()
}

fn read_on_a_thread(mut from: Box<dyn Read + Send>, hung_up: Arc<AtomicBool>) -> Receiver<Vec<u8>> {
    let (to, output) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        // A terminal without a program ends in an error, not in 0 bytes.
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            if hung_up.load(Ordering::SeqCst) || to.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    output
}
