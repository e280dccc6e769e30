//! From the start of the program to the first frame with a VM's name, against `virsh list --all` to its end; both in a
//! terminal of the same kind, by turns.

use crate::Outcome;
use crate::context::{Context, NOVACRON};
use crate::fake_host::{self, FakeHost};
use crate::libvirtd::{self, Host};
use crate::numbers::{median, percentile};
use crate::report::Line;
use crate::rest::SOON;
use crate::screen;
use crate::terminal::Terminal;

/// 100 ms, and 1.5 × virsh.
pub(crate) fn real(context: &Context) -> Outcome<Vec<Line>> {
    let uri = Host::from_environment()?.uri;
    let pairs = Pairs::measure(context, &uri)?;
    let what = format!("start to first frame with the VM list, real host, {} VMs", pairs.vms);
    let line = pairs.line(what).at_most("100 ms and 1.5 × `virsh list --all`");
    Ok(vec![line.holds_if(median(&pairs.console_ms) <= 100.0).holds_if(pairs.ratio() <= 1.5)])
}

/// 1.3 × virsh.
pub(crate) fn test_driver(context: &Context) -> Outcome<Vec<Line>> {
    let host = FakeHost::new()?;
    let pairs = Pairs::measure(context, &host.uri())?;
    let what = format!("the same on `test:///`, {} VMs, {} running", pairs.vms, fake_host::RUNNING);
    let line = pairs.line(what).at_most("1.3 × `virsh -c … list --all`");
    Ok(vec![line.holds_if(pairs.ratio() <= 1.3)])
}

struct Pairs {
    vms: usize,
    console_ms: Vec<f64>,
    virsh_ms: Vec<f64>,
}

impl Pairs {
    fn measure(context: &Context, uri: &str) -> Outcome<Self> {
        let names = libvirtd::names(uri, false)?;
        // Once before, so that both find their files in memory.
        console(uri, &names)?;
        virsh(uri)?;
        let mut pairs = Self { vms: names.len(), console_ms: Vec::new(), virsh_ms: Vec::new() };
        for turn in 0..context.times(15, 5) {
            if turn % 2 == 0 {
                pairs.virsh_ms.push(virsh(uri)?);
                pairs.console_ms.push(console(uri, &names)?);
            } else {
                pairs.console_ms.push(console(uri, &names)?);
                pairs.virsh_ms.push(virsh(uri)?);
            }
        }
        Ok(pairs)
    }

    /// Of the medians.
    fn ratio(&self) -> f64 {
        median(&self.console_ms) / median(&self.virsh_ms)
    }

    fn line(&self, what: String) -> Line {
        let pairwise: Vec<_> = self.console_ms.iter().zip(&self.virsh_ms).map(|(c, v)| c / v).collect();
        let (console, virsh) = (median(&self.console_ms), median(&self.virsh_ms));
        Line::new(what)
            .measured(format!("{console:.0} ms"))
            .ratio(self.ratio())
            .note(format!("virsh {virsh:.0} ms, {} pairs by turns", pairwise.len()))
            .note(format!("median of the pairs' ratios {:.2}", median(&pairwise)))
            .note(format!("p90 {:.0} ms", percentile(&self.console_ms, 90.0)))
            .value("console_ms_median", console)
            .value("virsh_ms_median", virsh)
            .value("pair_ratio_median", median(&pairwise))
            .series("console_ms", &self.console_ms)
            .series("virsh_ms", &self.virsh_ms)
    }
}

/// Milliseconds from the start of the console until a VM's name is on screen.
fn console(uri: &str, names: &[String]) -> Outcome<f64> {
    let mut console = Terminal::start(NOVACRON, &["--connect", uri], 45, 160)?;
    let seen = console.until("a VM on screen", SOON, |s| screen::shows_any(s, names))?;
    let took = console.since_start(seen);
    console.quit()?;
    Ok(took.as_secs_f64() * 1e3)
}

/// Milliseconds from the start of virsh to its end.
fn virsh(uri: &str) -> Outcome<f64> {
    let mut virsh = Terminal::start("virsh", &["--connect", uri, "list", "--all"], 45, 160)?;
    let end = virsh.until_end(SOON)?;
    Ok(virsh.since_start(end).as_secs_f64() * 1e3)
}
