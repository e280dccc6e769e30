//! What can be asked for: one table of names, read by the parser, completions and help.

use super::context::FilterContext;
use super::pattern::How;
use crate::model::columns::{Measured, VM_COLUMNS};
use crate::model::metric::{Entity, METRICS, Metric, MetricId};
use crate::model::units::Unit;
use crate::model::vm::{NicSource, Vm, VmDefinition, VmState};

/// A field of a VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    State,
    Text(Text),
    Flag(Flag),
    Number(Number),
}

/// A field whose values are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Name,
    Title,
    Tag,
    Network,
    Bridge,
    Pool,
    Address,
    Os,
    Mac,
    Uuid,
}

/// A field that is yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    Autostart,
    Agent,
    Persistent,
    Saved,
}

/// A field that is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Metric(MetricId),
    Vcpus,
}

/// A row of the table of fields that are no metric.
pub(super) struct Named {
    /// How it is written back and offered.
    pub(super) name: &'static str,
    /// Other ways to say it.
    pub(super) aliases: &'static [&'static str],
    pub(super) field: Field,
    /// What it asks for, one sentence.
    pub(super) doc: &'static str,
}

const fn row(name: &'static str, aliases: &'static [&'static str], field: Field, doc: &'static str) -> Named {
    Named { name, aliases, field, doc }
}

/// Every field that is no metric.
pub(super) static FIELDS: &[Named] = &[
    row("state", &["status"], Field::State, "State: running, paused, off, crashed, active, inactive."),
    row("tag", &["tags"], Field::Text(Text::Tag), "A tag, whole; tag:* for any."),
    row("name", &[], Field::Text(Text::Name), "Part of the name."),
    row("title", &[], Field::Text(Text::Title), "Part of the title."),
    row("network", &["networks"], Field::Text(Text::Network), "A network it is plugged into, whole."),
    row("bridge", &["br"], Field::Text(Text::Bridge), "A bridge or host device behind its NICs, whole."),
    row("pool", &["pools"], Field::Text(Text::Pool), "A pool its disks lie in, whole."),
    row("address", &["ip", "addr", "addresses"], Field::Text(Text::Address), "Part of a guest address."),
    row("mac", &[], Field::Text(Text::Mac), "Part of a MAC address."),
    row("os", &[], Field::Text(Text::Os), "Part of the operating system's name."),
    row("uuid", &[], Field::Text(Text::Uuid), "Part of the UUID."),
    row("autostart", &["auto"], Field::Flag(Flag::Autostart), "Whether it starts with the host."),
    row("agent", &[], Field::Flag(Flag::Agent), "Whether its guest agent is connected."),
    row("persistent", &["defined"], Field::Flag(Flag::Persistent), "Whether it stays when it stops."),
    row("saved", &["managed_save"], Field::Flag(Flag::Saved), "Whether its memory is saved on disk."),
    row("vcpus", &["vcpu"], Field::Number(Number::Vcpus), "Number of its vCPUs."),
];

/// Short names of metrics beside those of the registry and its columns.
const METRIC_ALIASES: &[(&str, MetricId)] = &[
    ("mem", MetricId::VmMemory),
    ("res", MetricId::VmResident),
    ("rss", MetricId::VmResident),
    ("io", MetricId::VmIops),
    ("lat", MetricId::VmLatency),
    ("rx", MetricId::VmNetRx),
    ("tx", MetricId::VmNetTx),
];

/// Metrics of VMs, in registry order.
pub(super) fn vm_metrics() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(|m| m.entity == Entity::Vm)
}

/// A metric's shortest name: its column's, or the registry's.
pub(super) fn metric_name(id: MetricId) -> &'static str {
    VM_COLUMNS.iter().find(|c| c.metric() == Some(id)).map_or(id.get().name, |c| c.id)
}

/// A metric's other names, the registry's among them.
pub(super) fn metric_aliases(id: MetricId) -> impl Iterator<Item = &'static str> {
    let short = METRIC_ALIASES.iter().filter(move |(_, of)| *of == id).map(|(alias, _)| *alias);
    short.chain(Some(id.get().name).filter(|name| *name != metric_name(id)))
}

impl Field {
    /// The field of this name or alias, in any case, with `-` or `_`.
    pub(super) fn find(name: &str) -> Option<Self> {
        let snake = name.to_ascii_lowercase().replace('-', "_");
        let named = FIELDS.iter().find(|f| f.name == snake || f.aliases.contains(&snake.as_str()));
        named.map(|f| f.field).or_else(|| find_metric(&snake).map(|id| Self::Number(Number::Metric(id))))
    }

    /// Its name, as it is written back.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Number(Number::Metric(id)) => metric_name(id),
            other => FIELDS.iter().find(|f| f.field == other).map_or("", |f| f.name),
        }
    }

    /// How it reads with a value, for hints: `tag:web`, `cpu>80`.
    pub(super) fn example(self) -> String {
        match self {
            Self::State => "state:running".into(),
            Self::Text(text) => format!("{}:{}", self.name(), text.example()),
            Self::Flag(_) => format!("{}:yes", self.name()),
            Self::Number(number) => format!("{}>{}", self.name(), super::number::example(number.unit())),
        }
    }
}

