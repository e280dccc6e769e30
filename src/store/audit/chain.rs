//! A record's hash and place in the chain.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::head;
use crate::model::audit::AuditRecord;
use crate::store::state::Refused;

/// Bytes that are kept of each long text.
pub(super) const LONGEST: usize = 1 << 20;
/// What stands for the hash before the first record.
pub(super) const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Hash of a record: SHA-256 of its number, the hash before and its text, with a line end between them, in hexadecimal
/// digits. Neither of the first two holds a line end.
pub(super) fn hash(number: i64, previous: &str, record: &str) -> String {
    let mut sha = Sha256::new();
    sha.update(format!("{number}\n{previous}\n"));
    sha.update(record);
    let mut hex = String::with_capacity(64);
    for byte in sha.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Number and hash of the newest record.
pub(super) fn newest(db: &Connection) -> rusqlite::Result<Option<(i64, String)>> {
    let newest = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    db.query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// Appends a record, in the caller's transaction. The first of a database follows what the head file of its folder
/// tells: where a damaged database was set aside, that is the end of the chain in it.
pub(in crate::store) fn append(
    db: &Transaction<'_>,
    folder: &Path,
    record: &AuditRecord,
) -> Result<(), Refused> {
    let (number, previous) = match newest(db)? {
        Some((number, hash)) => (number + 1, hash),
        None => (1, head::last_told(folder).unwrap_or_else(|| NONE.to_owned())),
    };
    let text = serde_json::to_string(&bounded(record))?;
    let hash = hash(number, &previous, &text);
    db.prepare_cached("INSERT INTO audit (number, previous, record, hash) VALUES (?, ?, ?, ?)")?
        .execute(params![number, previous, text, hash])?;
    Ok(())
}

/// The record with its long texts cut, which they then say.
fn bounded(record: &AuditRecord) -> Cow<'_, AuditRecord> {
    let texts = [&record.plan, &record.xml_before, &record.xml_after, &record.outcome];
    if texts.iter().all(|text| text.len() <= LONGEST) {
        return Cow::Borrowed(record);
    }
    let mut record = record.clone();
    let texts = [&mut record.plan, &mut record.xml_before, &mut record.xml_after, &mut record.outcome];
    texts.into_iter().for_each(cut);
    Cow::Owned(record)
}

fn cut(text: &mut String) {
    if text.len() <= LONGEST {
        return;
    }
    let all = text.len();
    let at = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(at);
    let _ = write!(text, "\n[cut: {} more bytes]", all - at);
}
