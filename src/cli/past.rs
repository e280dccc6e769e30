//! Where the history of a host lies.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::exit::{Exit, Failure};
use crate::config::{Loaded, Settings};
use crate::engine::history::{self, HistoryConfig, Past, Readers, Retention, StoreError};

/// File names are no longer than 255 bytes.
const LONGEST_NAME: usize = 200;

/// Where the history of the host that is connected to is kept; `None` for a made-up host, whose past is none.
pub(super) fn of(loaded: &Loaded, demo: bool) -> Option<HistoryConfig> {
    let settings = &loaded.settings;
    let made_up = demo || settings.connect.starts_with("test:");
    (!made_up).then(|| HistoryConfig {
        folder: folder(&loaded.paths.data_dir, &settings.connect),
        retention: retention(settings),
        record: settings.history.record,
        readers: settings
            .history
            .group
            .as_ref()
            .map(|group| Readers { group: group.id, below: loaded.paths.data_dir.clone() }),
    })
}

/// Opens the past of the host that is connected to, and a sentence where not all of it may be known here.
///
/// # Errors
/// With [`Exit::NotFound`] where nothing was recorded.
pub(super) fn open(loaded: &Loaded, demo: bool) -> Result<(Past, Option<String>), Failure> {
    let Some(config) = of(loaded, demo) else {
        let what = "this host is made up: nothing of it is recorded";
        return Err(Failure::new(Exit::NotFound, what).hint("--connect URI says which host is meant."));
    };
    let (past, of_system) = match history::open(&config.folder) {
        Err(StoreError::Missing { .. }) => of_system(loaded, &config.folder)?,
        other => (other.map_err(|e| failure(&e))?, None),
    };
    let newer = past.newer().map(ToString::to_string);
    Ok((past, newer.or(of_system)))
}

/// What the system's collector recorded, for a user who has nothing himself; with a sentence that says so.
fn of_system(loaded: &Loaded, own: &Path) -> Result<(Past, Option<String>), Failure> {
    let system = folder(&loaded.paths.system_data_dir, &loaded.settings.connect);
    let missing = || failure(&StoreError::Missing { path: own.join("history.db") });
    if system == own {
        return Err(missing());
    }
    match history::open(&system) {
        Ok(past) => {
            Ok((past, Some(format!("This is what the system's NovaCron recorded, in {}.", system.display()))))
        }
        Err(StoreError::Denied { .. }) => Err(missing().hint(format!(
            "The system's, in {}, may be read by root and by the group that its history.group names.",
            system.display()
        ))),
        Err(StoreError::Missing { .. }) => Err(missing()),
        Err(why) => Err(failure(&why)),
    }
}

/// Why the past cannot be told, and what to do.
pub(super) fn failure(error: &StoreError) -> Failure {
    if let StoreError::Missing { path } = error {
        let folder = path.parent().unwrap_or(path).display().to_string();
        return Failure::new(Exit::NotFound, format!("no history of this host has been recorded yet in {folder}"))
            .hint("It is recorded while a console is open on it, and always by `novacron collect`, unless history.record is off. Another user has a folder of their own.");
    }
    let text = error.to_string();
    let (what, now) = text.split_once(". ").unwrap_or((&text, ""));
    Failure::new(Exit::Failed, what.trim_end_matches('.')).hint(now)
}

const fn retention(settings: &Settings) -> Retention {
    let h = &settings.history;
    Retention { raw: h.raw, minutes: h.minutes, hours: h.hours, bytes: h.bytes }
}

/// The data folder itself for the system's own hypervisor, a folder in it for every other.
fn folder(data: &Path, uri: &str) -> PathBuf {
    if matches!(uri, "" | "qemu:///system") {
        data.to_owned()
    } else {
        data.join("hosts").join(file_name(uri))
    }
}

/// A URI as the name of a folder, without a password in it, and no two alike.
fn file_name(uri: &str) -> String {
    let mut name = String::new();
    for byte in without_password(uri).bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+') {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    name.truncate(LONGEST_NAME);
    name
}

fn without_password(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}{path}")
        }
        None => uri.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_a_folder_of_its_own() {
        let data = Path::new("/d");
        assert_eq!(folder(data, "qemu:///system"), data);
        assert_eq!(
            folder(data, "qemu+ssh://ann:secret@kvm01/system"),
            data.join("hosts/qemu+ssh%3a%2f%2fann%40kvm01%2fsystem")
        );
        assert_ne!(folder(data, "qemu:///session"), folder(data, "qemu:__session"));
        assert!(file_name(&"x/".repeat(500)).len() <= LONGEST_NAME);
        assert!(!file_name("../../etc").contains('/'));
    }

    #[test]
    fn trouble_with_the_past_is_said_in_sentences() {
        let path = PathBuf::from("/d/history.db");
        let f = failure(&StoreError::Missing { path: path.clone() });
        assert_eq!(
            (f.exit, f.what.as_str()),
            (Exit::NotFound, "no history of this host has been recorded yet in /d")
        );
        let f = failure(&StoreError::Damaged { operation: "read", path: path.clone() });
        assert_eq!((f.exit, f.what.as_str()), (Exit::Failed, "read /d/history.db: the database is damaged"));
        assert_eq!(f.now, "It is set aside at the next start; nothing is deleted.");
        let f = failure(&StoreError::Denied { operation: "open", path });
        assert_eq!(f.what, "open /d/history.db: permission denied");
        assert_eq!(f.now, "Give this user access, or set another data folder.");
    }
}
