//! The audit: what was done, by whom, in a chain that shows what was changed, removed or cut off.
//!
//! | part | does |
//! | --- | --- |
//! | `chain` | a record's hash and place; appending |
//! | `head` | the newest number and hash, kept outside the database |
//! | `read` | finding records |
//! | `verify` | checking the chain |
//!
//! A record's text is stored and hashed as it is: what is checked needs no understanding of it. The hash is SHA-256 of
//! number, hash of the record before and text, with a line end between them, so that any tool can check it. Whoever may
//! write the files can make the whole chain anew: it holds against mistakes and against those who change a part.

mod chain;
mod head;
mod read;
#[cfg(test)]
mod tests;
mod verify;

pub(super) use chain::append;
pub use read::{AuditFilter, AuditReader, Found, Link};
pub use verify::{Fault, Remark, Verdict, verify};

use super::error::StoreError;
use super::state::StateDb;
use crate::model::audit::AuditRecord;

impl StateDb {
    /// Appends a record that has no job: of a plan that was refused or stale, of a command.
    pub fn audit(&mut self, record: &AuditRecord) -> Result<(), StoreError> {
        let folder = self.folder().to_owned();
        self.write("write the audit", |db| append(db, &folder, record))?;
        self.tell_head();
        Ok(())
    }

    /// Tells the newest record outside the database too. What was committed stands: where this fails, the next one does
    /// it, and until then checking tells that it is behind.
    pub(super) fn tell_head(&self) {
        if let Err(why) = head::tell(&self.db, &self.path) {
            tracing::warn!("The audit's head was not written: {why}");
        }
    }
}
