//! A guest's console over the screen: what it drew, what is said over it, what keys do there.

use super::*;
use crate::engine::consoles::{ConsoleState, Ended, Ending, Taken};
use crate::hypervisor::HvErrorKind;

const RECORDED: &str = "\r\nDebian GNU/Linux 12 web01 ttyS0\r\n\r\nweb01 login: root\r\n\x1b[1;32mroot@web01\x1b[0m:\x1b[34m~\x1b[0m# \
     ls \u{65e5}\u{672c}\r\n\x1b[7m inverse \x1b[0m \x1b]0;title\x07\x1b[4munderlined\x1b[0m\r\n# ";

fn opened(columns: u16, rows: u16) -> App {
    let mut app = app_on(host(), columns, rows);
    app.attach_desk(Arc::default());
    drawn(&mut app, "dark", Glyphs::UNICODE);
    let effects = key(&mut app, "c");
    assert!(
        matches!(effects.as_slice(), [Effect::OpenConsole { take: false, ticket: 1, .. }, ..]),
        "{effects:?}"
    );
    app
}

fn key(app: &mut App, key: &str) -> Vec<Effect> {
    update(app, Msg::Key(key.parse().unwrap()))
}

fn comes(app: &mut App, bytes: &[u8], state: ConsoleState) -> Vec<Effect> {
    update(app, Msg::Console(1, Taken { bytes: bytes.to_vec(), dropped: 0, state }))
}

fn shown(app: &mut App) -> String {
    text(&drawn(app, "dark", Glyphs::UNICODE))
}

#[test]
fn console() {
    let mut app = opened(80, 24);
    comes(&mut app, RECORDED.as_bytes(), ConsoleState::Open);
    insta::assert_snapshot!("console", snapshot(&drawn(&mut app, "dark", Glyphs::UNICODE)));
    key(&mut app, "Ctrl-]");
    insta::assert_snapshot!("console_menu", snapshot(&drawn(&mut app, "dark", Glyphs::UNICODE)));
}

#[test]
fn keys_are_the_guests_until_it_is_left() {
    let mut app = opened(100, 30);
    // What is typed while it is being opened reaches the guest once it is.
    assert_eq!(key(&mut app, "q"), [Effect::TypeConsole(b"q".to_vec())]);
    comes(&mut app, b"", ConsoleState::Open);
    assert_eq!(key(&mut app, "q"), [Effect::TypeConsole(b"q".to_vec())]);
    assert_eq!(key(&mut app, "Esc"), [Effect::TypeConsole(b"\x1b".to_vec())]);
    assert_eq!(key(&mut app, "Ctrl-c"), [Effect::TypeConsole(b"\x03".to_vec())]);
    assert_eq!(comes(&mut app, b"\x1b[6n", ConsoleState::Open), [Effect::TypeConsole(b"\x1b[1;1R".to_vec())]);
    assert_eq!(update(&mut app, Msg::Paste("a\nb".into())), [Effect::TypeConsole(b"a\rb".to_vec())]);
    update(&mut app, Msg::Resize(90, 25));
    assert_eq!(crate::console::app::serial::Serial::stty(app.size), "stty rows 24 cols 90");
    key(&mut app, "Ctrl-]");
    assert!(key(&mut app, "Enter").contains(&Effect::CloseConsole));
    assert!(app.serial.is_none());
    let before = shown(&mut app);
    // What is still on its way from it changes nothing.
    assert!(comes(&mut app, b"late\x1b[6n", ConsoleState::Open).is_empty());
    assert_eq!(shown(&mut app), before);
}

#[test]
fn what_left_the_screen_is_looked_at() {
    let mut app = opened(80, 24);
    let many: String = (0..200).fold(String::new(), |text, i| text + &format!("line {i}\r\n"));
    comes(&mut app, many.as_bytes(), ConsoleState::Open);
    assert!(!shown(&mut app).contains("line 170\n"));
    key(&mut app, "Shift-PgUp");
    let back = shown(&mut app);
    assert!(back.contains("line 170\n") && back.contains("lines back"), "{back}");
    key(&mut app, "g");
    key(&mut app, "g");
    assert!(shown(&mut app).contains("line 0\n"));
    assert!(key(&mut app, "Esc").is_empty());
    assert!(shown(&mut app).contains("line 199\n"));
    assert_eq!(key(&mut app, "g"), [Effect::TypeConsole(b"g".to_vec())]);
}

#[test]
fn the_end_says_why_and_offers_to_open_it_again() {
    let mut app = opened(80, 24);
    let ending = Ending {
        sentence: "The connection to the hypervisor was lost.".into(),
        remedy: String::new(),
        how: Ended::Failed(HvErrorKind::ConnectionLost),
    };
    comes(&mut app, b"last words", ConsoleState::Ended(ending));
    insta::assert_snapshot!("console_over", snapshot(&drawn(&mut app, "dark", Glyphs::UNICODE)));
    assert!(key(&mut app, "x").is_empty());
    assert!(matches!(key(&mut app, "f").as_slice(), [Effect::OpenConsole { take: true, ticket: 2, .. }]));
}
