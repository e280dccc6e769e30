//! Into the past, about in it, and back.

use super::super::App;
use super::super::action::ActionId;
use super::super::history::{MomentHistory, Told};
use super::super::msg::{Effect, Notice};
use super::super::overlay::{Overlay, TimeLine};
use super::super::past::{self as place, MINUTE_MS, Outcome, Past};
use super::{focus_effect, snapshot, toast};
use crate::model::time::Timestamp;

pub(super) fn action(app: &mut App, action: ActionId) -> Vec<Effect> {
    use ActionId as A;
    let far = app.charts.window.ms();
    match action {
        A::Earlier => scrub(app, -MINUTE_MS),
        A::Later => scrub(app, MINUTE_MS),
        A::EarlierFar => scrub(app, -far),
        A::LaterFar => scrub(app, far),
        A::AlertMoment => to_alert(app),
        A::TimeGo => typed(app),
        A::Now => leave(app),
        _ => {
            app.overlays.push(Overlay::Time(TimeLine::default()));
            Vec::new()
        }
    }
}

/// Where one is: the moment wanted, which may still be on its way, or what is on screen.
fn here(app: &App) -> Timestamp {
    app.past.as_ref().map_or_else(|| app.frozen.as_ref().map_or(app.now, |f| f.at), |past| past.at)
}

fn scrub(app: &mut App, by: i64) -> Vec<Effect> {
    let at = Timestamp(here(app).0.saturating_add(by));
    go(app, at)
}

/// Goes to a moment; one that is no longer past is now.
pub(super) fn go(app: &mut App, at: Timestamp) -> Vec<Effect> {
    app.dirty = true;
    // What lies within this minute is not recorded to its end.
    if app.now.0.saturating_sub(at.0) < MINUTE_MS / 2 {
        return leave(app);
    }
    let had_page = app.page.is_some();
    app.past.get_or_insert(Past::to(at, had_page)).at = at;
    Vec::new()
}

/// Back to now.
pub(super) fn leave(app: &mut App) -> Vec<Effect> {
    if app.past.take().is_some() {
        app.dirty = true;
        app.charts.cursor = None;
        snapshot::settle(app, false);
        return vec![focus_effect(app)];
    }
    Vec::new()
}

fn to_alert(app: &mut App) -> Vec<Effect> {
    let key = app.alerts.key().cloned();
    let alert = app.view().alerts.iter().find(|a| Some((a.condition, a.subject.clone())) == key);
    alert.map(|a| a.since).map_or_else(Vec::new, |since| go(app, since))
}

fn typed(app: &mut App) -> Vec<Effect> {
    let (now, offset) = (app.now, app.utc_offset);
    let Some(Overlay::Time(line)) = app.overlays.last_mut() else { return Vec::new() };
    match place::parse(line.input.value(), now, offset) {
        Ok(at) => {
            app.overlays.pop();
            go(app, at)
        }
        Err(why) => {
            line.error = Some(why);
            Vec::new()
        }
    }
}

pub(super) fn answered(app: &mut App, number: u64, told: Told<MomentHistory>) -> Vec<Effect> {
    match place::answered(app, number, told) {
        Outcome::Stale => return Vec::new(),
        Outcome::Shown => {
            app.dirty = true;
            snapshot::settle(app, false);
        }
        Outcome::Before(begin) => {
            let text = format!("There is no history before {}.", app.local(begin).full());
            toast(app, Notice::info(text));
        }
        Outcome::Failed(why) => {
            toast(app, Notice::bad(why));
            snapshot::settle(app, false);
        }
    }
    Vec::new()
}
