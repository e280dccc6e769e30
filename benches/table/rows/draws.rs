//! Output while nothing visible changes: frozen values, within one minute of the clock.

use std::time::Duration;

use crate::Outcome;
use crate::context::Context;
use crate::libvirtd::Host;
use crate::report::Line;
use crate::rest::{SOON, open};

/// 0, counted as bytes: a draw that changes nothing visible and writes nothing does not count, any other does.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let host = Host::from_environment()?;
    let mut console = open(&host.uri, &host.names(false)?, (45, 160))?;
    console.listen(Duration::from_secs(5));
    let window = context.window(40, 15);
    // The header shows the time in minutes.
    let second = || jiff::Timestamp::now().as_second().rem_euclid(60);
    let settle = Duration::from_secs(3);
    let needed = i64::try_from((window + settle).as_secs())? + 2;
    while second() + needed >= 60 {
        console.listen(Duration::from_millis(500));
    }
    console.send("Z")?;
    console.until("frozen values", SOON, |s| s.contents().contains("frozen"))?;
    console.listen(settle);
    let bytes = console.listen(window);
    console.quit()?;
    Ok(vec![
        Line::new("draws while nothing visible changes (same minute, frozen values)")
            .at_most("0")
            .measured(format!("{bytes} bytes"))
            .holds_if(bytes == 0)
            .note(format!("{:.0} s of frozen Overview", window.as_secs_f64()))
            .value("bytes", bytes as f64),
    ])
}
