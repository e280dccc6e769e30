//! The console without a terminal: messages in, state and effects out.

mod acts;
mod history;
mod ops;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::action::{ACTIONS, ActionId};
use super::available::Availability;
use super::list::Row;
use super::msg::{Drawn, Effect, Msg, Tone};
use super::overlay::Overlay;
use super::place::{Pane, Scope, Screen, VmTab};
use super::vm_page::Fetched;
use super::{App, AppConfig, update};
use crate::config::Grouping;
use crate::console::keymap::{Code, Key, Keymap};
use crate::console::screens::testing::{host, host_with};
use crate::model::metric::MetricId;
use crate::model::series::Track;
use crate::model::snapshot::{Link, LostCause};
use crate::model::time::Timestamp;
use crate::model::vm::Vm;

fn app() -> App {
    let config = AppConfig {
        keymap: Keymap::default(),
        columns: vec!["name", "state", "cpu", "memory"],
        sort: "cpu",
        descending: true,
        group: Grouping::None,
        themes: vec!["dark".into(), "light".into()],
        theme: "dark".into(),
        reach: crate::model::reach::Commands::default(),
    };
    let snapshot = host();
    let now = snapshot.at;
    let mut app = App::new(config, snapshot, now);
    update(&mut app, Msg::Tick(now, 0));
    update(&mut app, Msg::Drawn(Drawn { visible: Vec::new(), page: 10, lines: 100 }));
    app.dirty = false;
    app
}

/// Types keys written as in a keymap file.
fn keys(app: &mut App, keys: &str) -> Vec<Effect> {
    keys.split_whitespace().flat_map(|k| update(app, Msg::Key(k.parse().unwrap()))).collect()
}

fn typed(app: &mut App, text: &str) {
    for c in text.chars() {
        update(app, Msg::Key(Key::char(c)));
    }
}

fn names(app: &App) -> Vec<String> {
    let view = app.view();
    app.vms
        .rows
        .iter()
        .map(|r| match r {
            Row::Vm(i) => view.vms[*i].name.clone(),
            Row::Group { name, .. } => format!("[{name}]"),
        })
        .collect()
}

#[test]
fn busiest_vms_come_first_and_those_off_last() {
    let app = app();
    assert_eq!(names(&app)[..2], ["db01", "web01"]);
    assert_eq!(names(&app).last().map(String::as_str), Some("test-old"));
}

#[test]
fn escape_goes_back_level_by_level_and_never_quits() {
    let mut app = app();
    keys(&mut app, "2 Enter x ?");
    assert_eq!(app.scope(), Scope::Help);
    keys(&mut app, "Esc");
    assert_eq!(app.page.as_ref().map(|p| p.tab), Some(VmTab::Xml));
    keys(&mut app, "Esc");
    assert!(app.page.is_none());
    keys(&mut app, "Esc");
    assert_eq!(app.screen, Screen::Overview);
    assert!(!keys(&mut app, "Esc Esc Esc").contains(&Effect::Quit));
    assert!(keys(&mut app, "q").contains(&Effect::Quit));
}

#[test]
fn q_below_the_top_goes_back_and_in_text_is_a_letter() {
    let mut app = app();
    keys(&mut app, "2");
    assert!(!keys(&mut app, "q").contains(&Effect::Quit));
    assert_eq!(app.screen, Screen::Overview);
    keys(&mut app, "/");
    assert!(!keys(&mut app, "q").contains(&Effect::Quit));
    assert_eq!(app.vms.filter_text, "q");
}

#[test]
fn a_filter_narrows_while_typing_and_escape_restores() {
    let mut app = app();
    keys(&mut app, "/");
    typed(&mut app, "state:paused");
    assert_eq!(names(&app), ["build07"]);
    keys(&mut app, "Enter");
    assert_eq!(app.vms.filter_text, "state:paused");
    keys(&mut app, "/");
    typed(&mut app, " nothing");
    assert_eq!(app.vms.rows, []);
    keys(&mut app, "Esc");
    assert_eq!(names(&app), ["build07"]);
}

