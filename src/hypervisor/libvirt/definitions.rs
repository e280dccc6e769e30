//! Definitions as a whole.

use std::path::PathBuf;

use super::connection::Connection;
use super::error::{Doing, kind};
use super::ffi::{RawError, RawResult, undefine};
use crate::hypervisor::{Definitions, HvError, HvErrorKind, HvResult, NvramThen, Undefining};
use crate::model::held::Document;
use crate::model::id::VmId;

const DEFINE: &str = "define the VM";

impl Definitions for Connection {
    fn define(&self, xml: &str, validate: bool) -> HvResult<VmId> {
        if self.is_read_only() {
            return Err(HvError::read_only(DEFINE));
        }
        let domain = self.conn.define(xml, validate).doing(DEFINE)?;
        let id = VmId::from_bytes(domain.uuid().doing(DEFINE)?);
        // A handle from before may tell another name.
        self.forget_domain(id);
        Ok(id)
    }

    fn undefine(&self, id: VmId, how: Undefining) -> HvResult<()> {
        let nvram = match how.nvram {
            NvramThen::None => 0,
            NvramThen::Keep => undefine::KEEP_NVRAM,
            NvramThen::Remove => undefine::NVRAM,
        };
        let tpm = if how.tpm { undefine::KEEP_TPM } else { 0 };
        let saved = if how.saved { undefine::MANAGED_SAVE } else { 0 };
        // The test driver knows of no UEFI and no TPM, and lets checkpoints go by itself.
        let more = if self.abilities.is_test() { 0 } else { undefine::CHECKPOINTS | nvram | tpm };
        self.change(id, "undefine the VM", |d| d.undefine(undefine::SNAPSHOTS | saved | more))?;
        self.forget_domain(id);
        Ok(())
    }

    fn snapshot_documents(&self, id: VmId) -> HvResult<Vec<Document>> {
        self.change(id, "read the snapshots", |d| {
            let all = none_where_unknown(d.snapshots())?;
            all.iter()
                .map(|s| Ok(Document { name: s.name()?, xml: s.secure_xml()?, current: s.is_current()? }))
                .collect()
        })
    }

    fn put_back_snapshot(&self, id: VmId, snapshot: &Document) -> HvResult<()> {
        self.change(id, "put a snapshot back", |d| d.redefine_snapshot(&snapshot.xml, snapshot.current))
    }

    fn checkpoint_documents(&self, id: VmId) -> HvResult<Vec<Document>> {
        self.change(id, "read the checkpoints", |d| {
            let all = none_where_unknown(d.checkpoints())?;
            all.iter().map(|c| Ok(Document { name: c.name(), xml: c.xml()?, current: false })).collect()
        })
    }

    fn put_back_checkpoint(&self, id: VmId, checkpoint: &Document) -> HvResult<()> {
        self.change(id, "put a checkpoint back", |d| d.redefine_checkpoint(&checkpoint.xml))
    }

    fn saved_image(&self, name: &str) -> Option<PathBuf> {
        // libvirt tells this path to nobody; it is the same since there is managed save.
        let uri = self.conn.uri().ok()?;
        let (scheme, rest) = uri.split_once("://")?;
        let path = rest.find('/').map(|at| rest[at..].split('?').next().unwrap_or_default());
        let driver = scheme.split('+').next()?;
        if driver != "qemu" || name.contains('/') {
            return None;
        }
        let folder = match path? {
            "/system" => PathBuf::from("/var/lib/libvirt/qemu/save"),
            "/session" => config_folder()?.join("libvirt/qemu/save"),
            _ => return None,
        };
        Some(folder.join(format!("{name}.save")))
    }
}

/// The user's folder of settings, as libvirt finds it.
fn config_folder() -> Option<PathBuf> {
    let of = |variable| std::env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from);
    of("XDG_CONFIG_HOME").or_else(|| Some(of("HOME")?.join(".config")))
}

fn none_where_unknown<T>(list: RawResult<Vec<T>>) -> Result<Vec<T>, RawError> {
    match list {
        Err(e) if kind(&e) == HvErrorKind::Unsupported => Ok(Vec::new()),
        list => list,
    }
}
