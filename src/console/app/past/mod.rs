//! The past: which moment is shown, and how one gets there. While a moment is read the one before it stays on screen.

mod snapshot;
mod state;
mod when;

use std::sync::Arc;

pub use snapshot::at_moment;
pub use when::{WHEN_HINT, parse};

use super::App;
use super::history::{MomentAsk, MomentHistory, Told};
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;

/// A minute, the smallest step, in milliseconds.
pub const MINUTE_MS: i64 = 60_000;

/// A moment on screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Everything as it was.
    pub snapshot: Arc<Snapshot>,
    /// How far apart its values are, in milliseconds.
    pub step_ms: i64,
}

/// The past, while it is looked at.
#[derive(Clone, Debug)]
pub struct Past {
    /// The moment wanted.
    pub at: Timestamp,
    /// The moment on screen; `None` until the first one is read.
    pub shown: Option<Shown>,
    /// Whether the VM's screen was open when the past was entered: what was opened since is left first.
    pub had_page: bool,
    asked: Option<(u64, Timestamp)>,
}

impl Past {
    /// Going to a moment.
    pub const fn to(at: Timestamp, had_page: bool) -> Self {
        Self { at, shown: None, had_page, asked: None }
    }

    /// Whether another moment is on its way than the one on screen.
    pub fn is_reading(&self) -> bool {
        self.shown.as_ref().is_none_or(|s| s.snapshot.at != self.at)
    }
}

/// What an answer comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing: it is an old one.
    Stale,
    /// The moment is on screen.
    Shown,
    /// There is nothing before this; it is gone to instead.
    Before(Timestamp),
    /// It cannot be had, with a sentence. What was on screen before is again.
    Failed(String),
}

/// The question to ask now, if any. One at a time: who holds the key down skips what lies between.
pub(super) fn ask(app: &mut App) -> Option<MomentAsk> {
    let now = app.now;
    let past = app.past.as_mut().filter(|past| past.asked.is_none() && past.is_reading())?;
    app.moments += 1;
    past.asked = Some((app.moments, past.at));
    Some(MomentAsk { number: app.moments, at: past.at, now })
}

/// Takes an answer.
pub(super) fn answered(app: &mut App, number: u64, told: Told<MomentHistory>) -> Outcome {
    let base = app.frozen.clone().unwrap_or_else(|| app.live.clone());
    let Some(past) = app.past.as_mut().filter(|p| p.asked.is_some_and(|(n, _)| n == number)) else {
        return Outcome::Stale;
    };
    past.asked = None;
    let why = match told {
        Told::Here(history) => match history.begin {
            Some(begin) if history.at < begin => {
                past.at = begin;
                return Outcome::Before(begin);
            }
            Some(_) => {
                let step_ms = i64::try_from(history.view.step.as_millis()).unwrap_or(MINUTE_MS);
                past.shown = Some(Shown { snapshot: Arc::new(at_moment(&base, &history)), step_ms });
                return Outcome::Shown;
            }
            None => "Nothing was recorded yet.".to_owned(),
        },
        Told::NotKept => "No history is kept of this host.".to_owned(),
        Told::Failed(why) => why,
    };
    match past.shown.as_ref().map(|s| s.snapshot.at) {
        Some(at) => past.at = at,
        None => app.past = None,
    }
    Outcome::Failed(why)
}
