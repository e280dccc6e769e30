//! Who used most: a ranking with bars.

use ratatui::layout::Rect;

use super::Canvas;
use super::overlays::open_box;
use crate::console::app::charts::device_of;
use crate::console::app::history::{Told, TopRow};
use crate::console::app::msg::Target;
use crate::console::app::top::Top;
use crate::console::theme::Role;
use crate::console::widgets::{Bar, MenuItem, Pane as Frame, Rich, draw as cellwise, menu};
use crate::engine::history::Subject;
use crate::model::text::{clean, truncate, width};
use crate::model::vm::Vm;

/// Columns of a name.
const NAME: usize = 24;

/// Draws the box.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, top: &Top) {
    let app = c.app;
    let metric = top.metric.get();
    let title = Rich::of("Who used most", Role::Title);
    let to = app.local(top.to).full();
    let notes = Rich::of(format!("{} until {to}", top.window.word()), Role::Dim);
    let rows = top.rows().len();
    let position = if rows == 0 { String::new() } else { format!("{}/{rows}", top.selected + 1) };
    let pane = Frame::new(title).notes(notes).position(Rich::of(position, Role::Dim));
    let width = (area.width - 4).min(90);
    let height = (area.height - 4).min(rows.max(8) as u16 + 4);
    let inner = open_box(c, area, width, height, pane);
    let (nth, all) = top.place();
    let head = Rich::of(top.title(), Role::Strong)
        .and(format!(" · {}", top.by_word()), Role::Text)
        .and(format!("   metric {nth} of {all}"), Role::Dim);
    c.line(cellwise::row(inner, 0), &head);
    let list = cellwise::below(inner, 2);
    let note = match &top.told {
        None => Some(format!("Loading{}", c.look.glyphs.ellipsis)),
        Some(Told::NotKept) => Some("No history is kept of this host.".into()),
        Some(Told::Failed(why)) => Some(clean(why).into_owned()),
        Some(Told::Here(rows)) if rows.is_empty() => Some("Nothing was recorded in this time.".into()),
        Some(Told::Here(_)) => None,
    };
    if let Some(note) = note {
        return c.line(list, &Rich::of(note, Role::Dim));
    }
    let first = top.rows().first().map_or(0.0, |row| row.value);
    let scale = metric.ceiling.filter(|_| top.unit() == metric.unit).unwrap_or(first);
    let items: Vec<MenuItem<'_>> = top.rows().iter().map(|row| item(c, top, row, scale)).collect();
    let visible = usize::from(list.height);
    for (i, place) in menu(c.buf, list, c.look, &items, top.selected) {
        c.view.hits.push(place, Target::Entry(i));
    }
    c.view.drawn.page = visible;
}

/// The name of a disk or NIC; the key history has it by where its VM is gone.
fn device(vm: Option<&Vm>, subject: &Subject) -> String {
    let key = match subject {
        Subject::Disk(_, key) | Subject::Nic(_, key) => key.as_str(),
        _ => "",
    };
    vm.and_then(|vm| device_of(vm, subject)).unwrap_or_else(|| clean(key).into_owned())
}

fn item(c: &Canvas<'_>, top: &Top, row: &TopRow, scale: f64) -> MenuItem<'static> {
    let app = c.app;
    let known = app.view().vm(row.id);
    let name = row.name.as_deref().map(clean);
    let short = || row.id.to_string().chars().take(8).collect();
    let name = name.map_or_else(short, std::borrow::Cow::into_owned);
    let device =
        row.device.as_ref().map_or_else(String::new, |d| format!(" {}", device(known.map(AsRef::as_ref), d)));
    let device = truncate(&device, NAME).into_owned();
    let name = truncate(&name, NAME.saturating_sub(width(&device))).into_owned();
    let fill = " ".repeat(NAME.saturating_sub(width(&name) + width(&device)));
    let label = Rich::of(name, if known.is_some() { Role::Text } else { Role::Dim })
        .and(format!("{device}{fill}"), Role::Label);
    let share = (scale > 0.0).then(|| row.value * 100.0 / scale);
    let detail = Rich::of(format!("{:>11}  ", top.unit().show(row.value)), Role::Strong)
        .join(Bar::new(share).show(20, c.look.glyphs))
        .and(if known.is_some() { "" } else { "  gone" }, Role::Dim);
    MenuItem { checked: None, label, detail }
}
