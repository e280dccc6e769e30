//! From a file's text to assignments: every mistake told, the rest used.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key};
use super::raw::Raw;
use super::warning::Warning;
use crate::model::suggest::did_you_mean;

/// The section of a single host.
const HOSTS: &str = "hosts";

/// A key set by a file, for one host or for all.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) key: &'static Key,
    pub(super) host: Option<String>,
    pub(super) value: Raw,
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct FileContents {
    pub(super) assignments: Vec<Assignment>,
    pub(super) warnings: Vec<Warning>,
}

/// Reads a file's text. Never fails: a mistake is a warning.
pub(super) fn read(path: &Path, text: &str) -> FileContents {
    let (table, errors) = DeTable::parse_recoverable(text);
    // What follows a broken line may have landed in the wrong section: it is not used.
    let first = errors.iter().map(|e| (e.span().map_or(0, |s| s.start), e)).min_by_key(|(at, _)| *at);
    let end = first.map_or(text.len(), |(at, _)| at);
    let mut reader = Reader { path, text, end, contents: FileContents::default() };
    if let Some((at, e)) = first {
        reader.warn(at, &format!("{}; nothing is read from here on", e.message()));
    }
    reader.table(table.get_ref(), "", None);
    reader.contents.warnings.sort_by_key(|w| w.place);
    reader.contents
}

struct Reader<'t> {
    path: &'t Path,
    text: &'t str,
    /// Where reading ends.
    end: usize,
    contents: FileContents,
}

impl Reader<'_> {
    fn warn(&mut self, at: usize, message: &str) {
        self.contents.warnings.push(Warning::in_file(self.path, self.text, at, message));
    }

    fn table(&mut self, table: &DeTable<'_>, prefix: &str, host: Option<&str>) {
        let end = self.end;
        for (name, value) in table.iter().filter(|(name, _)| name.span().start < end) {
            let full = if prefix.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{prefix}.{}", name.get_ref())
            };
            match value.get_ref() {
                DeValue::Table(hosts) if full == HOSTS && host.is_none() => self.hosts(hosts),
                DeValue::Table(section) if is_section(&full) => self.table(section, &full, host),
                written => match KEYS.iter().find(|k| k.path == full) {
                    Some(key) => self.assign(key, written, value.span().start, host),
                    None => self.unknown(&full, name.span().start),
                },
            }
        }
    }

    fn hosts(&mut self, hosts: &DeTable<'_>) {
        let end = self.end;
        for (uri, value) in hosts.iter().filter(|(uri, _)| uri.span().start < end) {
            match value.get_ref() {
                DeValue::Table(section) => self.table(section, "", Some(uri.get_ref())),
                _ => self.warn(value.span().start, "expected a section: [hosts.\"URI\"]"),
            }
        }
    }

    fn assign(&mut self, key: &'static Key, written: &DeValue<'_>, at: usize, host: Option<&str>) {
        if host.is_some() && !key.per_host {
            return self.warn(at, &format!("{} cannot be set for one host", key.path));
        }
        match Raw::from_toml(written).and_then(|raw| key.kind.check(raw)) {
            Ok(value) => {
                let host = host.map(str::to_owned);
                self.contents.assignments.push(Assignment { key, host, value });
            }
            Err(wrong) => self.warn(at, &format!("{}: {wrong}", key.path)),
        }
    }

    fn unknown(&mut self, full: &str, at: usize) {
        let known = KEYS.iter().map(|k| k.path).chain(sections()).chain([HOSTS]);
        let mut hint = did_you_mean(full, known);
        if hint.is_empty() {
            // A key in the wrong section: its own name may be right.
            let name = full.rsplit('.').next().unwrap_or(full);
            let same = KEYS.iter().map(|k| k.path).find(|p| p.rsplit('.').next() == Some(name));
            hint = same.map_or_else(String::new, |p| format!("; did you mean \"{p}\"?"));
        }
        self.warn(at, &format!("there is no key \"{full}\"{hint}"));
    }
}

fn sections() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter_map(|k| k.path.split_once('.').map(|(s, _)| s))
}

fn is_section(name: &str) -> bool {
    sections().any(|s| s == name)
}
