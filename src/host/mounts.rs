//! Which mounts are file systems that an admin minds: those that can fill up.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A mount from `/proc/self/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// `major:minor` of the file system: the same for bind mounts of it.
    pub(super) device: String,
    /// The folder of the file system that is mounted.
    pub(super) root: PathBuf,
    /// Where; exact, not cleaned.
    pub(super) point: PathBuf,
    /// Device, export or name.
    pub(super) source: String,
    /// Type.
    pub(super) kind: String,
    /// The mount or the file system is read-only.
    pub(super) read_only: bool,
}

/// File systems over a network, a host or a volume manager: they have no device in `/dev`.
const WITHOUT_DEVICE: [&str; 22] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "9p",
    "virtiofs",
    "zfs",
    "bcachefs",
    "glusterfs",
    "lustre",
    "gpfs",
    "beegfs",
    "orangefs",
    "afs",
    "ocfs2",
    "gfs2",
    "vboxsf",
    "vmhgfs",
    "prl_fs",
    "rootfs",
];

/// Always full, or no space of their own.
const NEVER: [&str; 6] = ["squashfs", "iso9660", "erofs", "udf", "cramfs", "autofs"];

/// FUSE mounts that only mirror something.
const MIRRORS: [&str; 5] =
    ["fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal", "fuse.snapfuse", "fuse.rofiles-fuse"];

/// Memory file systems whose filling up stops a host: libvirt keeps its state in `/run`.
const NOTABLE_TMPFS: [&str; 3] = ["/", "/run", "/tmp"];

impl Mount {
    /// One line of mountinfo: `36 35 98:0 /root /point options [fields] - type source options`.
    fn from_line(line: &[u8]) -> Option<Self> {
        let words: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
        let separator = 6 + words.get(6..)?.iter().position(|w| *w == b"-")?;
        let [kind, source, super_options] = words.get(separator + 1..separator + 4)? else { return None };
        let read_only = |options: &[u8]| options.split(|b| *b == b',').any(|o| o == b"ro");
        let text = |word| String::from_utf8_lossy(&unescaped(word)).into_owned();
        Some(Self {
            device: text(words[2]),
            root: OsString::from_vec(unescaped(words[3])).into(),
            point: OsString::from_vec(unescaped(words[4])).into(),
            source: text(source),
            kind: text(kind),
            read_only: read_only(words[5]) || read_only(super_options),
        })
    }

    fn counts(&self) -> bool {
        let kind = self.kind.as_str();
        let at_root = self.point.as_os_str() == "/";
        match kind {
            _ if NEVER.contains(&kind) || MIRRORS.contains(&kind) => false,
            "tmpfs" | "ramfs" => NOTABLE_TMPFS.iter().any(|p| self.point.as_os_str() == *p),
            // A container's layers lie on a file system that stands in the list itself.
            "overlay" | "aufs" => at_root,
            "devtmpfs" => false,
            _ => {
                WITHOUT_DEVICE.contains(&kind)
                    || kind.starts_with("fuse.")
                    || self.source.starts_with("/dev/")
            }
        }
    }
}

/// The kernel writes space, tab, line break, backslash and `#` as three octal digits.
pub(super) fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, tail)) = rest.split_first() {
        match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] if *first == b'\\' => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// The file systems that count, each once, in the order they were mounted.
pub(super) fn file_systems(mountinfo: &[u8]) -> Vec<Mount> {
    let mut visible: Vec<Mount> = Vec::new();
    for mount in mountinfo.split(|b| *b == b'\n').filter_map(Mount::from_line) {
        // What is mounted over it hides it.
        visible.retain(|m| m.point != mount.point);
        visible.push(mount);
    }
    let mut out: Vec<Mount> = Vec::new();
    for mount in visible.into_iter().filter(Mount::counts) {
        match out.iter_mut().find(|m| m.device == mount.device) {
            Some(known) if is_better(&mount, known) => *known = mount,
            Some(_) => {}
            None => out.push(mount),
        }
    }
    out
}

/// Of two mounts of one file system, the one that shows its top, else the shorter path.
fn is_better(mount: &Mount, known: &Mount) -> bool {
    let rank = |m: &Mount| (m.root.as_os_str().len(), m.point.as_os_str().len());
    rank(mount) < rank(known)
}
