//! Bytes written to the terminal.

use crate::Outcome;
use crate::context::Context;
use crate::numbers::{median, most};
use crate::report::Line;
use crate::rest::Rest;
use crate::rows::keys::{Presses, Where};

/// 2.5 kB a second.
pub(crate) fn at_rest(context: &Context) -> Outcome<Vec<Line>> {
    let line = |where_: &str, rest: &Rest| {
        let kilo = rest.bytes_per_second / 1000.0;
        Line::new(format!("bytes to the terminal per second at rest, {where_}"))
            .at_most("2.5 kB")
            .measured(format!("{kilo:.2} kB"))
            .holds_if(kilo <= 2.5)
            .note(rest.told())
            .value("bytes_per_second", rest.bytes_per_second)
    };
    Ok(vec![line("Overview", context.overview()?), line("all running VMs on screen", context.vms()?)])
}

/// 1 kB a key.
pub(crate) fn per_key(context: &Context) -> Outcome<Vec<Line>> {
    let line = |where_: Where| -> Outcome<Line> {
        let presses = Presses::live(context, where_, true)?;
        let middle = median(&presses.bytes);
        Ok(Line::new(format!("bytes to the terminal per cursor key, {}", where_.name()))
            .at_most("1 kB")
            .measured(format!("{:.2} kB", middle / 1000.0))
            .holds_if(middle <= 1000.0)
            .note(format!("{} presses while frozen, most {:.0} B", presses.bytes.len(), most(&presses.bytes)))
            .value("bytes_median", middle)
            .series("bytes", &presses.bytes))
    };
    Ok(vec![line(Where::Overview)?, line(Where::Vms)?])
}
