//! Looking back: scrubbing, charts, who used most.

use super::*;
use crate::console::app::charts::{self, State, Window};
use crate::console::app::history::{ChartAsk, ChartHistory, MomentAsk, MomentHistory, Told, TopAsk, TopRow};
use crate::console::screens::testing::{NOW, charted, past};
use crate::engine::history::{Rank, Subject};
use crate::model::id::VmId;

fn moment_asked(effects: &[Effect]) -> Option<MomentAsk> {
    effects.iter().find_map(|e| if let Effect::AskMoment(ask) = e { Some(ask.clone()) } else { None })
}

fn charts_asked(effects: &[Effect]) -> Option<ChartAsk> {
    effects.iter().find_map(|e| if let Effect::AskCharts(ask) = e { Some(ask.clone()) } else { None })
}

fn top_asked(effects: &[Effect]) -> Option<TopAsk> {
    effects.iter().find_map(|e| if let Effect::AskTop(ask) = e { Some(ask.clone()) } else { None })
}

/// Goes to where the keys lead, history there.
fn scrubbed(app: &mut App, pressed: &str) {
    let mut effects = keys(app, pressed);
    while let Some(ask) = moment_asked(&effects) {
        effects = update(app, Msg::Moment(ask.number, Told::Here(past(ask.at.0))));
    }
}

fn web_cpu(app: &App) -> Option<f64> {
    app.view().vms.iter().find(|v| v.name == "web01")?.now.get(MetricId::VmCpu)
}

#[test]
fn scrubbing_shows_the_past_and_the_end_of_it_is_now() {
    let mut app = app();
    let asked = moment_asked(&keys(&mut app, "[")).unwrap();
    assert_eq!(asked.at, Timestamp(NOW.0 - 60_000));
    assert_eq!(web_cpu(&app), Some(38.0), "while it is read, what was there stays");
    assert!(app.past_step_ms().is_none());
    update(&mut app, Msg::Moment(asked.number, Told::Here(past(asked.at.0))));
    assert_eq!(web_cpu(&app), Some(12.0));
    assert_eq!((app.view().at, app.past_step_ms()), (asked.at, Some(60_000)));
    keys(&mut app, "]");
    assert!(app.past.is_none());
    assert_eq!(web_cpu(&app), Some(38.0));
}

#[test]
fn who_holds_the_key_down_waits_for_one_answer_only() {
    let mut app = app();
    let first = moment_asked(&keys(&mut app, "[")).unwrap();
    assert_eq!(moment_asked(&keys(&mut app, "[ [ {")), None);
    let next = update(&mut app, Msg::Moment(first.number, Told::Here(past(first.at.0))));
    let next = moment_asked(&next).unwrap();
    assert_eq!(next.at, Timestamp(NOW.0 - 3 * 60_000 - 15 * 60_000));
    assert!(app.past.as_ref().unwrap().is_reading());
    // An answer to another question than stands is dropped.
    update(&mut app, Msg::Moment(first.number, Told::Here(past(5))));
    assert_eq!(app.view().at, first.at);
    keys(&mut app, "Esc");
    update(&mut app, Msg::Moment(next.number, Told::Here(past(next.at.0))));
    assert!(app.past.is_none() && web_cpu(&app) == Some(38.0));
}

#[test]
fn nothing_can_be_done_in_the_past() {
    let mut app = app();
    scrubbed(&mut app, "3 [");
    for pressed in ["Ctrl-r", "r", "Z"] {
        let effects = keys(&mut app, pressed);
        let acts = |e: &Effect| matches!(e, Effect::Refresh | Effect::Reconnect | Effect::RefreshPool(..));
        assert!(!effects.iter().any(acts), "{pressed}: {effects:?}");
        let said = app.toast.as_ref().unwrap().notice.text.clone();
        assert_eq!(said, "This is the past. Esc returns to now.", "{pressed}");
    }
    scrubbed(&mut app, "2 Enter x");
    assert!(matches!(app.page.as_ref().map(|p| &p.xml), Some(Fetched::NotAsked)));
}

#[test]
fn new_snapshots_do_not_move_the_past() {
    let mut app = app();
    scrubbed(&mut app, "[ [");
    app.dirty = false;
    update(&mut app, Msg::Snapshot(host_with(|vm| vm.now.set(MetricId::VmCpu, Some(1.0)))));
    assert!(!app.dirty && web_cpu(&app) == Some(12.0));
    keys(&mut app, "Esc");
    assert_eq!(web_cpu(&app), Some(1.0));
}

