//! Bytes between a file of this machine and a volume, with their progress and a way to stop.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::SeekFrom as Sparse;

use super::{Broken, Hands};
use crate::engine::jobs::Input;
use crate::engine::jobs::kept::name_new;
use crate::engine::jobs::watch::Rate;
use crate::hypervisor::{Chunk, HvError, HvErrorKind, HvProgress, HvResult, Piece};

const WRITE: &str = "write the file";
/// How often it is told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(400);

/// Where a download is written until all of it is there.
pub(in crate::engine::jobs) fn part_of(file: &str) -> PathBuf {
    PathBuf::from(format!("{file}.part"))
}

/// Tells how far it is, and whether to stop.
struct Meter<'m> {
    hands: &'m Hands<'m>,
    rate: Rate,
    done: u64,
    total: u64,
    told: Instant,
}

impl<'m> Meter<'m> {
    fn new(hands: &'m Hands<'m>, total: u64) -> Self {
        Self { hands, rate: Rate::default(), done: 0, total, told: Instant::now() }
    }

    fn went(&mut self, bytes: u64) -> HvResult<()> {
        if self.hands.stop.is_asked() {
            return Err(HvError::new(HvErrorKind::Aborted, "go on", "it was stopped"));
        }
        self.done += bytes;
        let now = Instant::now();
        if now.duration_since(self.told) >= TELL_EVERY {
            self.told = now;
            let progress = self.rate.seen(HvProgress { done: self.done, total: self.total }, now);
            drop(self.hands.desk.send(Input::Progress(self.hands.job, progress)));
        }
        Ok(())
    }
}

/// A file as it is sent: what is data, and what are holes.
struct Sparsely {
    file: File,
    at: u64,
    size: u64,
    /// Where the present stretch of data ends.
    data_until: u64,
}

impl Sparsely {
    fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, at: 0, size, data_until: 0 })
    }

    fn next(&mut self, buffer: &mut [u8]) -> io::Result<Chunk> {
        if self.at >= self.size {
            return Ok(Chunk::End);
        }
        if self.at >= self.data_until {
            let data = self.seek(Sparse::Data(self.at))?.min(self.size);
            if data > self.at {
                let hole = data - self.at;
                self.at = data;
                return Ok(Chunk::Hole(hole));
            }
            self.data_until = self.seek(Sparse::Hole(self.at))?.min(self.size);
            self.file.seek(SeekFrom::Start(self.at))?;
        }
        let left = usize::try_from(self.data_until - self.at).unwrap_or(buffer.len());
        let room = left.min(buffer.len());
        let n = self.file.read(&mut buffer[..room])?;
        if n == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        self.at += n as u64;
        Ok(Chunk::Data(n))
    }

    /// The end of the file where there is nothing more of that, or where the file system does not know.
    fn seek(&self, to: Sparse) -> io::Result<u64> {
        match rustix::fs::seek(&self.file, to) {
            Ok(at) => Ok(at),
            Err(rustix::io::Errno::NXIO) => Ok(self.size),
            Err(rustix::io::Errno::INVAL) => {
                Ok(if matches!(to, Sparse::Data(_)) { self.at } else { self.size })
            }
            Err(e) => Err(e.into()),
        }
    }
}

fn broken(what: &'static str, e: &io::Error) -> HvError {
    HvError::new(HvErrorKind::Other, what, e.to_string())
}

/// Stopped, or what else it was.
fn ended(hands: &Hands<'_>, done: HvResult<()>) -> Result<(), Broken> {
    match done {
        Err(_) if hands.stop.is_asked() => Err(Broken::Stopped("")),
        done => Ok(done?),
    }
}

/// Writes a file's bytes into a volume.
pub(super) fn upload((pool, name): (&str, &str), from: &str, hands: &Hands<'_>) -> Result<(), Broken> {
    const READ: &str = "read the file";
    let opened = File::open(from).and_then(Sparsely::new);
    let mut file = opened.map_err(|e| broken(READ, &e).of(from))?;
    let mut meter = Meter::new(hands, file.size);
    let mut source = |buffer: &mut [u8]| {
        let chunk = file.next(buffer).map_err(|e| broken(READ, &e).of(from))?;
        meter.went(match chunk {
            Chunk::Data(n) => n as u64,
            Chunk::Hole(n) => n,
            Chunk::End => 0,
        })?;
        Ok(chunk)
    };
    let length = std::fs::metadata(from).map_or(0, |m| m.len());
    ended(hands, hands.hv.upload(pool, name, length, &mut source))
}

/// Writes a volume's bytes to a new file. Broken off, nothing of it stays.
pub(super) fn download((pool, name): (&str, &str), to: &str, hands: &Hands<'_>) -> Result<(), Broken> {
    let part = part_of(to);
    // One that is there already is another download's.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
    let file = made.map_err(|e| broken(WRITE, &e).of(part.display().to_string()))?;
    let done = fetch((pool, name), (file, &part), hands).and_then(|()| {
        // Never over a file that came meanwhile.
        name_new(&part, Path::new(to)).map_err(|e| broken("give the file its name", &e).of(to))
    });
    if done.is_err()
        && let Err(e) = std::fs::remove_file(&part)
        && e.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("{} could not be removed: {e}", part.display());
    }
    ended(hands, done)
}

fn fetch((pool, name): (&str, &str), (mut file, part): (File, &Path), hands: &Hands<'_>) -> HvResult<()> {
    let fail = |e: io::Error| broken(WRITE, &e).of(part.display().to_string());
    let total = hands.hv.volume(pool, name, false)?;
    let mut meter = Meter::new(hands, total.capacity.max(total.allocation));
    let mut length = 0u64;
    let mut sink = |piece: Piece<'_>| match piece {
        Piece::Data(bytes) => {
            file.write_all(bytes).map_err(fail)?;
            length += bytes.len() as u64;
            meter.went(bytes.len() as u64)
        }
        Piece::Hole(bytes) => {
            length += bytes;
            file.seek(SeekFrom::Start(length)).map_err(fail)?;
            meter.went(bytes)
        }
    };
    hands.hv.download(pool, name, &mut sink)?;
    file.set_len(length).and_then(|()| file.sync_all()).map_err(fail)
}
