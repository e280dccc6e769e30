//! What somebody did to the chain is found, or told; and stays found.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, params};

use super::super::{chain, head};
use super::*;

/// Opens the database as somebody who may do anything would.
fn crowbar(folder: &Path) -> Connection {
    let db = Connection::open(folder.join("state.db")).unwrap();
    for trigger in ["audit_goes_on", "audit_stays", "audit_is_kept"] {
        db.execute_batch(&format!("DROP TRIGGER IF EXISTS {trigger}")).unwrap();
    }
    db
}

fn fault(folder: &Path) -> Fault {
    match verify(folder).unwrap() {
        Verdict::Broken(fault) => fault,
        sound @ Verdict::Sound { .. } => panic!("{sound:?}"),
    }
}

/// Changes a record and makes its hash anew.
fn forge(db: &Connection, number: i64) {
    let row = "SELECT previous, record FROM audit WHERE number = ?";
    let (previous, text): (String, String) =
        db.query_row(row, [number], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let text = text.replace("ann", "eve");
    let hash = chain::hash(number, &previous, &text);
    db.execute("UPDATE audit SET record = ?, hash = ? WHERE number = ?", params![text, hash, number])
        .unwrap();
}

/// Links the records from `number` on anew, as if they had always been so.
fn relink(db: &Connection, number: i64, last: i64) {
    for n in number..=last {
        let previous = head::hash_at(db, n - 1).unwrap().unwrap();
        let text: String =
            db.query_row("SELECT record FROM audit WHERE number = ?", [n], |row| row.get(0)).unwrap();
        let hash = chain::hash(n, &previous, &text);
        db.execute("UPDATE audit SET previous = ?, hash = ? WHERE number = ?", params![previous, hash, n])
            .unwrap();
    }
}

fn sql(statement: &'static str) -> impl Fn(&Connection) {
    move |db| db.execute_batch(statement).unwrap()
}

#[test]
fn whatever_is_done_to_the_records_is_found() {
    type Deed = Box<dyn Fn(&Connection)>;
    let deeds: [(&str, Deed, Fault); 12] = [
        (
            "a word changed",
            Box::new(sql("UPDATE audit SET record = replace(record, 'ann', 'eve') WHERE number = 3")),
            Fault::Changed { number: 3 },
        ),
        (
            "no text",
            Box::new(sql("UPDATE audit SET record = '' WHERE number = 5")),
            Fault::Changed { number: 5 },
        ),
        (
            "no letters",
            Box::new(sql("UPDATE audit SET record = CAST(x'ff00fe' AS TEXT) WHERE number = 2")),
            Fault::Changed { number: 2 },
        ),
        (
            "another hash",
            Box::new(sql("UPDATE audit SET hash = lower(hex(zeroblob(32))) WHERE number = 4")),
            Fault::Changed { number: 4 },
        ),
        ("one removed", Box::new(sql("DELETE FROM audit WHERE number = 3")), Fault::Missing { number: 3 }),
        (
            "the first removed",
            Box::new(sql("DELETE FROM audit WHERE number = 1")),
            Fault::Missing { number: 1 },
        ),
        (
            "one removed and the hole closed",
            Box::new(sql(
                "DELETE FROM audit WHERE number = 3; UPDATE audit SET number = number - 1 WHERE number > 3",
            )),
            Fault::Changed { number: 3 },
        ),
        (
            "the tail cut off",
            Box::new(sql("DELETE FROM audit WHERE number > 3")),
            Fault::CutOff { ends: 3, told: 5 },
        ),
        ("all cut off", Box::new(sql("DELETE FROM audit")), Fault::CutOff { ends: 0, told: 5 }),
        (
            "two swapped",
            Box::new(sql(
                "UPDATE audit SET number = -2 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;
                 UPDATE audit SET number = 3 WHERE number = -2",
            )),
            Fault::Changed { number: 2 },
        ),
        ("one forged with its hash", Box::new(|db| forge(db, 3)), Fault::Changed { number: 3 }),
        (
            "one forged, and all after it made anew",
            Box::new(|db| {
                forge(db, 2);
                relink(db, 3, 5);
            }),
            Fault::Rewritten { number: 5 },
        ),
    ];
    for (what, deed, expected) in deeds {
        let folder = tempfile::tempdir().unwrap();
        drop(chain(folder.path(), 5));
        deed(&crowbar(folder.path()));
        assert_eq!(fault(folder.path()), expected, "{what}");
        assert!(expected.to_string().ends_with('.'), "{expected}");
    }
}

#[test]
fn the_last_one_forged_with_its_hash_is_found_by_the_head() {
    let folder = tempfile::tempdir().unwrap();
    drop(chain(folder.path(), 3));
    forge(&crowbar(folder.path()), 3);
    assert_eq!(fault(folder.path()), Fault::Rewritten { number: 3 });
    // Going on does not make it good.
    (4..6).for_each(|s| open(folder.path()).audit(&record(1, s)).unwrap());
    assert_eq!(fault(folder.path()), Fault::Lost { before: 4, told: 3 });
}

#[test]
fn what_was_cut_off_stays_found() {
    for keep in [0, 3] {
        let folder = tempfile::tempdir().unwrap();
        drop(chain(folder.path(), 5));
        crowbar(folder.path()).execute("DELETE FROM audit WHERE number > ?", [keep]).unwrap();
        let mut state = open(folder.path());
        (0..5).for_each(|s| state.audit(&record(1, s)).unwrap());
        let expected = if keep == 0 { Fault::Gone { count: 5 } } else { Fault::Lost { before: 4, told: 5 } };
        assert_eq!(fault(folder.path()), expected);
    }
}

#[test]
fn the_database_itself_refuses_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    drop(chain(folder.path(), 3));
    let db = Connection::open(folder.path().join("state.db")).unwrap();
    for (statement, expected) in [
        ("UPDATE audit SET record = 'x' WHERE number = 1", "are not changed"),
        ("DELETE FROM audit WHERE number = 3", "are not deleted"),
        ("DELETE FROM audit", "are not deleted"),
        ("INSERT INTO audit VALUES (5, 'a', 'b', 'c')", "without a hole"),
        ("INSERT INTO audit VALUES (0, 'a', 'b', 'c')", "without a hole"),
        ("INSERT OR REPLACE INTO audit VALUES (3, 'a', 'b', 'c')", "without a hole"),
    ] {
        let told = db.execute_batch(statement).unwrap_err().to_string();
        assert!(told.contains(expected), "{statement}: {told}");
    }
    assert_eq!(sound(folder.path()), (3, vec![]));
}