#[test]
fn a_picture_that_was_frozen_is_there_again_after_the_past() {
    let mut app = app();
    keys(&mut app, "Z");
    update(&mut app, Msg::Snapshot(host_with(|vm| vm.now.set(MetricId::VmCpu, Some(1.0)))));
    scrubbed(&mut app, "[");
    assert_eq!(web_cpu(&app), Some(12.0));
    keys(&mut app, "Esc");
    assert!(app.frozen.is_some() && web_cpu(&app) == Some(38.0));
}

#[test]
fn escape_leaves_what_was_opened_in_the_past_first() {
    let mut app = app();
    scrubbed(&mut app, "[ Enter");
    assert!(app.page.is_some());
    keys(&mut app, "Esc");
    assert!(app.page.is_none() && app.past.is_some());
    keys(&mut app, "Esc");
    assert!(app.past.is_none());
    scrubbed(&mut app, "Enter [");
    keys(&mut app, "Esc");
    assert!(app.page.is_some() && app.past.is_none());
}

#[test]
fn a_time_can_be_typed() {
    let mut app = app();
    keys(&mut app, "@");
    typed(&mut app, "soon");
    keys(&mut app, "Enter");
    assert!(matches!(app.overlays.last(), Some(Overlay::Time(line)) if line.error.is_some()));
    keys(&mut app, "Ctrl-u");
    typed(&mut app, "-2h");
    let asked = moment_asked(&keys(&mut app, "Enter")).unwrap();
    assert_eq!(asked.at, Timestamp(NOW.0 - 7_200_000));
}

#[test]
fn before_the_begin_of_history_its_begin_is_shown() {
    let mut app = app();
    let asked = moment_asked(&keys(&mut app, "{")).unwrap();
    let begin = Timestamp(NOW.0 - 300_000);
    let told = MomentHistory { begin: Some(begin), ..past(asked.at.0) };
    let next = update(&mut app, Msg::Moment(asked.number, Told::Here(told)));
    assert_eq!(moment_asked(&next).map(|ask| ask.at), Some(begin));
    assert_eq!(app.toast.unwrap().notice.text, "There is no history before 2026-11-23 13:57.");
}

#[test]
fn without_history_there_is_no_past() {
    for told in [Told::NotKept, Told::Failed("No.".into())] {
        let mut app = app();
        let asked = moment_asked(&keys(&mut app, "[")).unwrap();
        assert_eq!(moment_asked(&update(&mut app, Msg::Moment(asked.number, told))), None);
        assert!(app.past.is_none());
        assert_eq!(app.toast.as_ref().map(|t| t.notice.tone), Some(Tone::Bad));
    }
}

#[test]
fn an_alert_leads_to_the_moment_it_began() {
    let mut app = app();
    let asked = moment_asked(&keys(&mut app, "5 w")).unwrap();
    assert_eq!(asked.at, Timestamp(NOW.0 - 240_000));
}

#[test]
fn charts_ask_for_what_is_not_in_memory_and_drop_stale_answers() {
    let mut app = app();
    let first = charts_asked(&keys(&mut app, "Enter Right")).unwrap();
    assert_eq!(charts::state(&app), State::Loading);
    assert_eq!(charts_asked(&keys(&mut app, "- -")), None, "one question at a time");
    let next = update(&mut app, Msg::Charts(first.number, Told::Here(charted(&first))));
    let next = charts_asked(&next).unwrap();
    assert_eq!(next.to.0 - next.from.0, Window::SixHours.ms());
    assert_eq!(charts::state(&app), State::Loading, "that was another window");
    update(&mut app, Msg::Charts(first.number, Told::NotKept));
    assert_eq!(charts::state(&app), State::Loading, "an answer too late");
    assert_eq!(charts_asked(&update(&mut app, Msg::Charts(next.number, Told::Here(charted(&next))))), None);
    assert_eq!(charts::state(&app), State::Here);
    let later = Timestamp(app.now.0 + 3_600_000);
    assert!(charts_asked(&update(&mut app, Msg::Tick(later, 0))).is_some(), "asked again when it is old");
}

#[test]
fn what_lies_in_memory_is_not_asked_for() {
    let mut app = app();
    let long = host_with(|vm| {
        let mut track = Track::new(&[MetricId::VmCpu]);
        for i in 0..500 {
            track.push(Timestamp(NOW.0 - (500 - i) * 2000), &[Some(5.0)], Duration::from_secs(3600));
        }
        if let Some(tracks) = &mut vm.tracks {
            tracks.cpu = track.into();
        }
    });
    update(&mut app, Msg::Snapshot(long));
    let asked = charts_asked(&keys(&mut app, "Enter Right")).unwrap();
    assert!(asked.series.iter().all(|(_, metric)| *metric != MetricId::VmCpu), "{asked:?}");
    assert!(asked.series.iter().any(|(_, metric)| *metric == MetricId::VmNetRx));
}

