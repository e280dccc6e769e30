//! Fresh or not: always visible, in words.

use super::App;
use crate::model::snapshot::Link;
use crate::model::time::human_age;

/// How fresh what is shown is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Being renewed.
    Live,
    /// Older than it should be.
    Old,
    /// Held still by the user.
    Frozen,
    /// The past.
    Past,
    /// Not connected.
    Lost,
}

/// Values older than this are said to be old. Three polls at the default pace.
const OLD_AFTER_S: u64 = 7;

/// How fresh what is shown is, and the words for it, without a glyph.
pub fn freshness(app: &App) -> (Freshness, String) {
    if let Some(past) = &app.past {
        let reading =
            if past.is_reading() { format!(", reading {}", app.clock(past.at)) } else { String::new() };
        let state = if past.shown.is_some() { "past" } else { "now" };
        return (Freshness::Past, format!("{state}{reading}"));
    }
    if let Some(frozen) = &app.frozen {
        return (Freshness::Frozen, format!("frozen {}", app.clock(frozen.at)));
    }
    match &app.live.link {
        Link::Connecting { since } => {
            let age = since.age(app.now);
            let text = if age.as_secs() < 2 {
                "connecting".into()
            } else {
                format!("connecting for {}", human_age(age))
            };
            (Freshness::Old, text)
        }
        Link::Up { .. } => match app.live.host.at.map(|at| at.age(app.now)) {
            Some(age) if age.as_secs() > OLD_AFTER_S => (Freshness::Old, format!("{} old", human_age(age))),
            _ => (Freshness::Live, "live".into()),
        },
        Link::Stalled { since } => {
            (Freshness::Old, format!("no answer for {}", human_age(since.age(app.now))))
        }
        Link::Lost { next_try, .. } => {
            let wait = app.now.age(*next_try);
            // What never was is not lost.
            let state = if app.live.listed { "connection lost" } else { "no connection" };
            let text = if wait.is_zero() {
                format!("{state}, trying")
            } else {
                format!("{state}, trying again in {}", human_age(wait))
            };
            (Freshness::Lost, text)
        }
    }
}

/// Whether values that are shown are not being renewed, and should be dim.
pub fn is_stale(app: &App) -> bool {
    matches!(freshness(app).0, Freshness::Old | Freshness::Lost)
}

/// All on screen that changes with time alone: drawn again only when this text changes.
pub(super) fn time_texts(app: &App) -> String {
    format!("{} {} {}", app.clock(app.now), freshness(app).1, super::ops::time_texts(app))
}
