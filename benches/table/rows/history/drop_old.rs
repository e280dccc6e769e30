//! Recording while an old day goes.

use std::time::{Duration, Instant};

use novacron::store::{HistoryWriter, Retention};

use super::load::{PACE_S, Vm, at};
use super::made::{END_S, Made};
use super::reads::forget;
use crate::Outcome;
use crate::numbers::{median, most};
use crate::report::Line;

/// Polls recorded meanwhile.
const POLLS: i64 = 240;
/// Polls until the hour is closed, after which it goes.
const CLOSING: usize = 60;

/// 100 ms. Changes what was made.
pub(super) fn measure(made: &Made) -> Outcome<Line> {
    let before = made.oldest_s()?;
    forget(made)?;
    let keep = Retention { raw: Duration::from_secs(3600), bytes: u64::MAX, ..Retention::default() };
    let mut writer = HistoryWriter::open(made.folder(), keep, at(END_S))?.writer;
    let mut vms: Vec<Vm> = (0..made.vms).map(Vm::new).collect();
    let mut took = Vec::new();
    for poll in 0..POLLS {
        let s = END_S + poll * PACE_S;
        let mut failed = None;
        for vm in &mut vms {
            let values = vm.poll(s);
            vm.hand_over(&values, |subject, metrics, row| {
                failed = writer.add(at(s), subject, metrics, row).err().or(failed.take());
            });
        }
        failed.map_or(Ok(()), Err)?;
        let begun = Instant::now();
        writer.commit()?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    drop(writer);
    let hours = (made.oldest_s()? - before) / 3600;
    if hours < 1 {
        return Err("nothing was dropped".into());
    }
    let meanwhile = took.get(CLOSING..).unwrap_or_default();
    Ok(Line::new(format!("slowest commit while old samples of {} VMs go", made.vms))
        .at_most("100 ms")
        .measured(format!("{:.0} ms", most(meanwhile)))
        .holds_if(most(meanwhile) <= 100.0)
        .note(format!(
            "{hours} h dropped during {} commits, median {:.0} ms",
            meanwhile.len(),
            median(meanwhile)
        ))
        .note("the slowest put a minute in order besides; cold to begin with")
        .series("ms", &took))
}