#[test]
fn a_wrong_filter_says_so_and_the_last_right_one_holds() {
    let mut app = app();
    keys(&mut app, "/");
    typed(&mut app, "state:running");
    let running = names(&app);
    typed(&mut app, " \"");
    assert!(matches!(app.overlays.last(), Some(Overlay::Filter(line)) if line.error.is_some()));
    assert_eq!(names(&app), running);
    keys(&mut app, "Enter");
    assert_eq!(app.toast.as_ref().map(|t| t.notice.tone), Some(Tone::Bad));
    assert_eq!(app.scope(), Scope::Filter);
}

#[test]
fn the_cursor_sticks_to_the_vm_when_rows_move() {
    let mut app = app();
    keys(&mut app, "j");
    let selected = app.selected_vm().unwrap().name.clone();
    keys(&mut app, "i");
    assert_eq!(app.selected_vm().unwrap().name, selected);
    keys(&mut app, "o");
    keys(&mut app, "g g Enter");
    assert_eq!(app.vms.sort, "name");
    assert_eq!(app.selected_vm().unwrap().name, selected);
}

/// Has a VM be at 99 % for the last half minute.
fn busy(vm: &mut Vm) {
    let mut track = Track::new(&[MetricId::VmCpu]);
    for i in 0..15 {
        track.push(Timestamp(i * 2000), &[Some(99.0)], Duration::from_secs(900));
    }
    vm.now.set(MetricId::VmCpu, Some(99.0));
    if let Some(tracks) = &mut vm.tracks {
        tracks.cpu = track.into();
    }
}

#[test]
fn a_moment_of_load_moves_no_row() {
    let mut app = app();
    let before = names(&app);
    let moment = host_with(|vm| {
        if vm.name == "mail" {
            vm.now.set(MetricId::VmCpu, Some(99.0));
        }
    });
    update(&mut app, Msg::Snapshot(moment));
    assert_eq!(names(&app), before);
}

#[test]
fn rows_do_not_move_under_a_cursor_in_use_but_do_once_it_rests() {
    let mut app = app();
    let before = names(&app);
    keys(&mut app, "j k");
    let swapped = host_with(|vm| {
        if vm.name == "web01" {
            busy(vm);
        }
    });
    let at = swapped.at;
    update(&mut app, Msg::Snapshot(swapped));
    assert_eq!(names(&app), before);
    update(&mut app, Msg::Tick(Timestamp(at.0 + 10_000), 0));
    assert_eq!(names(&app)[0], "web01");
}

#[test]
fn marks_and_bulk_marks() {
    let mut app = app();
    keys(&mut app, "Space Space");
    assert_eq!(app.vms.marks.len(), 2);
    keys(&mut app, "*");
    assert_eq!(app.vms.marks.len(), app.view().vms.len());
    keys(&mut app, "U");
    assert!(app.vms.marks.is_empty());
}

#[test]
fn groups_have_headings_that_collapse() {
    let mut app = app();
    keys(&mut app, "O");
    keys(&mut app, "G k k Enter");
    assert_eq!(app.vms.group, Grouping::Tag);
    let all = names(&app);
    assert!(all.contains(&"[web]".to_owned()) && all.last() != Some(&"[no tag]".to_owned()), "{all:?}");
    keys(&mut app, "g g Enter");
    assert!(names(&app).len() < all.len());
}

#[test]
fn freeze_holds_the_picture_and_lets_it_go() {
    let mut app = app();
    keys(&mut app, "Z");
    app.dirty = false;
    let changed = host_with(|vm| vm.now.set(MetricId::VmCpu, Some(1.0)));
    update(&mut app, Msg::Snapshot(changed.clone()));
    assert!(!app.dirty && !Arc::ptr_eq(app.view(), &changed));
    keys(&mut app, "Z");
    assert!(Arc::ptr_eq(app.view(), &changed));
}

#[test]
fn nothing_is_drawn_while_nothing_visible_changes() {
    let mut app = app();
    let same = Arc::new((*app.live).clone());
    update(&mut app, Msg::Snapshot(same));
    let second_later = Timestamp(app.now.0 + 1000);
    update(&mut app, Msg::Tick(second_later, 0));
    assert!(!app.dirty);
    let minute_later = Timestamp(app.now.0 + 60_000);
    update(&mut app, Msg::Tick(minute_later, 0));
    assert!(app.dirty);
}

