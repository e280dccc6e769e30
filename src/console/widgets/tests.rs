//! Widgets as text and styles, and at any size.

mod over;

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{inset, line, put};
use super::testing::{draw, draw_ascii, snapshot, text};
use super::*;
use crate::console::theme::{Glyphs, Look, Role, Theme};

fn columns() -> Vec<ColumnSpec<'static>> {
    vec![
        ColumnSpec::left("", Width::Fixed(1), 9),
        ColumnSpec::left("NAME", Width::Flex { min: 8, weight: 1, max: 20 }, 10),
        ColumnSpec::left("STATE", Width::Fixed(10), 8),
        ColumnSpec::right("CPU %", Width::Fixed(12), 7).sorted(Some(SortDir::Descending)),
        ColumnSpec::right("MEM", Width::Fixed(9), 6),
        ColumnSpec::right("DISK", Width::Fixed(6), 4),
        ColumnSpec::right("NET", Width::Fixed(6), 5),
    ]
}

fn vm(
    glyphs: &Glyphs,
    sign: (&'static str, Role),
    name: &'static str,
    state: &'static str,
    cpu: &[f64],
) -> Vec<Rich<'static>> {
    let values: Vec<_> = cpu.iter().map(|v| Some(*v)).chain([None]).collect();
    let spark = sparkline(&values, 7, Scale::Fixed(100.0), glyphs, Role::Spark);
    let last = cpu.last().map_or("–".to_owned(), |v| format!("{v:.0} "));
    vec![
        sign.into(),
        name.into(),
        state.into(),
        Rich::of(last, Role::Text).join(spark),
        "2.1/4.0G".into(),
        "1.2M".into(),
        "340k".into(),
    ]
}

fn vms(g: &'static Glyphs) -> Vec<Row<'static>> {
    let running = (g.running, Role::StateRunning);
    vec![
        Row::Group("web · 2".into()),
        Row::new(vm(g, running, "web01", "running", &[0.0, 20.0, 40.0, 60.0, 80.0, 38.0])),
        Row::marked(vm(g, running, "日本語のとても長い名前の仮想マシン", "running", &[99.0, 71.0]), true),
        Row::marked(vm(g, (g.paused, Role::StatePaused), "build07", "paused: I/O error", &[]), true),
    ]
}

fn vm_pane(buf: &mut Buffer, area: Rect, look: &Look<'_>) {
    let pane = Pane::new(Rich::from("VMs").and(" 220", Role::Dim)).notes(("sort: cpu ▾", Role::Dim));
    let inner = pane.position("3/220").focused(true).draw(buf, area, look);
    let (columns, rows) = (columns(), vms(look.glyphs));
    table(buf, inner, look, &TableSpec { cursor: Some(2), ..TableSpec::new(&columns, &rows) });
}

#[test]
fn a_table_in_a_pane() {
    insta::assert_snapshot!("table_wide", snapshot(&draw(80, 8, vm_pane)));
    insta::assert_snapshot!("table_narrow", snapshot(&draw(36, 7, vm_pane)));
    insta::assert_snapshot!("table_ascii", snapshot(&draw_ascii(60, 7, vm_pane)));
}

#[test]
fn columns_go_by_priority_and_the_rest_is_shared() {
    let columns = columns();
    assert_eq!(fit(&columns, 200, 1), [1, 20, 10, 12, 9, 6, 6].map(Some));
    assert_eq!(fit(&columns, 60, 1), [1, 10, 10, 12, 9, 6, 6].map(Some));
    assert_eq!(
        fit(&columns, 45, 1),
        [Some(1), Some(9), Some(10), Some(12), Some(9), None, None],
        "DISK goes before NET"
    );
    assert_eq!(fit(&columns, 5, 1), [None, Some(5), None, None, None, None, None]);
    assert_eq!(fit(&columns, 0, 1), [None; 7]);
    assert_eq!(fit(&[], 9, 1), []);
    let two = [
        ColumnSpec::left("A", Width::Flex { min: 1, weight: 1, max: 3 }, 1),
        ColumnSpec::left("B", Width::Flex { min: 1, weight: 2, max: 99 }, 1),
    ];
    assert_eq!(fit(&two, 31, 1), [Some(3), Some(27)], "what one may not take goes to the other");
}

#[test]
fn scrolling_moves_as_little_as_it_can() {
    assert_eq!(scroll_to_show(0, 10, 0, 100), 0);
    assert_eq!(scroll_to_show(9, 10, 0, 100), 0);
    assert_eq!(scroll_to_show(10, 10, 0, 100), 1);
    assert_eq!(scroll_to_show(4, 10, 5, 100), 4);
    assert_eq!(scroll_to_show(5, 10, 95, 100), 5);
    assert_eq!(scroll_to_show(95, 10, 95, 100), 90, "no empty rows while there are others");
    assert_eq!(scroll_to_show(3, 0, 2, 10), 2);
    assert_eq!(scroll_to_show(0, 10, 7, 0), 0);
}

#[test]
fn panes_make_room_for_what_matters() {
    let pane = |width: u16, height: u16, pane: &Pane<'_>| {
        text(&draw(width, height, |buf, area, look| {
            pane.draw(buf, area, look);
        }))
    };
    let full = Pane::new("Storage").notes("health 71").position("3/220");
    let roomy = "╭ Storage ─────────── health 71 ─╮\n│                                │\n\
                 ╰──────────────────────── 3/220 ─╯\n";
    assert_eq!(pane(34, 3, &full), roomy);
    assert_eq!(pane(14, 2, &full), "╭ Storage ───╮\n╰──── 3/220 ─╯\n");
    assert_eq!(pane(9, 2, &full), "╭ Stor… ╮\n╰───────╯\n");
    assert_eq!(pane(2, 2, &full), "╭╮\n╰╯\n");
    assert_eq!(pane(30, 1, &full), "\n");
    assert_eq!(pane(36, 1, &full.clone().rule()), " Storage ──────── health 71  3/220 ─\n");
}

