//! History on disk: what samples weigh, how fast they are written and read.

mod console;
mod drop_old;
mod load;
mod made;
mod reads;
mod real;

use std::time::Instant;

use rusqlite::Connection;

use self::load::{BEGIN_MS, SERIES, Vm};
use self::made::Made;
use crate::Outcome;
use crate::context::Context;
use crate::report::Line;

/// Prometheus' own figure for its local storage, from its documentation ("1-2 bytes per sample", 1.3 on average).
const PROMETHEUS_BYTES: f64 = 1.3;

/// Everything about the history; one database for all lines.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let vms = context.times(500, 50);
    let hours = context.times(24, 4);
    let mut made = Made::new(vms, i64::try_from(hours)?)?;
    let mut lines = vec![weight(&made)?, real::weight(context)?, plain(context)?];
    lines.push(
        Line::new("bytes per sample, Prometheus")
            .measured(format!("{PROMETHEUS_BYTES}"))
            .note("from its documentation, not measured")
            .value("bytes_per_sample", PROMETHEUS_BYTES),
    );
    lines.extend(ingest(&made));
    made.check()?;
    lines.push(reads::open(&made, "a day")?);
    made.grow()?;
    lines.extend(reads::measure(&made)?);
    lines.push(reads::open(&made, "two years")?);
    lines.push(reads::open_empty()?);
    lines.extend(console::measure(context, &made));
    lines.push(drop_old::measure(&made)?);
    Ok(lines)
}

/// 2.0 bytes.
fn weight(made: &Made) -> Outcome<Line> {
    let w = made.reader()?.weigh()?;
    let all = w.bytes as f64 / w.samples as f64;
    let moving = (w.samples - w.constant_samples) as f64;
    // Pages hold a little more than the packed values: shared among all in proportion.
    let per_packed = w.bytes as f64 / w.packed as f64;
    let moving = (w.packed - w.constant_packed) as f64 * per_packed / moving;
    let constant = 100.0 * w.constant_samples as f64 / w.samples as f64;
    Ok(Line::new(format!("bytes per raw sample on disk, {}, indexes included", made.told()))
        .at_most("2.0")
        .measured(format!("{all:.2}"))
        .holds_if(all <= 2.0 && moving <= 2.0)
        .note(format!("{moving:.2} without constant series, which are {constant:.0} % of {} samples", w.samples))
        .note(format!("whole database {} MB with roll-ups", made.bytes()? / 1_000_000))
        .note("generated load: a fifth each idle, steady, by day and night, in bursts, leaking; bit-equal when read back")
        .value("bytes_per_sample", all)
        .value("bytes_per_moving_sample", moving)
        .value("constant_percent", constant))
}

/// The same samples as rows of a table.
fn plain(context: &Context) -> Outcome<Line> {
    let folder = tempfile::tempdir()?;
    let mut db = Connection::open(folder.path().join("plain.db"))?;
    db.execute_batch(
        "CREATE TABLE sample (series INTEGER, at_ms INTEGER, value REAL, PRIMARY KEY (series, at_ms)) WITHOUT ROWID",
    )?;
    let mut vms: Vec<Vm> = (0..10).map(Vm::new).collect();
    let (seconds, mut count) = (context.times(7200, 1800), 0_u64);
    let all = db.transaction()?;
    {
        let mut insert = all.prepare("INSERT INTO sample VALUES (?, ?, ?)")?;
        for s in (0..i64::try_from(seconds)?).step_by(load::PACE_S as usize) {
            for (n, vm) in vms.iter_mut().enumerate() {
                for (i, v) in vm.poll(s).into_iter().enumerate() {
                    insert.execute((
                        i64::try_from(n * SERIES + i)?,
                        load::at(s).0,
                        (!v.is_nan()).then_some(f64::from(v)),
                    ))?;
                    count += 1;
                }
            }
        }
    }
    all.commit()?;
    db.execute_batch("VACUUM")?;
    let bytes = std::fs::metadata(folder.path().join("plain.db"))?.len() as f64 / count as f64;
    Ok(Line::new("bytes per sample, plain rows in SQLite")
        .measured(format!("{bytes:.1}"))
        .note(format!("{count} of the same samples, WITHOUT ROWID, after VACUUM"))
        .value("bytes_per_sample", bytes))
}

/// 300,000 samples a second; 2 % of a core.
fn ingest(made: &Made) -> Vec<Line> {
    let rate = made.samples as f64 / made.took.as_secs_f64();
    let share = 100.0 * made.cpu.as_secs_f64() / made.recorded_s() as f64;
    // To 500 VMs, whatever was measured with.
    let share = share * 500.0 / made.vms as f64;
    vec![
        Line::new("samples written a second, sustained")
            .at_most("no less than 300,000")
            .measured(format!("{:.2} M", rate / 1e6))
            .holds_if(rate >= 300_000.0)
            .note(format!("{} samples in {:.1} s, a commit each poll", made.samples, made.took.as_secs_f64()))
            .note(format!("slowest commit {:.0} ms", made.slowest.as_secs_f64() * 1e3))
            .value("samples_per_second", rate),
        Line::new(format!("CPU of writing 500 VMs with {SERIES} series each at {} s", load::PACE_S))
            .at_most("2 % of a core")
            .measured(format!("{share:.2} %"))
            .holds_if(share <= 2.0)
            .note(format!(
                "{:.1} s of CPU for {} s of {} VMs",
                made.cpu.as_secs_f64(),
                made.recorded_s(),
                made.vms
            ))
            .value("cpu_percent", share),
    ]
}

/// Milliseconds that something takes.
fn ms<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(f64, T)> {
    let begun = Instant::now();
    let done = work()?;
    Ok((begun.elapsed().as_secs_f64() * 1e3, done))
}

/// The second `s` of the load as a timestamp without the poll's lateness.
const fn second(s: i64) -> novacron::model::time::Timestamp {
    novacron::model::time::Timestamp(BEGIN_MS + s * 1000)
}
