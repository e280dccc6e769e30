//! What was done, for whoever looks: reading and checking the audit without a desk, a hypervisor or a lock.

use std::path::Path;

use crate::model::audit::AuditRecord;
pub use crate::store::{
    AuditFilter as Filter, AuditReader as Records, Fault, Found, Link, Remark, StoreError, Verdict,
};

/// Opens the audit in this folder, also while another process writes. Empty where nothing was done yet.
///
/// # Errors
/// A database that is damaged, or may not be read.
pub fn open(folder: &Path) -> Result<Records, StoreError> {
    Records::open(folder)
}

/// Checks that every record is there and as it was written.
///
/// # Errors
/// A database that is damaged, or may not be read.
pub fn verify(folder: &Path) -> Result<Verdict, StoreError> {
    crate::store::verify_audit(folder)
}

/// What changed in the definition, as a unified diff of its XML; empty where nothing did.
pub fn changes(record: &AuditRecord) -> String {
    crate::xml::diff::unified(&record.xml_before, &record.xml_after)
}
