//! A full clone beside `qemu-img convert` of the same image.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use novacron::model::id::VmId;
use novacron::model::operation::{CloneVm, Identity, VmOperation};

use super::office::Office;
use super::{ids, ms, virsh};
use crate::Outcome;
use crate::context::Context;
use crate::libvirtd::Host;
use crate::numbers::median;
use crate::report::Line;

const MIB: usize = 1 << 20;
const NAME: &str = "bench-clone";
/// Beyond this it is no noise of pairs.
const MARGIN: f64 = 1.10;

/// A pool with an image of noise, and a VM of it; all of it is gone with this.
struct Made<'h> {
    host: &'h Host,
    folder: PathBuf,
}

impl<'h> Made<'h> {
    fn new(host: &'h Host, mib: usize) -> Outcome<Self> {
        let folder = host.folder().join(NAME);
        std::fs::create_dir_all(&folder)?;
        let made = Self { host, folder };
        let raw = made.folder.join("noise.raw");
        std::fs::write(&raw, noise(mib))?;
        qemu_img(&["convert", "-O", "qcow2"], &raw, &made.image())?;
        std::fs::remove_file(&raw)?;
        let folder = made.folder.display().to_string();
        virsh(host, &["pool-define-as", NAME, "dir", "--target", &folder])?;
        virsh(host, &["pool-start", NAME])?;
        let xml = format!(
            "<domain type='qemu'><name>{NAME}</name><memory unit='MiB'>16</memory>\
             <os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>\
             <driver name='qemu' type='qcow2'/><source file='{}'/><target dev='vda' bus='virtio'/></disk></devices>\
             </domain>",
            made.image().display()
        );
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), xml)?;
        virsh(host, &["define", &file.path().to_string_lossy()])?;
        Ok(made)
    }

    fn image(&self) -> PathBuf {
        self.folder.join("source.qcow2")
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        // What is not there needs no taking away.
        for words in [&["undefine", NAME][..], &["pool-destroy", NAME], &["pool-undefine", NAME]] {
            let _ = virsh(self.host, words);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Bytes that cannot be packed, the same in each run.
fn noise(mib: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(mib * MIB);
    while bytes.len() < mib * MIB {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

fn qemu_img(words: &[&str], from: &Path, to: &Path) -> Outcome<()> {
    let out = Command::new("qemu-img").args(words).args([from, to]).output()?;
    if out.status.success() {
        return Ok(());
    }
    Err(format!("qemu-img: {}", String::from_utf8_lossy(&out.stderr).trim()).into())
}

/// The row: whole jobs and whole processes, by turns.
pub(super) fn measure(context: &Context, host: &Host) -> Outcome<Line> {
    let mib = if context.quick { 64 } else { 1024 };
    let made = Made::new(host, mib)?;
    let office = Office::open(host, 1)?;
    let id = ids(&*office.connection()?, &[NAME.to_owned()])?[0];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..context.times(7, 2) {
        let name = format!("{NAME}-{n}");
        let identity = Identity { id: VmId::from_bytes([u8::try_from(n + 1)?; 16]), salt: n as u64 };
        let clone = CloneVm { name: name.clone(), identity, linked: false, pool: None };
        let begun = Instant::now();
        let plans = office.plans(&[id], &VmOperation::Clone(clone))?;
        office.carry_out(plans)?;
        ours.push(ms(begun.elapsed()));
        virsh(host, &["undefine", &name, "--remove-all-storage"])?;
        let copy = made.folder.join("copy.qcow2");
        let begun = Instant::now();
        qemu_img(&["convert", "-f", "qcow2", "-O", "qcow2"], &made.image(), &copy)?;
        theirs.push(ms(begun.elapsed()));
        std::fs::remove_file(&copy)?;
    }
    let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(o, t)| o / t).collect();
    Ok(Line::new(format!(
        "full clone of a VM with {mib} MiB of data, beside `qemu-img convert` of its image"
    ))
    .at_most(format!("no slower: {MARGIN} ×"))
    .measured(format!("{:.0} ms / {:.0} ms", median(&ours), median(&theirs)))
    .ratio(median(&ratios))
    .holds_if(median(&ratios) <= MARGIN)
    .note(format!("plan, copy, definition and journal; median of {} pairs by turns", ratios.len()))
    .value("ratio_median", median(&ratios)))
}
