//! What does not change while the machine runs: kernel, operating system, CPU.

use super::files::Files;
use crate::model::text::clean;

/// Enough for the first CPU: on some kernels each further one costs an interrupt to it.
const FIRST_CPU: u64 = 4096;

/// Kernel, operating system and CPU name.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) kernel: Option<String>,
    pub(super) os: Option<String>,
    pub(super) cpu_name: Option<String>,
}

impl Facts {
    pub(super) fn read(files: &mut Files) -> Self {
        let kernel = files.word("proc/sys/kernel/osrelease").map(|k| clean(&k).into_owned());
        let os = ["etc/os-release", "usr/lib/os-release"]
            .into_iter()
            .find_map(|path| pretty_name(&String::from_utf8_lossy(files.read(path).ok()?)));
        let cpu_name = files
            .read_start("proc/cpuinfo", FIRST_CPU)
            .ok()
            .and_then(|bytes| cpu_name(&String::from_utf8_lossy(bytes)));
        Self { kernel, os, cpu_name }
    }
}

/// `PRETTY_NAME`, else `NAME`, unquoted as a shell would.
pub(super) fn pretty_name(os_release: &str) -> Option<String> {
    let value = |key: &str| {
        os_release.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('=')).map(unquoted)
    };
    value("PRETTY_NAME").filter(|v| !v.is_empty()).or_else(|| value("NAME").filter(|v| !v.is_empty()))
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].into_iter().find_map(|q| value.strip_prefix(q)?.strip_suffix(q)).unwrap_or(value);
    let mut out = String::new();
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            out.push(c);
            escaped = false;
        }
    }
    clean(&out).into_owned()
}

/// The name people know a CPU by; ARM machines give none under x86's key.
pub(super) fn cpu_name(cpuinfo: &str) -> Option<String> {
    ["model name", "Model", "cpu model", "cpu"].into_iter().find_map(|key| {
        let value = cpuinfo.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == key).then_some(value)
        })?;
        let name = value.split_whitespace().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then(|| clean(&name).into_owned())
    })
}