#[test]
fn a_lost_connection_is_told_and_refresh_tries_at_once() {
    let mut app = app();
    let mut lost = (*host()).clone();
    lost.link = Link::Lost {
        since: lost.at,
        attempt: 2,
        next_try: Timestamp(lost.at.0 + 4000),
        cause: LostCause::Unreachable,
        reason: "Could not list VMs: broken pipe".into(),
        hint: String::new(),
    };
    update(&mut app, Msg::Snapshot(lost.into()));
    assert!(app.dirty);
    assert_eq!(super::fresh::freshness(&app).1, "connection lost, trying again in 4 s");
    assert!(keys(&mut app, "Ctrl-r").contains(&Effect::Reconnect));
}

#[test]
fn xml_is_fetched_when_its_tab_opens_and_cleaned_when_it_arrives() {
    let mut app = app();
    let id = app.selected_vm_id().unwrap();
    assert!(keys(&mut app, "x").contains(&Effect::FetchXml(id)));
    update(&mut app, Msg::Xml(id, Ok("<a>\x1b[2J</a>".into())));
    assert!(matches!(&app.page.as_ref().unwrap().xml, Fetched::Ready(x) if **x == *"<a>[2J</a>"));
}

#[test]
fn an_alert_opens_what_it_is_about() {
    let mut app = app();
    keys(&mut app, "5 Enter");
    assert_eq!(app.page.as_ref().map(|p| p.name.as_str()), Some("build07"));
}

#[test]
fn the_palette_finds_actions_vms_and_themes() {
    let mut app = app();
    keys(&mut app, ":");
    typed(&mut app, "vm db0");
    keys(&mut app, "Enter");
    assert_eq!(app.page.as_ref().map(|p| p.name.as_str()), Some("db01"));
    keys(&mut app, "Esc :");
    typed(&mut app, "theme light");
    assert!(keys(&mut app, "Enter").contains(&Effect::Theme("light".into())));
}

#[test]
fn tab_goes_round_the_panes() {
    let mut app = app();
    let panes: Vec<Pane> = (0..5)
        .map(|_| {
            keys(&mut app, "Tab");
            app.pane()
        })
        .collect();
    assert_eq!(panes.last(), Some(&Pane::Vms));
    keys(&mut app, "Shift-Tab");
    assert_eq!(app.pane(), Pane::Alerts);
}

#[test]
fn what_cannot_be_done_says_why() {
    let app = app();
    for spec in ACTIONS {
        if let Availability::No(reason) = (spec.available)(&app) {
            assert!(reason.ends_with('.'), "{}: {reason}", spec.name);
        }
    }
    assert!(app.footer().iter().any(|(key, _, id)| key == "q" && *id == ActionId::Quit));
    assert!(!app.footer().iter().any(|(_, _, id)| *id == ActionId::Back), "nothing to go back from");
}

fn any_key() -> impl Strategy<Value = Key> {
    let code = prop_oneof![
        proptest::char::range(' ', '~').prop_map(Code::Char),
        prop::sample::select(vec![
            Code::Enter,
            Code::Esc,
            Code::Tab,
            Code::Up,
            Code::Down,
            Code::Left,
            Code::Right,
            Code::PageDown,
            Code::Home,
            Code::End,
            Code::Backspace
        ]),
    ];
    (code, prop::bool::weighted(0.1)).prop_map(|(code, ctrl)| Key { ctrl, ..Key::plain(code) })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_keys_breaks_it(pressed in prop::collection::vec(any_key(), 0..60)) {
        let mut app = app();
        for key in pressed {
            update(&mut app, Msg::Key(key));
            prop_assert!(app.vms.keys.len() == app.vms.rows.len());
            prop_assert!(app.vms.rows.is_empty() || app.vms.cursor.index() < app.vms.rows.len());
            prop_assert!(app.overlays.len() <= 2);
        }
    }
}
