//! Owners that live, that left, that were killed; and many at once.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::*;

const HOME: &str = "NOVACRON_TEST_OWNER_FOLDER";

#[test]
fn an_owner_is_there_until_it_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("data");
    let (one, two) = (Owner::new(&home).unwrap(), Owner::new(&home).unwrap());
    assert_ne!(one.id(), two.id());
    for _ in 0..2 {
        assert!(!Owner::is_gone(&home, one.id()) && !Owner::is_gone(&home, two.id()));
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&home.join("owners")), mode(&one.path)), (0o700, 0o600));
    let (id, file) = (one.id(), one.path.clone());
    drop(one);
    assert!(Owner::is_gone(&home, id) && !file.exists());
    assert!(!Owner::is_gone(&home, two.id()));
    assert!(Owner::is_gone(&home, Uuid::from_u128(7)), "nobody was ever called that");
}

/// Tells its name and waits for its end.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn process() {
    let Ok(folder) = std::env::var(HOME) else { return };
    let owner = Owner::new(Path::new(&folder)).unwrap();
    println!("owner: {}", owner.id());
    let mut never = String::new();
    io::stdin().read_line(&mut never).unwrap();
}

#[test]
fn one_that_was_killed_is_gone_and_its_file_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .arg(format!("{}::process", module_path!().split_once("::").unwrap().1))
        .env(HOME, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .find_map(|line| line.unwrap().split_once("owner: ").map(|(_, id)| id.trim().parse().unwrap()));
    let id: Uuid = told.unwrap();
    let file = path(&folder.path().join(FOLDER), id);
    let mine = Owner::new(folder.path()).unwrap();
    assert!(!Owner::is_gone(folder.path(), id) && file.exists(), "others leave one that lives alone");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Owner::is_gone(folder.path(), id) && file.exists());
    let next = Owner::new(folder.path()).unwrap();
    assert!(!file.exists() && Owner::is_gone(folder.path(), id));
    assert!(!Owner::is_gone(folder.path(), mine.id()) && !Owner::is_gone(folder.path(), next.id()));
}

#[test]
fn a_name_that_is_cleared_away_before_it_is_locked_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.lock");
    let made = File::create(&path).unwrap();
    assert!(is_at(&made, &path));
    clear(folder.path());
    assert!(!path.exists() && !is_at(&made, &path));
    let _another = File::create(&path).unwrap();
    assert!(!is_at(&made, &path), "another file of that name");
}

#[test]
fn many_come_and_go_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let owner = Owner::new(home).unwrap();
                    assert!(!Owner::is_gone(home, owner.id()) && owner.path.exists());
                }
            });
        }
    });
    assert_eq!(fs::read_dir(home.join(FOLDER)).unwrap().count(), 0);
}
