//! A guest's screen as a picture, and what is done from there.

use super::*;
use crate::model::picture::Picture;
use crate::model::vm::{AddressSource, Graphics, GuestAddress};

/// A host whose selected VM has a graphical console and an address.
fn shown_host() -> Arc<Snapshot> {
    let mut snapshot = (*host()).clone();
    let vms = snapshot.vms.iter().map(|vm| {
        let mut vm = (**vm).clone();
        let mut definition = vm.definition.as_deref().cloned().unwrap_or_default();
        definition.graphics =
            vec![Graphics { kind: "vnc".into(), listen: Some("127.0.0.1".into()), port: Some(5907) }];
        vm.definition = Some(Arc::new(definition));
        let address = "10.20.30.40".parse().unwrap();
        vm.addresses = vec![GuestAddress { mac: None, address, prefix: 24, source: AddressSource::Lease }];
        Arc::new(vm)
    });
    snapshot.vms = vms.collect::<Vec<_>>().into();
    snapshot.uri = "qemu+ssh://root@kvm01/system".into();
    Arc::new(snapshot)
}

fn opened(columns: u16, rows: u16) -> App {
    let mut app = app_on(shown_host(), columns, rows);
    app.attach_desk(Arc::default());
    drawn(&mut app, "dark", Glyphs::UNICODE);
    let effects = key(&mut app, "v");
    assert!(matches!(effects.as_slice(), [Effect::LookAt { ticket: 1, .. }, ..]), "{effects:?}");
    app
}

fn key(app: &mut App, key: &str) -> Vec<Effect> {
    update(app, Msg::Key(key.parse().unwrap()))
}

/// A bright frame, dark within, with a red and a blue half below.
fn picture() -> Picture {
    let pixel = |x: u32, y: u32| match (x, y) {
        (0 | 63, _) | (_, 0 | 47) => [255; 3],
        (x, 30..) => {
            if x < 32 {
                [200, 0, 0]
            } else {
                [0, 0, 200]
            }
        }
        _ => [0; 3],
    };
    let pixels = (0..48).flat_map(|y| (0..64).map(move |x| pixel(x, y)));
    Picture::new(64, 48, pixels.collect()).unwrap()
}

#[test]
fn screen() {
    let mut app = opened(80, 24);
    assert!(text(&drawn(&mut app, "dark", Glyphs::UNICODE)).contains("Looking at the screen of"));
    update(&mut app, Msg::Screen(1, Ok(picture())));
    insta::assert_snapshot!("screen_80x24", snapshot(&drawn(&mut app, "dark", Glyphs::UNICODE)));
    insta::assert_snapshot!("screen_ascii_80x24", text(&drawn(&mut app, "dark", Glyphs::ASCII)));
    update(&mut app, Msg::Resize(160, 45));
    insta::assert_snapshot!("screen_160x45", text(&drawn(&mut app, "dark", Glyphs::UNICODE)));
    key(&mut app, "k");
    update(&mut app, Msg::Resize(120, 40));
    insta::assert_snapshot!("screen_keys_120x40", text(&drawn(&mut app, "dark", Glyphs::ASCII)));
}

#[test]
fn a_look_that_fails_says_why_and_the_last_picture_stays() {
    let mut app = opened(80, 24);
    update(&mut app, Msg::Screen(1, Err("There is no screen.".into())));
    let said = text(&drawn(&mut app, "dark", Glyphs::UNICODE));
    assert!(said.contains("There is no screen.") && said.contains("r tries again."), "{said}");
    assert!(matches!(key(&mut app, "r").as_slice(), [Effect::LookAt { ticket: 1, .. }]));
    assert!(key(&mut app, "r").is_empty(), "one look at a time");
    update(&mut app, Msg::Screen(1, Ok(picture())));
    key(&mut app, "r");
    update(&mut app, Msg::Screen(1, Err("It is off now.".into())));
    let said = text(&drawn(&mut app, "dark", Glyphs::UNICODE));
    assert!(said.contains("64 × 48") && said.contains("It is off now."), "{said}");
    // What comes of one that was left changes nothing.
    assert!(key(&mut app, "Esc").contains(&Effect::LookAway));
    update(&mut app, Msg::Screen(1, Ok(picture())));
    assert!(app.portrait.is_none());
}

#[test]
fn it_is_looked_at_again_while_it_is_followed() {
    let mut app = opened(80, 24);
    update(&mut app, Msg::Screen(1, Ok(picture())));
    let at = |seconds: i64| Msg::Tick(Timestamp(NOW.0 + seconds * 1000), 0);
    assert!(update(&mut app, at(10)).is_empty());
    assert!(matches!(key(&mut app, "f").as_slice(), [Effect::LookAt { .. }]));
    update(&mut app, Msg::Screen(1, Ok(picture())));
    assert!(update(&mut app, at(11)).is_empty());
    assert!(matches!(update(&mut app, at(12)).as_slice(), [Effect::LookAt { .. }]));
    assert!(update(&mut app, at(20)).is_empty(), "the look before has not come back");
    key(&mut app, "f");
    update(&mut app, Msg::Screen(1, Ok(picture())));
    assert!(update(&mut app, at(40)).is_empty());
}

#[test]
fn from_the_screen_one_gets_to_the_guest() {
    let mut app = opened(80, 24);
    assert_eq!(key(&mut app, "y"), [Effect::Copy("vnc://127.0.0.1:5907".into())]);
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let vm = app.selected_vm_id().unwrap();
    assert_eq!(key(&mut app, "s"), [Effect::Lend(vm, words("ssh -J root@kvm01 10.20.30.40"))]);
    let window = key(&mut app, "v");
    let [Effect::View { vm: of, commands, address }] = window.as_slice() else { panic!("{window:?}") };
    assert_eq!(*of, vm);
    assert_eq!(address, "vnc://127.0.0.1:5907");
    assert_eq!(commands[0][..3], words("virt-viewer --connect qemu+ssh://root@kvm01/system"));
    assert_eq!(commands[1], words("remote-viewer vnc://127.0.0.1:5907"));
    // Keys are an operation: a plan is asked for, of what was chosen or typed.
    key(&mut app, "k");
    let asked = key(&mut app, "Enter");
    assert!(
        matches!(asked.as_slice(), [Effect::Plan(operations, _)] if operations[0].word() == "vm.send-key"),
        "{asked:?}"
    );
    key(&mut app, "Esc");
    key(&mut app, "k");
    key(&mut app, "End");
    assert!(key(&mut app, "Enter").is_empty());
    for c in ["x", "y"] {
        key(&mut app, c);
    }
    assert!(key(&mut app, "Enter").is_empty());
    assert!(text(&drawn(&mut app, "dark", Glyphs::UNICODE)).contains("\"xy\" is no key"));
    for c in ["Backspace", "Backspace", "f", "2"] {
        key(&mut app, c);
    }
    assert!(matches!(key(&mut app, "Enter").as_slice(), [Effect::Plan(..)]));
    key(&mut app, "Esc");
    // The serial console lies over it, and leads back.
    assert!(matches!(key(&mut app, "c").as_slice(), [Effect::OpenConsole { .. }]));
    key(&mut app, "Ctrl-]");
    key(&mut app, "Enter");
    assert!(app.serial.is_none() && app.portrait.is_some());
}
