//! Plans, prompts, questions and jobs at every size.

use super::*;
use crate::console::screens::testing::ops as made;
use crate::engine::jobs::records::{Found, Verdict};
use crate::engine::jobs::{Jobs, Look, Seen};
use crate::model::job::Job;
use crate::model::plan::{Confirm, Planned, Space};

/// With a desk that has these jobs; its keys are answered as the desk would.
fn at_desk(jobs: Arc<Jobs>, columns: u16, rows: u16, pressed: &str) -> App {
    let mut app = app_on(host(), columns, rows);
    app.attach_desk(jobs);
    drawn(&mut app, "dark", Glyphs::UNICODE);
    press(&mut app, pressed);
    app
}

fn press(app: &mut App, pressed: &str) {
    for key in pressed.split_whitespace() {
        for effect in update(app, Msg::Key(key.parse().unwrap())) {
            if let Effect::Plan(operations, ticket) = effect {
                let result = Ok(made::planned(&app.live, &operations));
                update(app, Msg::Planned { ticket, result });
            }
        }
    }
}

fn desk_at_sizes(name: &str, jobs: &Arc<Jobs>, pressed: &str) {
    for (columns, rows) in [(80, 24), (120, 40), (160, 45)] {
        let mut app = at_desk(jobs.clone(), columns, rows, pressed);
        let buf = drawn(&mut app, "dark", Glyphs::UNICODE);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), snapshot(&buf));
    }
}

fn shown(app: &mut App) -> String {
    text(&drawn(app, "dark", Glyphs::UNICODE))
}

#[test]
fn plan() {
    desk_at_sizes("plan", &Arc::default(), "j S");
}

#[test]
fn plan_with_a_diff_in_detail() {
    desk_at_sizes("plan_diff", &Arc::default(), "j t Space n e w Enter d");
}

#[test]
fn plan_with_a_typed_name() {
    desk_at_sizes("plan_typed", &Arc::default(), "j K w e b Right");
}

#[test]
fn plans_of_several_with_refusals() {
    desk_at_sizes("plan_bulk", &Arc::default(), "* S Right");
}

#[test]
fn plans_of_several_dangerous() {
    desk_at_sizes("plan_bulk_typed", &Arc::default(), "* K 4 Right");
}

#[test]
fn plans_all_refused() {
    desk_at_sizes("plan_refused", &Arc::default(), "G Space k Space r");
}

#[test]
fn tags_prompt() {
    desk_at_sizes("prompt_tags", &Arc::default(), "j t");
}

#[test]
fn no_jobs_yet() {
    desk_at_sizes("jobs_empty", &Arc::default(), "7");
}

#[test]
fn jobs() {
    desk_at_sizes("jobs", &made::various(&host()), "7");
}

#[test]
fn one_job() {
    desk_at_sizes("job", &made::various(&host()), "7 j j Enter");
}

#[test]
fn leaving_with_open_jobs() {
    desk_at_sizes("leave", &made::various(&host()), "q");
}

#[test]
fn vms_with_jobs_and_a_footer_that_fits() {
    desk_at_sizes("vms_jobs", &made::various(&host()), "2");
}

#[test]
fn while_a_plan_is_made() {
    let mut app = app_on(host(), 80, 24);
    app.attach_desk(Arc::default());
    keys(&mut app, "S");
    assert!(shown(&mut app).contains("↻ Planning: Shut down db01 …  Esc cancels"));
}

#[test]
fn jobs_and_plans_in_ascii_are_ascii() {
    for pressed in ["7", "7 j j Enter", "* S d", "j K w e b", "q", "j t", "2"] {
        let mut app = at_desk(made::various(&host()), 120, 40, pressed);
        let art = text(&drawn(&mut app, "mono", Glyphs::ASCII));
        assert!(art.is_ascii(), "{pressed}: {art}");
    }
}

#[test]
fn the_vm_in_view_tells_of_its_job() {
    let mut app = at_desk(made::various(&host()), 120, 40, "Enter");
    let text = shown(&mut app);
    assert!(text.contains("db01 ● running ↻ stopping, 40 s"), "{text}");
}

#[test]
fn a_plan_longer_than_the_screen_scrolls_to_its_end() {
    let mut app = at_desk(Arc::default(), 80, 24, "j t Space n e w Enter d");
    let last = "If killed     what was done stays";
    let mut seen = shown(&mut app).contains(last);
    for _ in 0..40 {
        press(&mut app, "j");
        seen |= shown(&mut app).contains(last);
    }
    assert!(seen);
}

