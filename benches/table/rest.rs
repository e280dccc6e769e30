//! A minute of a console that nobody touches, on the real host: several rows read from it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::context::{Context, NOVACRON};
use crate::libvirtd::Host;
use crate::process::{self, Memory};
use crate::screen;
use crate::terminal::Terminal;

/// How long anything may take that ought to be quick, on a machine under load.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// The pace of the console's polls.
pub(crate) const POLL: Duration = Duration::from_secs(2);

/// What a console at rest uses.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    /// VMs on the host.
    pub(crate) defined: usize,
    /// Of these, running.
    pub(crate) running: usize,
    /// Running VMs in the list on screen.
    pub(crate) shown: usize,
    /// How long it was watched.
    pub(crate) window: Duration,
    /// Of one core.
    pub(crate) cpu_percent: f64,
    /// CPU per second, by thread, in ms.
    pub(crate) threads_ms: BTreeMap<String, f64>,
    /// CPU of the threads that poll and fold, for each poll, in ms.
    pub(crate) poll_ms: Vec<f64>,
    /// To the terminal.
    pub(crate) bytes_per_second: f64,
    /// At the end.
    pub(crate) memory: Memory,
}

/// Threads that carry out a poll: ask and decode, fold and publish.
const POLLERS: [&str; 2] = ["nc-poll", "nc-engine"];

/// Opens a console on this URI and waits until values are on screen.
pub(crate) fn open(uri: &str, names: &[String], size: (u16, u16)) -> Outcome<Terminal> {
    let mut console = Terminal::start(NOVACRON, &["--connect", uri], size.0, size.1)?;
    console.until("a VM on screen", SOON, |s| screen::shows_any(s, names))?;
    console.until("live values", SOON, screen::is_live)?;
    Ok(console)
}

/// Turns to the VMs screen and leaves only those that run in the list.
pub(crate) fn only_running(console: &mut Terminal, running: usize) -> Outcome<()> {
    console.send("2")?;
    console.until("the VMs screen", SOON, |s| s.contents().contains("LATENCY"))?;
    console.send("/state:running\r")?;
    console.until("only running VMs", SOON, |s| screen::running_rows(s) == running)?;
    Ok(())
}

impl Rest {
    /// The first screen, as it opens.
    pub(crate) fn of_overview(context: &Context) -> Outcome<Self> {
        Self::measure(context, |_, _| Ok(()))
    }

    /// The VMs screen, with all running VMs in the list: the most that can change.
    pub(crate) fn of_running(context: &Context) -> Outcome<Self> {
        Self::measure(context, only_running)
    }

    fn measure(context: &Context, prepare: impl Fn(&mut Terminal, usize) -> Outcome<()>) -> Outcome<Self> {
        let host = Host::from_environment()?;
        let (names, running) = (host.names(false)?, host.names(true)?.len());
        let mut console = open(&host.uri, &names, (45, 160))?;
        prepare(&mut console, running)?;
        console.listen(context.window(20, 6));

        let pid = console.pid();
        let (begun, cpu, written) = (Instant::now(), process::cpu(pid)?, console.written());
        let threads = process::threads(pid)?;
        let mut poll_ms = Vec::new();
        let mut spent = polling(&threads);
        let window = context.window(66, 20);
        while begun.elapsed() < window {
            console.listen(POLL);
            let now = polling(&process::threads(pid)?);
            poll_ms.push((now - spent) as f64 / 1e6);
            spent = now;
        }
        let took = begun.elapsed();
        let cpu = process::cpu(pid)?.saturating_sub(cpu);
        let per_second = |ns: u64| ns as f64 / 1e6 / took.as_secs_f64();
        let threads_ms = process::threads(pid)?
            .into_iter()
            .map(|(name, ns)| (name.clone(), per_second(ns - threads.get(&name).copied().unwrap_or(0))))
            .collect();
        let rest = Self {
            defined: names.len(),
            running,
            shown: screen::running_rows(console.screen()),
            window: took,
            cpu_percent: 100.0 * cpu.as_secs_f64() / took.as_secs_f64(),
            threads_ms,
            poll_ms,
            bytes_per_second: (console.written() - written) as f64 / took.as_secs_f64(),
            memory: process::memory(pid)?,
        };
        console.quit()?;
        Ok(rest)
    }

    /// Where it was measured, in words.
    pub(crate) fn told(&self) -> String {
        format!(
            "{:.0} s, {} running of {}, {} of them on screen",
            self.window.as_secs_f64(),
            self.running,
            self.defined,
            self.shown
        )
    }

    /// The threads that use most, in words.
    pub(crate) fn busiest(&self) -> String {
        let mut threads: Vec<_> = self.threads_ms.iter().collect();
        threads.sort_by(|a, b| b.1.total_cmp(a.1));
        let told: Vec<_> = threads.iter().take(4).map(|(name, ms)| format!("{name} {ms:.1}")).collect();
        format!("ms/s by thread: {}", told.join(", "))
    }
}

fn polling(threads: &BTreeMap<String, u64>) -> u64 {
    POLLERS.iter().filter_map(|name| threads.get(*name)).sum()
}
