//! Forms about where a disk's bytes lie, and what lies below it.

use super::vm::plain_name;
use super::{Field, Form, On, Wrong};
use crate::model::operation::{DiskMove, LayerChange, LayerOperation, Operation, VmOperation};
use crate::model::snapshot::Snapshot;
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, Vm};

/// Leaves it as it is.
const SAME: &str = "as it is";

fn change(form: &Form, what: LayerOperation) -> Result<Vec<Operation>, Wrong> {
    let On::Part(vm, target) = &form.on else { return Ok(Vec::new()) };
    let bandwidth = form.number("bandwidth")?;
    let change = LayerChange { target: target.clone(), what, bandwidth };
    Ok(vec![Operation::vm(*vm, VmOperation::Layers(change))])
}

/// How fast QEMU goes about it.
fn bandwidth() -> Field {
    Field::text("bandwidth", "At most", "")
        .otherwise("as fast as it goes")
        .hint("MiB in a second, so that the guest's own disk access has room.")
}

fn form(verb: &str, vm: &Vm, disk: &DiskDefinition, fields: Vec<Field>, build: super::Build) -> Form {
    let title = format!("{verb} {} of {}", clean(&disk.target), vm.display_name());
    Form::new(title, On::Part(vm.id, disk.target.clone()), fields, build)
}

/// A disk to another pool, or of another format.
pub fn move_disk(vm: &Vm, disk: &DiskDefinition, view: &Snapshot) -> Form {
    let pools = view.pools.iter().flat_map(|p| p.iter()).map(|p| p.record.name.clone());
    let fields = vec![
        Field::choice("pool", "To pool", pools, 0).hint("A VM that runs goes on meanwhile."),
        Field::text("name", "Name", "").otherwise("the one it has, or one that is free"),
        Field::choice("format", "Format", [SAME, "qcow2", "raw"], 0),
        Field::tick("old", "Keep the old volume", false),
        Field::tick("below", "Keep what lies below", false)
            .hint("Copies its own layer only: what lies below stays below."),
        bandwidth(),
    ];
    form("Move disk", vm, disk, fields, |form| {
        let name = match form.given_text("name") {
            Some(_) => Some(plain_name(form, "name", "The volume")?),
            None => None,
        };
        let format = Some(form.word("format")).filter(|w| *w != SAME).map(str::to_owned);
        let to = DiskMove {
            pool: form.word("pool").to_owned(),
            name,
            format,
            keep_old: form.is_ticked("old"),
            keep_below: form.is_ticked("below"),
        };
        change(form, LayerOperation::Migrate(to))
    })
}

/// Paths of what lies below, behind a word that leaves it open.
fn below(disk: &DiskDefinition, open: &str) -> Vec<String> {
    let paths = disk.backing.iter().map(|layer| layer.source.describe());
    std::iter::once(open.to_owned()).chain(paths).collect()
}

const NEXT: &str = "the next below";
const NONE: &str = "nothing";

/// A disk's layers into one below.
pub fn commit(vm: &Vm, disk: &DiskDefinition) -> Form {
    let fields = vec![
        Field::choice("into", "Into", below(disk, NEXT), 0)
            .hint("What was written since goes into that image, and the VM goes on with it."),
        Field::tick("old", "Keep the old layers", false),
        bandwidth(),
    ];
    form("Merge the layers of disk", vm, disk, fields, |form| {
        let into = Some(form.word("into")).filter(|w| *w != NEXT).map(str::to_owned);
        change(form, LayerOperation::Commit { into, keep_old: form.is_ticked("old") })
    })
}

/// What lies below into a disk's own layer.
pub fn pull(vm: &Vm, disk: &DiskDefinition) -> Form {
    let fields = vec![
        Field::choice("onto", "Stays below", below(disk, NONE), 0)
            .hint("All between goes into the disk's own layer."),
        bandwidth(),
    ];
    form("Make independent: disk", vm, disk, fields, |form| {
        let onto = Some(form.word("onto")).filter(|w| *w != NONE).map(str::to_owned);
        change(form, LayerOperation::Pull { onto })
    })
}
