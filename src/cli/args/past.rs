//! Arguments of the commands that look back.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::cli::output::Format;
use crate::cli::steps::Step;
use crate::cli::when::length;
use crate::engine::history::Rank;
use crate::model::metric::{Entity, METRICS};

/// Every metric's key; clap wants names that live as long as the program.
static METRIC_KEYS: LazyLock<Vec<(Entity, String)>> =
    LazyLock::new(|| METRICS.iter().map(|m| (m.entity, m.key())).collect());

/// The name of a metric of these kinds of thing, or of any. Shells complete the keys; what is typed is looked up later,
/// when it is known what it is of, and may be a shorter name.
#[derive(Clone, Copy, Debug)]
struct MetricName(Option<&'static [Entity]>);

impl TypedValueParser for MetricName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let of = |(entity, _): &&(Entity, String)| self.0.is_none_or(|kinds| kinds.contains(entity));
        // Several kinds of thing have metrics of the same name.
        let keys: BTreeSet<&'static str> =
            METRIC_KEYS.iter().filter(of).map(|(_, key)| key.as_str()).collect();
        Some(Box::new(keys.into_iter().map(PossibleValue::new)))
    }
}

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
    #[arg(value_parser = MetricName(None), hide_possible_values = true)]
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
    #[arg(value_parser = MetricName(Some(&Of::ENTITIES)), hide_possible_values = true)]
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
    /// The kinds of thing that are ranked.
    const ENTITIES: [Entity; 4] = [Entity::Vm, Entity::Disk, Entity::Nic, Entity::Pool];

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