#[test]
fn what_guests_write_is_cleaned() {
    let evil = "e\u{1b}[2J\u{202e}vil";
    let mut app = app_on(host(), 120, 40);
    let id = made::id(&app.live, "web01");
    let mut plan = made::plan_of(&app.live, &made::shutdown(id));
    for text in [&mut plan.title, &mut plan.verb, &mut plan.summary, &mut plan.diff] {
        text.push_str(evil);
    }
    plan.steps[0].title.push_str(evil);
    plan.steps[0].command.push(evil.into());
    plan.notes[0].text.push_str(evil);
    plan.target.name = evil.into();
    plan.confirm = Confirm::Name(evil.into());
    plan.space.push(Space { place: evil.into(), needs: 1 << 30, free: Some(1 << 20) });
    let job = Job { title: evil.into(), outcome: evil.into(), ..made::queued(1, 1, &plan) };
    app.attach_desk(made::jobs(vec![made::running(job)]));
    let check = |app: &mut App| {
        let buf = drawn(app, "dark", Glyphs::UNICODE);
        let art = text(&buf);
        assert!(!art.contains(['\u{1b}', '\u{202e}']), "{art}");
        art
    };
    keys(&mut app, "7");
    assert!(check(&mut app).contains("e[2Jvil"));
    keys(&mut app, "Enter");
    check(&mut app);
    for plans in [1, 2] {
        let (operations, ticket) = ask(&mut app);
        assert_eq!(operations, 1);
        let result = Ok(vec![Planned::Plan(Box::new(plan.clone())); plans]);
        update(&mut app, Msg::Planned { ticket, result });
        assert!(check(&mut app).contains("e[2Jvil"));
        keys(&mut app, "Ctrl-o");
        check(&mut app);
        keys(&mut app, "Esc");
    }
}

/// Asks for a plan, from the list.
fn ask(app: &mut App) -> (usize, u64) {
    keys(app, "Esc 2");
    let effects = update(app, Msg::Key("S".parse().unwrap()));
    let asked = effects.into_iter().find_map(|e| match e {
        Effect::Plan(operations, ticket) => Some((operations.len(), ticket)),
        _ => None,
    });
    asked.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn no_size_panics(columns in 0u16..260, rows in 0u16..90, screen in 0usize..10) {
        let opened = ["7", "7 j Enter", "7 Enter", "* S", "* S d", "j K w", "j t", "q", "q Right Enter", "7 j x"];
        let mut app = at_desk(made::various(&host()), columns, rows, opened[screen]);
        drawn(&mut app, "dark", Glyphs::UNICODE);
        drawn(&mut app, "mono", Glyphs::ASCII);
    }
}

/// What the desk sees on the made-up host.
fn sight(look: &Look) -> Result<Seen, String> {
    use made::sights;
    Ok(match look {
        Look::Snapshots(_) => Seen::Snapshots(sights::snapshots()),
        Look::Past(_) => Seen::Past(sights::revisions(), sights::records()),
        Look::Held => Seen::Held(sights::held()),
        Look::Orphans => Seen::Orphans(sights::orphans()),
        Look::Templates => Seen::Templates(sights::templates()),
        Look::Network(_) => Seen::Network(Box::new(sights::network())),
        Look::Audit(_) => {
            Seen::Audit(Found { records: sights::records(), unreadable: Vec::new(), more: false })
        }
        Look::Record(number) => Seen::Record(Box::new(sights::link(*number))),
        Look::Verify => {
            Seen::Verdict(Verdict::Sound { count: 4, head: "00".repeat(32), remarks: Vec::new() })
        }
        Look::Definition(_) | Look::NetworkXml(_) => return Err("Nobody edits here.".into()),
    })
}

/// Presses keys; what they ask is answered.
fn press_and_see(app: &mut App, pressed: &str) {
    for key in pressed.split_whitespace() {
        let mut effects = update(app, Msg::Key(key.parse().unwrap()));
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Look(look, number) => {
                    effects.extend(update(app, Msg::Seen(number, sight(&look))));
                }
                Effect::Plan(operations, ticket) => {
                    let result = Ok(made::planned(&app.live, &operations));
                    update(app, Msg::Planned { ticket, result });
                }
                _ => {}
            }
        }
        drawn(app, "dark", Glyphs::UNICODE);
    }
}

fn seen_at_sizes(name: &str, pressed: &str) {
    for (columns, rows) in [(80, 24), (160, 45)] {
        let mut app = at_desk(Arc::default(), columns, rows, "");
        press_and_see(&mut app, pressed);
        let buf = drawn(&mut app, "dark", Glyphs::UNICODE);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), snapshot(&buf));
    }
}

