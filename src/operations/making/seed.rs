//! What cloud-init is told at a guest's first boot: a medium of label `cidata` (`NoCloud`).

use std::fmt::Write;

use super::iso::{self, File};
use crate::model::operation::Seed;
use crate::model::storage::Volume;

const SUFFIX: &str = "-seed.iso";
/// More bytes than any medium has that is made here.
const LARGEST: u64 = 4 << 20;

/// The medium. `instance` is another for every VM, so that a disk that was booted before is told anew.
pub fn image(instance: &str, vm: &str, seed: &Seed) -> Vec<u8> {
    let (meta, user) = (meta_data(instance, vm, seed), user_data(vm, seed));
    iso::image(
        "cidata",
        &[
            File { name: "meta-data", content: meta.as_bytes() },
            File { name: "user-data", content: user.as_bytes() },
        ],
    )
}

/// The volume of a VM's medium.
pub(super) fn volume_name(vm: &str) -> String {
    format!("{vm}{SUFFIX}")
}

/// Whether a volume is a medium that was made here. It goes by its name: VMs are renamed, media are not.
pub(in crate::operations) fn is_seed(volume: &Volume) -> bool {
    volume.name.ends_with(SUFFIX) && volume.capacity <= LARGEST
}

/// Why this cannot be told; `None` when it can.
pub(super) fn wrong(vm: &str, seed: &Seed) -> Option<String> {
    let host = seed.hostname.as_deref().unwrap_or(vm);
    if !hostname_is_good(host) {
        let from = if seed.hostname.is_some() { "" } else { " (the VM's name; --hostname gives another)" };
        return Some(format!("{host} is no host name: letters, digits, - and . only{from}."));
    }
    if let Some(user) = seed.user.as_deref().filter(|u| !user_is_good(u)) {
        return Some(format!("{user} is no name of a user: small letters, digits, - and _, 32 at most."));
    }
    let bad = seed.ssh_keys.iter().find(|k| !key_is_good(k))?;
    let begins: String = bad.chars().take(24).collect();
    Some(format!("{begins} … is no public SSH key of one line."))
}

fn hostname_is_good(name: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn user_is_good(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        && !name.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn key_is_good(key: &str) -> bool {
    let known = ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"];
    let mut parts = key.split(' ');
    let (kind, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    known.iter().any(|k| kind.starts_with(k))
        && body.len() > 16
        && body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        && !key.chars().any(char::is_control)
}

fn meta_data(instance: &str, vm: &str, seed: &Seed) -> String {
    let host = seed.hostname.as_deref().unwrap_or(vm);
    format!("instance-id: {}\nlocal-hostname: {}\n", quoted(instance), quoted(host))
}

fn user_data(vm: &str, seed: &Seed) -> String {
    let host = seed.hostname.as_deref().unwrap_or(vm);
    let mut out = format!("#cloud-config\nhostname: {}\n", quoted(host));
    if host.contains('.') {
        let _ = writeln!(out, "fqdn: {}", quoted(host));
    }
    let indent = match &seed.user {
        Some(user) => {
            let _ = writeln!(out, "users:\n  - name: {}", quoted(user));
            out.push_str(
                "    shell: /bin/bash\n    lock_passwd: true\n    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n",
            );
            "    "
        }
        None => "",
    };
    if !seed.ssh_keys.is_empty() {
        let _ = writeln!(out, "{indent}ssh_authorized_keys:");
        for key in &seed.ssh_keys {
            let _ = writeln!(out, "{indent}  - {}", quoted(key));
        }
    }
    out
}

/// A text in YAML's double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
