//! Trees, texts, dialogs and what goes into them.

use proptest::prelude::*;

use super::{anywhere, stays_inside};
use crate::console::theme::Role;
use crate::console::widgets::draw::inset;
use crate::console::widgets::testing::{draw, draw_ascii, snapshot, text};
use crate::console::widgets::*;
use crate::model::alert::Severity;

#[test]
fn a_tree_has_lines() {
    let rows = [
        (0, Some(true), "eth0", "up"),
        (1, Some(true), "br0", ""),
        (2, None, "web01", "10.99.0.21"),
        (2, None, "mail", ""),
        (1, Some(false), "br1", "3 VMs"),
        (0, Some(true), "isolated0", "inactive"),
        (1, None, "build07 with a long name", "paused"),
    ];
    let guides = tree_guides(&rows.map(|(depth, ..)| depth));
    let rows: Vec<_> = rows
        .iter()
        .zip(&guides)
        .map(|((_, open, label, detail), guides)| TreeRow {
            guides: *guides,
            open: *open,
            label: (*label).into(),
            detail: (*detail, Role::Dim).into(),
        })
        .collect();
    insta::assert_snapshot!(
        "tree",
        snapshot(&draw(34, 7, |buf, area, look| {
            tree(buf, area, look, &rows, Some(2), true);
        }))
    );
    insta::assert_snapshot!(
        "tree_ascii",
        text(&draw_ascii(20, 4, |buf, area, look| {
            tree(buf, area, look, &rows[3..], Some(9), true);
        }))
    );
}

#[test]
fn text_wraps_at_blanks_across_runs() {
    let rich = Rich::from("Nothing is ")
        .and("forced", Role::Strong)
        .and(". What  has not stopped is listed.", Role::Text);
    let lines = |w| wrap(&rich, w).iter().map(Rich::text).collect::<Vec<_>>();
    assert_eq!(lines(18), ["Nothing is forced.", "What  has not", "stopped is listed."]);
    assert_eq!(lines(17), ["Nothing is", "forced. What  has", "not stopped is", "listed."]);
    assert_eq!(lines(4)[..4], ["Noth", "ing", "is", "forc"]);
    assert_eq!(wrap(&Rich::from(""), 4), [Rich::new()]);
    let roles: Vec<_> = wrap(&rich, 17)[1].runs.iter().map(|r| r.role).collect();
    assert_eq!(roles, [Role::Strong, Role::Text]);
}

#[test]
fn paragraphs_values_and_code() {
    let xml = [
        Rich::of("<", Role::XmlPunct)
            .and("name", Role::XmlTag)
            .and(">", Role::XmlPunct)
            .and("web01", Role::XmlText),
        Rich::of("  <!-- 日本語 -->", Role::XmlComment),
    ];
    let code = Code { lines: &xml, scroll: 0, scroll_x: 3, numbers: true, cursor: Some(1) };
    let shown = snapshot(&draw(30, 9, |buf, area, look| {
        let used =
            key_values(buf, area, look, &[("CPU", "38 %".into()), ("Memory", "2.1 / 4.0 GiB".into())], 0);
        assert_eq!(used, 2);
        let body = ["No backups yet. B backs up web01 now.".into()];
        let lines = paragraph(buf, draw::below(area, 3), look, &body, 1);
        assert_eq!(lines, 2);
        code.draw(buf, draw::below(area, 5), look);
    }));
    insta::assert_snapshot!("texts", shown);
    let empty = text(&draw(40, 9, |buf, area, look| {
        let lines = ["B backs up web01 now,".into(), "P makes a policy.".into()];
        empty_state(buf, area, look, &"No backups yet".into(), &lines);
    }));
    insta::assert_snapshot!("empty_state", empty);
}

fn plan() -> Dialog<'static> {
    let body = vec![
        "web01   agent, then ACPI, 90 s           virsh shutdown web01 --mode agent".into(),
        "mail    ACPI, 90 s (no agent)            virsh shutdown mail --mode acpi".into(),
        Rich::from("db01    ")
            .and("✕ refused", Role::Critical)
            .and(": backup running (62 %, 4 min left)", Role::Text),
        Rich::new(),
        "Nothing is forced. What has not stopped after 90 s is listed, and you choose.".into(),
    ];
    Dialog::new("Shut down 3 VMs", body)
        .buttons(vec![Button::new("Cancel"), Button::danger("Shut down 2")], 0)
}