#[test]
fn sparklines_show_zero_gap_and_nothing_apart() {
    let spark = |values: &[Option<f64>], width, scale| {
        sparkline(values, width, scale, Glyphs::UNICODE, Role::Spark).text()
    };
    let values = [Some(0.0), Some(50.0), None, Some(100.0), Some(150.0), Some(-3.0)];
    assert_eq!(spark(&values, 8, Scale::Fixed(100.0)), "  ▁▅·██▁");
    assert_eq!(spark(&values, 3, Scale::Fixed(100.0)), "██▁");
    assert_eq!(spark(&values, 6, Scale::Auto), "▁▃·▆█▁");
    assert_eq!(spark(&[Some(0.0); 3], 3, Scale::Auto), "▁▁▁");
    assert_eq!(spark(&[Some(f64::NAN), Some(f64::INFINITY)], 2, Scale::Auto), "·█");
    assert_eq!(spark(&[], 0, Scale::Auto), "");
    let ascii = sparkline(&values, 6, Scale::Fixed(100.0), Glyphs::ASCII, Role::Spark);
    assert_eq!(ascii.text(), "_= ##_");
    assert_eq!(ascii.runs[1].role, Role::Gap);
}

#[test]
fn bars_have_parts_of_cells() {
    let bar = |p, width| Bar::new(p).show(width, Glyphs::UNICODE).text();
    assert_eq!(bar(Some(44.0), 10), "████▍░░░░░");
    assert_eq!(bar(Some(0.0), 4), "░░░░");
    assert_eq!(bar(Some(0.01), 4), "▏░░░", "a little is something");
    assert_eq!(bar(Some(99.99), 4), "███▉", "nearly full is not full");
    assert_eq!(bar(Some(100.0), 4), "████");
    assert_eq!(bar(Some(1e300), 1), "█");
    assert_eq!(bar(None, 3), "···");
    let ascii = |p, width| Bar::new(p).show(width, Glyphs::ASCII).text();
    assert_eq!(ascii(Some(44.0), 10), "[####----]");
    assert_eq!(ascii(Some(99.0), 10), "[#######-]");
    assert_eq!(ascii(Some(44.0), 2), "#-");
    assert_eq!(
        [84.0, 85.0, 95.0].map(|p| Bar::new(Some(p)).role()),
        [Role::BarLow, Role::BarMid, Role::BarHigh]
    );
    assert_eq!(Bar::new(Some(70.0)).limits(60.0, 70.0).role(), Role::BarHigh);
}