#[test]
fn a_head_file_that_is_gone_or_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = chain(folder.path(), 1);
    let file = folder.path().join("audit.head");
    let old = fs::read(&file).unwrap();
    // Killed between the first commit and its head.
    fs::remove_file(&file).unwrap();
    assert_eq!(sound(folder.path()), (1, vec![Remark::Behind { told: 0 }]));
    state.audit(&record(2, 2)).unwrap();
    assert_eq!(sound(folder.path()), (2, vec![]));
    // Killed between a commit and its head.
    fs::write(&file, &old).unwrap();
    assert_eq!(sound(folder.path()), (2, vec![Remark::Behind { told: 1 }]));
    state.audit(&record(3, 3)).unwrap();
    assert_eq!(sound(folder.path()), (3, vec![]));
    // An older database under the head: as a cut.
    let newest = fs::read_to_string(&file).unwrap();
    fs::write(&file, newest.replace("\"count\":3", "\"count\":4")).unwrap();
    assert_eq!(fault(folder.path()), Fault::CutOff { ends: 3, told: 4 });
    fs::write(&file, "{}").unwrap();
    assert_eq!(fault(folder.path()), Fault::BadHead);
    fs::remove_file(&file).unwrap();
    assert_eq!(fault(folder.path()), Fault::NoHead { ends: 3 });
    // The next one writes it anew, and that it was missing stays told.
    state.audit(&record(4, 4)).unwrap();
    state.audit(&record(5, 5)).unwrap();
    assert_eq!(sound(folder.path()), (5, vec![Remark::HadNoHead { at: 4 }]));
}

#[test]
fn a_damaged_database_is_followed_by_a_chain_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    drop(chain(path, 3));
    let end = links(path)[2].hash.clone();
    fs::write(path.join("state.db"), [7; 5000]).unwrap();
    let (mut state, aside) = StateDb::open(path, at(9)).unwrap();
    assert_eq!(sound(path), (0, vec![Remark::Follows { count: 3 }]));
    let head = fs::read(path.join("audit.head")).unwrap();
    state.audit(&record(1, 10)).unwrap();
    assert_eq!(links(path)[0].previous, end);
    assert_eq!(sound(path), (1, vec![Remark::Follows { count: 3 }]));
    // Killed before it told the new head.
    fs::write(path.join("audit.head"), head).unwrap();
    assert_eq!(sound(path), (1, vec![Remark::Follows { count: 3 }, Remark::Behind { told: 0 }]));
    state.audit(&record(1, 11)).unwrap();
    assert_eq!(sound(path), (2, vec![Remark::Follows { count: 3 }]));
    fs::remove_file(aside.unwrap().moved_to).unwrap();
    assert_eq!(fault(path), Fault::Gone { count: 3 });
}

fn remove(folder: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("state.db{suffix}")));
    }
}

#[test]
fn damage_once_does_not_cover_what_is_removed_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    drop(chain(path, 3));
    fs::write(path.join("state.db"), [7; 5000]).unwrap();
    drop(chain(path, 2));
    assert_eq!(sound(path), (2, vec![Remark::Follows { count: 3 }]));
    remove(path);
    assert_eq!(fault(path), Fault::CutOff { ends: 0, told: 2 });
    drop(chain(path, 4));
    assert_eq!(fault(path), Fault::Gone { count: 2 });
}

#[test]
fn a_database_that_was_removed_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    drop(chain(folder.path(), 3));
    remove(folder.path());
    assert_eq!(fault(folder.path()), Fault::CutOff { ends: 0, told: 3 });
    drop(chain(folder.path(), 2));
    assert_eq!(fault(folder.path()), Fault::Gone { count: 3 });
}
