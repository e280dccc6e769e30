//! The commands that look back: they read what was recorded, and need no hypervisor.

use super::args::{Events, History, Range, Top};
use super::commands::{events, history, top};
use super::exit::{Exit, Failure};
use super::output::{Format, Layout, to_stderr, to_stdout};
use super::past;
use super::recorded::Recorded;
use super::when::{Clock, Window, rfc3339};
use crate::config::Loaded;
use crate::engine::history::Past;

/// A look back.
pub(super) struct LookBack {
    past: Past,
    clock: Clock,
    layout: Layout,
}

impl LookBack {
    /// Opens what was recorded of the host that is connected to.
    pub(super) fn open(loaded: &Loaded, demo: bool, layout: Layout) -> Result<Self, Failure> {
        let (past, newer) = past::open(loaded, demo)?;
        if let Some(newer) = newer {
            note(&newer);
        }
        Ok(Self { past, clock: Clock::system(), layout })
    }

    /// `novacron history`.
    pub(super) fn history(&self, args: &History) -> Result<Exit, Failure> {
        let (Some(name), Some(metric)) = (&args.name, &args.metric) else {
            let recorded = Recorded::of(&self.past)?;
            let of = args.name.as_deref().map(|name| recorded.find(name, &self.clock)).transpose()?;
            let listed = history::listed(&self.past, &recorded, of.as_ref())?;
            to_stdout(|out| history::write_list(out, listed, args.format, self.layout))?;
            return Ok(Exit::Done);
        };
        let question =
            history::Question { name, metric, window: self.window(&args.range, "-1h")?, step: args.step };
        let series = history::ask(&self.past, &question, &self.clock)?;
        series.notes.iter().for_each(|n| note(n));
        if args.format != Format::Table || series.bins.iter().any(|b| b.value.is_some()) {
            to_stdout(|out| history::write(out, &series, &self.clock, args.format, self.layout))?;
        }
        Ok(Exit::Done)
    }

    /// `novacron top`.
    pub(super) fn top(&self, args: &Top) -> Result<Exit, Failure> {
        let window = match args.window {
            Some(length) => {
                let ago = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
                let from = crate::model::time::Timestamp(self.clock.now.0.saturating_sub(ago));
                Window { from, to: self.clock.now }
            }
            None => self.window(&args.range, "-1h")?,
        };
        let question =
            top::Question { of: args.of, metric: &args.metric, by: args.by, window, limit: args.limit.get() };
        let ranks = top::ask(&self.past, &question)?;
        if ranks.is_empty() {
            note("Nothing was measured in that time.");
        }
        if args.format != Format::Table || !ranks.is_empty() {
            to_stdout(|out| top::write(out, &ranks, args.format, self.layout))?;
        }
        Ok(Exit::Done)
    }

    /// `novacron events`.
    pub(super) fn events(&self, args: &Events) -> Result<Exit, Failure> {
        let window = self.window(&args.range, "-1d")?;
        let happened = events::ask(&self.past, window, args.vm.as_deref(), args.limit.get(), &self.clock)?;
        if happened.is_empty() {
            note("Nothing happened in that time, as far as it is recorded.");
        }
        if happened.cut {
            note("There are older ones: --limit NUMBER lists more.");
        }
        if args.format != Format::Table || !happened.is_empty() {
            to_stdout(|out| events::write(out, &happened, &self.clock, args.format, self.layout))?;
        }
        Ok(Exit::Done)
    }

    fn window(&self, range: &Range, usual: &str) -> Result<Window, Failure> {
        let Some(from) = &range.from else {
            // The usual time before the end, wherever that is.
            let end = self.clock.window("-36500d", &range.to)?.to;
            return Clock { now: end, zone: self.clock.zone.clone() }.window(usual, &rfc3339(end));
        };
        self.clock.window(from, &range.to)
    }
}

fn note(sentence: &str) {
    to_stderr(&format!("novacron: {}", crate::model::text::clean(sentence)));
}

#[cfg(test)]
mod tests;
