//! Who does something: for the audit.

use std::fs;

use crate::model::job::{Actor, Via};
use crate::model::text::clean;

/// Most of a name that is kept.
const MOST: usize = 80;

/// This process' user, the one who logged in where the system tells, and where from.
pub fn of_process(via: Via) -> Actor {
    Actor { user: user(), origin: origin(&|name| std::env::var(name).ok()), via, pid: std::process::id() }
}

/// The name of the user who logged in, and in whose name it works where that is another: `ann as root`.
fn user() -> String {
    let works_as = rustix::process::geteuid().as_raw();
    let named = |id: u32| name_of(id).unwrap_or_else(|| id.to_string());
    // Kept by the kernel through `su` and `sudo`, unlike what the environment says.
    let logged_in = fs::read_to_string("/proc/self/loginuid").ok();
    let logged_in = logged_in.and_then(|id| id.trim().parse().ok()).filter(|id| *id != u32::MAX);
    let before_sudo = || std::env::var("SUDO_UID").ok().and_then(|id| id.parse().ok());
    match logged_in.or_else(before_sudo) {
        Some(id) if id != works_as => format!("{} as {}", named(id), named(works_as)),
        _ => named(works_as),
    }
}

/// The name of a user in `/etc/passwd`.
fn name_of(id: u32) -> Option<String> {
    let table = fs::read_to_string("/etc/passwd").ok()?;
    let of = |line: &str| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(id)).then(|| clean(name).chars().take(MOST).collect())
    };
    table.lines().find_map(of)
}

/// The address of the SSH client, else the terminal, else nothing.
fn origin(variable: &dyn Fn(&str) -> Option<String>) -> String {
    let ssh = variable("SSH_CONNECTION").or_else(|| variable("SSH_CLIENT"));
    let client = ssh.and_then(|line| line.split_whitespace().next().map(str::to_owned));
    let told = match client {
        Some(client) => format!("ssh from {client}"),
        None => fs::read_link("/proc/self/fd/0")
            .map(|path| path.to_string_lossy().into_owned())
            .ok()
            .filter(|path| path.starts_with("/dev/tty") || path.starts_with("/dev/pts/"))
            .unwrap_or_default(),
    };
    clean(&told).chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names_and_clients_addresses() {
        assert_eq!(name_of(0).as_deref(), Some("root"));
        assert_eq!(name_of(3_999_999_999), None);
        let over =
            |value: &'static str| move |name: &str| (name == "SSH_CONNECTION").then(|| value.to_owned());
        assert_eq!(origin(&over("192.0.2.7 50122 192.0.2.1 22")), "ssh from 192.0.2.7");
        assert_eq!(origin(&over("\u{1b}[31m 1 2 3")), "ssh from [31m", "nothing that could move a cursor");
        assert!(!of_process(Via::Command).user.is_empty());
    }
}
