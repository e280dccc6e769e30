//! Finding audit records, newest first.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row};

use crate::model::audit::{AuditRecord, Chained};
use crate::model::job::JobState;
use crate::model::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::ladder::{self, STATE};
use crate::store::open::{self, Readable};

/// The schema that brought the audit.
const SINCE: i64 = 2;

/// Which records are looked for: those that all of these hold for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Over at this time or after.
    pub since: Option<Timestamp>,
    /// Over before this time.
    pub until: Option<Timestamp>,
    /// Name that the target had, or its UUID.
    pub target: Option<String>,
    /// Who did it.
    pub user: Option<String>,
    /// With what the operation's word begins: `vm.start`, `vm.`.
    pub operation: Option<String>,
    /// How it ended.
    pub result: Option<JobState>,
    /// Found in target, plan, outcome or XML, in any case.
    pub text: Option<String>,
    /// So many at most; `None` for all.
    pub limit: Option<usize>,
    /// Only records with a lower number: the last one of an answer, to read on.
    pub after: Option<u64>,
    /// Leave definitions out of what is found: they may be a mebibyte each.
    pub brief: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The records, newest first.
    pub records: Vec<Chained>,
    /// Numbers of those that may match, but were written by a newer NovaCron that this one does not understand.
    pub unreadable: Vec<u64>,
    /// Whether there are older ones, which the limit left out.
    pub more: bool,
}

/// A record as it is stored: all that checking it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Counts from 1.
    pub number: u64,
    /// Hash of the record before; of the first one sixty-four zeros, or the end of the chain that it follows.
    pub previous: String,
    /// The record's text: JSON of an [`AuditRecord`].
    pub text: String,
    /// SHA-256 of number, previous hash and text, with a line end between them.
    pub hash: String,
}

impl Link {
    /// The record; `None` where a newer NovaCron wrote something that this one does not understand.
    pub fn record(&self) -> Option<AuditRecord> {
        serde_json::from_str(&self.text).ok()
    }
}

/// Reads the audit of one host: any process, also while others write it. Makes no file.
#[derive(Debug)]
pub struct AuditReader {
    /// `None` where there is none yet.
    pub(super) db: Option<Connection>,
    pub(super) path: PathBuf,
    newer: Option<StoreError>,
    as_it_lies: bool,
}

impl AuditReader {
    /// Opens the audit in this folder. Where nothing was ever done it is empty.
    ///
    /// # Errors
    /// A database that is damaged, or may not be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("state.db");
        let Readable { db, newer, as_it_lies } = match open::to_read(&path, &STATE) {
            Err(StoreError::Missing { .. }) => {
                return Ok(Self { db: None, path, newer: None, as_it_lies: false });
            }
            other => other?,
        };
        let version = ladder::version(&db).map_err(|why| StoreError::sql("open", &path, why))?;
        Ok(Self { db: (version >= SINCE).then_some(db), path, newer, as_it_lies })
    }

    /// That the database is of a newer version than this program, where it is.
    pub const fn newer(&self) -> Option<&StoreError> {
        self.newer.as_ref()
    }

    /// The newest records that the filter holds for, newest first. Without a limit, or where few match, all are read.
    pub fn read(&self, filter: &AuditFilter) -> Result<Found, StoreError> {
        let most = filter.limit.unwrap_or(usize::MAX);
        let mut found = Found::default();
        let below = filter.after.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
        self.each("WHERE number < ? ORDER BY number DESC", below, |link| {
            let record = link.record();
            if record.as_ref().is_some_and(|r| !filter.holds_for(r)) {
                return Ok(true);
            }
            if found.records.len() + found.unreadable.len() == most {
                found.more = true;
                return Ok(false);
            }
            match record {
                Some(mut record) => {
                    if filter.brief {
                        (record.xml_before, record.xml_after) = (String::new(), String::new());
                    }
                    found.records.push(Chained { number: link.number, record, hash: link.hash });
                }
                None => found.unreadable.push(link.number),
            }
            Ok(true)
        })?;
        Ok(found)
    }

    /// The record of this number.
    pub fn one(&self, number: u64) -> Result<Option<Link>, StoreError> {
        let (Some(db), Ok(number)) = (&self.db, i64::try_from(number)) else { return Ok(None) };
        let query = "SELECT number, previous, record, hash FROM audit WHERE number = ?";
        self.checked(db.query_row(query, [number], link).optional())
    }

    /// Tells every record, oldest first, as of one moment, until it is told to stop. Any error of the taker ends it.
    pub fn for_each<E: From<StoreError>>(
        &self,
        mut take: impl FnMut(Link) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failed = None;
        self.each("WHERE number > ? ORDER BY number", i64::MIN, |link| {
            failed = take(link).err();
            Ok(failed.is_none())
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Reads rows until the taker has enough.
    fn each(
        &self,
        those: &str,
        bound: i64,
        mut take: impl FnMut(Link) -> rusqlite::Result<bool>,
    ) -> Result<(), StoreError> {
        let Some(db) = &self.db else { return Ok(()) };
        let mut read = || {
            let mut query =
                db.prepare(&format!("SELECT number, previous, record, hash FROM audit {those}"))?;
            let mut rows = query.query([bound])?;
            while let Some(row) = rows.next()? {
                if !take(link(row)?)? {
                    break;
                }
            }
            Ok(())
        };
        self.checked(read())
    }

    /// Sorts an error; and where the file was read as it lies, that nobody began to write it meanwhile.
    pub(super) fn checked<T>(&self, read: rusqlite::Result<T>) -> Result<T, StoreError> {
        if self.as_it_lies && open::has_log(&self.path) {
            return Err(StoreError::Busy { operation: "read the audit", path: self.path.clone() });
        }
        read.map_err(|why| StoreError::sql("read the audit", &self.path, why))
    }
}

fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let number: i64 = row.get(0)?;
    let number = u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))?;
    Ok(Link { number, previous: row.get(1)?, text: row.get(2)?, hash: row.get(3)? })
}

impl AuditFilter {
    /// Whether it holds for a record, its number and how many there are aside.
    pub fn holds_for(&self, record: &AuditRecord) -> bool {
        let target =
            |name: &String| record.target.name == *name || record.target.id.eq_ignore_ascii_case(name);
        self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at < until)
            && self.target.as_ref().is_none_or(target)
            && self.user.as_ref().is_none_or(|user| record.by.user == *user)
            && self.operation.as_ref().is_none_or(|word| record.operation.word().starts_with(word.as_str()))
            && self.result.is_none_or(|result| record.result == result)
            && self.text.as_ref().is_none_or(|text| mentions(record, &text.to_lowercase()))
    }
}

/// Whether a text, in small letters, is found in a record.
fn mentions(record: &AuditRecord, text: &str) -> bool {
    let texts = [
        &record.target.name,
        &record.target.id,
        &record.plan,
        &record.outcome,
        &record.xml_before,
        &record.xml_after,
        &record.by.user,
        &record.by.origin,
    ];
    texts.into_iter().any(|t| t.to_lowercase().contains(text)) || record.operation.word().contains(text)
}
