//! A group that may read: by processes of an unprivileged user, since root may read everything.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{at, cpu, kill, open, put, value};
use crate::store::{HistoryReader, HistoryWriter, Readers, Retention, StoreError};

/// A user and groups that have nothing else.
const USER: u32 = 65_534;
const GROUP: u32 = 47_110;
const OTHERS: u32 = 47_111;

const FOLDER: &str = "NOVACRON_TEST_SHARED_FOLDER";
const SAMPLES: &str = "NOVACRON_TEST_SHARED_SAMPLES";

/// Reads in this folder, to this second and every so many seconds, or finds that it may not; as whoever runs this process.
#[test]
#[ignore = "run by others, in a process of another user"]
fn reader() {
    let (Ok(folder), Ok(samples)) = (std::env::var(FOLDER), std::env::var(SAMPLES)) else { return };
    let folder = Path::new(&folder);
    if samples == "denied" {
        let told = HistoryReader::open(folder).unwrap_err();
        assert!(matches!(told, StoreError::Denied { .. }), "{told}");
        let told = HistoryWriter::open(folder, Retention::default(), at(0)).unwrap_err();
        assert!(matches!(told, StoreError::Denied { .. }), "{told}");
        println!("denied: {told}");
        return;
    }
    let reader = HistoryReader::open(folder).unwrap();
    let (last, step) = samples.split_once('/').unwrap();
    let (last, step): (i64, usize) = (last.parse().unwrap(), step.parse().unwrap());
    let wanted: Vec<_> = (0..=last).step_by(step).map(|s| (s as f64, Some(value(1, s)))).collect();
    let found = cpu(&reader, 1);
    assert!(found.starts_with(&wanted), "{} samples, not {}", found.len(), wanted.len());
    // One that was killed may have committed once more before it could tell.
    assert!(found.len() <= wanted.len() + usize::from(step > 1));
    let told = HistoryWriter::open(folder, Retention::default(), at(0)).unwrap_err();
    assert!(matches!(told, StoreError::Denied { .. }), "{told}");
    for private in ["state.db", "history.lock", "live.sock"] {
        let told = fs::File::open(folder.join(private)).unwrap_err();
        assert_eq!(told.kind(), ErrorKind::PermissionDenied, "{private}: {told}");
    }
    println!("read: {samples}");
}

/// What a user of this group finds.
fn as_user(group: u32, folder: &Path, samples: &str) {
    let out = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .arg(format!("{}::reader", module_path!().split_once("::").unwrap().1))
        .env(FOLDER, folder)
        .env(SAMPLES, samples)
        .uid(USER)
        .gid(group)
        .current_dir("/")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stdout);
    let did = told.contains(&format!("read: {samples}")) || told.contains("denied: ");
    assert!(out.status.success() && did, "{told}{}", String::from_utf8_lossy(&out.stderr));
}

/// A data folder in one that anybody may go through, and the database's folder in it; `None` where this is not root.
fn data() -> Option<(tempfile::TempDir, std::path::PathBuf)> {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can be another user");
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let folder = home.path().join("novacron/hosts/a");
    Some((home, folder))
}

fn readers(home: &Path) -> Readers {
    Readers { group: GROUP, below: home.join("novacron") }
}

fn rights(path: &Path) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(path).unwrap();
    (meta.mode() & 0o7777, meta.gid())
}

#[test]
fn members_read_while_it_is_written_and_after() {
    let Some((home, folder)) = data() else { return };
    let mut writer = open(&folder);
    let (_state, _) = crate::store::StateDb::open(&folder, at(0)).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("live.sock")).unwrap();
    fs::set_permissions(folder.join("live.sock"), fs::Permissions::from_mode(0o600)).unwrap();
    put(&mut writer, 1, 0);
    as_user(GROUP, &folder, "denied");
    writer.share(&readers(home.path())).unwrap();
    // The log grows, is written back, and used again from its begin.
    for until in [2, 200, 4000] {
        let done = i64::try_from(cpu(&super::read(&folder), 1).len()).unwrap();
        (done..until).for_each(|s| put(&mut writer, 1, s));
        as_user(GROUP, &folder, &format!("{}/1", until - 1));
        as_user(OTHERS, &folder, "denied");
    }
    drop(writer);
    assert!(!folder.join("history.db-wal").exists());
    as_user(GROUP, &folder, "3999/1");
    // Files that are made anew are readable too.
    let mut writer = open(&folder);
    (4000..4100).for_each(|s| put(&mut writer, 1, s));
    as_user(GROUP, &folder, "4099/1");
    for file in ["history.db", "history.db-wal", "history.db-shm"] {
        assert_eq!(rights(&folder.join(file)), (0o640, GROUP), "{file}");
    }
    assert_eq!(rights(&folder), (0o2750, GROUP));
    assert_eq!(rights(&home.path().join("novacron")), (0o710, GROUP));
    assert_eq!(rights(home.path()).0, 0o755, "what is above the data folder stays as it is");
}

#[test]
fn members_read_what_a_killed_writer_left() {
    let Some((home, folder)) = data() else { return };
    let mut writer = open(&folder);
    drop(crate::store::StateDb::open(&folder, at(0)).unwrap());
    fs::write(folder.join("live.sock"), "").unwrap();
    fs::set_permissions(folder.join("live.sock"), fs::Permissions::from_mode(0o600)).unwrap();
    put(&mut writer, 1, 0);
    writer.share(&readers(home.path())).unwrap();
    drop(writer);
    let last = kill::killed(&folder, 2, 40);
    // The newest is in the log only.
    assert!(folder.join("history.db-wal").exists());
    as_user(GROUP, &folder, &format!("{last}/2"));
}
