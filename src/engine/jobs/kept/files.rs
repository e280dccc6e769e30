//! Files taken in and put back: whole or not at all, and written through.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

/// Bytes copied at once.
const PIECE: usize = 1 << 20;

/// What is told while a file is copied: bytes done and in all. It says whether to go on.
pub(in crate::engine::jobs) type Copying<'c> = dyn Fn(u64, u64) -> bool + 'c;

/// Copies a file to where it is held, for its owner alone. Gives its SHA-256.
///
/// # Errors
/// Of [`io::ErrorKind::Interrupted`] where it was told not to go on. Nothing is left then.
pub(in crate::engine::jobs) fn take_in(from: &Path, to: &Path, copying: &Copying<'_>) -> io::Result<String> {
    let mut source = File::open(from)?;
    copied(&mut source, to, copying, None)
}

/// Copies a held file to where it was, with the owner and rights it had. Nothing is overwritten.
///
/// # Errors
/// Of [`io::ErrorKind::AlreadyExists`] where there is another file already.
pub(in crate::engine::jobs) fn put_back(
    from: &Path,
    to: &Path,
    (user, group, mode): (u32, u32, u32),
    copying: &Copying<'_>,
) -> io::Result<()> {
    if to.exists() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists));
    }
    let mut source = File::open(from)?;
    copied(&mut source, to, copying, Some((user, group, mode)))?;
    Ok(())
}

fn copied(
    source: &mut File,
    to: &Path,
    copying: &Copying<'_>,
    rights: Option<(u32, u32, u32)>,
) -> io::Result<String> {
    let total = source.metadata()?.len();
    let part = beside(to);
    // One that is there was left by a kill.
    match fs::remove_file(&part) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let done = (|| {
        let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        let digest = pieces(source, &mut target, total, copying)?;
        if let Some((user, group, mode)) = rights {
            target.set_permissions(fs::Permissions::from_mode(mode & 0o777))?;
            // Whoever is not root may not; libvirt gives its own files to whom it wants when the VM starts.
            drop(chown(&part, Some(user), Some(group)));
        }
        target.sync_all()?;
        name_new(&part, to)?;
        sync_folder(to.parent().unwrap_or(to))?;
        Ok(digest)
    })();
    if done.is_err() {
        drop(fs::remove_file(&part));
    }
    done
}

fn pieces(source: &mut File, target: &mut File, total: u64, copying: &Copying<'_>) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0_u8; PIECE];
    let mut done = 0_u64;
    loop {
        if !copying(done, total) {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        let read = match source.read(&mut piece) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(read) => read,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => return Err(why),
        };
        let bytes = piece.get(..read).unwrap_or_default();
        hash.update(bytes);
        target.write_all(bytes)?;
        done += read as u64;
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".novacron-part");
    name.into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, byte| format!("{out}{byte:02x}"))
}

/// SHA-256 of a file; `None` where there is none that could be read.
pub(in crate::engine::jobs) fn digest_of(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash).ok()?;
    Some(hex(&hash.finalize()))
}

/// Owner, group and rights of a file.
pub(super) fn rights(of: &fs::Metadata) -> (u32, u32, u32) {
    (of.uid(), of.gid(), of.mode())
}

/// Gives a file its name, never over another of that name.
///
/// # Errors
/// Of [`io::ErrorKind::AlreadyExists`] where there is one.
pub(in crate::engine::jobs) fn name_new(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network file systems cannot: a link cannot replace anything either.
        Err(Errno::INVAL | Errno::NOSYS) => fs::hard_link(from, to).and_then(|()| fs::remove_file(from)),
        done => Ok(done?),
    }
}

/// Has the names in a folder survive a power cut.
pub(in crate::engine::jobs) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a folder with all that is in it; one that is not there is removed already.
pub(in crate::engine::jobs) fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), vec![7_u8; PIECE * 2 + 5]).unwrap();
        let seen = std::cell::RefCell::new(Vec::new());
        let digest = take_in(&at("a"), &at("b"), &|done, total| {
            seen.borrow_mut().push((done, total));
            true
        });
        assert_eq!(Some(digest.unwrap()), digest_of(&at("a")));
        assert_eq!(fs::read(at("a")).unwrap(), fs::read(at("b")).unwrap());
        assert_eq!(fs::metadata(at("b")).unwrap().mode() & 0o777, 0o600);
        let whole = (PIECE * 2 + 5) as u64;
        assert_eq!(seen.borrow().last(), Some(&(whole, whole)));
        let stopped = take_in(&at("a"), &at("c"), &|done, _| done == 0).unwrap_err();
        assert_eq!(stopped.kind(), io::ErrorKind::Interrupted);
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a", "b"]);
    }

    #[test]
    fn nothing_is_overwritten_and_rights_are_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "1").unwrap();
        let rights = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw(), 0o100_640);
        put_back(&at("a"), &at("b"), rights, &|_, _| true).unwrap();
        assert_eq!(fs::metadata(at("b")).unwrap().mode() & 0o777, 0o640);
        fs::write(at("a"), "2").unwrap();
        let taken = put_back(&at("a"), &at("b"), rights, &|_, _| true).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(at("b")).unwrap(), "1");
    }
}
