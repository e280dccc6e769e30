//! Small kernel files, read whole into one buffer that is reused.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// More than any file here ever has, so that a wrong one cannot fill memory.
const MOST: u64 = 4 << 20;

/// Reads files below a root.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    path: PathBuf,
    buffer: Vec<u8>,
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), path: PathBuf::new(), buffer: Vec::with_capacity(8192) }
    }

    fn locate(&mut self, relative: &str) -> &Path {
        self.path.clear();
        self.path.push(&self.root);
        self.path.push(relative);
        &self.path
    }

    /// The whole file.
    pub(super) fn read(&mut self, relative: &str) -> io::Result<&[u8]> {
        self.read_start(relative, MOST)
    }

    /// The first `most` bytes of the file.
    pub(super) fn read_start(&mut self, relative: &str, most: u64) -> io::Result<&[u8]> {
        let file = File::open(self.locate(relative))?;
        self.buffer.clear();
        file.take(most).read_to_end(&mut self.buffer)?;
        Ok(&self.buffer)
    }

    /// The file as text without surrounding white space; `None` when it cannot be read or is empty.
    pub(super) fn word(&mut self, relative: &str) -> Option<String> {
        let text = String::from_utf8_lossy(self.read(relative).ok()?).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// The file as a number.
    pub(super) fn number(&mut self, relative: &str) -> Option<u64> {
        str::from_utf8(self.read(relative).ok()?).ok()?.trim().parse().ok()
    }

    /// Names in a folder, sorted; empty when it cannot be read.
    pub(super) fn names(&mut self, relative: &str) -> io::Result<Vec<String>> {
        let mut names: Vec<String> = std::fs::read_dir(self.locate(relative))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        Ok(names)
    }
}
