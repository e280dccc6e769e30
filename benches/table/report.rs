//! What was measured, as a table for people and as JSON.

use serde_json::{Map, Value, json};

/// Whether a bound was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was.
    Holds,
    /// It was not.
    Misses,
    /// Told for comparison; has no bound.
    Told,
    /// Could not be measured, and why.
    NotMeasured(String),
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The row it belongs to.
    pub(crate) row: &'static str,
    what: String,
    bound: String,
    measured: String,
    ratio: String,
    verdict: Verdict,
    note: String,
    /// How busy the machine was meanwhile, this bench and the guests included.
    pub(crate) busy_percent: f64,
    values: Map<String, Value>,
}

impl Line {
    /// A line without a bound so far.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            row: "",
            what: what.into(),
            bound: "–".into(),
            measured: "–".into(),
            ratio: "–".into(),
            verdict: Verdict::Told,
            note: String::new(),
            busy_percent: 0.0,
            values: Map::new(),
        }
    }

    /// A line that says why there is nothing to say.
    pub(crate) fn not_measured(what: &str, why: &str) -> Self {
        Self { verdict: Verdict::NotMeasured(why.to_owned()), ..Self::new(what) }
    }

    /// The bound, in words.
    pub(crate) fn at_most(mut self, bound: impl Into<String>) -> Self {
        self.bound = bound.into();
        self
    }

    /// What was measured, in words.
    pub(crate) fn measured(mut self, measured: impl Into<String>) -> Self {
        self.measured = measured.into();
        self
    }

    /// Relative to the command or baseline named in the note.
    pub(crate) fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = format!("{ratio:.2}");
        self.value("ratio", ratio)
    }

    /// Holds if this and all earlier conditions do.
    pub(crate) fn holds_if(mut self, condition: bool) -> Self {
        self.verdict = match self.verdict {
            Verdict::Told | Verdict::Holds if condition => Verdict::Holds,
            Verdict::NotMeasured(why) => Verdict::NotMeasured(why),
            _ => Verdict::Misses,
        };
        self
    }

    /// What a reader should know.
    pub(crate) fn note(mut self, note: impl AsRef<str>) -> Self {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(note.as_ref());
        self
    }

    /// A number for the JSON; the unit is in the key.
    pub(crate) fn value(mut self, key: &str, value: f64) -> Self {
        self.values.insert(key.to_owned(), json!(value));
        self
    }

    /// All single values, for the JSON.
    pub(crate) fn series(mut self, key: &str, values: &[f64]) -> Self {
        self.values.insert(key.to_owned(), json!(values));
        self
    }

    fn verdict_word(&self) -> &str {
        match &self.verdict {
            Verdict::Holds => "holds",
            Verdict::Misses => "**misses**",
            Verdict::Told => "–",
            Verdict::NotMeasured(_) => "not measured",
        }
    }

    /// One line of text.
    pub(crate) fn summary(&self) -> String {
        let why = if let Verdict::NotMeasured(why) = &self.verdict { why.as_str() } else { &self.note };
        format!("{}: {} [{}] {} ({why})", self.what, self.measured, self.bound, self.verdict_word())
    }

    fn cells(&self) -> [String; 6] {
        let busy = format!("machine {:.0} % busy", self.busy_percent);
        let why = match &self.verdict {
            Verdict::NotMeasured(why) => why,
            _ => &self.note,
        };
        let note = if why.is_empty() { busy } else { format!("{why}; {busy}") };
        [
            self.what.clone(),
            self.bound.clone(),
            self.measured.clone(),
            self.ratio.clone(),
            self.verdict_word().to_owned(),
            note.replace(['|', '\n'], " "),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "row": self.row,
            "what": self.what,
            "bound": self.bound,
            "measured": self.measured,
            "verdict": self.verdict_word().trim_matches('*'),
            "why": if let Verdict::NotMeasured(why) = &self.verdict { Some(why) } else { None },
            "note": self.note,
            "machine_busy_percent": self.busy_percent,
            "values": self.values,
        })
    }
}

/// The whole table.
#[derive(Debug)]
pub(crate) struct Report {
    quick: bool,
    pub(crate) lines: Vec<Line>,
}

impl Report {
    /// An empty one.
    pub(crate) const fn new(quick: bool) -> Self {
        Self { quick, lines: Vec::new() }
    }

    /// Whether everything chosen was measured.
    pub(crate) fn is_complete(&self) -> bool {
        !self.lines.iter().any(|l| matches!(l.verdict, Verdict::NotMeasured(_)))
    }

    /// The table, in Markdown, with date and machine above it.
    pub(crate) fn markdown(&self) -> String {
        let head = ["what", "at most", "measured", "ratio", "verdict", "notes"].map(str::to_owned);
        let mut rows: Vec<_> = std::iter::once(head).chain(self.lines.iter().map(Line::cells)).collect();
        let width = |n: usize| rows.iter().map(|r| r[n].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        rows.insert(1, widths.map(|w| "-".repeat(w)));
        let padded = |row: &[String; 6]| {
            let cells: Vec<_> = row.iter().zip(widths).map(|(cell, w)| format!("{cell:<w$}")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        self.heading() + &rows.iter().map(padded).collect::<String>()
    }

    fn heading(&self) -> String {
        let quick = if self.quick { " Short windows (--quick): not for comparison." } else { "" };
        format!("{}, {}.{quick}\n\n", date(), machine())
    }

    /// Everything, for programs.
    pub(crate) fn json(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(Line::json).collect();
        let whole = json!({ "date": date(), "machine": machine(), "quick": self.quick, "lines": lines });
        format!("{whole:#}\n")
    }
}

fn date() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d %H:%M").to_string()
}

/// CPU, cores, kernel, libvirt and system of this machine.
fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, key: &str| {
        let line = text.lines().find(|l| l.starts_with(key));
        line.and_then(|l| l.split_once([':', '=']))
            .map_or("unknown", |(_, v)| v.trim().trim_matches('"'))
            .to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let libvirt = std::process::Command::new("virsh").arg("--version").output();
    let libvirt = libvirt.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    format!(
        "{} × {}, Linux {}, libvirt {libvirt}, {}",
        cores,
        after(&read("/proc/cpuinfo"), "model name"),
        read("/proc/sys/kernel/osrelease").trim(),
        after(&read("/etc/os-release"), "PRETTY_NAME"),
    )
}
