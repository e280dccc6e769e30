//! A full disk, a read-only one and a folder of somebody else. Needs root, to mount a file system of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{CPU, at, cpu, open, put, read, value, vm};
use crate::store::{HistoryReader, HistoryWriter, Retention, StoreError};

/// A small file system of its own.
pub(in crate::store) struct Mounted {
    pub(in crate::store) path: PathBuf,
    _home: tempfile::TempDir,
}

impl Mounted {
    pub(in crate::store) fn of_kib(kib: u32) -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("mounted");
        fs::create_dir(&path).unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kib}k,mode=0700"), "novacron-test"])
            .arg(&path)
            .output();
        match done {
            Ok(done) if done.status.success() => Some(Self { path, _home: home }),
            Ok(done) => {
                println!("skipped: cannot mount: {}", String::from_utf8_lossy(&done.stderr).trim());
                None
            }
            Err(why) => {
                println!("skipped: cannot mount: {why}");
                None
            }
        }
    }

    /// Takes all room that is left; the file that does can be removed.
    pub(in crate::store) fn fill(&self) -> PathBuf {
        let full = self.path.join("filler");
        let room = fs::File::create(&full).unwrap();
        let mut block = vec![b'x'; 64 << 10];
        while !block.is_empty() {
            if std::io::Write::write_all(&mut &room, &block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
        full
    }

    fn remount(&self, how: &str) {
        let done =
            Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.path).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).output();
    }
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost_once_there_is_room() {
    let Some(disk) = Mounted::of_kib(4096) else { return };
    let folder: &Path = &disk.path;
    let mut writer = open(folder);
    put(&mut writer, 1, 0);
    let full = disk.fill();
    let mut failed = 0;
    for s in 1..400_i64 {
        let v = value(1, s);
        writer.add(at(s), &vm(1), CPU, &[Some(v), Some(v / 2.0)]).unwrap();
        match writer.commit() {
            Ok(_) => {}
            Err(StoreError::Full { .. }) => failed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(failed > 0 && writer.pending() > 0);
    fs::remove_file(full).unwrap();
    let done = writer.commit().unwrap();
    assert_eq!(done.dropped, 0);
    let all = cpu(&read(folder), 1);
    let expected: Vec<_> = (0..400).map(|s| (s as f64, Some(value(1, s)))).collect();
    assert!(all == expected, "{} samples", all.len());
}

#[test]
fn a_read_only_file_system_is_told_as_such() {
    let Some(disk) = Mounted::of_kib(4096) else { return };
    drop(open(&disk.path));
    disk.remount("ro");
    let told = HistoryWriter::open(&disk.path, Retention::default(), at(0)).unwrap_err();
    assert!(matches!(told, StoreError::ReadOnly { .. }), "{told}");
}

#[test]
fn what_lies_on_a_read_only_file_system_is_read() {
    let Some(disk) = Mounted::of_kib(8192) else { return };
    let folder = disk.path.join("a folder? 100 %");
    let mut writer = open(&folder);
    (0..100).for_each(|s| put(&mut writer, 1, s));
    // Closed: the log is written back and gone.
    drop(writer);
    assert!(!folder.join("history.db-wal").exists());
    disk.remount("ro");
    assert_eq!(cpu(&read(&folder), 1).len(), 100);
}

#[test]
fn a_log_that_cannot_be_read_on_a_read_only_file_system_is_told() {
    let Some(disk) = Mounted::of_kib(8192) else { return };
    let away = tempfile::tempdir().unwrap();
    let mut writer = open(away.path());
    (0..100).for_each(|s| put(&mut writer, 1, s));
    // As a killed process leaves it: what was committed last is in the log only.
    for file in ["history.db", "history.db-wal"] {
        fs::copy(away.path().join(file), disk.path.join(file)).unwrap();
    }
    disk.remount("ro");
    match HistoryReader::open(&disk.path) {
        Ok(reader) => assert_eq!(cpu(&reader, 1).len(), 100),
        Err(told) => assert!(matches!(told, StoreError::ReadOnly { .. }), "{told}"),
    }
}

#[test]
fn a_folder_of_somebody_else_is_told_as_such() {
    if rustix::process::geteuid().is_root() {
        println!("skipped: root may write everywhere");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let told = HistoryWriter::open(&home.path().join("data"), Retention::default(), at(0)).unwrap_err();
    assert!(matches!(told, StoreError::Denied { .. }), "{told}");
}
