//! Operations on snapshots as the commands that ask for them.

use crate::model::operation::{
    AfterRevert, Freeze, NewSnapshot, SnapshotContent, SnapshotOperation as Op, SnapshotWay,
};

/// The action, what stands behind the VM's name, and options.
pub(super) fn parts(act: &Op) -> (&'static str, Vec<String>, Vec<String>) {
    match act {
        Op::Create(new) => ("create", vec![new.name.clone()], options(new)),
        Op::Revert { name, then, keep } => {
            let then = (*then != AfterRevert::AsThen).then(|| ["--then".to_owned(), then.word().into()]);
            let keep = keep.as_ref().map(|k| ["--keep".to_owned(), k.clone()]);
            ("revert", vec![name.clone()], then.into_iter().chain(keep).flatten().collect())
        }
        Op::Delete { name, children, metadata_only } => {
            let given = [(*children, "--children"), (*metadata_only, "--metadata-only")];
            let given = given.into_iter().filter(|(so, _)| *so).map(|(_, o)| o.to_owned());
            ("delete", vec![name.clone()], given.collect())
        }
    }
}

fn options(new: &NewSnapshot) -> Vec<String> {
    let mut options = Vec::new();
    let mut given = |option: &str, value: &str| options.extend([option.to_owned(), value.to_owned()]);
    if !new.description.is_empty() {
        given("--text", &new.description);
    }
    if new.way != SnapshotWay::Auto {
        given("--way", new.way.word());
    }
    if new.freeze != Freeze::Auto {
        given("--freeze", new.freeze.word());
    }
    if let Some(folder) = &new.folder {
        given("--folder", folder);
    }
    if new.content == SnapshotContent::Disks {
        options.push("--disks-only".into());
    }
    options
}
