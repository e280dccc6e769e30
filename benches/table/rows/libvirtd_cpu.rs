//! libvirtd's CPU: with the console beside it, and with a program that asks all six groups every two seconds; less what it
//! uses by itself.

use std::time::{Duration, Instant};

use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::hypervisor::{Connector, Groups, Purpose, Which};
use novacron::model::metric::Group;

use crate::Outcome;
use crate::context::Context;
use crate::libvirtd::Host;
use crate::report::Line;
use crate::rest::{POLL, open};
use crate::screen;
use crate::terminal::Terminal;

const SIX: [Group; 6] =
    [Group::State, Group::Cpu, Group::Vcpu, Group::Balloon, Group::Block, Group::Interface];
/// Running VMs that are to be on screen.
const SHOWN: usize = 10;
/// Keys it may take to get there.
const MOST_KEYS: usize = 100;

/// Half of what all six groups cost.
pub(crate) fn measure(context: &Context) -> Outcome<Vec<Line>> {
    let host = Host::from_environment()?;
    let (names, running) = (host.names(false)?, host.names(true)?.len());
    let window = context.window(64, 20);

    let idle_before = rate(&host, window / 2, std::thread::sleep)?;
    let mut console = open(&host.uri, &names, (45, 160))?;
    let shown = show(&mut console, SHOWN.min(running))?;
    console.listen(context.window(20, 6));
    let with_console = rate(&host, window, |d| {
        console.listen(d);
    })?;
    console.quit()?;
    let with_six = six_groups(&host, window)?;
    let idle_after = rate(&host, window / 2, std::thread::sleep)?;

    let idle = f64::midpoint(idle_before, idle_after);
    let (console, six) = (with_console - idle, with_six - idle);
    let ratio = console / six;
    Ok(vec![
        Line::new(format!(
            "libvirtd's CPU caused by the console, {running} running, {shown} of them on screen"
        ))
        .at_most("0.5 × all six groups every 2 s")
        .measured(format!("{console:.1} ms/s"))
        .ratio(ratio)
        .holds_if(ratio <= 0.5)
        .note(format!("all six groups of the running VMs every 2 s {six:.1} ms/s; idle {idle:.1} ms/s"))
        .value("console_ms_per_s", console)
        .value("six_groups_ms_per_s", six)
        .value("idle_ms_per_s", idle),
    ])
}

/// libvirtd's CPU in ms per second while something else goes on.
fn rate(host: &Host, window: Duration, meanwhile: impl FnOnce(Duration)) -> Outcome<f64> {
    let (begun, cpu) = (Instant::now(), host.cpu()?);
    meanwhile(window);
    let cpu = host.cpu()?.saturating_sub(cpu);
    Ok(cpu.as_secs_f64() * 1e3 / begun.elapsed().as_secs_f64())
}

/// Scrolls until so many running VMs are in the list, with the cursor on one of them; returns how many are.
fn show(console: &mut Terminal, wanted: usize) -> Outcome<usize> {
    // The busiest come first, so those that do not run follow from below.
    for _ in 0..MOST_KEYS {
        if screen::running_rows(console.screen()) <= wanted {
            break;
        }
        press(console, "j")?;
    }
    for _ in 0..MOST_KEYS {
        if screen::cursor_on_running(console.screen()) {
            break;
        }
        press(console, "k")?;
    }
    Ok(screen::running_rows(console.screen()))
}

fn press(console: &mut Terminal, key: &str) -> Outcome<()> {
    console.send(key)?;
    console.listen(Duration::from_millis(60));
    Ok(())
}

fn six_groups(host: &Host, window: Duration) -> Outcome<f64> {
    let options = ConnectOptions { uri: Some(host.uri.clone()), read_only: true };
    let connection = LibvirtConnector::new(options)?.connect(Purpose::Poll)?;
    let mut failed = None;
    let rate = rate(host, window, |window| {
        let begun = Instant::now();
        while begun.elapsed() < window {
            let asked = Instant::now();
            if let Err(why) = connection.vm_counters(Groups::of(&SIX), Which::Active) {
                failed = Some(why);
            }
            std::thread::sleep(POLL.saturating_sub(asked.elapsed()));
        }
    })?;
    failed.map_or(Ok(rate), |why| Err(why.into()))
}
