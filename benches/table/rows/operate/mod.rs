//! What operations cost beside the calls that they make.

mod clone;
mod office;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use novacron::hypervisor::{Hypervisor, StartHow};
use novacron::model::id::VmId;
use novacron::model::operation::VmOperation;
use office::Office;

use crate::Outcome;
use crate::context::{Context, NOVACRON};
use crate::libvirtd::Host;
use crate::numbers::{median, most};
use crate::report::Line;
use crate::rest::{SOON, open};
use crate::screen;

/// VMs that are started together.
const MANY: usize = 50;
const MARGIN_MS: f64 = 20.0;

/// All rows.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let host = context.scratch()?;
    let vms = Diskless::define(host, MANY)?;
    let mut lines = single(context, host, &vms)?;
    lines.push(command(context, host, &vms)?);
    lines.extend(many(context, host, &vms)?);
    lines.push(on_screen(context, host, &vms)?);
    lines.extend(clone::measure(context, host)?);
    Ok(lines)
}

/// VMs without disks; undefined with this.
struct Diskless<'h> {
    host: &'h Host,
    names: Vec<String>,
}

impl<'h> Diskless<'h> {
    fn define(host: &'h Host, count: usize) -> Outcome<Self> {
        let names: Vec<String> = (1..=count).map(|n| format!("bulk{n:02}")).collect();
        let file = tempfile::NamedTempFile::new()?;
        for name in &names {
            let xml = format!(
                "<domain type='qemu'><name>{name}</name><memory unit='MiB'>16</memory>\
                 <os><type arch='x86_64'>hvm</type></os></domain>"
            );
            std::fs::write(file.path(), xml)?;
            virsh(host, &["define", &file.path().to_string_lossy()])?;
        }
        Ok(Self { host, names })
    }

    fn stop(&self) {
        for name in &self.names {
            // Those that are off stay so.
            let _ = virsh(self.host, &["destroy", name]);
        }
    }
}

impl Drop for Diskless<'_> {
    fn drop(&mut self) {
        self.stop();
        for name in &self.names {
            let _ = virsh(self.host, &["undefine", name]);
        }
    }
}

fn virsh(host: &Host, args: &[&str]) -> Outcome<()> {
    let out = Command::new("virsh").args(["--quiet", "--connect", &host.uri]).args(args).output()?;
    if out.status.success() {
        return Ok(());
    }
    Err(format!("virsh {}: {}", args.join(" "), String::from_utf8_lossy(&out.stderr).trim()).into())
}

/// A bare call.
type Call = fn(&dyn Hypervisor, VmId) -> Outcome<()>;

/// A job on one VM beside the same call on a connection that is open.
fn single(context: &Context, host: &Host, vms: &Diskless<'_>) -> Outcome<Vec<Line>> {
    let office = Office::open(host, 4)?;
    let hv = office.connection()?;
    let id = ids(&*hv, &vms.names[..1])?[0];
    let start = VmOperation::Start { paused: false, discard_saved: false };
    let calls: [(&str, VmOperation, Call); 3] = [
        ("start", start, |hv, id| Ok(hv.start(id, StartHow::default())?)),
        ("pause", VmOperation::Pause, |hv, id| Ok(hv.pause(id)?)),
        ("force off", VmOperation::ForceOff, |hv, id| Ok(hv.force_off(id)?)),
    ];
    let mut took = [const { (Vec::new(), Vec::new()) }; 3];
    // Two starts of QEMU differ by more than the bound: many pairs, and by turns who comes first.
    for round in 0..context.times(45, 3) {
        for by_us in if round % 2 == 0 { [true, false] } else { [false, true] } {
            for ((_, act, call), took) in calls.iter().zip(&mut took) {
                if by_us {
                    let plans = office.plans(&[id], act)?;
                    took.0.push(ms(office.carry_out(plans)?));
                } else {
                    let begun = Instant::now();
                    call(&*hv, id)?;
                    took.1.push(ms(begun.elapsed()));
                }
            }
        }
    }
    Ok(calls
        .iter()
        .zip(took)
        .map(|((what, ..), (ours, bare))| {
            let more: Vec<f64> = ours.iter().zip(&bare).map(|(o, b)| o - b).collect();
            Line::new(format!("{what} of one VM: journal, fresh facts and audit, beside the same call"))
                .at_most(format!("{MARGIN_MS} ms more"))
                .measured(format!("{:.1} ms more", median(&more)))
                .ratio(median(&ours) / median(&bare))
                .holds_if(median(&more) <= MARGIN_MS)
                .note(format!(
                    "from the yes to the written end {:.1} ms, the call alone {:.1} ms; medians of {} pairs, most {:.1} ms more",
                    median(&ours),
                    median(&bare),
                    more.len(),
                    most(&more)
                ))
                .value("more_ms_median", median(&more))
        })
        .collect())
}

