//! The audit: found by what it says, appended by many at once, on a full disk, as other tools check it.

mod broken;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::chain::LONGEST;
use super::*;
use crate::model::job::{JobState, Via};
use crate::model::operation::{Operation, VmOperation};
use crate::store::tests::at;
use crate::store::tests::disk::Mounted;
use crate::store::tests::plans::{id, job, record};
use crate::store::{JobEnd, StoreError};

fn open(folder: &Path) -> StateDb {
    StateDb::open(folder, at(0)).unwrap().0
}

/// A chain of `n` records, one a second.
fn chain(folder: &Path, n: u8) -> StateDb {
    let mut state = open(folder);
    (1..=n).for_each(|i| state.audit(&record(i, i64::from(i))).unwrap());
    state
}

fn sound(folder: &Path) -> (u64, Vec<Remark>) {
    match verify(folder).unwrap() {
        Verdict::Sound { count, remarks, .. } => (count, remarks),
        Verdict::Broken(fault) => panic!("{fault}"),
    }
}

fn links(folder: &Path) -> Vec<Link> {
    let mut links = Vec::new();
    let all = AuditReader::open(folder).unwrap().for_each(|link| {
        links.push(link);
        Ok::<(), StoreError>(())
    });
    all.unwrap();
    links
}

#[test]
fn records_are_found_by_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = chain(folder.path(), 4);
    let mut other = record(9, 5);
    other.by.user = "bob".into();
    other.by.via = Via::Console;
    other.operation = Operation::vm(id(9), VmOperation::Rename { to: "Db".into() });
    other.result = JobState::Failed;
    other.outcome = "The name is TAKEN.".into();
    (other.xml_before, other.xml_after) = ("<domain/>".into(), "<domain id='x'/>".into());
    state.audit(&other).unwrap();
    let reader = AuditReader::open(folder.path()).unwrap();
    let found = |filter: AuditFilter| -> Vec<u64> {
        reader.read(&filter).unwrap().records.iter().map(|c| c.number).collect()
    };
    let all = AuditFilter::default();
    assert_eq!(found(all.clone()), [5, 4, 3, 2, 1], "newest first");
    assert_eq!(reader.read(&all).unwrap().records[0].record, other);
    assert_eq!(found(AuditFilter { since: Some(at(2)), until: Some(at(4)), ..all.clone() }), [3, 2]);
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(AuditFilter { target: text("web02"), ..all.clone() }), [2]);
    let uuid = id(3).to_string().to_uppercase();
    assert_eq!(found(AuditFilter { target: Some(uuid), ..all.clone() }), [3]);
    assert!(found(AuditFilter { target: text("web"), ..all.clone() }).is_empty());
    assert_eq!(found(AuditFilter { user: text("bob"), ..all.clone() }), [5]);
    assert_eq!(found(AuditFilter { operation: text("vm.shut"), ..all.clone() }), [4, 3, 2, 1]);
    assert_eq!(found(AuditFilter { result: Some(JobState::Failed), ..all.clone() }), [5]);
    for (what, expected) in [("taken", vec![5]), ("ID='X'", vec![5]), ("nowhere", vec![]), ("WEB04", vec![4])]
    {
        assert_eq!(found(AuditFilter { text: text(what), ..all.clone() }), expected, "{what}");
    }
    let first = reader.read(&AuditFilter { limit: Some(2), ..all.clone() }).unwrap();
    assert!(first.more && first.records[1].number == 4);
    let rest = reader.read(&AuditFilter { limit: Some(3), after: Some(4), ..all.clone() }).unwrap();
    assert_eq!(rest.records.iter().map(|c| c.number).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(!rest.more);
    let brief = reader.read(&AuditFilter { brief: true, text: text("<domain"), ..all }).unwrap();
    assert_eq!((brief.records.len(), brief.records[0].record.xml_after.as_str()), (1, ""));
    assert_eq!(reader.one(5).unwrap().unwrap().record(), Some(other));
    assert_eq!((reader.one(6).unwrap(), reader.one(u64::MAX).unwrap()), (None, None));
}

#[test]
fn nothing_done_yet_is_an_empty_audit() {
    let folder = tempfile::tempdir().unwrap();
    let empty = |what: &str| {
        let reader = AuditReader::open(folder.path()).unwrap();
        assert_eq!(reader.read(&AuditFilter::default()).unwrap(), Found::default(), "{what}");
        assert_eq!(reader.one(1).unwrap(), None, "{what}");
        assert_eq!(sound(folder.path()), (0, vec![]), "{what}");
    };
    empty("no folder's database");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking makes no file");
    let db = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    db.execute_batch(crate::store::ladder::STATE.steps[0]).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    empty("one of the version before");
    drop(db);
    drop(open(folder.path()));
    empty("one with no record");
}

