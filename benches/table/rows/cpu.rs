//! CPU of the console at its default pace, 160×45, nobody touching it.

use crate::Outcome;
use crate::context::Context;
use crate::report::Line;
use crate::rest::Rest;

/// 0.5 % of a core.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let line = |where_: &str, rest: &Rest| {
        Line::new(format!("CPU at 2 s refresh, 160×45, {where_}"))
            .at_most("0.5 % of a core")
            .measured(format!("{:.2} %", rest.cpu_percent))
            .holds_if(rest.cpu_percent <= 0.5)
            .note(rest.told())
            .note(rest.busiest())
            .value("cpu_percent", rest.cpu_percent)
            .value("window_s", rest.window.as_secs_f64())
    };
    Ok(vec![line("Overview", context.overview()?), line("all running VMs on screen", context.vms()?)])
}