const SNAPSHOTS: &str = "j Enter Tab Tab Tab Tab";
const HISTORY: &str = "j Enter Shift-Tab";

#[test]
fn actions_menu() {
    seen_at_sizes("actions", "j m");
}

#[test]
fn snapshot_form() {
    seen_at_sizes("form_snapshot", "j N");
}

#[test]
fn volume_form_with_what_is_missing() {
    seen_at_sizes("form_volume", "3 c Enter");
}

#[test]
fn pool_form() {
    seen_at_sizes("form_pool", "3 n Tab Right");
}

#[test]
fn snapshots_of_a_vm() {
    seen_at_sizes("vm_snapshots", SNAPSHOTS);
}

#[test]
fn history_of_a_vm() {
    seen_at_sizes("vm_history", HISTORY);
}

#[test]
fn a_revision() {
    seen_at_sizes("revision", "j Enter Shift-Tab G Enter");
}

#[test]
fn disks_with_a_cursor() {
    seen_at_sizes("vm_disks_desk", "j Enter Tab Tab");
}

#[test]
fn deleted_vms() {
    seen_at_sizes("deleted_vms", "X");
}

#[test]
fn orphaned_volumes() {
    seen_at_sizes("orphans", "3 O");
}

#[test]
fn templates() {
    seen_at_sizes("templates", ": t e m p l a t e s Enter");
}

#[test]
fn new_vm_form() {
    seen_at_sizes("form_new_vm", "n");
}

#[test]
fn who_is_on_a_network() {
    seen_at_sizes("network", "6 j w");
}

#[test]
fn audit() {
    seen_at_sizes("audit", "9");
}

#[test]
fn audit_filter() {
    seen_at_sizes("audit_filter", "9 / r e s u l t : x");
}

#[test]
fn an_audit_record() {
    seen_at_sizes("audit_record", "9 Enter");
}

#[test]
fn nothing_there_yet_teaches() {
    let empty = |look: &Look| match look {
        Look::Snapshots(_) => Seen::Snapshots(Vec::new()),
        Look::Past(_) => Seen::Past(Vec::new(), Vec::new()),
        Look::Held => Seen::Held(Vec::new()),
        Look::Orphans => Seen::Orphans(Vec::new()),
        Look::Verify => Seen::Verdict(Verdict::Sound { count: 0, head: String::new(), remarks: Vec::new() }),
        _ => Seen::Audit(Found::default()),
    };
    for (pressed, teaches) in [
        (SNAPSHOTS, "N takes one"),
        (HISTORY, "Nothing was done to it with NovaCron yet."),
        ("X", "D on a VM deletes it."),
        ("3 O", "Every volume of the started pools is used by a VM."),
        ("9", "Nothing was done yet, as far as it is recorded."),
    ] {
        for fails in [false, true] {
            let mut app = at_desk(Arc::default(), 120, 40, "");
            for key in pressed.split_whitespace() {
                for effect in update(&mut app, Msg::Key(key.parse().unwrap())) {
                    if let Effect::Look(look, number) = effect {
                        let answer =
                            if fails { Err("The disk is on fire.".into()) } else { Ok(empty(&look)) };
                        update(&mut app, Msg::Seen(number, answer));
                    }
                }
            }
            let text = shown(&mut app);
            let expected = if fails { "The disk is on fire." } else { teaches };
            assert!(text.contains(expected), "{pressed}: {text}");
        }
    }
}

#[test]
fn what_was_seen_is_ascii_in_ascii_and_cleaned() {
    let views = ["j N", "3 n", SNAPSHOTS, HISTORY, "X", "3 O", "6 j w", "9", "9 Enter", "j m", "9 / x"];
    for pressed in views {
        let mut app = at_desk(Arc::default(), 120, 40, "");
        press_and_see(&mut app, pressed);
        let art = text(&drawn(&mut app, "mono", Glyphs::ASCII));
        assert!(art.is_ascii(), "{pressed}: {art}");
        let art = text(&drawn(&mut app, "dark", Glyphs::UNICODE));
        assert!(!art.contains(['\u{1b}', '\u{202e}']), "{pressed}: {art}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn no_size_panics_with_what_was_seen(columns in 0u16..200, rows in 0u16..60, screen in 0usize..12) {
        let opened = ["j N", "3 n", SNAPSHOTS, HISTORY, "X", "3 O", "6 j w", "9", "9 Enter", "j m", "9 / x", "j H"];
        let mut app = at_desk(Arc::default(), columns, rows, "");
        press_and_see(&mut app, opened[screen]);
        drawn(&mut app, "mono", Glyphs::ASCII);
    }
}
