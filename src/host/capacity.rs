//! How full file systems are. Asking a dead NFS server never returns, so each is asked on a thread of its own
//! with a deadline; one that hung is left alone until its call returns, so it holds one thread at most.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::host::FiniteShare;

/// Space of a file system, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capacity {
    pub(super) size: u64,
    pub(super) used: u64,
    pub(super) available: u64,
    pub(super) inodes_used: Option<FiniteShare>,
}

impl Capacity {
    /// Asks the kernel. May hang.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let s = rustix::fs::statvfs(path)?;
        let bytes = |blocks: u64| blocks.saturating_mul(s.f_frsize);
        Ok(Self {
            size: bytes(s.f_blocks),
            used: bytes(s.f_blocks.saturating_sub(s.f_bfree)),
            available: bytes(s.f_bavail),
            inodes_used: share(s.f_files.saturating_sub(s.f_ffree), s.f_files),
        })
    }
}

/// A share in thousandths; `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<FiniteShare> {
    (whole > 0).then(|| FiniteShare((u128::from(part.min(whole)) * 1000 / u128::from(whole)) as u16))
}

/// How a file system is asked.
pub(super) type Ask = Arc<dyn Fn(&Path) -> io::Result<Capacity> + Send + Sync>;

/// What came of it.
#[derive(Debug)]
pub(super) enum Answer {
    Known(Capacity),
    Failed(String),
    /// It hangs, since this call or an earlier one.
    Hangs,
}

/// A statvfs needs little; the default of 8 MiB would count against locked-memory and overcommit limits.
const STACK: usize = 128 * 1024;

/// Asks file systems and remembers those that hang.
pub(super) struct Prober {
    ask: Ask,
    patience: Duration,
    pending: HashMap<PathBuf, Receiver<io::Result<Capacity>>>,
}

impl Prober {
    pub(super) fn new(ask: Ask, patience: Duration) -> Self {
        Self { ask, patience, pending: HashMap::new() }
    }

    /// Asks all of them at once; returns when all answered or patience ran out.
    pub(super) fn ask_all<'a>(&mut self, paths: impl Iterator<Item = &'a Path>) -> Vec<Answer> {
        let paths: Vec<&Path> = paths.collect();
        // A mount that is gone is not asked for again; its thread, if it hangs, ends with its call.
        self.pending.retain(|path, _| paths.contains(&path.as_path()));
        let started: Vec<Option<Answer>> = paths.iter().map(|path| self.begin(path)).collect();
        let deadline = Instant::now() + self.patience;
        paths
            .iter()
            .zip(started)
            .map(|(path, early)| early.unwrap_or_else(|| self.end(path, deadline)))
            .collect()
    }

    /// Starts a call; an answer at once where it cannot or must not be started.
    fn begin(&mut self, path: &Path) -> Option<Answer> {
        if let Some(earlier) = self.pending.get(path) {
            if matches!(earlier.try_recv(), Err(TryRecvError::Empty)) {
                return Some(Answer::Hangs);
            }
            self.pending.remove(path);
        }
        let (reply, answer) = sync_channel(1);
        let (ask, owned) = (Arc::clone(&self.ask), path.to_path_buf());
        let spawned = thread::Builder::new().name("statvfs".into()).stack_size(STACK).spawn(move || {
            // Nobody listens any more when the mount went away meanwhile.
            let _ = reply.send(ask(&owned));
        });
        match spawned {
            Ok(_) => {
                self.pending.insert(path.to_path_buf(), answer);
                None
            }
            Err(e) => Some(Answer::Failed(e.to_string())),
        }
    }

    fn end(&mut self, path: &Path, deadline: Instant) -> Answer {
        let Some(answer) = self.pending.get(path) else { return Answer::Hangs };
        let outcome = match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(capacity)) => Answer::Known(capacity),
            Ok(Err(e)) => Answer::Failed(e.to_string()),
            Err(RecvTimeoutError::Timeout) => return Answer::Hangs,
            Err(RecvTimeoutError::Disconnected) => Answer::Failed("the call ended without an answer".into()),
        };
        self.pending.remove(path);
        outcome
    }

    /// Threads that hang now.
    #[cfg(test)]
    pub(super) fn hanging(&self) -> usize {
        self.pending.len()
    }
}