#[test]
fn a_record_of_a_newer_version_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = chain(folder.path(), 2);
    state
        .write("write", |db| {
            let (number, previous) = chain::newest(db)?.unwrap();
            let text = r#"{"at":1,"operation":{"pool":{"act":"refill"}}}"#;
            let hash = chain::hash(number + 1, &previous, text);
            db.execute(
                "INSERT INTO audit VALUES (?, ?, ?, ?)",
                rusqlite::params![number + 1, previous, text, hash],
            )?;
            Ok(())
        })
        .unwrap();
    state.audit(&record(4, 4)).unwrap();
    let reader = AuditReader::open(folder.path()).unwrap();
    let found = reader.read(&AuditFilter::default()).unwrap();
    assert_eq!(found.records.iter().map(|c| c.number).collect::<Vec<_>>(), [4, 2, 1]);
    assert_eq!(found.unreadable, [3]);
    let link = reader.one(3).unwrap().unwrap();
    assert!(link.record().is_none() && link.text.contains("refill"));
    assert_eq!(sound(folder.path()), (4, vec![]), "checking needs no understanding");
}

#[test]
fn many_append_at_once_and_the_chain_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    drop(open(path));
    std::thread::scope(|scope| {
        for n in 0..4_u8 {
            scope.spawn(move || {
                let mut state = open(path);
                (0..25).for_each(|s| state.audit(&record(n, s)).unwrap());
            });
        }
    });
    // The head is told by all of them, and none wrote an older one over a newer.
    assert_eq!(sound(path), (100, vec![]));
}

#[test]
fn any_tool_can_check_a_record() {
    let folder = tempfile::tempdir().unwrap();
    drop(chain(folder.path(), 3));
    for link in links(folder.path()) {
        let mut tool =
            Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let text = format!("{}\n{}\n{}", link.number, link.previous, link.text);
        tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let told = String::from_utf8(tool.wait_with_output().unwrap().stdout).unwrap();
        assert_eq!(told.split(' ').next(), Some(link.hash.as_str()));
    }
    let first = &links(folder.path())[0];
    assert_eq!(first.previous, chain::NONE);
}

/// Records lie there as this version writes them: whatever becomes of the types, these are still read.
#[test]
fn what_was_written_once_is_read_for_ever() {
    let text = include_str!("tests/record-1.json");
    assert_eq!(serde_json::from_str::<AuditRecord>(text).unwrap(), record(1, 1));
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut long = record(1, 1);
    // The cut would fall into a letter of two bytes.
    long.xml_before = format!("x{}", "ä".repeat(LONGEST));
    long.xml_after = "y".repeat(LONGEST);
    open(folder.path()).audit(&long).unwrap();
    let kept = links(folder.path())[0].record().unwrap();
    assert!(
        kept.xml_before.ends_with(&format!("ä\n[cut: {} more bytes]", LONGEST + 2)),
        "{}",
        kept.xml_before.len()
    );
    assert!(kept.xml_before.len() < LONGEST + 50);
    assert_eq!(kept.xml_after, long.xml_after);
    assert_eq!(sound(folder.path()), (1, vec![]));
}

#[test]
fn a_full_disk_is_told_and_nothing_half_is_written() {
    let Some(disk) = Mounted::of_kib(8192) else { return };
    let folder = disk.path.as_path();
    let mut state = chain(folder, 2);
    let ids = state.add_jobs(&[job(1)], uuid::Uuid::from_u128(1), at(0)).unwrap();
    state.begin_job(ids[0], at(1)).unwrap();
    let before = state.jobs(9).unwrap();
    let full = disk.fill();
    let mut long = record(1, 3);
    long.xml_before = "x".repeat(LONGEST);
    let end =
        JobEnd { id: ids[0], state: JobState::Done, outcome: "", offer: None, last: None, audit: &long };
    for _ in 0..3 {
        let told = state.end_job(&end, at(3)).unwrap_err();
        assert!(matches!(told, StoreError::Full { .. }), "{told}");
        assert!(told.to_string().contains("no space left"), "{told}");
        assert!(matches!(state.audit(&long), Err(StoreError::Full { .. })));
    }
    assert_eq!(state.jobs(9).unwrap(), before);
    assert_eq!(sound(folder), (2, vec![]));
    std::fs::remove_file(full).unwrap();
    state.end_job(&end, at(4)).unwrap();
    assert_eq!(sound(folder), (3, vec![]));
    // A disk that is full only when the head is told: what was committed stands.
    let made = disk.path.join("audit.head.new");
    std::fs::create_dir(&made).unwrap();
    state.audit(&record(2, 5)).unwrap();
    assert_eq!(sound(folder), (4, vec![Remark::Behind { told: 3 }]));
    std::fs::remove_dir(made).unwrap();
    state.audit(&record(2, 6)).unwrap();
    assert_eq!(sound(folder), (5, vec![]));
}
