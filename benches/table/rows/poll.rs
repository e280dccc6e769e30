//! CPU of the threads that poll, decode, fold and publish, for each poll: all they do, also between polls.

use crate::Outcome;
use crate::context::Context;
use crate::numbers::{median, most};
use crate::report::Line;

/// 3 ms.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let rest = context.vms()?;
    let (middle, top) = (median(&rest.poll_ms), most(&rest.poll_ms));
    Ok(vec![
        Line::new(format!("own CPU of one poll, {} VMs", rest.defined))
            .at_most("3 ms")
            .measured(format!("{middle:.2} ms"))
            .holds_if(middle <= 3.0)
            .note(format!(
                "{} polls, most {top:.2} ms; libvirt's part of decoding included",
                rest.poll_ms.len()
            ))
            .value("poll_ms_median", middle)
            .value("poll_ms_most", top)
            .series("poll_ms", &rest.poll_ms),
    ])
}
