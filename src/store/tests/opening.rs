//! Opening: rights, versions, two writers, damage.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{at, cpu, open, put, read, value};
use crate::store::ladder::{HISTORY, Ladder, STATE, version};
use crate::store::{Claim, HistoryReader, HistoryWriter, Holder, Retention, StateDb, StoreError};

#[test]
fn files_are_the_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a/b");
    let mut writer = open(&folder);
    let (_state, _) = StateDb::open(&folder, at(0)).unwrap();
    put(&mut writer, 1, 1);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for file in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn one_writes_and_says_who_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let writer = open(folder.path());
    let second = HistoryWriter::open(folder.path(), Retention::default(), at(0)).unwrap_err();
    assert!(
        matches!(&second, StoreError::Held { pid: Some(pid), .. } if *pid == std::process::id()),
        "{second}"
    );
    drop(writer);
    open(folder.path());
}

#[test]
fn a_collector_claims_the_history_whoever_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Claim::holder(folder.path()), None, "nothing was ever claimed here");
    let inner = folder.path().join("of/history");
    let claim = Claim::take(&inner).unwrap();
    let me = std::process::id();
    let held = Some(Holder { pid: Some(me) });
    assert_eq!((Claim::holder(&inner), Claim::holder(&inner)), (held, held));
    let second = Claim::take(&inner).unwrap_err();
    assert!(matches!(&second, StoreError::Held { pid: Some(pid), .. } if *pid == me), "{second}");
    let _writer = open(&inner);
    drop(claim);
    // The file stays; nobody holds it, and looking at it keeps nobody out.
    assert_eq!(Claim::holder(&inner), None);
    drop(Claim::take(&inner).unwrap());
}

#[test]
fn nothing_recorded_yet_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(HistoryReader::open(folder.path()), Err(StoreError::Missing { .. })));
}

/// A database as version `v` left it.
fn of_version(path: &std::path::Path, ladder: &Ladder, v: usize) {
    let db = rusqlite::Connection::open(path).unwrap();
    for step in &ladder.steps[..v] {
        db.execute_batch(step).unwrap();
    }
    db.pragma_update(None, "user_version", i64::try_from(v).unwrap()).unwrap();
}

#[test]
fn every_earlier_version_is_brought_up_to_date() {
    for v in 0..=HISTORY.steps.len() {
        let folder = tempfile::tempdir().unwrap();
        of_version(&folder.path().join("history.db"), &HISTORY, v);
        put(&mut open(folder.path()), 1, 1);
        assert_eq!(cpu(&read(folder.path()), 1), [(1.0, Some(value(1, 1)))]);
        let db = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
        assert_eq!(version(&db).unwrap(), HISTORY.newest());
    }
    for v in 0..=STATE.steps.len() {
        let folder = tempfile::tempdir().unwrap();
        of_version(&folder.path().join("state.db"), &STATE, v);
        let (mut state, aside) = StateDb::open(folder.path(), at(0)).unwrap();
        state.set_meta("key", "value").unwrap();
        assert_eq!((state.meta("key").unwrap().as_deref(), aside), (Some("value"), None));
    }
}

#[test]
fn a_newer_version_is_read_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    put(&mut open(folder.path()), 1, 1);
    drop(StateDb::open(folder.path(), at(0)).unwrap());
    for (file, newest) in [("history.db", HISTORY.newest()), ("state.db", STATE.newest())] {
        let db = rusqlite::Connection::open(folder.path().join(file)).unwrap();
        db.pragma_update(None, "user_version", newest + 1).unwrap();
    }
    let refused = HistoryWriter::open(folder.path(), Retention::default(), at(0)).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { .. }), "{refused}");
    let reader = read(folder.path());
    assert!(reader.newer().is_some());
    assert_eq!(cpu(&reader, 1).len(), 1);
    let (mut state, _) = StateDb::open(folder.path(), at(0)).unwrap();
    assert!(state.read_only_reason().is_some());
    assert!(matches!(state.set_meta("a", "b"), Err(StoreError::Newer { .. })));
}

#[test]
fn a_damaged_file_is_set_aside_and_the_other_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    put(&mut open(folder.path()), 1, 1);
    let (mut state, _) = StateDb::open(folder.path(), at(0)).unwrap();
    state.set_meta("key", "value").unwrap();
    for round in 0..2 {
        fs::write(folder.path().join("history.db"), [b'x'; 9000]).unwrap();
        let opened = HistoryWriter::open(folder.path(), Retention::default(), at(0)).unwrap();
        let aside = opened.set_aside.unwrap();
        let name = aside.moved_to.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with("history.db.damaged-2023111") && name.contains("T000000Z"), "{name}");
        assert_eq!(fs::read(&aside.moved_to).unwrap(), [b'x'; 9000], "round {round}");
        let mut writer = opened.writer;
        put(&mut writer, 1, 5);
        assert_eq!(cpu(&read(folder.path()), 1).len(), 1);
    }
    let kept = fs::read_dir(folder.path()).unwrap().filter(|f| {
        let name = f.as_ref().unwrap().file_name().into_string().unwrap();
        name.contains("damaged") && !name.ends_with("-wal") && !name.ends_with("-shm")
    });
    assert_eq!(kept.count(), 2);
    assert_eq!(state.meta("key").unwrap().as_deref(), Some("value"));
}

#[test]
fn damage_found_while_in_use_is_told_and_recording_goes_on_in_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    put(&mut writer, 1, 1);
    {
        let db = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
        db.execute("UPDATE recent SET data = x'ffffffffff'", []).unwrap();
    }
    drop(writer);
    let mut writer = open(folder.path());
    writer.add(at(3), &super::vm(1), super::CPU, &[Some(value(1, 3)), None]).unwrap();
    let told = writer.commit().unwrap_err();
    assert!(told.is_damage(), "{told}");
    let opened = writer.begin_anew(at(9)).unwrap();
    assert!(opened.set_aside.unwrap().moved_to.exists());
    let mut writer = opened.writer;
    put(&mut writer, 1, 2);
    assert_eq!(cpu(&read(folder.path()), 1), [2, 3].map(|s| (s as f64, Some(value(1, s)))));
}

#[test]
fn a_damaged_state_is_set_aside_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("state.db"), [7; 5000]).unwrap();
    let (mut state, aside) = StateDb::open(folder.path(), at(0)).unwrap();
    assert!(aside.unwrap().moved_to.exists());
    state.set_meta("a", "b").unwrap();
}

#[test]
fn many_write_the_state_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    drop(StateDb::open(path, at(0)).unwrap());
    std::thread::scope(|scope| {
        for n in 0..4 {
            scope.spawn(move || {
                let (mut state, _) = StateDb::open(path, at(0)).unwrap();
                (0..20).for_each(|i| state.set_meta(&format!("{n} {i}"), "x").unwrap());
            });
        }
    });
    let (state, _) = StateDb::open(path, at(0)).unwrap();
    for (n, i) in (0..4).flat_map(|n| (0..20).map(move |i| (n, i))) {
        assert!(state.meta(&format!("{n} {i}")).unwrap().is_some());
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_told_with_its_path() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    let told = HistoryWriter::open(&home.path().join("file/below"), Retention::default(), at(0)).unwrap_err();
    assert!(told.to_string().contains("file/below"), "{told}");
}
