//! What the engine itself costs.

use std::time::Duration;

use crate::engine::calls::{Call, Done};
use crate::host::OwnUsage;
use crate::model::snapshot::SelfCost;
use crate::model::time::Moment;

/// Rates are taken over at least this many seconds, so that one poll more or less does not show.
const WINDOW_S: f64 = 8.0;

/// Counts calls, bytes and CPU.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    calls: u64,
    bytes: u64,
    mark: Option<(Moment, u64, u64)>,
    rates: Option<(f64, f64)>,
    usage_mark: Option<(Moment, Duration)>,
    cpu_percent: Option<f64>,
    resident: Option<u64>,
    poll_wait: Option<Duration>,
    poll_cpu: Duration,
    decode_cpu: Duration,
}

impl Meter {
    /// A call came back.
    pub(super) fn called(&mut self, done: &Done) {
        self.calls += done.calls;
        self.bytes += done.bytes;
        if matches!(done.call, Call::Counters { .. }) {
            let us = done.at.mono_us.saturating_sub(done.started.mono_us);
            self.poll_wait = Some(Duration::from_micros(us));
            self.decode_cpu = done.cpu;
        }
    }

    /// Folding and publishing a poll took so much CPU.
    pub(super) const fn spent(&mut self, cpu: Duration) {
        self.poll_cpu = cpu;
    }

    /// This process used so much since it began.
    pub(crate) fn usage(&mut self, usage: OwnUsage, at: Moment) {
        self.resident = Some(usage.resident);
        let Some((mark, cpu)) = self.usage_mark else {
            self.usage_mark = Some((at, usage.cpu));
            return;
        };
        if let Some(seconds) = at.seconds_since(mark).filter(|s| *s >= WINDOW_S) {
            self.cpu_percent = Some(usage.cpu.saturating_sub(cpu).as_secs_f64() / seconds * 100.0);
            self.usage_mark = Some((at, usage.cpu));
        }
    }

    /// The cost as published.
    pub(crate) fn cost(&mut self, before: SelfCost, now: Moment) -> SelfCost {
        match self.mark {
            None => self.mark = Some((now, self.calls, self.bytes)),
            Some((mark, calls, bytes)) => {
                if let Some(seconds) = now.seconds_since(mark).filter(|s| *s >= WINDOW_S) {
                    let per = |total: u64, mark: u64| (total - mark) as f64 / seconds;
                    self.rates = Some((per(self.calls, calls), per(self.bytes, bytes)));
                    self.mark = Some((now, self.calls, self.bytes));
                }
            }
        }
        SelfCost {
            cpu_percent: self.cpu_percent,
            resident: self.resident,
            calls_per_second: self.rates.map(|(calls, _)| calls),
            bytes_per_second: self.rates.map(|(_, bytes)| bytes),
            poll_wait_s: self.poll_wait.map(|d| d.as_secs_f64()),
            poll_cpu_s: self.poll_wait.map(|_| (self.decode_cpu + self.poll_cpu).as_secs_f64()),
            ..before
        }
    }
}
