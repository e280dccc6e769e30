//! Arguments of `novacron vm migrate-disk|commit-disk|pull-disk`.

use clap::Args;

use crate::model::operation::{DiskMove, LayerChange, LayerOperation, VmOperation};

/// A disk of a VM.
#[derive(Args, Clone, Debug)]
pub struct DiskOf {
    /// Name or UUID of a VM.
    pub name: String,
    /// Target of the disk, such as vda.
    pub target: String,
    /// Most MiB that are moved in a second while the VM runs, so that the guest's own I/O has room.
    #[arg(long, value_name = "MIB/S", value_parser = clap::value_parser!(u32).range(1..))]
    pub bandwidth: Option<u32>,
}

/// Where a disk goes.
#[derive(Args, Clone, Debug)]
pub struct Migrate {
    /// Which disk.
    #[command(flatten)]
    pub disk: DiskOf,
    /// Pool that it goes to.
    #[arg(long)]
    pub pool: String,
    /// Name of its new volume; otherwise the one it has, or one that is free.
    #[arg(long = "name", value_name = "NEW-NAME")]
    pub to: Option<String>,
    /// Format of its new volume; otherwise the one it has.
    #[arg(long, value_name = "FORMAT", value_parser = ["qcow2", "raw"])]
    pub image_format: Option<String>,
    /// Leave the old volume where it is.
    #[arg(long)]
    pub keep_old: bool,
    /// Copy its own layer only: what lies below stays below.
    #[arg(long)]
    pub keep_below: bool,
}

/// What a disk's layers are written into.
#[derive(Args, Clone, Debug)]
pub struct Commit {
    /// Which disk.
    #[command(flatten)]
    pub disk: DiskOf,
    /// The image below that takes what those above it hold, a path or POOL/VOLUME; otherwise the next below.
    #[arg(long, value_name = "IMAGE")]
    pub into: Option<String>,
    /// Leave the layers that are of no more use where they are.
    #[arg(long)]
    pub keep_old: bool,
}

/// What a disk is to lie on.
#[derive(Args, Clone, Debug)]
pub struct Pull {
    /// Which disk.
    #[command(flatten)]
    pub disk: DiskOf,
    /// The image below that stays below, a path or POOL/VOLUME; otherwise none does.
    #[arg(long, value_name = "IMAGE")]
    pub onto: Option<String>,
}

type Asked = (Vec<String>, VmOperation);

fn asked(DiskOf { name, target, bandwidth }: DiskOf, what: LayerOperation) -> Asked {
    (vec![name], VmOperation::Layers(LayerChange { target, what, bandwidth }))
}

impl Migrate {
    pub(super) fn asked(self) -> Asked {
        let Self { disk, pool, to: name, image_format: format, keep_old, keep_below } = self;
        asked(disk, LayerOperation::Migrate(DiskMove { pool, name, format, keep_old, keep_below }))
    }
}

impl Commit {
    pub(super) fn asked(self) -> Asked {
        asked(self.disk, LayerOperation::Commit { into: self.into, keep_old: self.keep_old })
    }
}

impl Pull {
    pub(super) fn asked(self) -> Asked {
        asked(self.disk, LayerOperation::Pull { onto: self.onto })
    }
}