#[test]
fn a_dialog_always_fits() {
    let shown = |w, h, dialog: &Dialog<'_>| {
        draw(w, h, |buf, area, look| {
            draw::fill(buf, area, "日", look.style(Role::Dim));
            dialog.draw(buf, area, look);
        })
    };
    insta::assert_snapshot!("dialog", snapshot(&shown(84, 11, &plan())));
    let scrolled = Dialog { scroll: 2, danger: true, focus: 1, ..plan() };
    insta::assert_snapshot!(
        "dialog_small",
        text(&draw(40, 7, |buf, area, look| {
            let areas = scrolled.draw(buf, area, look);
            assert_eq!((areas.lines, areas.visible), (10, 3));
            assert_eq!(areas.buttons.len(), 2);
        }))
    );
}

#[test]
fn a_dialog_keeps_rows_for_an_input() {
    let dialog =
        Dialog { extra: 1, ..Dialog::new("Delete db01", vec!["Type the name to delete it.".into()]) };
    let input =
        Input { prompt: "> ", text: "db0", cursor: 3, placeholder: "db01", error: "not yet", focused: true };
    insta::assert_snapshot!(
        "dialog_input",
        snapshot(&draw(60, 6, |buf, area, look| {
            let areas = dialog.draw(buf, area, look);
            input.draw(buf, areas.extra, look);
        }))
    );
}

#[test]
fn the_part_of_an_input_around_the_cursor_is_visible() {
    let shown = |value: &str, cursor| {
        let mut at = 0;
        let buf = draw(10, 1, |buf, area, look| {
            at = Input { prompt: "/", text: value, cursor, focused: true, ..Input::default() }
                .draw(buf, area, look)
                .x;
        });
        (text(&buf), at)
    };
    assert_eq!(shown("cpu>80", 6), ("/cpu>80\n".to_owned(), 7));
    assert_eq!(shown("state:running", 13), ("/:running\n".to_owned(), 9));
    assert_eq!(shown("state:running", 0), ("/state:run\n".to_owned(), 1));
    assert_eq!(shown("日本語", 4), ("/日本語\n".to_owned(), 3), "a cursor inside a character is before it");
    let empty = Input { placeholder: "name", ..Input::default() };
    assert_eq!(
        text(&draw(10, 1, |buf, area, look| {
            empty.draw(buf, area, look);
        })),
        " name\n"
    );
}

#[test]
fn lists_stay_around_their_cursor() {
    let items: Vec<_> = (0..30)
        .map(|i| MenuItem {
            checked: Some(i % 3 == 0),
            label: format!("column {i}").into(),
            detail: ("doc", Role::Dim).into(),
        })
        .collect();
    insta::assert_snapshot!(
        "menu",
        snapshot(&draw(30, 5, |buf, area, look| {
            let rows = menu(buf, area, look, &items, 12);
            assert_eq!((rows[0].0, rows.len()), (10, 5));
        }))
    );
    let items = [
        PaletteItem {
            title: "Shut down".into(),
            matched: &[0, 5],
            key: "S".into(),
            ..PaletteItem::default()
        },
        PaletteItem { title: "Show disks".into(), refused: "no VM is open".into(), ..PaletteItem::default() },
    ];
    insta::assert_snapshot!(
        "palette",
        snapshot(&draw(40, 3, |buf, area, look| {
            palette(buf, area, look, &items, 0);
        }))
    );
}

#[test]
fn help_stands_in_columns_as_high_as_each_other() {
    let group = |title: &'static str, keys: &[(&'static str, &'static str)]| HelpGroup {
        title: title.into(),
        keys: keys.iter().map(|(k, t)| ((*k).into(), (*t).into())).collect(),
    };
    let groups = [
        group("Move", &[("j k", "down, up"), ("gg G", "first, last"), ("Tab", "next pane")]),
        group("VM", &[("s", "start"), ("S", "shut down"), ("c", "console")]),
        group("View", &[("z", "zoom")]),
    ];
    let shown = |w, h, scroll| {
        text(&draw(w, h, |buf, area, look| {
            help(buf, area, look, &groups, scroll);
        }))
    };
    insta::assert_snapshot!([shown(44, 9, 0), shown(20, 4, 6)].join("---\n"), @r"
    Move                VM
    j k   down, up      s     start
    gg G  first, last   S     shut down
    Tab   next pane     c     console

                        View
                        z     zoom


    ---
    s     start
    S     shut down
    c     console

    ");
}

