//! Every screen at every size, as text and styles.

mod ops;
mod portrait;
mod serial;

use std::sync::Arc;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::testing::{NOW, charted, host, past};
use super::{View, draw};
use crate::config::Grouping;
use crate::console::app::history::{Told, TopRow};
use crate::console::app::msg::{Effect, Msg};
use crate::console::app::{App, AppConfig, update};
use crate::console::keymap::Keymap;
use crate::console::theme::{Glyphs, Look, Theme};
use crate::console::widgets::testing::{snapshot, text};
use crate::engine::history::Subject;
use crate::model::columns::{VM_COLUMNS, defaults};
use crate::model::id::VmId;
use crate::model::metric::{Entity, MetricId};
use crate::model::snapshot::{Link, LostCause, Snapshot};
use crate::model::time::Timestamp;

fn app_on(snapshot: Arc<Snapshot>, columns: u16, rows: u16) -> App {
    let config = AppConfig {
        keymap: Keymap::default(),
        columns: defaults(VM_COLUMNS).iter().map(|c| c.id).collect(),
        sort: "cpu",
        descending: true,
        group: Grouping::None,
        themes: vec!["dark".into(), "light".into(), "mono".into()],
        theme: "dark".into(),
        reach: crate::model::reach::Commands::default(),
    };
    let mut app = App::new(config, snapshot, NOW);
    update(&mut app, Msg::Resize(columns, rows));
    update(&mut app, Msg::Tick(NOW, 0));
    app
}

fn drawn(app: &mut App, theme: &str, glyphs: &'static Glyphs) -> Buffer {
    let theme = Theme::embedded(theme);
    let look = Look::new(&theme, glyphs);
    let area = Rect::new(0, 0, app.size.0, app.size.1);
    let mut view = View::default();
    let mut buf = Buffer::empty(area);
    // Twice: the first draw tells the state how much fits.
    for _ in 0..2 {
        buf = Buffer::empty(area);
        draw(app, &look, &mut view, &mut buf, area);
        update(app, Msg::Drawn(view.drawn.clone()));
    }
    buf
}

fn keys(app: &mut App, keys: &str) {
    for key in keys.split_whitespace() {
        let effects = update(app, Msg::Key(key.parse().unwrap()));
        answer(app, effects);
    }
}

/// Answers what is asked of history, until nothing more is asked.
fn answer(app: &mut App, effects: Vec<Effect>) {
    let mut waiting = effects;
    while let Some(effect) = waiting.pop() {
        waiting.extend(match effect {
            Effect::AskCharts(ask) => update(app, Msg::Charts(ask.number, Told::Here(charted(&ask)))),
            Effect::AskMoment(ask) => update(app, Msg::Moment(ask.number, Told::Here(past(ask.at.0)))),
            Effect::AskTop(ask) => update(app, Msg::Top(ask.number, Told::Here(ranked(ask.metric)))),
            _ => Vec::new(),
        });
    }
}

fn ranked(metric: MetricId) -> Vec<TopRow> {
    let device = |id| match metric.get().entity {
        Entity::Disk => Some(Subject::Disk(id, "vda".into())),
        Entity::Nic => Some(Subject::Nic(id, "52:54:00:01:01:01".into())),
        _ => None,
    };
    let row = |n: u8, name: Option<&str>, value: f64| TopRow {
        id: VmId::from_bytes([n; 16]),
        device: device(VmId::from_bytes([n; 16])),
        name: name.map(str::to_owned),
        value,
    };
    vec![
        row(2, Some("db01"), 71.0),
        row(77, Some("old07"), 40.0),
        row(1, Some("web01"), 12.0),
        row(78, None, 3.0),
    ]
}

/// Opens a screen by keys and holds it against its snapshot at three sizes.
fn at_sizes(name: &str, pressed: &str) {
    for (columns, rows) in [(80, 24), (120, 40), (160, 45)] {
        let mut app = app_on(host(), columns, rows);
        drawn(&mut app, "dark", Glyphs::UNICODE);
        keys(&mut app, pressed);
        let buf = drawn(&mut app, "dark", Glyphs::UNICODE);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), snapshot(&buf));
    }
}

#[test]
fn overview() {
    at_sizes("overview", "");
}

#[test]
fn vms() {
    at_sizes("vms", "2");
}

#[test]
fn vms_grouped_and_marked() {
    at_sizes("vms_grouped", "2 Space Space O j Enter");
}

#[test]
fn storage() {
    at_sizes("storage", "3");
}

#[test]
fn alerts() {
    at_sizes("alerts", "5");
}

#[test]
fn topology() {
    at_sizes("topology", "6");
}

#[test]
fn host_and_log() {
    at_sizes("host", "8");
}

#[test]
fn vm_summary() {
    at_sizes("vm_summary", "j Enter");
}

#[test]
fn vm_charts() {
    at_sizes("vm_charts", "Enter Right");
}

#[test]
fn vm_charts_of_a_day_with_cursor_and_events() {
    at_sizes("vm_charts_day", "Enter Right - - - . ,");
}

#[test]
fn vm_charts_compared() {
    at_sizes("vm_charts_compared", "2 Space Space Space g g Enter Right - o");
}

#[test]
fn vm_charts_of_a_disk() {
    at_sizes("vm_charts_disk", "Enter Right d -");
}

#[test]
fn storage_charts() {
    at_sizes("storage_charts", "3 Tab Tab - -");
}

#[test]
fn host_charts() {
    at_sizes("host_charts", "8 Tab -");
}

#[test]
fn past_overview() {
    at_sizes("past_overview", "[");
}

