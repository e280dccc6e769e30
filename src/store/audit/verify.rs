//! Checking the chain, and the head that is kept outside it.

use std::fmt;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::chain::{NONE, hash};
use super::head::{self, Head, Kept, Mark, Wrong};
use super::read::AuditReader;
use crate::store::error::StoreError;

/// What checking found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every record is there and as it was written.
    Sound {
        /// How many there are.
        count: u64,
        /// Hash of the newest: 64 hexadecimal digits, zeros where there is none.
        head: String,
        /// What else one should know.
        remarks: Vec<Remark>,
    },
    /// The first thing that is wrong.
    Broken(Fault),
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This record is not as it was written.
    Changed {
        /// Its number.
        number: u64,
    },
    /// This record is not there, while a later one is.
    Missing {
        /// Its number.
        number: u64,
    },
    /// This record, or one before it, was written anew: it is not the one that the head file names.
    Rewritten {
        /// Its number.
        number: u64,
    },
    /// The last records are not there.
    CutOff {
        /// Number of the last that is there; 0 where none is.
        ends: u64,
        /// Number of the last there was, as the head file tells.
        told: u64,
    },
    /// Records had been cut off, or written anew, before this one was appended.
    Lost {
        /// Number of the first record since.
        before: u64,
        /// Number of the last there was before that.
        told: u64,
    },
    /// An earlier database is gone: it was not set aside as damaged, or not left there.
    Gone {
        /// How many records it held.
        count: u64,
    },
    /// There is no head file: what was cut off from the end would not be found.
    NoHead {
        /// Number of the last record that is there.
        ends: u64,
    },
    /// The head file makes no sense.
    BadHead,
}

/// What one should know of a chain that is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The head file names an earlier record: a process was killed after it wrote the newest. The next one mends it.
    Behind {
        /// The number it names; 0 where there is no file yet.
        told: u64,
    },
    /// Record 1 follows another chain, whose database was damaged and is set aside in the same folder.
    Follows {
        /// How many records that held.
        count: u64,
    },
    /// The head file was missing or made no sense when this record was appended.
    HadNoHead {
        /// Its number.
        at: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { number } => write!(f, "Record {number} is not as it was written."),
            Self::Missing { number } => write!(f, "Record {number} is missing."),
            Self::Rewritten { number } => {
                write!(
                    f,
                    "Record {number} is not the one that the head file names: it, or one before it, was written anew."
                )
            }
            Self::CutOff { ends, told } => write!(
                f,
                "Records were cut off: the database ends at {ends}, the head file says that there were {told}."
            ),
            Self::Lost { before, told } => write!(
                f,
                "Records were cut off or written anew before record {before} was written: there had been {told}."
            ),
            Self::Gone { count } => write!(
                f,
                "An earlier database with {count} records is gone: it, or what was set aside of it as damaged, was removed."
            ),
            Self::NoHead { ends } => {
                write!(f, "The head file is missing: whether record {ends} was the last one cannot be told.")
            }
            Self::BadHead => f.write_str("The head file makes no sense: it was changed."),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind { told } => write!(
                f,
                "The head file is behind, at {told}: a process was killed as it wrote. The next record mends that."
            ),
            Self::Follows { count } => write!(
                f,
                "Before these there were {count} records in a database that was damaged. It is kept, as state.db.damaged-TIME."
            ),
            Self::HadNoHead { at } => write!(
                f,
                "The head file was missing or made no sense when record {at} was written: what may have been cut off before that is not known."
            ),
        }
    }
}

/// Checks the audit in this folder.
///
/// # Errors
/// A database that is damaged, or may not be read.
pub fn verify(folder: &Path) -> Result<Verdict, StoreError> {
    // First: a record that comes meanwhile is then more than was told, not less.
    let kept = head::read(folder)?;
    let reader = AuditReader::open(folder)?;
    let told = match &kept {
        Kept::Head(head) => Some(head.count),
        Kept::Missing | Kept::Unreadable => None,
    };
    let walked = match &reader.db {
        Some(db) => reader.checked(walk(db, told))?,
        None => Ok(Walk::begin()),
    };
    Ok(match walked.and_then(|walk| walk.judge(&kept, folder)) {
        Ok(sound) => sound,
        Err(fault) => Verdict::Broken(fault),
    })
}

/// A chain that was walked along and holds together.
struct Walk {
    count: u64,
    head: String,
    /// What the first record follows.
    first: String,
    /// Hash of the record that the head file names, where there is one.
    at_told: Option<String>,
}

impl Walk {
    fn begin() -> Self {
        Self { count: 0, head: NONE.to_owned(), first: NONE.to_owned(), at_told: None }
    }
}