fn find_metric(snake: &str) -> Option<MetricId> {
    let kebab = snake.replace('_', "-");
    let alias = METRIC_ALIASES.iter().find(|(alias, _)| *alias == snake).map(|(_, id)| *id);
    let column = || VM_COLUMNS.iter().find(|c| c.id == kebab)?.metric();
    let registry = || vm_metrics().find(|m| m.name == snake || m.key() == snake).map(|m| m.id);
    alias.or_else(column).or_else(registry)
}

/// Every name a field goes by, for "did you mean".
pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
    let named = FIELDS.iter().flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()));
    named.chain(vm_metrics().flat_map(|m| std::iter::once(metric_name(m.id)).chain(metric_aliases(m.id))))
}

impl Text {
    /// How `:` compares: names of other things are whole, everything else is looked into.
    pub(super) const fn how(self) -> How {
        match self {
            Self::Tag | Self::Network | Self::Bridge | Self::Pool => How::Whole,
            Self::Name | Self::Title | Self::Address | Self::Os | Self::Mac | Self::Uuid => How::Within,
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Name | Self::Tag => "web",
            Self::Title => "mail",
            Self::Network | Self::Pool => "default",
            Self::Bridge => "br0",
            Self::Address => "192.168.",
            Self::Os => "debian",
            Self::Mac => "52:54:00",
            Self::Uuid => "3f2a",
        }
    }

    /// Whether any of its values is `wanted`; `None` when they are not known.
    pub(super) fn any(
        self,
        vm: &Vm,
        context: &FilterContext<'_>,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<bool> {
        let of_definition = |any: &dyn Fn(&VmDefinition) -> bool| vm.definition.as_deref().map(any);
        match self {
            Self::Name => Some(wanted(&vm.name)),
            Self::Uuid => Some(wanted(&vm.id.to_string())),
            Self::Title => of_definition(&|d| d.title.as_deref().is_some_and(&wanted)),
            Self::Os => of_definition(&|d| d.os.as_deref().is_some_and(&wanted)),
            Self::Tag => of_definition(&|d| d.tags.iter().any(|t| wanted(t))),
            Self::Mac => of_definition(&|d| d.nics.iter().any(|n| wanted(&n.mac))),
            Self::Network => of_definition(&|d| {
                d.nics.iter().any(|n| matches!(&n.source, NicSource::Network(name) if wanted(name)))
            }),
            Self::Bridge => {
                of_definition(&|d| d.nics.iter().filter_map(|n| context.bridge(&n.source)).any(&wanted))
            }
            Self::Pool => of_definition(&|d| {
                d.disks.iter().filter_map(|k| context.pool(k.source.as_ref()?)).any(&wanted)
            }),
            Self::Address if vm.addresses.is_empty() => None,
            Self::Address => Some(vm.addresses.iter().any(|a| wanted(&a.address.to_string()))),
        }
    }
}

impl Flag {
    /// Its value; `None` when not known.
    pub(super) fn value(self, vm: &Vm) -> Option<bool> {
        match self {
            Self::Autostart => vm.flags.autostart,
            Self::Persistent => vm.flags.persistent,
            Self::Saved => vm.flags.managed_save,
            Self::Agent => {
                let definition = vm.definition.as_deref()?;
                if definition.has_agent_channel { definition.agent_connected } else { Some(false) }
            }
        }
    }
}

impl Number {
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Metric(id) => id.get().unit,
            Self::Vcpus => Unit::Count,
        }
    }

    /// Its value; `None` when not known.
    pub(super) fn value(self, vm: &Vm) -> Option<f64> {
        match self {
            Self::Metric(id) => vm.reading(id),
            Self::Vcpus => vm.definition.as_deref().map(|d| f64::from(d.vcpus)),
        }
    }

    /// The same quantity as a share, where the registry has one: what `mem>80%` means.
    pub(super) fn as_percent(self) -> Option<Self> {
        let Self::Metric(id) = self else { return None };
        let share = vm_metrics().find(|m| m.name == id.get().name && m.unit == Unit::Percent)?;
        Some(Self::Metric(share.id))
    }
}

/// A state as it can be asked for: its words, the first of which is written back.
pub(super) struct StateWord {
    pub(super) words: &'static [&'static str],
    pub(super) holds: fn(VmState) -> bool,
}

/// Every state that can be asked for.
pub(super) static STATES: &[StateWord] = &[
    StateWord { words: &["running"], holds: |s| matches!(s, VmState::Running) },
    StateWord { words: &["paused"], holds: |s| matches!(s, VmState::Paused(_)) },
    StateWord { words: &["off", "shutoff", "shut-off", "stopped"], holds: |s| matches!(s, VmState::ShutOff) },
    StateWord { words: &["crashed"], holds: |s| matches!(s, VmState::Crashed) },
    StateWord { words: &["active", "on"], holds: VmState::is_active },
    StateWord { words: &["inactive"], holds: |s| matches!(s, VmState::ShutOff | VmState::Crashed) },
    StateWord { words: &["shutting-down", "stopping"], holds: |s| matches!(s, VmState::ShuttingDown) },
    StateWord { words: &["suspended"], holds: |s| matches!(s, VmState::Suspended) },
    StateWord { words: &["unknown"], holds: |s| matches!(s, VmState::Unknown) },
];
