//! Leaving with `q` while libvirtd is stopped.

use std::time::Duration;

use crate::Outcome;
use crate::context::Context;
use crate::libvirtd::Host;
use crate::numbers::{median, most};
use crate::report::Line;
use crate::rest::{SOON, open};

/// 500 ms, the terminal as it was.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let host = context.scratch()?;
    let names = host.names(false)?;
    let (mut ms, mut dirt) = (Vec::new(), None);
    for _ in 0..context.times(7, 2) {
        let left = once(host, &names);
        host.go_on()?;
        let (took, left_behind) = left?;
        ms.push(took);
        dirt = dirt.or(left_behind);
    }
    let clean = dirt.is_none();
    Ok(vec![
        Line::new("leaving with `q` while libvirtd is stopped")
            .at_most("500 ms, terminal clean")
            .measured(format!("{:.0} ms, {}", median(&ms), if clean { "clean" } else { "not clean" }))
            .holds_if(most(&ms) <= 500.0)
            .holds_if(clean)
            .note(format!("{} times, most {:.0} ms", ms.len(), most(&ms)))
            .note(dirt.unwrap_or_default())
            .value("leave_ms_median", median(&ms))
            .value("leave_ms_most", most(&ms)),
    ])
}

/// How long it took in ms, and what was left behind.
fn once(host: &Host, names: &[String]) -> Outcome<(f64, Option<String>)> {
    let mut console = open(&host.uri, names, (45, 160))?;
    host.stall()?;
    // Longer than a poll's pace: one hangs.
    console.listen(Duration::from_secs(3));
    let asked = console.send("q")?;
    let ended = console.until_end(SOON)?;
    Ok((ended.saturating_duration_since(asked).as_secs_f64() * 1e3, console.left_behind()))
}
