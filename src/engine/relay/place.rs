//! Where the socket is. Its path may be longer than a socket's address can be; then it is reached through its folder.

use std::fs::{File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The socket's name in the folder of the history.
const NAME: &str = "live.sock";
/// Under which it is made, before anybody can connect.
const NEW: &str = "live.sock.new";
/// A socket's address takes 108 bytes, the last of them zero.
const LONGEST: usize = 107;

/// A folder by a path short enough, as long as it lives.
struct Folder {
    path: PathBuf,
    _open: Option<File>,
}

impl Folder {
    fn open(folder: &Path) -> io::Result<Self> {
        if folder.as_os_str().len() + 1 + NEW.len() <= LONGEST {
            return Ok(Self { path: folder.to_owned(), _open: None });
        }
        let open = File::open(folder)?;
        Ok(Self { path: PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())), _open: Some(open) })
    }
}

/// Listens in this folder, for this user only. Replaces a socket that is there: whoever holds the lock of the history
/// may, since nobody else serves it.
pub(super) fn listen(folder: &Path) -> io::Result<UnixListener> {
    let folder = Folder::open(folder)?;
    let new = folder.path.join(NEW);
    match std::fs::remove_file(&new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(&new)?;
    std::fs::set_permissions(&new, Permissions::from_mode(0o600))?;
    std::fs::rename(&new, folder.path.join(NAME))?;
    Ok(listener)
}

/// Removes the socket of this folder.
pub(super) fn remove(folder: &Path) {
    // One that is gone already is as well.
    let _ = std::fs::remove_file(folder.join(NAME));
}

/// Connects to whoever listens in this folder.
pub(super) fn connect(folder: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(Folder::open(folder)?.path.join(NAME))
}
