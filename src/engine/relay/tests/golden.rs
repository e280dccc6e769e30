//! The wire as it was when its version was raised last: its types, and some messages as bytes. Two programs of one
//! version must understand each other, so nothing of it may change without another version.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::filler::Seen;
use crate::engine::relay::wire::{self, Down, Hello, Up, VERSION};

/// What is kept.
const KEPT: &str = include_str!("golden.txt");
/// Where, to write it anew.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engine/relay/tests/golden.txt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// The name of the variant.
fn kind(message: &impl std::fmt::Debug) -> String {
    let told = format!("{message:?}");
    told.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

/// A message of the next kind as bytes, which are read again as the same.
fn message<T: serde::Serialize + serde::de::DeserializeOwned + std::fmt::Debug>(
    seen: &mut Seen,
) -> (String, Vec<u8>) {
    let message: T = seen.fill();
    let bytes = wire::encode(&message).unwrap();
    let again: T = wire::decode(&bytes).unwrap();
    assert_eq!(wire::encode(&again).unwrap(), bytes);
    (kind(&message), bytes)
}

/// The wire as it is now.
fn wire_now() -> String {
    let hello = Hello { program: "1.2.3".into(), uri: "qemu:///system".into() };
    let mut out = format!("version {VERSION}\n\n");
    let mut seen = Seen::default();
    // Of each kind the one that holds most.
    let mut longest = BTreeMap::new();
    for _ in 0..1000 {
        for (way, (kind, bytes)) in [("down", message::<Down>(&mut seen)), ("up", message::<Up>(&mut seen))] {
            let kept: &mut Vec<u8> = longest.entry((way, kind)).or_default();
            if kept.len() < bytes.len() {
                *kept = bytes;
            }
        }
        if seen.missing().is_empty() {
            break;
        }
    }
    assert!(seen.missing().is_empty(), "no message had {:?}", seen.missing());
    for (name, kinds) in &seen.what {
        for kind in kinds {
            writeln!(out, "{name}: {kind}").unwrap();
        }
    }
    writeln!(out, "\ngreeting {}", hex(&hello.encode().unwrap())).unwrap();
    for ((way, kind), bytes) in longest {
        writeln!(out, "{way} {kind} {}", hex(&bytes)).unwrap();
    }
    out
}

fn version_of(text: &str) -> u32 {
    text.lines().next().and_then(|l| l.strip_prefix("version ")).and_then(|v| v.parse().ok()).unwrap_or(0)
}

/// The first line that is not as it was.
fn first_change(was: &str, now: &str) -> String {
    let mut lines = was.lines().zip(now.lines());
    lines.find(|(was, now)| was != now).map_or_else(
        || "lines were added or removed at the end".into(),
        |(was, now)| format!("was: {was}\nnow: {now}"),
    )
}

#[test]
fn what_goes_over_the_wire_is_as_its_version_says() {
    let now = wire_now();
    if now == KEPT {
        return;
    }
    assert!(
        version_of(KEPT) < VERSION,
        "A message, or a type of `model` in one, is another than in version {VERSION} of the protocol. Raise VERSION in \
         engine/relay/wire.rs, then have the new one kept: UPDATE_DOCS=1 cargo test --lib relay::tests::golden\n{}",
        first_change(KEPT, &now)
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(FILE, now).unwrap();
    }
    panic!(
        "Version {VERSION} of the protocol is new. Have it kept: UPDATE_DOCS=1 cargo test --lib relay::tests::golden"
    );
}

#[test]
fn a_type_that_changed_is_noticed() {
    #[derive(serde::Deserialize)]
    struct Before {
        #[expect(dead_code, reason = "read only")]
        a: Option<u32>,
        #[expect(dead_code, reason = "read only")]
        b: u32,
    }
    mod after {
        /// The same name, the fields the other way round: as many bytes, all of them readable.
        #[derive(serde::Deserialize)]
        pub(super) struct Before {
            #[expect(dead_code, reason = "read only")]
            b: u32,
            #[expect(dead_code, reason = "read only")]
            a: Option<u64>,
        }
    }
    let (mut was, mut now) = (Seen::default(), Seen::default());
    let _: Before = was.fill();
    let _: after::Before = now.fill();
    assert_ne!(was.what["Before"], now.what["Before"]);
    assert_ne!(was.what["Before.a"], now.what["Before.a"]);
    assert_eq!(was.what["Before.b"], now.what["Before.b"]);
}
