//! The wire, and what comes over it from a peer that cannot be trusted.

mod filler;
mod golden;
mod peers;

use std::collections::BTreeMap;
use std::io::Cursor;

use proptest::prelude::*;

use super::delta::{Frame, Own, apply, between};
use super::server::merged;
use super::wire::{self, Down, Failed, Given, Hello, MOST_UP, Up, VERSION, WireError};
use crate::engine::handle::Focus;
use crate::model::fixture;
use crate::model::id::VmId;
use crate::model::snapshot::{Recording, SelfCost, Snapshot, Source};

fn own() -> Own {
    Own {
        uri: "test:///default".into(),
        cost: SelfCost::default(),
        recording: Recording::Off,
        source: Source::Collector { pid: Some(7) },
    }
}

fn host() -> Snapshot {
    let web = fixture::defined(1, "web", crate::model::vm::VmDefinition::default());
    let pool = fixture::pool("default", "/images", &[("a.qcow2", None)]);
    fixture::snapshot(vec![web, fixture::vm(2, "db")], vec![pool], vec![])
}

fn bytes_of(frame: Frame) -> Vec<u8> {
    wire::encode(&Down::Frame(Box::new(frame))).unwrap()
}

fn frame_of(bytes: &[u8]) -> Result<Frame, WireError> {
    match wire::decode(bytes)? {
        Down::Frame(frame) => Ok(*frame),
        Down::Reply(..) | Down::Beat => Err(WireError::Garbage("no frame")),
    }
}

#[test]
fn a_greeting_is_understood_by_the_same_version_about_the_same_host_only() {
    let hello = Hello::of("qemu:///system");
    let bytes = hello.encode().unwrap();
    assert_eq!(Hello::decode(&bytes, "qemu:///system").unwrap(), hello);
    let other = Hello::decode(&bytes, "qemu:///session").unwrap_err();
    assert_eq!(other.to_string(), "it serves another host (qemu:///system)");
    let mut newer = bytes.clone();
    newer[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
    newer.truncate(14);
    let why = Hello::decode(&newer, "qemu:///system").unwrap_err();
    assert!(matches!(why, WireError::Version { theirs } if theirs == VERSION + 1), "{why}");
    assert!(matches!(Hello::decode(b"GET / HTTP/1.1", "x"), Err(WireError::Garbage(_))));
    assert!(matches!(Hello::decode(b"", "x"), Err(WireError::Garbage(_))));
}

#[test]
fn a_frame_too_large_or_cut_off_is_refused_before_memory_is_taken() {
    let huge = u32::MAX.to_le_bytes();
    assert!(matches!(wire::read(&mut Cursor::new(huge), MOST_UP), Err(WireError::TooLarge(u32::MAX))));
    let mut cut = 1000_u32.to_le_bytes().to_vec();
    cut.extend([0; 10]);
    let why = wire::read(&mut Cursor::new(cut), MOST_UP).unwrap_err();
    assert_eq!(why.to_string(), "it closed the connection");
    assert!(wire::frame(&[0; 100], 99).is_err());
    let mut out = Vec::new();
    wire::write(&mut out, b"hello", MOST_UP).unwrap();
    assert_eq!(wire::read(&mut Cursor::new(out), MOST_UP).unwrap(), b"hello");
}

#[test]
fn what_did_not_change_is_not_sent() {
    let s = host();
    let whole = bytes_of(between(None, &s));
    let nothing = bytes_of(between(Some(&s), &s.clone()));
    assert!(nothing.len() < 32 && nothing.len() < whole.len(), "{} of {}", nothing.len(), whole.len());
    let first = apply(frame_of(&whole).unwrap(), None, &own()).unwrap();
    let second = apply(frame_of(&nothing).unwrap(), Some(&first), &own()).unwrap();
    assert!(std::sync::Arc::ptr_eq(&first.vms, &second.vms));
    assert_eq!(first.vms[0].definition, s.vms[0].definition);
    assert_eq!(first.source, Source::Collector { pid: Some(7) });
    // It builds on something that was not sent.
    assert!(apply(frame_of(&nothing).unwrap(), None, &own()).is_err());
}

#[test]
fn what_is_on_any_screen_is_in_focus() {
    let id = |n: u8| VmId::from_bytes([n; 16]);
    let focus = |visible: &[u8], detail: Option<u8>| Focus {
        visible: visible.iter().map(|n| id(*n)).collect(),
        detail: detail.map(id),
    };
    let of = |all: Vec<Focus>| merged(&all.into_iter().enumerate().map(|(n, f)| (n as u64, f)).collect());
    assert_eq!(merged(&BTreeMap::new()), Focus::default());
    assert_eq!(of(vec![focus(&[2, 1], None), focus(&[2, 3], None)]), focus(&[1, 2, 3], None));
    let two = of(vec![focus(&[1], Some(8)), focus(&[2], Some(9))]);
    assert_eq!(two, focus(&[1, 2, 8, 9], Some(9)));
}

/// Messages of both ways, as bytes.
fn messages() -> Vec<Vec<u8>> {
    let id = VmId::from_bytes([3; 16]);
    vec![
        bytes_of(between(None, &host())),
        wire::encode(&Down::Reply(4, Ok(Given::Xml("<domain/>".into())))).unwrap(),
        wire::encode(&Down::Reply(5, Err(Failed { kind: 2, object: "a".into(), message: "b".into() })))
            .unwrap(),
        wire::encode(&Down::Beat).unwrap(),
        wire::encode(&Up::Focus(vec![id, id], Some(id))).unwrap(),
        wire::encode(&Up::Xml(9, id)).unwrap(),
        Hello::of("test:///default").encode().unwrap(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever comes is understood or refused, and never ends the program.
    #[test]
    fn mutated_bytes_are_refused_or_harmless(
        which in 0..7_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = messages().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let s = host();
        if let Ok(frame) = frame_of(&bytes) {
            drop(apply(frame, Some(&s), &own()));
        }
        drop(wire::decode::<Up>(&bytes));
        drop(Hello::decode(&bytes, "test:///default"));
        drop(wire::read(&mut Cursor::new(&bytes), MOST_UP));
    }
}
