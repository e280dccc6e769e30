//! The page as text, in the two dialects that Prometheus reads.

use std::collections::HashSet;
use std::fmt::Write;

use super::family::{Family, Type};
use super::labels::Labels;

/// A dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// OpenMetrics 1.0: types of its own for facts and states, units, an end mark.
    OpenMetrics,
    /// Prometheus' older text format, which `node_exporter` and promtool read: facts and states are gauges.
    Plain,
}

impl Dialect {
    /// The media type of a page.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// A page being written.
pub(super) struct Text {
    dialect: Dialect,
    out: String,
}

impl Text {
    pub(super) const fn new(dialect: Dialect) -> Self {
        Self { dialect, out: String::new() }
    }

    /// Adds a family, all its samples together. Unknown values and labels that stood before are left out: one bad
    /// name must not spoil the page. A family without a sample is left out too.
    pub(super) fn family<'a>(
        &mut self,
        family: &Family,
        samples: impl IntoIterator<Item = (std::borrow::Cow<'a, Labels>, Option<f64>)>,
    ) {
        let name = family.sample_name();
        let mut seen = HashSet::new();
        for (labels, value) in samples {
            let Some(value) = value.filter(|v| v.is_finite()) else { continue };
            let labels = labels.braced();
            if seen.is_empty() {
                self.head(family, &name);
            }
            if !seen.contains(&labels) {
                let _ = writeln!(self.out, "{name}{labels} {value}");
                seen.insert(labels);
            }
        }
    }

    fn head(&mut self, family: &Family, sample_name: &str) {
        // The older format names the family as its samples.
        let (name, kind) = match (self.dialect, family.kind) {
            (Dialect::OpenMetrics, Type::Gauge) => (family.name.as_str(), "gauge"),
            (Dialect::OpenMetrics, Type::Counter) => (family.name.as_str(), "counter"),
            (Dialect::OpenMetrics, Type::Info) => (family.name.as_str(), "info"),
            (Dialect::OpenMetrics, Type::StateSet) => (family.name.as_str(), "stateset"),
            (Dialect::Plain, Type::Counter) => (sample_name, "counter"),
            (Dialect::Plain, Type::Gauge | Type::Info | Type::StateSet) => (sample_name, "gauge"),
        };
        let _ = writeln!(self.out, "# HELP {name} {}", help(self.dialect, family.help));
        let _ = writeln!(self.out, "# TYPE {name} {kind}");
        if self.dialect == Dialect::OpenMetrics && !family.unit.is_empty() {
            let _ = writeln!(self.out, "# UNIT {name} {}", family.unit);
        }
    }

    /// The whole page.
    pub(super) fn end(mut self) -> String {
        if self.dialect == Dialect::OpenMetrics {
            self.out.push_str("# EOF\n");
        }
        self.out
    }
}

/// A sentence as it stands behind `# HELP`: only OpenMetrics escapes quotes there.
fn help(dialect: Dialect, text: &str) -> String {
    let text = text.replace('\\', "\\\\");
    match dialect {
        Dialect::OpenMetrics => text.replace('"', "\\\""),
        Dialect::Plain => text,
    }
}
