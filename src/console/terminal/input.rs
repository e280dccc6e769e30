//! The terminal library's events in our own words.

use std::time::{Duration, Instant};

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::console::app::msg::{Mouse, Msg, Target};
use crate::console::keymap::{Code, Key};
use crate::console::screens::View;

/// Two clicks within this time on the same cell are a double click.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);

/// Rows a turn of the wheel moves.
const WHEEL_ROWS: isize = 3;

/// Turns events into messages; remembers the last click.
#[derive(Debug, Default)]
pub(super) struct Input {
    last_click: Option<(Instant, u16, u16)>,
}

impl Input {
    /// The message of an event; `None` for what means nothing to us.
    pub(super) fn message(&mut self, event: Event, view: &View) -> Option<Msg> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => key_of(key).map(Msg::Key),
            Event::Mouse(mouse) => self.mouse(mouse, view).map(Msg::Mouse),
            Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
            Event::Paste(text) => Some(Msg::Paste(text)),
            Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
        }
    }

    fn mouse(&mut self, event: MouseEvent, view: &View) -> Option<Mouse> {
        let target: Option<Target> = view.hits.at(event.column, event.row).cloned();
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                let now = Instant::now();
                let here = (event.column, event.row);
                let double = self
                    .last_click
                    .is_some_and(|(at, x, y)| (x, y) == here && now.duration_since(at) < DOUBLE_CLICK);
                self.last_click = if double { None } else { Some((now, here.0, here.1)) };
                target.map(|target| Mouse::Click { target, double })
            }
            MouseEventKind::ScrollDown => Some(Mouse::Wheel { target, rows: WHEEL_ROWS }),
            MouseEventKind::ScrollUp => Some(Mouse::Wheel { target, rows: -WHEEL_ROWS }),
            _ => None,
        }
    }
}

fn key_of(event: KeyEvent) -> Option<Key> {
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let mut key = Key {
        code: Code::Esc,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.contains(KeyModifiers::ALT),
        shift,
    };
    key.code = match event.code {
        KeyCode::Char(c) => {
            key.shift = false;
            Code::Char(if key.ctrl { control(c) } else { c })
        }
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => {
            key.shift = true;
            Code::Tab
        }
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    Some(key)
}

/// The terminal library tells the control characters behind `[` by numbers.
const fn control(c: char) -> char {
    match c {
        '4' => '\\',
        '5' => ']',
        '6' => '^',
        '7' => '_',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_modifiers() {
        let event = |code, modifiers| key_of(KeyEvent::new(code, modifiers));
        assert_eq!(event(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Key::char('G')));
        assert_eq!(event(KeyCode::Char('d'), KeyModifiers::CONTROL), Some(Key::ctrl('d')));
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT), "Shift-Tab".parse().ok());
        assert_eq!(event(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }
}
