//! A file that is whole at every moment: written beside, then renamed over the old one.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Readers of the file are other users.
const MODE: u32 = 0o644;

/// Writes the page to this file. Where that fails, the old one stays and nothing else is left.
pub(super) fn write(path: &Path, page: &str) -> io::Result<()> {
    let beside = beside(path)?;
    // One that a kill left behind; another process has another name.
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let done = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|file| fill(file, page))
        .and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // What failed is told; that there is nothing to clean up is not.
        let _ = fs::remove_file(&beside);
    }
    done
}

fn fill(mut file: File, page: &str) -> io::Result<()> {
    file.write_all(page.as_bytes())?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    // Else a power cut may leave an empty file under the new name.
    file.sync_data()
}

/// A name in the same folder that no collector reads: it begins with a dot and ends in `.tmp`.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let name = format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id());
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_is_replaced_whole_and_for_all_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("novacron.prom");
        fs::write(beside(&path).unwrap(), "left behind").unwrap();
        write(&path, "one\n").unwrap();
        let mut old = File::open(&path).unwrap();
        write(&path, "two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(io::read_to_string(&mut old).unwrap(), "one\n", "who reads it meanwhile reads one page");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(names(folder.path()), ["novacron.prom"]);
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(write(&path, "x").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
        assert!(write(&folder.path().join("no/such/folder"), "x").is_err());
        assert!(write(Path::new("/"), "x").is_err());
    }
}
