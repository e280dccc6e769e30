//! From a cursor key to the screen on which the cursor has moved.

use std::time::{Duration, Instant};

use crate::Outcome;
use crate::context::Context;
use crate::libvirtd::Host;
use crate::numbers::{median, most, percentile};
use crate::report::Line;
use crate::rest::{SOON, open};
use crate::screen;
use crate::terminal::Terminal;

/// After a key, what it caused has been written by then.
const SETTLED: Duration = Duration::from_millis(30);

/// The list in which the cursor moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// The list on the first screen, beside which everything about the selected VM is shown.
    Overview,
    /// The table on the VMs screen.
    Vms,
}

impl Where {
    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Vms => "VMs screen",
        }
    }
}

/// 2 ms, at the 99th percentile 10 ms.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let line = |where_: Where| -> Outcome<Line> {
        let presses = Presses::live(context, where_, false)?;
        Ok(presses.line(format!("key to changed screen, {}", where_.name())))
    };
    Ok(vec![line(Where::Overview)?, line(Where::Vms)?])
}

/// The same while libvirtd does not answer.
pub(crate) fn stalled(context: &Context) -> Outcome<Vec<Line>> {
    let host = context.scratch()?;
    let mut console = open(&host.uri, &host.names(false)?, (45, 160))?;
    host.stall()?;
    let presses = told_to_stand_still(&mut console).and_then(|()| Presses::measure(context, &mut console));
    host.go_on()?;
    console.quit()?;
    Ok(vec![presses?.line("the same while libvirtd is stopped with SIGSTOP, Overview".to_owned())])
}

/// Waits until the console itself says that nobody answers: then polls do hang.
fn told_to_stand_still(console: &mut Terminal) -> Outcome<()> {
    console.until("it says that the host does not answer", SOON, |s| !screen::is_live(s))?;
    Ok(())
}

/// Many presses of cursor keys.
pub(crate) struct Presses {
    /// From writing the key to reading the screen.
    pub(crate) ms: Vec<f64>,
    /// Output from one key to the next.
    pub(crate) bytes: Vec<f64>,
}

impl Presses {
    /// On the real host; `frozen`, so that nothing but the keys changes the screen.
    pub(crate) fn live(context: &Context, where_: Where, frozen: bool) -> Outcome<Self> {
        let host = Host::from_environment()?;
        let mut console = open(&host.uri, &host.names(false)?, (45, 160))?;
        if where_ == Where::Vms {
            console.send("2")?;
            console.until("the VMs screen", SOON, |s| s.contents().contains("LATENCY"))?;
        }
        if frozen {
            console.listen(context.window(10, 5));
            console.send("Z")?;
            console.until("frozen values", SOON, |s| s.contents().contains("frozen"))?;
        }
        console.listen(Duration::from_secs(1));
        let presses = Self::measure(context, &mut console);
        console.quit()?;
        presses
    }

    /// Presses `j` and `k` by turns; the pauses between them differ, so that keys meet polls in every way.
    fn measure(context: &Context, console: &mut Terminal) -> Outcome<Self> {
        let mut presses = Self { ms: Vec::new(), bytes: Vec::new() };
        for n in 0..context.times(200, 40) {
            let before = screen::cursor_row(console.screen()).ok_or("no cursor on screen")?;
            let written = console.written();
            let sent = console.send(if n % 2 == 0 { "j" } else { "k" })?;
            let seen = console
                .until("a moved cursor", SOON, |s| screen::cursor_row(s).is_some_and(|row| row != before))?;
            presses.ms.push(seen.saturating_duration_since(sent).as_secs_f64() * 1e3);
            let pause = Duration::from_millis(n as u64 * 7 % 23);
            console.listen_until(Instant::now() + SETTLED + pause);
            presses.bytes.push((console.written() - written) as f64);
        }
        Ok(presses)
    }

    fn line(&self, what: String) -> Line {
        let (middle, late) = (median(&self.ms), percentile(&self.ms, 99.0));
        Line::new(what)
            .at_most("2 ms / p99 10 ms")
            .measured(format!("{middle:.2} ms / {late:.2} ms"))
            .holds_if(middle <= 2.0)
            .holds_if(late <= 10.0)
            .note(format!("{} presses, most {:.1} ms", self.ms.len(), most(&self.ms)))
            .value("key_ms_median", middle)
            .value("key_ms_p99", late)
            .series("key_ms", &self.ms)
    }
}
