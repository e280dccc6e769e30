//! Reading: one series, charts, everything at a moment; and opening.

use std::time::Duration;

use novacron::model::metric::MetricId;
use novacron::store::{HistoryReader, HistoryWriter, Retention, Tier};

use super::made::{END_S, Made};
use super::{ms, second};
use crate::Outcome;
use crate::numbers::{median, most};
use crate::report::Line;

const M: MetricId = MetricId::VmDiskRead;
const TIMES: usize = 15;

/// The lines about reading.
pub(super) fn measure(made: &Made) -> Outcome<Vec<Line>> {
    Ok(vec![day(made)?, month(made)?, two_years(made)?, scrub(made)?, top(made)?])
}

/// Lets the kernel forget the file: what is read next comes from the disk.
pub(super) fn forget(made: &Made) -> Outcome<()> {
    let file = std::fs::File::open(made.folder().join("history.db"))?;
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

/// 10 ms cold, 3 ms warm.
fn day(made: &Made) -> Outcome<Line> {
    let read = |reader: &HistoryReader| -> Outcome<usize> {
        Ok(reader.raw(made.vm().subject(), M, second(END_S - made.span_s), second(END_S))?.len())
    };
    let (mut cold, mut warm, mut samples) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TIMES {
        forget(made)?;
        let reader = made.reader()?;
        cold.push(ms(|| read(&reader))?.0);
        let (took, count) = ms(|| read(&reader))?;
        warm.push(took);
        samples = count;
    }
    let (c, w) = (median(&cold), median(&warm));
    Ok(Line::new(format!("{} h of samples of one series, cold / warm", made.span_s / 3600))
        .at_most("10 ms / 3 ms")
        .measured(format!("{c:.1} ms / {w:.1} ms"))
        .holds_if(c <= 10.0 && w <= 3.0)
        .note(format!("medians of {TIMES}, most {:.1} / {:.1} ms, {samples} samples", most(&cold), most(&warm)))
        .note("read at the end of an hour that is not closed yet: of no moment are there more pieces")
        .note("cold: the kernel forgot the file (fadvise), a new connection; what lies under the virtual disk may remember")
        .series("cold_ms", &cold)
        .series("warm_ms", &warm))
}

/// 10 ms.
fn month(made: &Made) -> Outcome<Line> {
    chart(made, "30 d chart of one series, 1,000 points", 30, 1000, Tier::Minute)
}

fn two_years(made: &Made) -> Outcome<Line> {
    chart(made, "2 y chart of one series, 1,000 points", 730, 1000, Tier::Hour)
}

fn chart(made: &Made, what: &str, days: i64, points: usize, tier: Tier) -> Outcome<Line> {
    let reader = made.reader()?;
    let (mut took, mut count) = (Vec::new(), 0);
    forget(made)?;
    for _ in 0..=TIMES {
        let from = second(END_S - days * 86_400);
        let (once, drawn) = ms(|| Ok(reader.points(made.vm().subject(), M, from, second(END_S), points)?))?;
        if drawn.tier != tier {
            return Err(format!("drawn from {:?}", drawn.tier).into());
        }
        count = drawn.points.len();
        took.push(once);
    }
    let cold = took.remove(0);
    let middle = median(&took);
    Ok(Line::new(what)
        .at_most("10 ms")
        .measured(format!("{middle:.1} ms"))
        .holds_if(middle <= 10.0)
        .note(format!(
            "median of {TIMES}, most {:.1} ms, {count} points; the first, cold, {cold:.1} ms",
            most(&took)
        ))
        .series("ms", &took))
}

/// 50 ms.
fn scrub(made: &Made) -> Outcome<Line> {
    let reader = made.reader()?;
    let mut took = Vec::new();
    let mut series = 0;
    // Steps back through the day, and through the past month.
    for step in 0..30 {
        let s =
            if step % 2 == 0 { END_S - made.span_s / 40 * step - 1000 } else { END_S - 86_400 * step - 4321 };
        let (once, view) = ms(|| Ok(reader.moment(second(s), Duration::from_secs(900))?))?;
        took.push(once);
        series = series.max(view.series.len());
    }
    Ok(Line::new(format!("everything at a past moment with 15 min before it, {} VMs", made.vms))
        .at_most("50 ms")
        .measured(format!("{:.1} ms", median(&took)))
        .holds_if(median(&took) <= 50.0)
        .note(format!("{} steps, most {:.1} ms, {series} series", took.len(), most(&took)))
        .series("ms", &took))
}

fn top(made: &Made) -> Outcome<Line> {
    let reader = made.reader()?;
    let from = second(END_S - 86_400);
    let (took, top) = ms(|| Ok(reader.top(M, novacron::store::Rank::Total, from, second(END_S), 10)?))?;
    Ok(Line::new("top 10 of a day")
        .measured(format!("{took:.1} ms"))
        .note(format!("{} VMs told", top.len()))
        .value("ms", took))
}

/// Opening what is there, to write and to read.
pub(super) fn open(made: &Made, what: &str) -> Outcome<Line> {
    let bytes = made.bytes()? / 1_000_000;
    Ok(opening(made.folder(), what)?.note(format!("{bytes} MB")))
}

/// Opening a database that holds nothing.
pub(super) fn open_empty() -> Outcome<Line> {
    let folder = tempfile::tempdir()?;
    HistoryWriter::open(folder.path(), Retention::default(), second(0))?;
    opening(folder.path(), "nothing")
}

fn opening(folder: &std::path::Path, what: &str) -> Outcome<Line> {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        took.push(
            ms(|| {
                let writer = HistoryWriter::open(folder, Retention::default(), second(0))?;
                let reader = HistoryReader::open(folder)?;
                Ok((writer, reader))
            })?
            .0,
        );
    }
    Ok(Line::new(format!("opening a history of {what}"))
        .at_most("no longer than an empty one")
        .measured(format!("{:.1} ms", median(&took)))
        .note(format!("median of {TIMES}, most {:.1} ms", most(&took)))
        .series("ms", &took))
}