#[test]
fn a_toast_says_how_bad_in_a_word() {
    insta::assert_snapshot!(
        "toast",
        snapshot(&draw(50, 6, |buf, area, look| {
            toast(
                buf,
                area,
                look,
                Severity::Warning,
                &"web01 did not stop within 90 s; S again to ask once more".into(),
            );
        }))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn everything_fits_anywhere(
        (buf, area) in anywhere(),
        ascii: bool,
        words in prop::collection::vec("\\PC{0,30}", 6),
        depths in prop::collection::vec(0u16..100, 0..20),
        n in 0usize..40,
        numbers: bool,
    ) {
        let rich: Vec<Rich<'_>> = words.iter().map(|w| w.as_str().into()).collect();
        stays_inside(buf, area, ascii, |buf, look| {
            let rows: Vec<_> = tree_guides(&depths)
                .into_iter()
                .map(|guides| TreeRow { guides, open: Some(numbers), label: rich[0].clone(), detail: rich[1].clone() })
                .collect();
            tree(buf, area, look, &rows, Some(n), numbers);
            paragraph(buf, area, look, &rich, n);
            key_values(buf, area, look, &[(&words[0], rich[1].clone())], n as u16);
            Code { lines: &rich, scroll: n / 8, scroll_x: n, numbers, cursor: Some(n) }.draw(buf, area, look);
            empty_state(buf, area, look, &rich[0], &rich[1..]);
            let dialog = Dialog { scroll: n, extra: n as u16 % 3, danger: numbers, ..Dialog::new(rich[0].clone(), rich.clone()) };
            let buttons = words.iter().take(n % 4).map(|w| Button::new(w.as_str())).collect();
            let areas = dialog.buttons(buttons, n % 4).draw(buf, area, look);
            for part in areas.buttons.iter().chain([&areas.extra]) {
                assert!(part.is_empty() || areas.whole.intersection(*part) == *part);
            }
            let input = Input { prompt: &words[0], text: &words[1], cursor: n, placeholder: &words[2], error: &words[3], focused: numbers };
            input.draw(buf, area, look);
            let items: Vec<_> = words.iter().map(|w| PaletteItem { title: w.into(), matched: &[1, 3], key: w.into(), refused: "".into() }).collect();
            palette(buf, area, look, &items, n);
            let items: Vec<_> = rich.iter().map(|r| MenuItem { checked: Some(numbers), label: r.clone(), detail: r.clone() }).collect();
            menu(buf, inset(area, 1, 1), look, &items, n);
            let group = || HelpGroup { title: words[0].as_str().into(), keys: vec![(words[1].as_str().into(), words[2].as_str().into()); n % 7] };
            help(buf, area, look, &[group(), group(), group()], n / 4);
            toast(buf, area, look, Severity::Critical, &rich[0]);
        });
    }

    #[test]
    fn wrapped_lines_fit_and_lose_no_word(s in "[a-z日 ]{0,60}", columns in 2usize..20) {
        let lines = wrap(&Rich::from(s.as_str()), columns);
        prop_assert!(lines.iter().all(|l| l.width() <= columns));
        let letters = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
        prop_assert_eq!(letters(&lines.iter().map(Rich::text).collect::<String>()), letters(&s));
    }

    #[test]
    fn guides_agree_with_what_follows(depths in prop::collection::vec(0u16..6, 1..30)) {
        let all = tree_guides(&depths);
        for (i, guides) in all.iter().enumerate() {
            for level in 1..=depths[i] {
                let after = depths[i + 1..].iter().take_while(|d| **d >= level).any(|d| *d == level);
                let text = format!("{guides:?} level {level}");
                prop_assert_eq!(guides.has_following(level), after, "{}", text);
            }
        }
    }
}
