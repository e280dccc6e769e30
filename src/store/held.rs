//! VMs that were deleted and can be brought back.
//!
//! What is too large for a database lies in a folder of its own for each; see [`StateDb::held_folder`].

use std::path::PathBuf;

use rusqlite::{OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::state::StateDb;
use crate::model::audit::AuditRecord;
use crate::model::held::{HeldVm, HeldVolume};
use crate::model::id::VmId;
use crate::model::time::Timestamp;

const COLUMNS: &str = "vm, name, deleted_ms, until_ms, actor, kept";

impl StateDb {
    /// Writes down what was kept of a VM, in place of what was kept of it before. Its files must be there already.
    pub fn hold(&mut self, host: &str, held: &HeldVm) -> Result<(), StoreError> {
        self.write("keep a VM", |db| {
            let (actor, kept) = (serde_json::to_string(&held.by)?, serde_json::to_string(&held.kept)?);
            db.execute(
                "INSERT OR REPLACE INTO held (host, vm, name, deleted_ms, until_ms, actor, kept)
                VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![host, held.vm.to_string(), held.name, held.deleted.0, held.until.0, actor, kept],
            )?;
            Ok(())
        })
    }

    /// What is kept of this VM.
    pub fn held_vm(&self, host: &str, vm: VmId) -> Result<Option<HeldVm>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM held WHERE host = ? AND vm = ?");
        let found = self.db.query_row(&query, params![host, vm.to_string()], read).optional();
        found.map_err(|why| StoreError::sql("read what is held", &self.path, why))
    }

    /// All that are held of a host, the newest first.
    pub fn held(&self, host: &str) -> Result<Vec<HeldVm>, StoreError> {
        let read = || {
            let mut query = self.db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM held WHERE host = ? ORDER BY deleted_ms DESC, vm"
            ))?;
            query.query_map([host], read)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|why| StoreError::sql("read what is held", &self.path, why))
    }

    /// Disks that belong to held VMs, with the name of each VM: they are nobody's otherwise, and must stay.
    pub fn held_volumes(&self, host: &str) -> Result<Vec<(String, HeldVolume)>, StoreError> {
        let all = self.held(host)?.into_iter();
        Ok(all
            .flat_map(|held| {
                let name = held.name;
                held.kept.volumes.into_iter().map(move |volume| (name.clone(), volume))
            })
            .collect())
    }

    /// Those of a host that have been held for long enough.
    pub fn expired(&self, host: &str, now: Timestamp) -> Result<Vec<HeldVm>, StoreError> {
        Ok(self.held(host)?.into_iter().filter(|held| held.until <= now).collect())
    }

    /// Forgets what was kept of a VM. Returns whether there was something. Its files are the caller's to remove, after
    /// this.
    pub fn forget_held(&mut self, host: &str, vm: VmId) -> Result<bool, StoreError> {
        self.write("forget a VM", |db| {
            let gone =
                db.execute("DELETE FROM held WHERE host = ? AND vm = ?", params![host, vm.to_string()])?;
            Ok(gone > 0)
        })
    }

    /// The same for one whose time is over, with the audit record in one transaction; unless a job works on it now.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn expire(&mut self, host: &str, vm: VmId, audit: &AuditRecord) -> Result<bool, StoreError> {
        let folder = self.folder().to_owned();
        let gone = self.write("forget a VM", |db| {
            let gone = db.execute(
                "DELETE FROM held WHERE host = ?1 AND vm = ?2 AND NOT EXISTS (
                    SELECT 1 FROM job WHERE host = ?1 AND kind = 'vm' AND target = ?2 AND ended_ms IS NULL)",
                params![host, vm.to_string()],
            )?;
            if gone > 0 {
                super::audit::append(db, &folder, audit)?;
            }
            Ok(gone > 0)
        })?;
        if gone {
            self.tell_head();
        }
        Ok(gone)
    }

    /// Folders of the files of all held VMs, of all hosts.
    pub fn held_folders(&self) -> Result<Vec<PathBuf>, StoreError> {
        let read = || {
            let mut query = self.db.prepare_cached("SELECT host, vm FROM held")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        let all = read().map_err(|why| StoreError::sql("read what is held", &self.path, why))?;
        let folder = |(host, vm): (String, String)| Some(self.held_folder(&host, vm.parse().ok()?));
        Ok(all.into_iter().filter_map(folder).collect())
    }

    /// The folder of a held VM's files. It need not be there.
    pub fn held_folder(&self, host: &str, vm: VmId) -> PathBuf {
        let hash = Sha256::digest(host.as_bytes());
        let host = hash.iter().take(8).fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
        self.folder().join("held").join(format!("{host}-{vm}"))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<HeldVm> {
    let text = |column: &str| row.get::<_, String>(column);
    let wrong = |column: usize, why: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why)
    };
    Ok(HeldVm {
        vm: text("vm")?.parse().map_err(|_| wrong(0, "no UUID".into()))?,
        name: text("name")?,
        deleted: Timestamp(row.get("deleted_ms")?),
        until: Timestamp(row.get("until_ms")?),
        by: serde_json::from_str(&text("actor")?).map_err(|why| wrong(4, why.into()))?,
        kept: serde_json::from_str(&text("kept")?).map_err(|why| wrong(5, why.into()))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::held::Kept;
    use crate::model::vm::DiskSource;

    #[test]
    fn what_is_kept_is_found_again_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let (mut db, _) = StateDb::open(folder.path(), Timestamp(0)).unwrap();
        let vm = VmId::from_bytes([7; 16]);
        let volume = HeldVolume { target: "vda".into(), source: DiskSource::File("/a".into()), size: None };
        let kept = Kept { definition: "<domain/>".into(), volumes: vec![volume.clone()], ..Kept::default() };
        let held = HeldVm {
            vm,
            name: "a'b".into(),
            deleted: Timestamp(5),
            until: Timestamp(50),
            by: crate::model::job::Actor::default(),
            kept,
        };
        db.hold("h", &held).unwrap();
        assert_eq!(db.held_vm("h", vm).unwrap().as_ref(), Some(&held));
        assert_eq!(db.held_vm("other", vm).unwrap(), None);
        assert_eq!(db.held_volumes("h").unwrap(), [("a'b".to_owned(), volume)]);
        assert!(db.expired("h", Timestamp(49)).unwrap().is_empty());
        assert_eq!(db.expired("h", Timestamp(50)).unwrap(), [held]);
        assert_ne!(db.held_folder("h", vm), db.held_folder("other", vm));
        assert!(db.forget_held("h", vm).unwrap() && !db.forget_held("h", vm).unwrap());
        assert!(db.held("h").unwrap().is_empty());
    }
}