/// Walks along the chain to its end or the first fault.
fn walk(db: &Connection, told: Option<i64>) -> rusqlite::Result<Result<Walk, Fault>> {
    let mut walk = Walk::begin();
    let mut query = db.prepare("SELECT number, previous, record, hash FROM audit ORDER BY number")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let found: i64 = row.get(0)?;
        let number = walk.count + 1;
        if u64::try_from(found) != Ok(number) {
            return Ok(Err(Fault::Missing { number }));
        }
        // As they lie there: text that is none is a change, not an error.
        let text = |at: usize| -> rusqlite::Result<Option<String>> {
            Ok(match row.get_ref(at)? {
                ValueRef::Text(bytes) => String::from_utf8(bytes.to_vec()).ok(),
                _ => None,
            })
        };
        let (Some(previous), Some(record), Some(told_hash)) = (text(1)?, text(2)?, text(3)?) else {
            return Ok(Err(Fault::Changed { number }));
        };
        if hash(found, &previous, &record) != told_hash {
            return Ok(Err(Fault::Changed { number }));
        }
        if walk.count == 0 {
            walk.first = previous;
        } else if previous != walk.head {
            // Each of the two is in itself as it was written: the one before was made anew.
            return Ok(Err(Fault::Changed { number: walk.count }));
        }
        if told == Some(found) {
            walk.at_told = Some(told_hash.clone());
        }
        walk.count = number;
        walk.head = told_hash;
    }
    Ok(Ok(walk))
}

impl Walk {
    /// Compares the chain with the head file.
    fn judge(self, kept: &Kept, folder: &Path) -> Result<Verdict, Fault> {
        let mut remarks = Vec::new();
        match kept {
            Kept::Unreadable => return Err(Fault::BadHead),
            Kept::Missing if self.count > 1 => return Err(Fault::NoHead { ends: self.count }),
            Kept::Missing if self.count == 1 => remarks.push(Remark::Behind { told: 0 }),
            Kept::Missing => {}
            Kept::Head(head) => self.compare(head, folder, &mut remarks)?,
        }
        Ok(Verdict::Sound { count: self.count, head: self.head, remarks })
    }

    fn compare(&self, head: &Head, folder: &Path, remarks: &mut Vec<Remark>) -> Result<(), Fault> {
        // Each new beginning has a database that was set aside; one that has none was somebody's.
        let mut aside = set_aside(folder);
        for mark in &head.marks {
            remarks.push(mark.judge(&mut aside)?);
        }
        let told = number(head.count);
        // Killed between the first record of a new database and its head: the file still tells of the one before.
        if self.count > 0 && self.first == head.hash {
            let mark = Mark { at: 1, what: Wrong::BegunAnew, count: head.count, hash: head.hash.clone() };
            remarks.push(mark.judge(&mut aside)?);
            remarks.push(Remark::Behind { told: 0 });
            return Ok(());
        }
        if self.count == 0 && told > 0 && aside > 0 {
            remarks.push(Remark::Follows { count: told });
            return Ok(());
        }
        if self.count < told {
            return Err(Fault::CutOff { ends: self.count, told });
        }
        if self.at_told.as_ref() != Some(&head.hash) {
            return Err(Fault::Rewritten { number: told });
        }
        if told < self.count {
            remarks.push(Remark::Behind { told });
        }
        Ok(())
    }
}

impl Mark {
    /// What an append found wrong: some of it is a fault for ever. Takes one of the databases that were set aside where
    /// it tells of one.
    fn judge(&self, aside: &mut usize) -> Result<Remark, Fault> {
        match self.what {
            Wrong::BegunAnew if *aside > 0 => {
                *aside -= 1;
                Ok(Remark::Follows { count: number(self.count) })
            }
            Wrong::BegunAnew => Err(Fault::Gone { count: number(self.count) }),
            Wrong::CutOff | Wrong::Changed => {
                Err(Fault::Lost { before: number(self.at), told: number(self.count) })
            }
            Wrong::NoHead => Ok(Remark::HadNoHead { at: number(self.at) }),
        }
    }
}

/// How many damaged databases were set aside here.
fn set_aside(folder: &Path) -> usize {
    let log = |name: &str| name.ends_with("-wal") || name.ends_with("-shm");
    let is = |name: &str| name.starts_with("state.db.damaged-") && !log(name);
    let Ok(files) = fs::read_dir(folder) else { return 0 };
    files.filter(|f| f.as_ref().is_ok_and(|f| f.file_name().to_str().is_some_and(is))).count()
}

fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
