//! `novacron vm held`, and names of deleted VMs.

use serde_json::json;

use crate::cli::args::Form;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, to_stdout, write_cells, write_json};
use crate::cli::when::{Clock, rfc3339};
use crate::engine::history::StoreError;
use crate::engine::jobs::{Shelf, without_secrets};
use crate::model::columns::Align;
use crate::model::held::HeldVm;
use crate::model::id::VmId;
use crate::model::suggest::did_you_mean;
use crate::model::text::{clean, clean_lines};
use crate::model::units::bytes;

const LEFT: Align = Align::Left;

pub(super) fn failure(why: &StoreError) -> Failure {
    Failure::new(Exit::Failed, why.to_string().trim_end_matches('.'))
}

/// The deleted VMs of these names or UUIDs.
pub(super) fn resolve(names: &[String], held: &[HeldVm]) -> Result<Vec<VmId>, Failure> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let vm = one(name, held)?.vm;
        if !found.contains(&vm) {
            found.push(vm);
        }
    }
    Ok(found)
}

fn one<'h>(name: &str, held: &'h [HeldVm]) -> Result<&'h HeldVm, Failure> {
    let id = name.parse().ok();
    let meant: Vec<&HeldVm> = held.iter().filter(|h| h.name == name || Some(h.vm) == id).collect();
    match meant.as_slice() {
        [one] => Ok(one),
        [] => {
            let names: Vec<_> = held.iter().map(|h| clean(&h.name)).collect();
            let near = did_you_mean(name, names.iter().map(AsRef::as_ref));
            Err(Failure::new(Exit::NotFound, format!("no deleted VM \"{name}\" is held{near}"))
                .hint("`novacron vm held` lists those that are."))
        }
        several => {
            let ids: Vec<String> = several.iter().map(|h| h.vm.to_string()).collect();
            let what = format!("several deleted VMs were named \"{name}\"");
            Err(Failure::new(Exit::Usage, what).hint(format!("Name it by its UUID: {}.", ids.join(", "))))
        }
    }
}

/// Lists them, or prints the definition of one.
pub(super) fn held(
    shelf: &Shelf,
    xml: Option<&str>,
    secrets: bool,
    form: Form,
    layout: Layout,
) -> Result<Exit, Failure> {
    let held = shelf.held().map_err(|e| failure(&e))?;
    if let Some(name) = xml {
        let kept = &one(name, &held)?.kept.definition;
        let definition = clean_lines(&if secrets { kept.clone() } else { without_secrets(kept) });
        to_stdout(|out| out.write_all(definition.as_bytes()))?;
        return Ok(Exit::Done);
    }
    match form {
        Form::Json => to_stdout(|out| write_json(out, &held.iter().map(object).collect()))?,
        Form::Text if held.is_empty() => {
            to_stdout(|out| out.write_all(b"No deleted VM is held.\n"))?;
        }
        Form::Text => {
            let header = [
                ("NAME", LEFT),
                ("DELETED", LEFT),
                ("BY", LEFT),
                ("UNTIL", LEFT),
                ("SIZE", Align::Right),
                ("DISKS", LEFT),
            ];
            let clock = Clock::system();
            let rows = held.iter().map(|h| row(h, &clock)).collect();
            to_stdout(|out| write_cells(out, &header, rows, layout))?;
        }
    }
    Ok(Exit::Done)
}

fn row(held: &HeldVm, clock: &Clock) -> Vec<String> {
    let disks: Vec<String> =
        held.kept.volumes.iter().map(|v| clean(&v.source.describe()).into_owned()).collect();
    vec![
        clean(&held.name).into_owned(),
        clock.shown(held.deleted),
        clean(&held.by.user).into_owned(),
        clock.shown(held.until),
        size(held).map_or_else(|| "–".to_owned(), |s| bytes(s as f64)),
        if disks.is_empty() { "–".to_owned() } else { disks.join(" ") },
    ]
}

/// Bytes of its disks and files, where all are known.
fn size(held: &HeldVm) -> Option<u64> {
    let disks = held.kept.volumes.iter().map(|v| v.size).sum::<Option<u64>>()?;
    Some(disks + held.kept.files.iter().map(|f| f.size).sum::<u64>())
}

fn object(held: &HeldVm) -> serde_json::Value {
    let volume = |v: &crate::model::held::HeldVolume| json!({ "target": v.target, "source": v.source.describe(), "bytes": v.size });
    let file = |f: &crate::model::held::KeptFile| json!({ "what": f.kind.file_name(), "path": f.path, "bytes": f.size, "held": f.digest.is_some() });
    let names = |all: &[crate::model::held::Document]| all.iter().map(|d| d.name.clone()).collect::<Vec<_>>();
    json!({
        "name": held.name,
        "uuid": held.vm.to_string(),
        "deleted": rfc3339(held.deleted),
        "by": held.by.user,
        "from": held.by.origin,
        "until": rfc3339(held.until),
        "autostart": held.kept.autostart,
        "snapshots": names(&held.kept.snapshots),
        "checkpoints": names(&held.kept.checkpoints),
        "volumes": held.kept.volumes.iter().map(volume).collect::<Vec<_>>(),
        "files": held.kept.files.iter().map(file).collect::<Vec<_>>(),
        "bytes": size(held),
    })
}