#[test]
fn past_host() {
    at_sizes("past_host", "{ 8");
}

#[test]
fn past_vm() {
    at_sizes("past_vm", "2 G k Enter [");
}

#[test]
fn who_used_most() {
    at_sizes("top", "W j");
    at_sizes("top_disks", "W Shift-Tab Shift-Tab Shift-Tab Shift-Tab");
}

#[test]
fn time_line() {
    at_sizes("time_line", "@");
}

#[test]
fn where_no_history_is_kept_the_charts_say_so() {
    let mut app = app_on(host(), 80, 24);
    let mut asked = Vec::new();
    for key in ["Enter", "Right", "-", "-"] {
        asked.extend(update(&mut app, Msg::Key(key.parse().unwrap())));
        for effect in std::mem::take(&mut asked) {
            if let Effect::AskCharts(ask) = effect {
                asked.extend(update(&mut app, Msg::Charts(ask.number, Told::NotKept)));
            }
        }
    }
    let shown = text(&drawn(&mut app, "dark", Glyphs::UNICODE));
    assert!(shown.contains("No history is kept of this host: only the last minutes are known."), "{shown}");
}

#[test]
fn charts_in_ascii_are_ascii() {
    let mut app = app_on(host(), 120, 40);
    keys(&mut app, "Enter Right - - .");
    let shown = text(&drawn(&mut app, "mono", Glyphs::ASCII));
    assert!(shown.is_ascii(), "{shown}");
}

#[test]
fn vm_disks() {
    at_sizes("vm_disks", "Enter Tab Tab");
}

#[test]
fn vm_nics() {
    at_sizes("vm_nics", "Enter Tab Tab Tab");
}

#[test]
fn help() {
    at_sizes("help", "?");
}

#[test]
fn palette() {
    at_sizes("palette", ": v");
}

#[test]
fn columns_menu() {
    at_sizes("columns_menu", "2 o");
}

#[test]
fn filter_line() {
    at_sizes("filter_line", "/ s t a t e : r");
}

#[test]
fn overview_in_ascii_and_mono() {
    let mut app = app_on(host(), 80, 24);
    let buf = drawn(&mut app, "mono", Glyphs::ASCII);
    let art = text(&buf);
    assert!(art.is_ascii(), "only ASCII is drawn: {art}");
    insta::assert_snapshot!("overview_ascii", snapshot(&buf));
}

#[test]
fn a_lost_connection_keeps_the_last_values_dim() {
    let mut lost = (*host()).clone();
    lost.link = Link::Lost {
        since: Timestamp(NOW.0 - 30_000),
        attempt: 3,
        next_try: Timestamp(NOW.0 + 4000),
        cause: LostCause::Unreachable,
        reason: "Could not list VMs: the daemon closed the connection".into(),
        hint: "NovaCron tries again by itself.".into(),
    };
    let mut app = app_on(lost.into(), 120, 40);
    insta::assert_snapshot!("lost_120x40", snapshot(&drawn(&mut app, "dark", Glyphs::UNICODE)));
}

#[test]
fn nothing_there_yet_says_what_to_do() {
    let mut empty = (*host()).clone();
    empty.vms = Arc::new([]);
    empty.pools = Some(Arc::new([]));
    empty.networks = Some(Arc::new([]));
    empty.alerts = Arc::new([]);
    let mut app = app_on(empty.into(), 80, 24);
    insta::assert_snapshot!("empty_80x24", snapshot(&drawn(&mut app, "dark", Glyphs::UNICODE)));
}

#[test]
fn a_small_terminal_is_told_what_is_needed() {
    let mut app = app_on(host(), 60, 10);
    let text = text(&drawn(&mut app, "dark", Glyphs::UNICODE));
    assert!(text.contains("needs 80×24; this is 60×10"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_size_and_no_screen_panics(columns in 0u16..260, rows in 0u16..90, screen in 0usize..21) {
        let opened = ["", "2", "3", "5", "6", "8", "Enter", "Enter Right", "Enter Right Right", "?", ":", "o", "/ a", "z", "Enter Right - - .", "[", "{ 8 Tab", "W", "@", "3 Tab Tab", "[ 3"];
        let mut app = app_on(host(), columns, rows);
        keys(&mut app, opened[screen]);
        drawn(&mut app, "dark", Glyphs::UNICODE);
        drawn(&mut app, "mono", Glyphs::ASCII);
    }
}

#[test]
fn the_tree_follows_the_list_once_its_cursor_rests() {
    let mut app = app_on(host(), 110, 30);
    let theme = Theme::embedded("dark");
    let look = Look::new(&theme, Glyphs::UNICODE);
    let (area, mut view) = (Rect::new(0, 0, 110, 30), View::default());
    let mut tree = |app: &mut App| {
        let mut buf = Buffer::empty(area);
        draw(app, &look, &mut view, &mut buf, area);
        app.dirty = false;
        let lines = text(&buf);
        let top = lines.lines().position(|l| l.contains(" Topology ")).unwrap();
        lines
            .lines()
            .skip(top + 1)
            .take(5)
            .map(|l| l.chars().skip(71).collect::<String>())
            .collect::<Vec<_>>()
    };
    let before = tree(&mut app);
    assert!(before[0].contains("virbr"), "{before:?}");
    keys(&mut app, "G k");
    assert_eq!(tree(&mut app), before);
    update(&mut app, Msg::Tick(Timestamp(NOW.0 + 3_000), 0));
    assert!(app.dirty);
    assert_ne!(tree(&mut app), before);
}
