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
use crate::numbers::{median, percentile};
use crate::report::Line;

const MIB: usize = 1 << 20;
const NAME: &str = "bench-clone";
/// Percent of like pairs that differ by no more than what is called noise.
const NOISE: f64 = 90.0;

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

    /// The plan, and from the yes to the end.
    fn clone(&self, office: &Office, id: VmId, n: usize) -> Outcome<(f64, f64)> {
        let name = format!("{NAME}-{n}");
        let identity = Identity { id: VmId::from_bytes([u8::try_from(n + 1)?; 16]), salt: n as u64 };
        let clone = CloneVm { name: name.clone(), identity, linked: false, pool: None };
        let begun = Instant::now();
        let plans = office.plans(&[id], &VmOperation::Clone(clone))?;
        let planned = begun.elapsed();
        let took = office.carry_out(plans)?;
        virsh(self.host, &["undefine", &name, "--remove-all-storage"])?;
        Ok((ms(planned), ms(took)))
    }

    fn convert(&self) -> Outcome<f64> {
        let copy = self.folder.join("copy.qcow2");
        let begun = Instant::now();
        qemu_img(&["convert", "-f", "qcow2", "-O", "qcow2"], &self.image(), &copy)?;
        let took = ms(begun.elapsed());
        std::fs::remove_file(&copy)?;
        Ok(took)
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

/// The rows: a small image and one of a usual size; the plan that is read before the yes is told beside.
pub(super) fn measure(context: &Context, host: &Host) -> Outcome<Vec<Line>> {
    let sizes: &[usize] = if context.quick { &[64] } else { &[1024, 4096] };
    sizes.iter().map(|mib| of_size(context, host, *mib)).collect()
}

fn of_size(context: &Context, host: &Host, mib: usize) -> Outcome<Line> {
    let made = Made::new(host, mib)?;
    let office = Office::open(host, 1)?;
    let id = ids(&*office.connection()?, &[NAME.to_owned()])?[0];
    let turns = (0..context.times(10, 2)).map(|n| Turn::take(&made, &office, id, n));
    let turns = turns.collect::<Outcome<Vec<_>>>()?;
    let of = |value: fn(&Turn) -> f64| median(&turns.iter().map(value).collect::<Vec<_>>());
    let noise = percentile(&turns.iter().map(Turn::noise).collect::<Vec<_>>(), NOISE);
    let ratio = of(|t| t.clone / t.convert());
    Ok(Line::new(format!(
        "full clone of a VM with {mib} MiB of data, beside `qemu-img convert` of its image"
    ))
    .at_most(format!("no slower beyond the noise, {noise:.2} ×"))
    .measured(format!("{:.0} ms / {:.0} ms", of(|t| t.clone), of(Turn::convert)))
    .ratio(ratio)
    .holds_if(ratio <= noise)
    .note(format!(
        "from the yes: fresh facts, copy, definition, journal; the plan before it {:.0} ms; median of {} turns; \
         noise: nine in ten pairs of `qemu-img convert` in a turn differ by less",
        of(|t| t.plan),
        turns.len()
    ))
    .value("ratio_median", ratio)
    .value("noise", noise)
    .value("plan_ms_median", of(|t| t.plan)))
}

/// One clone and two plain copies, in milliseconds.
struct Turn {
    plan: f64,
    clone: f64,
    converts: Vec<f64>,
}

impl Turn {
    /// None is always the first: what a copy before it wrote is still on its way to the disk.
    fn take(made: &Made<'_>, office: &Office, id: VmId, n: usize) -> Outcome<Self> {
        let mut converts = Vec::new();
        for _ in 0..n % 3 {
            converts.push(made.convert()?);
        }
        let (plan, clone) = made.clone(office, id, n)?;
        for _ in n % 3..2 {
            converts.push(made.convert()?);
        }
        Ok(Self { plan, clone, converts })
    }

    fn convert(&self) -> f64 {
        median(&self.converts)
    }

    /// How many times as long the slower of two like copies took.
    fn noise(&self) -> f64 {
        let longest = self.converts.iter().copied().fold(0.0, f64::max);
        longest / self.converts.iter().copied().fold(f64::INFINITY, f64::min)
    }
}
