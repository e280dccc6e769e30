//! `novacron audit show`: one record, whole.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::list::took;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Format, Layout, to_stdout, write_csv, write_fields, write_json};
use crate::cli::past::failure;
use crate::cli::when::{Clock, rfc3339};
use crate::engine::jobs::records::{Link, Records, changes};
use crate::model::audit::AuditRecord;
use crate::model::job::Actor;
use crate::model::text::clean;

/// Shows the record of this number.
pub(super) fn run(
    records: &Records,
    number: u64,
    clock: &Clock,
    format: Format,
    layout: Layout,
) -> Result<Exit, Failure> {
    let Some(link) = records.one(number).map_err(|e| failure(&e))? else {
        return Err(Failure::new(Exit::NotFound, format!("there is no audit record {number}"))
            .hint("`novacron audit list` tells which there are."));
    };
    to_stdout(|out| write(out, &link, clock, format, layout))?;
    Ok(Exit::Done)
}

/// Writes one record. One that a newer NovaCron wrote is written as it is stored.
pub(super) fn write(
    out: &mut dyn Write,
    link: &Link,
    clock: &Clock,
    format: Format,
    layout: Layout,
) -> io::Result<()> {
    let record = link.record();
    let object = || record.as_ref().map_or_else(|| stored(link), |record| object(link, record));
    match (format, &record) {
        (Format::Json, _) => write_json(out, &Json::Object(object())),
        (Format::Csv, _) => {
            let object = object();
            let keys: Vec<String> = object.keys().cloned().collect();
            write_csv(out, &keys, &[object])
        }
        (Format::Table, None) => {
            writeln!(out, "Record {} was written by a newer NovaCron. As it is stored:", link.number)?;
            writeln!(out, "{}", layout.text(&clean(&link.text)))
        }
        (Format::Table, Some(record)) => for_people(out, link, record, clock, layout),
    }
}

fn stored(link: &Link) -> Map<String, Json> {
    let fields = [
        ("number", json!(link.number)),
        ("previous", json!(link.previous)),
        ("hash", json!(link.hash)),
        ("record", json!(link.text)),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn object(link: &Link, record: &AuditRecord) -> Map<String, Json> {
    let AuditRecord { at, by, host, operation, target, job, plan, .. } = record;
    let fields = [
        ("number", json!(link.number)),
        ("at", json!(rfc3339(*at))),
        ("user", json!(by.user)),
        ("origin", json!(by.origin)),
        ("via", json!(by.via.word())),
        ("pid", json!(by.pid)),
        ("ended_by", json!(record.ended_by)),
        ("host", json!(host)),
        ("operation", json!(operation.word())),
        ("asked", serde_json::to_value(operation).unwrap_or_default()),
        ("kind", json!(target.kind.word())),
        ("target", json!(target.name)),
        ("target_id", json!(target.id)),
        ("job", json!(job.map(|job| job.0))),
        ("result", json!(record.result.word())),
        ("duration_ms", json!(record.duration_ms)),
        ("outcome", json!(record.outcome)),
        ("plan", json!(plan)),
        ("xml_before", json!(record.xml_before)),
        ("xml_after", json!(record.xml_after)),
        ("previous", json!(link.previous)),
        ("hash", json!(link.hash)),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn who(by: &Actor) -> String {
    let from = if by.origin.is_empty() { String::new() } else { format!(" from {}", clean(&by.origin)) };
    format!("{}{from}, {}, process {}", clean(&by.user), by.via.word(), by.pid)
}

fn for_people(
    out: &mut dyn Write,
    link: &Link,
    record: &AuditRecord,
    clock: &Clock,
    layout: Layout,
) -> io::Result<()> {
    let target = format!(
        "{} {} ({})",
        record.target.kind.word(),
        record.target.display_name(),
        clean(&record.target.id)
    );
    let mut fields = vec![
        ("Record", link.number.to_string()),
        ("Time", clock.shown(record.at)),
        ("By", who(&record.by)),
        ("Host", clean(&record.host).into_owned()),
        ("Operation", record.operation.word().to_owned()),
        ("Target", target),
        ("Result", format!("{}, after {}", record.result.word(), took(record.duration_ms))),
        ("Outcome", clean(&record.outcome).into_owned()),
        ("Hash", link.hash.clone()),
    ];
    if let Some(other) = &record.ended_by {
        fields.insert(3, ("Ended by", who(other)));
    }
    if let Some(job) = record.job {
        fields.insert(fields.len() - 3, ("Job", job.to_string()));
    }
    let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    write_fields(out, &fields, 0, layout)?;
    section(out, "Steps", &record.plan, layout)?;
    section(out, "Changed", &changes(record), layout)
}

/// A text of several lines below its title; nothing where there is none.
fn section(out: &mut dyn Write, title: &str, text: &str, layout: Layout) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    text.lines().try_for_each(|line| writeln!(out, "  {}", layout.text(&clean(line))))
}
