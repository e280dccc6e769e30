//! `novacron doctor`: what works here, what does not, why, and what to do.

mod connection;
mod environment;
mod machine;

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use crate::cli::appearance::Appearance;
use crate::cli::output::{Format, Layout, write_csv, write_json};
use crate::config::{Environment, Loaded};
use crate::model::text::clean;

pub(crate) use connection::{Seen, of_host};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Works.
    Ok,
    /// Works with less; nothing is wrong.
    Note,
    /// Something to put right.
    Warn,
    /// Does not work.
    Fail,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) area: &'static str,
    pub(crate) name: &'static str,
    pub(crate) status: Status,
    /// What was found, one sentence, cleaned.
    pub(crate) found: String,
    /// What to do; empty when nothing.
    pub(crate) remedy: String,
}

impl Check {
    pub(crate) fn new(
        area: &'static str,
        name: &'static str,
        status: Status,
        found: impl AsRef<str>,
        remedy: impl AsRef<str>,
    ) -> Self {
        let (found, remedy) = (clean(found.as_ref()).into_owned(), clean(remedy.as_ref()).into_owned());
        Self { area, name, status, found, remedy }
    }

    pub(crate) fn ok(area: &'static str, name: &'static str, found: impl AsRef<str>) -> Self {
        Self::new(area, name, Status::Ok, found, "")
    }

    /// Works unless there is a reason why not, which is then a note.
    pub(crate) fn unless(area: &'static str, name: &'static str, why: Option<&str>, works: &str) -> Self {
        why.map_or_else(|| Self::ok(area, name, works), |w| Self::new(area, name, Status::Note, w, ""))
    }
}

/// What can be told without a hypervisor.
pub(crate) fn of_surroundings(loaded: &Loaded, environment: &Environment, looks: &Appearance) -> Vec<Check> {
    let mut checks = environment::configuration(loaded, looks);
    checks.extend(environment::terminal(environment, looks));
    checks.extend(environment::tools(environment, &loaded.settings.connect));
    checks
}

/// What the machine itself gives; only told where the hypervisor runs on it.
pub(crate) fn of_machine() -> Vec<Check> {
    machine::checks(&mut crate::host::LocalMachine::new())
}

/// What did not come in time.
pub(crate) fn late(missing: &[String]) -> Vec<Check> {
    let remedy = "--timeout SECONDS waits longer; a slow pool or guest holds up nothing else.";
    missing.iter().map(|m| Check::new("Late", "answers", Status::Warn, m, remedy)).collect()
}

/// Writes the checks.
pub(crate) fn write(out: &mut dyn Write, checks: &[Check], format: Format, layout: Layout) -> io::Result<()> {
    let objects: Vec<Map<String, Json>> = checks.iter().map(object).collect();
    match format {
        Format::Json => write_json(out, &objects.into_iter().map(Json::Object).collect()),
        Format::Csv => {
            let keys = ["area", "check", "status", "found", "remedy"].map(str::to_owned);
            write_csv(out, &keys, &objects)
        }
        Format::Table => write_text(out, checks, layout),
    }
}

fn object(c: &Check) -> Map<String, Json> {
    let remedy = (!c.remedy.is_empty()).then_some(&c.remedy);
    let rows = [
        ("area", json!(c.area)),
        ("check", json!(c.name)),
        ("status", json!(c.status.word().to_ascii_lowercase())),
        ("found", json!(c.found)),
        ("remedy", json!(remedy)),
    ];
    rows.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn write_text(out: &mut dyn Write, checks: &[Check], layout: Layout) -> io::Result<()> {
    let width = checks.iter().map(|c| c.name.len()).max().unwrap_or(0);
    let mut area = "";
    for c in checks {
        if c.area != area {
            let gap = if area.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}{}", c.area)?;
            area = c.area;
        }
        let indent = width + 10;
        for (i, line) in wrapped(&layout.text(&c.found), layout, indent).iter().enumerate() {
            match i {
                0 => writeln!(out, "  {:<4}  {:<width$}  {line}", c.status.word(), c.name)?,
                _ => writeln!(out, "{:indent$}{line}", "")?,
            }
        }
        for line in wrapped(&layout.text(&c.remedy), layout, indent + 2) {
            writeln!(out, "{:indent$}  {line}", "")?;
        }
    }
    let count = |s: Status| checks.iter().filter(|c| c.status == s).count();
    let (fail, warn) = (count(Status::Fail), count(Status::Warn));
    match (fail, warn) {
        (0, 0) => writeln!(out, "\nAll is well."),
        (0, w) => writeln!(out, "\nIt works; {w} to look at."),
        (f, w) => writeln!(out, "\n{f} failed, {w} to look at."),
    }
}

/// The text in lines that fit beside the indent; one line where nobody looks.
fn wrapped(text: &str, layout: Layout, indent: usize) -> Vec<String> {
    let room = layout.width.map_or(usize::MAX, |w| usize::from(w).saturating_sub(indent).max(20));
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if crate::model::text::width(line) + 1 + crate::model::text::width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