/// The command beside `virsh`, from start to end of the process.
fn command(context: &Context, host: &Host, vms: &Diskless<'_>) -> Outcome<Line> {
    let name = vms.names[0].as_str();
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    virsh(host, &["start", name])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..context.times(15, 3) {
        for (act, virsh_act) in [("pause", "suspend"), ("resume", "resume")] {
            let begun = Instant::now();
            novacron(host, home.path(), &["vm", act, name, "--yes"])?;
            ours.push(ms(begun.elapsed()));
            virsh(host, &[if act == "pause" { "resume" } else { "suspend" }, name])?;
            let begun = Instant::now();
            virsh(host, &[virsh_act, name])?;
            theirs.push(ms(begun.elapsed()));
        }
    }
    virsh(host, &["destroy", name])?;
    let more: Vec<f64> = ours.iter().zip(&theirs).map(|(o, t)| o - t).collect();
    Ok(Line::new("`novacron vm pause|resume` beside `virsh suspend|resume`, whole processes")
        .at_most(format!("{MARGIN_MS} ms more"))
        .measured(format!("{:.1} ms more", median(&more)))
        .ratio(median(&ours) / median(&theirs))
        .holds_if(median(&more) <= MARGIN_MS)
        .note(format!("{:.1} ms, {:.1} ms; {} pairs", median(&ours), median(&theirs), more.len())))
}

fn novacron(host: &Host, home: &std::path::Path, args: &[&str]) -> Outcome<()> {
    let out = Command::new(NOVACRON)
        .args(args)
        .args(["--connect", &host.uri])
        .env("HOME", home)
        .env("XDG_DATA_HOME", home)
        .stdin(Stdio::null())
        .output()?;
    if out.status.success() {
        return Ok(());
    }
    Err(format!("novacron {}: {}", args.join(" "), String::from_utf8_lossy(&out.stderr).trim()).into())
}

/// Many VMs started together, beside `virsh start` in a loop.
fn many(context: &Context, host: &Host, vms: &Diskless<'_>) -> Outcome<Vec<Line>> {
    let start = VmOperation::Start { paused: false, discard_saved: false };
    let mut took = [const { Vec::new() }; 2];
    let mut looped = Vec::new();
    for _ in 0..context.times(3, 1) {
        for (parallel, took) in [1, 4].into_iter().zip(&mut took) {
            let office = Office::open(host, parallel)?;
            let ids = ids(&*office.connection()?, &vms.names)?;
            let begun = Instant::now();
            let plans = office.plans(&ids, &start)?;
            office.carry_out(plans)?;
            took.push(begun.elapsed().as_secs_f64());
            vms.stop();
        }
        let begun = Instant::now();
        for name in &vms.names {
            virsh(host, &["start", name])?;
        }
        looped.push(begun.elapsed().as_secs_f64());
        vms.stop();
    }
    let line = |parallel: usize, took: &[f64], bound: f64, at_most: &str| {
        Line::new(format!(
            "start of {MANY} diskless VMs, {parallel} at a time, beside `virsh start` in a loop"
        ))
        .at_most(at_most)
        .measured(format!("{:.1} s / {:.1} s", median(took), median(&looped)))
        .ratio(median(took) / median(&looped))
        .holds_if(median(took) / median(&looped) <= bound)
        .note(format!("plans and journal included; medians of {} by turns", took.len()))
    };
    Ok(vec![line(1, &took[0], 1.05, "no slower: 1.05 ×"), line(4, &took[1], 1.0, "faster")])
}

/// From the hypervisor's own change to the changed screen.
fn on_screen(context: &Context, host: &Host, vms: &Diskless<'_>) -> Outcome<Line> {
    let name = vms.names[0].as_str();
    virsh(host, &["start", name])?;
    let office = Office::open(host, 1)?;
    let hv = office.connection()?;
    let id = ids(&*hv, &vms.names[..1])?[0];
    let mut console = open(&host.uri, &host.names(false)?, (45, 160))?;
    console.send("2")?;
    console.send(&format!("/{name}\r"))?;
    let row = |state: &'static str| {
        move |s: &vt100::Screen| screen::rows(s).iter().any(|r| r.contains("bulk01") && r.contains(state))
    };
    console.until("the VM runs", SOON, row("running"))?;
    let mut took = Vec::new();
    for _ in 0..context.times(15, 3) {
        for (pause, state) in [(true, "paused"), (false, "running")] {
            if pause {
                hv.pause(id)?;
            } else {
                hv.resume(id)?;
            }
            let begun = Instant::now();
            let seen = console.until(state, SOON, row(state))?;
            took.push(ms(seen.saturating_duration_since(begun)));
        }
    }
    console.quit()?;
    virsh(host, &["destroy", name])?;
    Ok(Line::new("a state that changed, from the end of the call to the screen")
        .at_most("100 ms")
        .measured(format!("{:.0} ms", median(&took)))
        .holds_if(median(&took) <= 100.0)
        .note(format!("median of {}, most {:.0} ms", took.len(), most(&took))))
}

fn ids(hv: &dyn Hypervisor, names: &[String]) -> Outcome<Vec<VmId>> {
    let all = hv.vms()?;
    let id = |name: &String| {
        let found = all.iter().find(|vm| vm.name == *name).map(|vm| vm.id);
        found.ok_or_else(|| format!("there is no VM {name}").into())
    };
    names.iter().map(id).collect()
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}
