//! vCPUs and memory.

use super::patch::Patch;
use super::spans::{At, ROOT, Text};
use super::{EditError, Edited};
use crate::xml::value::unit;

pub(super) fn vcpus(text: &Text<'_>, count: u32, max: u32, sockets: Option<u32>) -> Edited {
    let root = ROOT;
    let mut patch = Patch::new(text);
    let now = text.child(root, "vcpu");
    let number = |s: &str| s.trim().parse::<u32>().ok();
    let has_max = now.map_or(Some(1), |at| number(text.content(at)));
    let has = now.and_then(|at| number(&text.value(at, "current"))).or(has_max);
    if (has, has_max) != (Some(count), Some(max)) {
        if let Some(at) = now {
            patch.write(at, &max.to_string());
            if count == max {
                patch.unset(at, "current");
            } else {
                patch.set(at, "current", &count.to_string());
            }
        } else {
            let current = if count == max { String::new() } else { format!(" current='{count}'") };
            let element = format!("<vcpu{current}>{max}</vcpu>");
            patch.behind(anchor(text, &["currentMemory", "memory", "uuid", "name"])?, &element);
        }
        // Which of them are there is said one by one here; libvirt writes it anew.
        if let Some(each) = text.child(root, "vcpus") {
            patch.remove(each);
        }
    }
    let topology = text.child(root, "cpu").and_then(|cpu| text.child(cpu, "topology"));
    if let (Some(at), Some(sockets)) = (topology, sockets) {
        patch.set(at, "sockets", &sockets.to_string());
    }
    Ok(patch.done())
}

pub(super) fn memory(text: &Text<'_>, current: u64, max: u64) -> Edited {
    let at = text.child(ROOT, "memory").ok_or(EditError::Lacks("memory"))?;
    let mut patch = Patch::new(text);
    size(text, &mut patch, at, max);
    match text.child(ROOT, "currentMemory") {
        Some(at) => size(text, &mut patch, at, current),
        None if current == max => {}
        None => {
            let element = format!("<currentMemory unit='KiB'>{}</currentMemory>", current / 1024);
            patch.behind(at, &element);
        }
    }
    Ok(patch.done())
}

/// Writes a size in the unit that stands there, or else in KiB.
fn size(text: &Text<'_>, patch: &mut Patch<'_, '_>, at: At, bytes: u64) {
    let named = text.value(at, "unit");
    let factor = if named.is_empty() { 1024 } else { unit(named.trim()).unwrap_or(0) };
    let now = text.content(at).parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    if now == Some(bytes) {
        return;
    }
    if factor > 0 && bytes.is_multiple_of(factor) {
        patch.write(at, &(bytes / factor).to_string());
    } else {
        patch.set(at, "unit", "KiB");
        patch.write(at, &(bytes / 1024).to_string());
    }
}

/// The first of these that is there.
fn anchor(text: &Text<'_>, names: &[&'static str]) -> Result<At, EditError> {
    names.iter().find_map(|name| text.child(ROOT, name)).ok_or(EditError::Lacks("name"))
}