fn segments() -> Vec<Segment<'static>> {
    vec![
        Segment::new(Rich::of("NovaCron", Role::HeaderApp).and("  kvm01 · qemu:///system", Role::Text), 9)
            .short("kvm01"),
        Segment::new("20 run  2 paused  198 off", 8).short("20 run 2 paus 198 off").side(Side::Middle),
        Segment::new("CPU ▂▃▅▆▅▃ 34 %", 6).short("CPU 34%").side(Side::Middle),
        Segment::new("health 71", 5).short("hlth 71").side(Side::Middle),
        Segment::new(("2 alerts", Role::Warning), 7).side(Side::Middle),
        Segment::new(Rich::of("●", Role::Live).and(" live 14:02", Role::Text), 10)
            .short("● 14:02")
            .side(Side::Right),
    ]
}

#[test]
fn the_header_shortens_then_drops_whole_segments() {
    let header = |width| {
        text(&draw(width, 1, |buf, area, look| {
            header(buf, area, look, &segments());
        }))
    };
    insta::assert_snapshot!([160, 120, 80, 60, 40, 16, 6].map(header).concat(), @r"
    NovaCron  kvm01 · qemu:///system                         20 run  2 paused  198 off   CPU ▂▃▅▆▅▃ 34 %   health 71   2 alerts                       ● live 14:02
    NovaCron  kvm01 · qemu:///system     20 run  2 paused  198 off   CPU ▂▃▅▆▅▃ 34 %   health 71   2 alerts   ● live 14:02
    kvm01      20 run 2 paus 198 off   CPU 34%   hlth 71   2 alerts   ● live 14:02
    kvm01    20 run 2 paus 198 off  CPU 34%  2 alerts  ● 14:02
    kvm01   20 run 2 paus 198 off  ● 14:02
    kvm01  ● 14:02

    ");
}

#[test]
fn the_footer_drops_the_last_hints_whole() {
    let left = [
        Hint::new("Enter", "open"),
        Hint::new("Space", "mark"),
        Hint::new("/", "filter"),
        Hint::new("s", "start"),
    ];
    let right = [Hint::new("?", "help"), Hint::new("q", "quit")];
    let footer = |width| {
        text(&draw(width, 1, |buf, area, look| {
            footer(buf, area, look, &left, &right);
        }))
    };
    insta::assert_snapshot!([80, 60, 50, 30, 24, 14, 8].map(footer).concat(), @r"
    Enter open  Space mark  / filter  s start                       ? help  q quit
    Enter open  Space mark  / filter  s start   ? help  q quit
    Enter open  Space mark  / filter  ? help  q quit
    Enter open    ? help  q quit
    Enter open      q quit
    Enter open

    ");
}

#[test]
fn the_open_tab_is_always_there() {
    let titles = ["Summary", "Charts", "Disks", "NICs", "XML"].map(Into::into);
    let tabs = |width, open| {
        text(&draw(width, 1, |buf, area, look| {
            tabs(buf, area, look, &titles, open);
        }))
    };
    assert_eq!(tabs(40, 1), "Summary  Charts  Disks  NICs  XML\n");
    assert_eq!(tabs(20, 0), "Summary  Charts\n");
    assert_eq!(tabs(20, 4), "Disks  NICs  XML\n");
    assert_eq!(tabs(2, 4), "XM\n");
}

#[test]
fn hostile_text_draws_at_its_width() {
    let shown = |s: &str| {
        text(&draw(12, 1, |buf, area, look| {
            line(buf, area, look, &Rich::from(s.to_owned()));
        }))
    };
    assert_eq!(shown("a\x1b[31mb\u{202e}c"), "a[31mbc\n");
    assert_eq!(shown("日本語日本語日本語"), "日本語日本…\n");
    assert_eq!(shown("e\u{301}\u{301}\u{301}x"), "e\u{301}\u{301}\u{301}x\n");
    assert_eq!(shown("👨\u{200d}👩\u{200d}👧x"), "👨👩👧x\n");
    let ascii = text(&draw_ascii(30, 1, |buf, area, look| {
        line(buf, area, look, &Rich::from("210 µs – é日 ● …"));
    }));
    assert_eq!(ascii, "210 us - ??? * ~\n");
}

/// A buffer, an area that may lie anywhere in or outside it.
pub(super) fn anywhere() -> impl Strategy<Value = (Rect, Rect)> {
    let rect = |max: u16| (0..max, 0..max, 0..max, 0..max).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h));
    (rect(40), rect(60))
}

