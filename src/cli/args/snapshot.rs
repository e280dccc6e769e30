//! Arguments of `novacron snapshot`.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::vm::{Form, How};
use crate::model::operation::{
    AfterRevert, Freeze, NewSnapshot, SnapshotContent, SnapshotOperation, SnapshotWay,
};

/// `novacron snapshot`.
#[derive(Args, Clone, Debug)]
pub struct Snapshot {
    /// What is done.
    #[command(subcommand)]
    pub action: SnapshotAction,
}

/// What is done with snapshots.
#[derive(Clone, Debug, Subcommand)]
pub enum SnapshotAction {
    /// List the snapshots of a VM as a tree, with ages and sizes.
    List {
        /// Name or UUID of a VM.
        vm: String,
        /// How it is told.
        #[command(flatten)]
        look: Look,
    },
    /// Show one snapshot: where its disks and memory are kept, and what rests on it.
    Show {
        /// Name or UUID of a VM.
        vm: String,
        /// Name of the snapshot.
        name: String,
        /// How it is told.
        #[command(flatten)]
        look: Look,
    },
    /// Keep the present state of a VM: its disks, and its memory when it runs.
    Create {
        /// Name or UUID of a VM.
        vm: String,
        /// Name of the snapshot; the time of day where none is given.
        name: Option<String>,
        /// What is to be said about it.
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        text: Option<String>,
        /// Leave the memory of a running VM out; its guest is frozen meanwhile where its agent answers.
        #[arg(long)]
        disks_only: bool,
        /// Where it is kept: inside the images, or in layers over them.
        #[arg(long, value_name = "WAY", default_value = "auto", value_parser = way())]
        way: SnapshotWay,
        /// Whether the guest is frozen when its memory is left out.
        #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = freeze())]
        freeze: Freeze,
        /// Put layers into this folder of the host, and not beside the images.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<String>,
        /// How it is gone about.
        #[command(flatten)]
        how: How,
    },
    /// Go back to a snapshot. What was written since is lost, unless it is kept first.
    Revert {
        /// Name or UUID of a VM.
        vm: String,
        /// Name of the snapshot.
        name: String,
        /// How the VM is afterwards: as it was then (off where no memory was kept), running, or paused.
        #[arg(long, value_name = "HOW", default_value = "as-then", value_parser = then())]
        then: AfterRevert,
        /// Take a snapshot of this name first.
        #[arg(long, value_name = "NEW-NAME")]
        keep: Option<String>,
        /// How it is gone about.
        #[command(flatten)]
        how: How,
    },
    /// Delete a snapshot; the VM goes on as it is. Layers are merged.
    Delete {
        /// Name or UUID of a VM.
        vm: String,
        /// Name of the snapshot.
        name: String,
        /// With all that were taken on top of it.
        #[arg(long)]
        children: bool,
        /// Have libvirt forget it only: images stay as they are.
        #[arg(long)]
        metadata_only: bool,
        /// How it is gone about.
        #[command(flatten)]
        how: How,
    },
}

/// How something is told.
#[derive(Args, Clone, Copy, Debug)]
pub struct Look {
    /// Form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    pub format: Form,
    /// Give up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = super::seconds)]
    pub timeout: Duration,
}

impl SnapshotAction {
    /// The VM as it was named, what is asked for of it, and how; `None` where nothing is done. `stamp` names what has no
    /// name.
    pub fn asked(&self, stamp: &str) -> Option<(&str, SnapshotOperation, &How)> {
        match self {
            Self::List { .. } | Self::Show { .. } => None,
            Self::Create { vm, name, text, disks_only, way, freeze, folder, how } => {
                let new = NewSnapshot {
                    description: text.clone().unwrap_or_default(),
                    content: if *disks_only { SnapshotContent::Disks } else { SnapshotContent::All },
                    way: *way,
                    freeze: *freeze,
                    folder: folder.clone(),
                    ..NewSnapshot::named(name.as_deref().unwrap_or(stamp))
                };
                Some((vm, SnapshotOperation::Create(new), how))
            }
            Self::Revert { vm, name, then, keep, how } => {
                let act = SnapshotOperation::Revert { name: name.clone(), then: *then, keep: keep.clone() };
                Some((vm, act, how))
            }
            Self::Delete { vm, name, children, metadata_only, how } => {
                let (children, metadata_only) = (*children, *metadata_only);
                let act = SnapshotOperation::Delete { name: name.clone(), children, metadata_only };
                Some((vm, act, how))
            }
        }
    }
}

fn way() -> impl TypedValueParser<Value = SnapshotWay> {
    PossibleValuesParser::new(SnapshotWay::ALL.map(SnapshotWay::word))
        .try_map(|word| SnapshotWay::ALL.into_iter().find(|w| w.word() == word).ok_or("not a way"))
}

fn freeze() -> impl TypedValueParser<Value = Freeze> {
    PossibleValuesParser::new(Freeze::ALL.map(Freeze::word))
        .try_map(|word| Freeze::ALL.into_iter().find(|f| f.word() == word).ok_or("not a time to freeze"))
}

fn then() -> impl TypedValueParser<Value = AfterRevert> {
    PossibleValuesParser::new(AfterRevert::ALL.map(AfterRevert::word))
        .try_map(|word| AfterRevert::ALL.into_iter().find(|t| t.word() == word).ok_or("not a state"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn parse(line: &[&str]) -> SnapshotAction {
        match Cli::try_parse_from(["novacron", "snapshot"].iter().chain(line)) {
            Ok(Cli { command: Some(Command::Snapshot(Snapshot { action })), .. }) => action,
            other => panic!("{line:?}: {other:?}"),
        }
    }

    fn asked(line: &[&str]) -> SnapshotOperation {
        let action = parse(line);
        let (vm, act, _) = action.asked("2026-11-23-1430").unwrap();
        assert_eq!(vm, "web01");
        act
    }

    #[test]
    fn every_action_is_understood() {
        use SnapshotOperation as Op;
        assert_eq!(asked(&["create", "web01"]), Op::Create(NewSnapshot::named("2026-11-23-1430")));
        let whole = NewSnapshot {
            name: "a".into(),
            description: "-x".into(),
            content: SnapshotContent::Disks,
            way: SnapshotWay::External,
            freeze: Freeze::Always,
            folder: Some("/p".into()),
        };
        let line = ["create", "web01", "a", "--text", "-x", "--disks-only", "--way", "external"];
        let line = [&line[..], &["--freeze", "always", "--folder", "/p", "--yes"]].concat();
        assert_eq!(asked(&line), Op::Create(whole));
        let revert = Op::Revert { name: "a".into(), then: AfterRevert::Running, keep: Some("b".into()) };
        assert_eq!(asked(&["revert", "web01", "a", "--then", "running", "--keep", "b"]), revert);
        let delete = Op::Delete { name: "a".into(), children: true, metadata_only: true };
        assert_eq!(asked(&["delete", "web01", "a", "--children", "--metadata-only"]), delete);
        assert!(parse(&["list", "web01", "--format", "json"]).asked("").is_none());
    }
}
