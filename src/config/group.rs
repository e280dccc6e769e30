//! Groups of the system's users.

use std::fs;
use std::process::{Command, Stdio};

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGroup {
    /// As the configuration names it.
    pub name: String,
    /// Its number.
    pub id: u32,
}

impl UserGroup {
    /// The group with this name or number; `None` where there is no such name. Names come from `/etc/group` and, where
    /// it is not there, from wherever the system has its groups (`getent`).
    pub fn find(name: &str) -> Option<Self> {
        let id = name.parse().ok().or_else(|| in_table(&fs::read_to_string("/etc/group").ok()?, name));
        let id = id.or_else(|| in_table(&asked(name)?, name))?;
        Some(Self { name: name.to_owned(), id })
    }
}

/// `name:password:number:members`, a line each.
fn in_table(table: &str, name: &str) -> Option<u32> {
    let mut lines = table.lines().map(|line| line.split(':'));
    lines.find_map(|mut parts| (parts.next() == Some(name)).then(|| parts.nth(1)?.parse().ok()).flatten())
}

fn asked(name: &str) -> Option<String> {
    let asked = Command::new("getent").args(["group", "--", name]).stdin(Stdio::null()).output().ok()?;
    asked.status.success().then(|| String::from_utf8(asked.stdout).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_by_name_and_number() {
        assert_eq!(UserGroup::find("root").map(|g| g.id), Some(0));
        assert_eq!(UserGroup::find("4711").map(|g| g.id), Some(4711));
        assert_eq!(UserGroup::find("no-such-group-here"), None);
        let table = "root:x:0:\nkvm:x:109:ann,bob\nbroken\n";
        assert_eq!(in_table(table, "kvm"), Some(109));
        assert_eq!((in_table(table, "x"), in_table(table, "broken")), (None, None));
    }
}