/// Draws and checks that nothing outside the area was touched.
pub(super) fn stays_inside(buf: Rect, area: Rect, ascii: bool, f: impl FnOnce(&mut Buffer, &Look<'_>)) {
    let mut buffer = Buffer::empty(buf);
    let theme = Theme::default();
    let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
    f(&mut buffer, &Look::new(&theme, glyphs));
    let blank = Buffer::empty(buf);
    for y in buf.top()..buf.bottom() {
        for x in buf.left()..buf.right() {
            let cell = &buffer[(x, y)];
            if !area.contains((x, y).into()) {
                assert_eq!(cell, &blank[(x, y)], "{x},{y} lies outside {area:?}");
            }
            assert!(!ascii || cell.symbol().is_ascii(), "{:?} is no ASCII", cell.symbol());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn panes_tables_and_lines_fit_anywhere(
        (buf, area) in anywhere(),
        ascii: bool,
        words in prop::collection::vec("\\PC{0,12}", 4),
        pad in 0u16..4,
        cursor in 0usize..6,
    ) {
        stays_inside(buf, area, ascii, |buf, look| {
            let pane = Pane::new(words[0].as_str()).notes(words[1].as_str()).position(words[2].as_str()).pad(pad, pad);
            let inner = pane.draw(buf, area, look);
            assert!(inner.is_empty() || area.intersection(inner) == inner);
            pane.rule().draw(buf, area, look);
            let columns = columns();
            let rows = vms(look.glyphs);
            table(buf, inner, look, &TableSpec { cursor: Some(cursor), ..TableSpec::new(&columns, &rows) });
            header(buf, inset(area, 0, 1), look, &segments());
            let hints: Vec<_> = words.iter().map(|w| Hint::new(w.as_str(), "does")).collect();
            footer(buf, area, look, &hints[..2], &hints[2..]);
            let titles: Vec<_> = words.iter().map(|w| w.as_str().into()).collect();
            tabs(buf, area, look, &titles, cursor);
            put(buf, area, look, &words[3], look.style(Role::Critical));
        });
    }

    #[test]
    fn sparklines_and_bars_are_exactly_as_wide_as_asked(
        values in prop::collection::vec(prop::option::of(any::<f64>()), 0..40),
        width in 0usize..60,
        ascii: bool,
    ) {
        let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
        for scale in [Scale::Auto, Scale::Fixed(100.0), Scale::Fixed(f64::NAN)] {
            prop_assert_eq!(sparkline(&values, width, scale, glyphs, Role::Spark).width(), width);
        }
        prop_assert_eq!(Bar::new(values.first().copied().flatten()).show(width, glyphs).width(), width);
    }

    #[test]
    fn columns_never_take_more_than_there_is(
        specs in prop::collection::vec((0u16..50, 0u16..5, 0u16..80, any::<u8>()), 0..9),
        width in 0u16..200,
        gap in 0u16..4,
    ) {
        let columns: Vec<_> = specs
            .iter()
            .map(|(min, weight, more, priority)| {
                ColumnSpec::left("X", Width::Flex { min: *min, weight: *weight, max: min + more }, *priority)
            })
            .collect();
        let widths = fit(&columns, width, gap);
        let kept = widths.iter().flatten().count() as u16;
        let used = widths.iter().flatten().sum::<u16>() + gap * kept.saturating_sub(1);
        prop_assert!(used <= width);
        prop_assert!(kept > 0 || columns.is_empty() || width == 0);
        // Only what is less important than everything kept was dropped.
        let least_kept = columns.iter().zip(&widths).filter(|(_, w)| w.is_some()).map(|(c, _)| c.priority).min();
        for (c, w) in columns.iter().zip(&widths) {
            prop_assert!(w.is_some() || least_kept.is_none_or(|k| c.priority <= k));
        }
    }

    #[test]
    fn the_cursor_is_visible_after_scrolling(len in 1usize..500, cursor in 0usize..500, height in 1usize..60, offset in 0usize..600) {
        let cursor = cursor.min(len - 1);
        let offset = scroll_to_show(cursor, height, offset, len);
        prop_assert!((offset..offset + height).contains(&cursor));
        prop_assert!(offset <= len.saturating_sub(height));
    }
}