#[test]
fn no_history_before_its_begin_is_said() {
    let mut app = app();
    let asked = charts_asked(&keys(&mut app, "8 Tab")).unwrap();
    let begin = Timestamp(NOW.0 - 60_000);
    let told = ChartHistory { begin: Some(begin), ..charted(&asked) };
    update(&mut app, Msg::Charts(asked.number, Told::Here(told)));
    assert_eq!(charts::state(&app), State::Before(begin));
}

#[test]
fn the_cursor_goes_to_events_and_enter_to_their_moment() {
    let mut app = app();
    let asked = charts_asked(&keys(&mut app, "Enter Right")).unwrap();
    update(&mut app, Msg::Charts(asked.number, Told::Here(charted(&asked))));
    keys(&mut app, ".");
    let event = charts::event_at_cursor(&app).unwrap().clone();
    keys(&mut app, ",");
    assert!(charts::event_at_cursor(&app).unwrap().at < event.at);
    keys(&mut app, ".");
    let asked = moment_asked(&keys(&mut app, "Enter")).unwrap();
    assert_eq!(asked.at, event.at);
}

#[test]
fn the_cursor_stays_in_the_time_shown() {
    let mut app = app();
    keys(&mut app, "Enter Right Left");
    let (from, to) = charts::range(&app);
    let first = app.charts.cursor.unwrap();
    assert!(first <= to && to.0 - first.0 <= 10_000);
    for _ in 0..200 {
        keys(&mut app, "Left");
    }
    assert_eq!(app.charts.cursor, Some(from));
    keys(&mut app, "Esc Enter Right");
    assert_eq!(app.charts.cursor, None);
}

#[test]
fn devices_have_charts_of_their_own() {
    let mut app = app();
    keys(&mut app, "Enter Right d");
    assert!(matches!(&app.charts.device, Some(Subject::Disk(_, target)) if target == "vda"));
    keys(&mut app, "d");
    assert!(matches!(&app.charts.device, Some(Subject::Nic(_, mac)) if mac.starts_with("52:54:")));
    keys(&mut app, "d");
    assert_eq!(app.charts.device, None);
}

#[test]
fn who_used_most_opens_its_charts_in_that_window() {
    let mut app = app();
    let first = top_asked(&keys(&mut app, "W")).unwrap();
    keys(&mut app, "-");
    let asked = top_asked(&keys(&mut app, "-")).unwrap();
    assert_eq!(asked.to.0 - asked.from.0, Window::SixHours.ms());
    let row = |n: u8| TopRow { id: VmId::from_bytes([n; 16]), device: None, name: None, value: 1.0 };
    update(&mut app, Msg::Top(first.number, Told::Here(vec![row(9)])));
    assert_eq!(keys(&mut app, "Enter"), [], "that was another window");
    update(&mut app, Msg::Top(asked.number, Told::Here(vec![row(2), row(1)])));
    keys(&mut app, "j Enter");
    assert_eq!(app.page.as_ref().map(|p| (p.name.as_str(), p.tab)), Some(("web01", VmTab::Charts)));
    assert_eq!(app.charts.window, Window::SixHours);
}

#[test]
fn who_used_most_ranks_devices_too_and_opens_theirs() {
    let mut app = app();
    let mut asked = top_asked(&keys(&mut app, "W")).unwrap();
    while asked.metric != MetricId::DiskWrite {
        asked = top_asked(&keys(&mut app, "Tab")).unwrap();
        assert_ne!(asked.metric, MetricId::VmCpu, "once around");
    }
    let id = VmId::from_bytes([1; 16]);
    let disk = Subject::Disk(id, "vda".into());
    let row = TopRow { id, device: Some(disk.clone()), name: None, value: 1.0 };
    update(&mut app, Msg::Top(asked.number, Told::Here(vec![row])));
    keys(&mut app, "r r");
    assert_eq!(
        app.top_mut().map(|top| (top.by, top.title())),
        Some((Rank::Total, "Written, by disk".into()))
    );
    let asked = top_asked(&keys(&mut app, "r")).unwrap();
    let row = TopRow { id, device: Some(disk.clone()), name: None, value: 1.0 };
    update(&mut app, Msg::Top(asked.number, Told::Here(vec![row])));
    keys(&mut app, "Enter");
    assert_eq!(app.page.as_ref().map(|p| (p.id, p.tab)), Some((id, VmTab::Charts)));
    assert_eq!(app.charts.device, Some(disk));
}

#[test]
fn a_hint_goes_with_the_next_key() {
    let mut app = app();
    keys(&mut app, "Enter Right +");
    assert!(app.toast.is_some(), "no shorter time");
    keys(&mut app, "-");
    assert!(app.toast.is_none());
}
