//! Arguments of the commands that look back.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::output::Format;
use crate::cli::steps::Step;
use crate::cli::when::length;
use crate::engine::history::Rank;
use crate::model::metric::Entity;

/// From when to when.
#[derive(Args, Clone, Debug)]
pub struct Range {
    /// Begin: `-2h`, `14:30`, `2026-11-23`, `2026-11-23T14:30:00Z`; without a zone it is local time.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// End, in the same forms.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "now")]
    pub to: String,
}

/// `novacron history`.
#[derive(Args, Clone, Debug)]
pub struct History {
    /// A VM or pool by a name it has or had or by UUID, VM/DISK (`web01/vda`), VM/MAC of a NIC, or `host`. Where a
    /// name means several things, put `vm:` or `pool:` before it.
    #[arg(required_unless_present = "list")]
    pub name: Option<String>,
    /// JSON key of a metric (`cpu_percent`), or its name without the unit (`cpu`).
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    pub metric: Option<String>,
    /// Name what is recorded instead: of NAME its metrics, without one everything.
    #[arg(long)]
    pub list: bool,
    /// From when to when; the last hour unless said.
    #[command(flatten)]
    pub range: Range,
    /// One row each `30s`, `5m`, `1h`, `1d`: mean, least, greatest, number of samples. `raw` gives the samples as
    /// they were measured. Without it a step is chosen that gives about 60 rows.
    #[arg(long, value_name = "STEP")]
    pub step: Option<Step>,
    /// Form of the output; what was not measured is null in JSON and empty in CSV.
    #[arg(short, long, value_enum, default_value_t)]
    pub format: Format,
}

/// `novacron top`.
#[derive(Args, Clone, Debug)]
pub struct Top {
    /// Rank by this metric: its JSON key, or its name without the unit.
    #[arg(long, value_name = "METRIC", default_value = "cpu")]
    pub metric: String,
    /// Rank these.
    #[arg(long, value_enum, default_value = "vms")]
    pub of: Of,
    /// Rank by mean, greatest value, or total: bytes of bytes a second, seconds of full use of a share of CPU.
    #[arg(long, value_enum, default_value = "mean")]
    pub by: By,
    /// The last so long: `15m`, `1h`, `7d`. Instead of --from and --to.
    #[arg(long, value_name = "LENGTH", value_parser = length, conflicts_with_all = ["from", "to"])]
    pub window: Option<Duration>,
    /// From when to when; the last hour unless said.
    #[command(flatten)]
    pub range: Range,
    /// List so many at most.
    #[arg(long, value_name = "NUMBER", default_value = "10")]
    pub limit: NonZeroUsize,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    pub format: Format,
}

/// `novacron events`.
#[derive(Args, Clone, Debug)]
pub struct Events {
    /// From when to when; the last day unless said.
    #[command(flatten)]
    pub range: Range,
    /// Only what happened to this VM: a name it has or had, or its UUID.
    #[arg(long, value_name = "NAME")]
    pub vm: Option<String>,
    /// List the newest so many at most.
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    pub limit: NonZeroUsize,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    pub format: Format,
}

/// What is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Of {
    /// VMs.
    Vms,
    /// Disks of VMs.
    Disks,
    /// NICs of VMs.
    Nics,
    /// Pools.
    Pools,
}

impl Of {
    /// The kind of thing.
    pub const fn entity(self) -> Entity {
        match self {
            Self::Vms => Entity::Vm,
            Self::Disks => Entity::Disk,
            Self::Nics => Entity::Nic,
            Self::Pools => Entity::Pool,
        }
    }
}

/// By what things are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Mean of all samples.
    Mean,
    /// Greatest sample.
    Max,
    /// Sum over time.
    Total,
}

impl By {
    /// As the history has it.
    pub const fn rank(self) -> Rank {
        match self {
            Self::Mean => Rank::Mean,
            Self::Max => Rank::Max,
            Self::Total => Rank::Total,
        }
    }

    /// Its name, as typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Max => "max",
            Self::Total => "total",
        }
    }
}
