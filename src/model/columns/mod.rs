//! The column registry: one table of columns per kind of object. Screens, `novacron list`, JSON and CSV all
//! read it, so that a column has one name, one unit and one meaning everywhere.
//!
//! A column that shows a metric takes its header, key, unit and sentence from the metric registry.

mod context;
mod device;
mod network;
mod storage;
mod value;
mod vm;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;

pub use context::Context;
pub use device::{DISK_COLUMNS, DiskRow, NIC_COLUMNS, NicRow, disk_rows, nic_rows};
pub use network::NETWORK_COLUMNS;
pub use storage::{POOL_COLUMNS, VOLUME_COLUMNS, VolumeRow, volume_rows};
pub use value::{UNKNOWN, Value, natural};
pub use vm::VM_COLUMNS;

use super::metric::{Kind, MetricId};

/// How a cell is set in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers, so that they can be read down the column.
    Right,
}

/// What must have been read before the column can be known: a command waits for no more than its columns need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The list alone.
    List,
    /// Flags, one call per VM.
    Flags,
    /// The definition, one XML per VM.
    Definition,
    /// One reading of its statistics group.
    Reading,
    /// Two readings, some time apart.
    Rate,
    /// Guest addresses.
    Addresses,
}

/// What a column shows.
pub enum Source<T: 'static> {
    /// A metric of the registry.
    Metric(MetricId),
    /// A metric of the registry, shown together with something else (`2.1/4.0G`).
    MetricOf(MetricId, Field<T>),
    /// Anything else: key in JSON and CSV, then the value.
    Field(&'static str, Field<T>),
}

/// Takes a column's value from its row.
pub type Field<T> = for<'a> fn(&'a T, &'a Context<'_>) -> Value<'a>;

/// A row that metrics can be read from.
pub trait Measured {
    /// The newest value; `None` when unknown.
    fn reading(&self, metric: MetricId) -> Option<f64>;
}

/// One column of a kind of row.
pub struct Column<T: 'static> {
    /// Stable name in kebab-case, for `--columns`, `--sort` and the configuration.
    pub id: &'static str,
    /// Header, at most ten cells.
    pub label: &'static str,
    /// What it shows, one sentence.
    pub doc: &'static str,
    /// How cells are set.
    pub align: Align,
    /// Width in terminal cells that its values need.
    pub width: u16,
    /// Whether it takes up spare width.
    pub grow: bool,
    /// What is dropped first when there is no room: the highest. 0 always stays.
    pub priority: u8,
    /// Shown on its screen and by `list` unless the user chose otherwise.
    pub default: bool,
    /// Shown on the Overview.
    pub overview: bool,
    /// What must have been read.
    pub needs: Needs,
    /// Where its value comes from.
    pub source: Source<T>,
}

impl<T: Measured> Column<T> {
    /// The row's value.
    pub fn value<'a>(&self, row: &'a T, context: &'a Context<'_>) -> Value<'a> {
        match self.source {
            Source::Metric(id) => row.reading(id).map_or(Value::Unknown, |v| Value::Number(v, id.get().unit)),
            Source::MetricOf(_, field) | Source::Field(_, field) => field(row, context),
        }
    }

    /// The order of two rows by this column. An unknown value comes last, whichever the direction.
    pub fn compare(&self, a: &T, b: &T, context: &Context<'_>, descending: bool) -> Ordering {
        self.value(a, context).compare(&self.value(b, context), descending)
    }
}

impl<T> Column<T> {
    /// The key in JSON and CSV: `snake_case`, with the unit.
    pub fn key(&self) -> Cow<'static, str> {
        match self.source {
            Source::Metric(id) | Source::MetricOf(id, _) => Cow::Owned(id.get().key()),
            Source::Field(key, _) => Cow::Borrowed(key),
        }
    }

    /// The metric it shows, where it shows one: what a sparkline in its cell is of.
    pub const fn metric(&self) -> Option<MetricId> {
        match self.source {
            Source::Metric(id) | Source::MetricOf(id, _) => Some(id),
            Source::Field(..) => None,
        }
    }

    /// Whether a sort by it usefully begins with the highest value.
    pub const fn descends(&self) -> bool {
        matches!(self.align, Align::Right)
    }

    /// A column of a metric: left of the registry are only its short name and how it is laid out.
    const fn of_metric(id: &'static str, metric: MetricId, width: u16, priority: u8) -> Self {
        let m = &super::metric::METRICS[metric as usize];
        Self {
            id,
            label: m.label,
            doc: m.doc,
            align: Align::Right,
            width,
            grow: false,
            priority,
            default: false,
            overview: false,
            needs: if matches!(m.kind, Kind::Gauge) { Needs::Reading } else { Needs::Rate },
            source: Source::Metric(metric),
        }
    }

    /// A column of anything else, left-aligned, known from the list alone.
    const fn of_field(
        id: &'static str,
        key: &'static str,
        label: &'static str,
        width: u16,
        priority: u8,
        doc: &'static str,
        field: Field<T>,
    ) -> Self {
        Self {
            id,
            label,
            doc,
            align: Align::Left,
            width,
            grow: false,
            priority,
            default: false,
            overview: false,
            needs: Needs::List,
            source: Source::Field(key, field),
        }
    }

    /// The metric's column, with this cell instead of the plain number.
    const fn showing(mut self, field: Field<T>) -> Self {
        if let Source::Metric(id) = self.source {
            self.source = Source::MetricOf(id, field);
        }
        self
    }

    const fn by_default(mut self) -> Self {
        self.default = true;
        self
    }

    const fn on_overview(mut self) -> Self {
        self.default = true;
        self.overview = true;
        self
    }

    const fn growing(mut self) -> Self {
        self.grow = true;
        self
    }

    const fn right(mut self) -> Self {
        self.align = Align::Right;
        self
    }

    const fn needing(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }
}

/// The column of this name: its id, or its key, in any case, with `-` or `_`.
pub fn find<T>(columns: &'static [Column<T>], name: &str) -> Option<&'static Column<T>> {
    let wanted = name.trim().to_ascii_lowercase();
    let (kebab, snake) = (wanted.replace('_', "-"), wanted.replace('-', "_"));
    columns.iter().find(|c| c.id == kebab).or_else(|| columns.iter().find(|c| c.key() == snake))
}

/// The columns shown unless the user chose otherwise.
pub fn defaults<T>(columns: &'static [Column<T>]) -> Vec<&'static Column<T>> {
    columns.iter().filter(|c| c.default).collect()
}

/// The columns that fit in `width` cells with `gap` between them: the highest priorities are dropped first,
/// the rest keeps its order. The first column always stays.
pub fn fitting<T>(columns: &[&'static Column<T>], width: u16, gap: u16) -> Vec<&'static Column<T>> {
    let mut kept = columns.to_vec();
    let total = |kept: &[&Column<T>]| {
        kept.iter().map(|c| usize::from(c.width + gap)).sum::<usize>().saturating_sub(usize::from(gap))
    };
    while kept.len() > 1 && total(&kept) > usize::from(width) {
        let worst = kept.iter().enumerate().skip(1).max_by_key(|(i, c)| (c.priority, *i)).map(|(i, _)| i);
        match worst {
            Some(i) => drop(kept.remove(i)),
            None => break,
        }
    }
    kept
}
