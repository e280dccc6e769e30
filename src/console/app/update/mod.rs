//! `update`: one message in, effects out. Split by what the message is about.

mod act;
mod audit;
mod charts;
mod keys;
mod menus;
mod motion;
mod mouse;
mod navigate;
mod ops;
mod palette;
mod past;
mod portrait;
mod serial;
pub(super) mod snapshot;
mod top;

use std::time::Duration;

use super::App;
use super::fresh::time_texts;
use super::msg::{Effect, Msg, Notice, Tone};
use super::vm_page::Fetched;

/// Folds a message into the state. Whether anything visible changed is noted in `app.dirty`.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let mut effects = fold(app, msg);
    // What is shown may need history that is not here yet, whatever it was that changed it.
    effects.extend(super::charts::ask(app).map(Effect::AskCharts));
    effects.extend(super::past::ask(app).map(Effect::AskMoment));
    effects.extend(super::top::ask(app).map(Effect::AskTop));
    effects.extend(super::looks::ask(app));
    effects
}

fn fold(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => keys::on_key(app, key),
        Msg::Paste(text) => keys::on_paste(app, &text),
        Msg::Mouse(mouse) => mouse::on_mouse(app, mouse),
        Msg::Resize(columns, rows) => {
            app.size = (columns, rows);
            if let Some(serial) = &mut app.serial {
                serial.resize(app.size);
            }
            app.dirty = true;
            Vec::new()
        }
        Msg::Snapshot(snapshot) => {
            snapshot::on_snapshot(app, snapshot);
            Vec::new()
        }
        Msg::Tick(now, offset) => {
            snapshot::on_tick(app, now, offset);
            let looks = portrait::tick(app);
            ops::tick(app).into_iter().chain(looks).collect()
        }
        Msg::Drawn(drawn) => {
            let visible_changed = app.drawn.visible != drawn.visible;
            app.drawn = drawn;
            // What was just drawn need not be drawn again at the next tick.
            app.shown_times = time_texts(app);
            if visible_changed { vec![focus_effect(app)] } else { Vec::new() }
        }
        Msg::Xml(id, result) => {
            if let Some(page) = app.page.as_mut().filter(|p| p.id == id) {
                page.xml = match result {
                    Ok(xml) => Fetched::Ready(crate::model::text::clean_lines(&xml).into()),
                    Err(why) => Fetched::Failed(why),
                };
                app.dirty = true;
            }
            Vec::new()
        }
        Msg::PoolRefreshed(name, result) => {
            app.storage.refreshing.remove(&name);
            let notice = match result {
                Ok(()) => Notice::good(format!("Pool {name} was refreshed.")),
                Err(why) => Notice::bad(why),
            };
            toast(app, notice);
            Vec::new()
        }
        Msg::Charts(number, told) => {
            super::charts::answered(app, number, told);
            Vec::new()
        }
        Msg::Moment(number, told) => past::answered(app, number, told),
        Msg::Top(number, told) => {
            super::top::answered(app, number, told);
            Vec::new()
        }
        Msg::Planned { ticket, result } => ops::planned(app, ticket, result),
        Msg::Submitted { ticket, result } => ops::submitted(app, ticket, result),
        Msg::Console(ticket, taken) => serial::came(app, ticket, &taken),
        Msg::Screen(ticket, result) => {
            portrait::came(app, ticket, result);
            Vec::new()
        }
        Msg::Seen(number, result) => super::looks::answered(app, number, result),
        Msg::Edited(draft, result) => ops::edited(app, *draft, result),
        Msg::Jobs(jobs) => ops::jobs_changed(app, &jobs),
        Msg::Notice(notice) => {
            toast(app, notice);
            Vec::new()
        }
    }
}

/// What the engine should know of the screen.
fn focus_effect(app: &App) -> Effect {
    let detail = app.page.as_ref().map(|p| p.id).or_else(|| app.selected_vm_id());
    Effect::Focus(crate::engine::Focus { visible: app.drawn.visible.clone(), detail })
}

/// Shows a notice for a while: long enough to be read.
pub(super) fn toast(app: &mut App, notice: Notice) {
    let seconds = match notice.tone {
        Tone::Good | Tone::Info => 4,
        Tone::Bad => 10,
    };
    app.toast = Some(super::Toast { until: app.now.plus(Duration::from_secs(seconds)), notice });
    app.dirty = true;
}
