//! A program in a pseudo-terminal; each piece of output is stamped when it is read.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{Parser, Screen};

use crate::Outcome;
use crate::modes::{Changed, changed};

/// A program running in a terminal. Its home is a folder of its own; it ends with this.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    /// Kept open so that the terminal's settings can be read when the program has gone.
    _slave: Box<dyn SlavePty + Send>,
    keys: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    ended: Receiver<Instant>,
    end: Option<Instant>,
    started: Instant,
    pid: i32,
    parser: Parser,
    raw: Vec<u8>,
    flags: u32,
    _home: TempDir,
}

impl Terminal {
    /// Starts a program at this size.
    pub(crate) fn start(program: &str, args: &[&str], rows: u16, cols: u16) -> Outcome<Self> {
        Self::start_with(program, args, (rows, cols), &[])
    }

    /// The same with some variables set.
    pub(crate) fn start_with(
        program: &str,
        args: &[&str],
        (rows, cols): (u16, u16),
        variables: &[(&str, &str)],
    ) -> Outcome<Self> {
        let home = tempfile::tempdir()?;
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(home.path());
        command.env_clear();
        let folder = home.path().to_str().ok_or("the temporary folder's name is not UTF-8")?;
        for (name, value) in [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("HOME", folder),
            ("XDG_RUNTIME_DIR", folder),
            ("XDG_DATA_HOME", folder),
        ]
        .iter()
        .chain(variables)
        {
            command.env(name, value);
        }
        let flags = local_flags(&*pair.master);
        let reader = read_on_a_thread(pair.master.try_clone_reader()?);
        let keys = pair.master.take_writer()?;
        let started = Instant::now();
        let mut child = pair.slave.spawn_command(command)?;
        let pid = child.process_id().ok_or("no process id")?.try_into()?;
        let (gone, ended) = channel();
        thread::spawn(move || {
            let _ = child.wait();
            let _ = gone.send(Instant::now());
        });
        Ok(Self {
            master: pair.master,
            _slave: pair.slave,
            keys,
            output: reader,
            ended,
            end: None,
            started,
            pid,
            parser: Parser::new(rows, cols, 0),
            raw: Vec::new(),
            flags,
            _home: home,
        })
    }

    /// The process id.
    pub(crate) const fn pid(&self) -> i32 {
        self.pid
    }

    /// Sends keys; returns when that began.
    pub(crate) fn send(&mut self, keys: &str) -> Outcome<Instant> {
        let at = Instant::now();
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()?;
        Ok(at)
    }

    /// Waits until the screen is as described; returns when the output that made it so was read.
    pub(crate) fn until(
        &mut self,
        what: &str,
        within: Duration,
        is_so: impl Fn(&Screen) -> bool,
    ) -> Outcome<Instant> {
        let deadline = Instant::now() + within;
        let mut seen = Instant::now();
        while !is_so(self.parser.screen()) {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok((at, bytes)) => {
                    self.take(&bytes);
                    seen = at;
                }
                Err(why) => {
                    let text = crate::screen::rows(self.screen()).join("\n");
                    return Err(format!("{what}: not within {within:?} ({why}). The screen:\n{text}").into());
                }
            }
        }
        Ok(seen)
    }

    /// Takes in what comes until then; returns how many bytes came and when the last did.
    pub(crate) fn listen_until(&mut self, deadline: Instant) -> (usize, Option<Instant>) {
        let (before, mut last) = (self.raw.len(), None);
        while let Ok((at, bytes)) =
            self.output.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.take(&bytes);
            last = Some(at);
        }
        // At its end the program's terminal hangs up at once: wait all the same.
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
        (self.raw.len() - before, last)
    }

    /// Takes in what comes for so long; returns how many bytes came.
    pub(crate) fn listen(&mut self, duration: Duration) -> usize {
        self.listen_until(Instant::now() + duration).0
    }

    /// Since the program was started.
    pub(crate) fn since_start(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.started)
    }

    /// The screen as of what was taken in.
    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Bytes written so far.
    pub(crate) const fn written(&self) -> usize {
        self.raw.len()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    /// Waits for the program's end; returns when that was.
    pub(crate) fn until_end(&mut self, within: Duration) -> Outcome<Instant> {
        let deadline = Instant::now() + within;
        let end = loop {
            match self.ended.recv_timeout(Duration::from_millis(1)) {
                Ok(at) => break at,
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(why) => return Err(format!("it did not end within {within:?} ({why})").into()),
            }
            // It cannot end while nobody reads what it writes.
            while let Ok((_, bytes)) = self.output.try_recv() {
                self.take(&bytes);
            }
        };
        self.end = Some(end);
        self.listen(Duration::from_millis(20));
        Ok(end)
    }

    /// After the end: what is not as it was found, in words; `None` when all is.
    pub(crate) fn left_behind(&self) -> Option<String> {
        let modes = changed(&self.raw);
        if local_flags(&*self.master) != self.flags {
            return Some("echo, lines or signals are not as before".into());
        }
        if modes != Changed::default() {
            return Some(format!("modes left behind: {modes:?}"));
        }
        let screen = self.screen();
        (screen.alternate_screen() || screen.hide_cursor()).then(|| "screen or cursor left behind".into())
    }

    /// Has the console quit. Where it is frozen, filtered or deep inside, `q` or Esc first leads out of that.
    pub(crate) fn quit(mut self) -> Outcome<()> {
        for keys in ["q", "\x1b", "q", "\x1b", "q", "q"] {
            self.send(keys)?;
            if self.until_end(Duration::from_millis(400)).is_ok() {
                return Ok(());
            }
        }
        self.until_end(Duration::from_secs(5)).map(drop)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.end.is_none()
            && self.ended.try_recv().is_err()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn local_flags(master: &dyn MasterPty) -> u32 {
    master.get_termios().map_or(0, |t| t.local_flags.bits())
}

fn read_on_a_thread(mut from: Box<dyn Read + Send>) -> Receiver<(Instant, Vec<u8>)> {
    let (to, output) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 65536];
        // A terminal without a program ends in an error, not in 0 bytes.
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            if to.send((Instant::now(), buffer[..n].to_vec())).is_err() {
                break;
            }
        }
    });
    output
}
