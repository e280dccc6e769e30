//! Definitions of VMs as they were.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::error::StoreError;
use super::state::{Refused, StateDb};
use crate::model::held::Revision;
use crate::model::id::VmId;
use crate::model::job::Actor;
use crate::model::time::Timestamp;

/// So many are kept of a VM.
const MOST: i64 = 100;
/// Why, where nobody said so.
const NOTICED: &str = "noticed";

/// A change that NovaCron made.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a> {
    /// The definition before; empty where it is not known.
    pub before: &'a str,
    /// The definition after.
    pub after: &'a str,
    /// Who asked for it.
    pub by: &'a Actor,
    /// The operation's word.
    pub why: &'a str,
}

impl StateDb {
    /// Writes down a definition that is seen, where it is not the newest one known. Returns whether it was another.
    pub fn notice(&mut self, host: &str, vm: VmId, xml: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.write("keep a definition", |db| add(db, host, vm, xml, (None, NOTICED), now))
    }

    /// Writes down a change: what was before, where nobody has seen it yet, and what is now.
    pub fn revise(
        &mut self,
        host: &str,
        vm: VmId,
        change: &Changed<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("keep a definition", |db| {
            if !change.before.is_empty() {
                add(db, host, vm, change.before, (None, NOTICED), now)?;
            }
            if !change.after.is_empty() {
                add(db, host, vm, change.after, (Some(change.by), change.why), now)?;
            }
            Ok(())
        })
    }

    /// All of a VM, the newest first.
    pub fn revisions(&self, host: &str, vm: VmId) -> Result<Vec<Revision>, StoreError> {
        let read = || {
            let mut query = self.db.prepare_cached(
                "SELECT number, at_ms, actor, why, xml FROM xml_revision WHERE host = ? AND vm = ? ORDER BY number DESC",
            )?;
            query.query_map(params![host, vm.to_string()], revision)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|why| StoreError::sql("read the definitions", &self.path, why))
    }
}

fn add(
    db: &Transaction<'_>,
    host: &str,
    vm: VmId,
    xml: &str,
    (by, why): (Option<&Actor>, &str),
    now: Timestamp,
) -> Result<bool, Refused> {
    let vm = vm.to_string();
    let newest =
        "SELECT number, xml FROM xml_revision WHERE host = ? AND vm = ? ORDER BY number DESC LIMIT 1";
    let newest: Option<(i64, String)> =
        db.query_row(newest, params![host, vm], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if newest.as_ref().is_some_and(|(_, known)| known == xml) {
        return Ok(false);
    }
    let number = newest.map_or(1, |(number, _)| number + 1);
    let actor = by.map(serde_json::to_string).transpose()?;
    db.execute(
        "INSERT INTO xml_revision (host, vm, number, at_ms, actor, why, xml) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![host, vm, number, now.0, actor, why, xml],
    )?;
    db.execute(
        "DELETE FROM xml_revision WHERE host = ? AND vm = ? AND number <= ?",
        params![host, vm, number - MOST],
    )?;
    Ok(true)
}

fn revision(row: &Row<'_>) -> rusqlite::Result<Revision> {
    let actor: Option<String> = row.get("actor")?;
    Ok(Revision {
        number: row.get("number")?,
        at: Timestamp(row.get("at_ms")?),
        // One that is not known here is nobody.
        by: actor.and_then(|actor| serde_json::from_str(&actor).ok()),
        why: row.get("why")?,
        xml: row.get("xml")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_kept_once_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let (mut db, _) = StateDb::open(folder.path(), Timestamp(0)).unwrap();
        let (vm, by) = (VmId::from_bytes([7; 16]), Actor { user: "ann".into(), ..Actor::default() });
        let change = Changed { before: "a", after: "b", by: &by, why: "vm.edit" };
        db.revise("h", vm, &change, Timestamp(1)).unwrap();
        assert!(!db.notice("h", vm, "b", Timestamp(2)).unwrap(), "its own change is no other's");
        assert!(db.notice("h", vm, "c", Timestamp(3)).unwrap());
        assert!(db.notice("other", vm, "c", Timestamp(3)).unwrap());
        let told = |db: &StateDb| -> Vec<(i64, String, String)> {
            let all = db.revisions("h", vm).unwrap();
            all.into_iter().map(|r| (r.number, r.why, r.xml)).collect()
        };
        let row = |n: i64, why: &str, xml: &str| (n, why.to_owned(), xml.to_owned());
        assert_eq!(told(&db), [row(3, "noticed", "c"), row(2, "vm.edit", "b"), row(1, "noticed", "a")]);
        assert_eq!(db.revisions("h", vm).unwrap()[1].by.as_ref(), Some(&by));
        for n in 0..MOST {
            db.notice("h", vm, &n.to_string(), Timestamp(4)).unwrap();
        }
        let left = told(&db);
        assert_eq!((left.len(), left[0].0, left[left.len() - 1].0), (100, MOST + 3, 4));
    }
}
