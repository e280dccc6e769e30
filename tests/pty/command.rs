//! A command without a terminal: its output, its last word, its exit code.

use std::process::{Command, Output, Stdio};

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(o: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: o.status.code().unwrap(), out: text(o.stdout), err: text(o.stderr) }
    }
}

/// `novacron` with these words, in an environment and a home of its own.
pub(crate) fn novacron(home: &tempfile::TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .envs([("LANG", "C.UTF-8"), ("TZ", "UTC")])
        .envs(["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"].map(|name| (name, home.path())))
        .stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(args: &[&str]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    novacron(&home, args).output().unwrap().into()
}
