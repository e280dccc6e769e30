//! What can be read from a connection URI before it is opened.

use crate::model::text;

/// The parts of a URI that matter here: `driver[+transport]://[user[:secret]@]host…/path[?query]`.
struct Parts<'a> {
    scheme: &'a str,
    authority: &'a str,
    rest: &'a str,
}

fn parts(uri: &str) -> Option<Parts<'_>> {
    let (scheme, after) = uri.split_once("://")?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    Some(Parts { scheme, authority, rest })
}

/// The URI as it may be shown: no secret, no control characters.
pub(super) fn without_secrets(uri: &str) -> String {
    let shown = match parts(uri) {
        Some(Parts { scheme, authority, rest }) => match authority.rsplit_once('@') {
            Some((user, host)) => {
                let user = user.split_once(':').map_or(user, |(name, _)| name);
                format!("{scheme}://{user}@{host}{rest}")
            }
            None => uri.to_owned(),
        },
        None => uri.to_owned(),
    };
    text::clean(&shown).into_owned()
}

/// The URI with what a full-screen program needs: `ssh` must not ask on the terminal.
pub(super) fn prepared(uri: &str) -> String {
    let over_ssh = parts(uri).is_some_and(|p| p.scheme.ends_with("+ssh"));
    if !over_ssh || query(uri, "no_tty").is_some() {
        return uri.to_owned();
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}no_tty=1")
}

/// The value of a query parameter.
fn query<'a>(uri: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = uri.split_once('?')?;
    query.split(['&', ';']).find_map(|p| p.split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v))
}

/// Whether it is libvirt's in-process test driver, whose whole fake host lives in the connection.
pub(super) fn is_test(uri: &str) -> bool {
    parts(uri).is_some_and(|p| p.scheme == "test")
}

/// The host file that the test driver is to read.
pub(super) fn test_file(uri: &str) -> Option<&str> {
    let file = parts(uri).filter(|p| p.scheme == "test")?.rest;
    let file = file.split(['?', '#']).next()?;
    (!file.is_empty() && file != "/" && file != "/default").then_some(file)
}

/// Whether it names a machine.
pub(super) fn has_host(uri: &str) -> bool {
    parts(uri).is_some_and(|p| !p.authority.is_empty())
}

/// Whether the hypervisor runs on this machine. The test driver's made-up host does not.
pub(super) fn is_local(uri: &str) -> bool {
    parts(uri).is_some_and(|p| {
        let transport = p.scheme.split_once('+').map_or("", |(_, transport)| transport);
        p.authority.is_empty() && matches!(transport, "" | "unix") && !is_test(uri)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(without_secrets("qemu+ssh://ann:pw@host:22/system"), "qemu+ssh://ann@host:22/system");
        assert_eq!(without_secrets("qemu+ssh://ann:p@w@host/system"), "qemu+ssh://ann@host/system");
        assert_eq!(without_secrets("esx://root@h?x=1"), "esx://root@h?x=1");
        assert_eq!(without_secrets("qemu:///system\u{1b}[2J"), "qemu:///system[2J");
        assert_eq!(without_secrets("mine"), "mine");
    }

    #[test]
    fn ssh_is_kept_from_asking() {
        assert_eq!(prepared("qemu+ssh://h/system"), "qemu+ssh://h/system?no_tty=1");
        assert_eq!(prepared("qemu+ssh://h/system?socket=/x"), "qemu+ssh://h/system?socket=/x&no_tty=1");
        assert_eq!(prepared("qemu+ssh://h/system?no_tty=0"), "qemu+ssh://h/system?no_tty=0");
        assert_eq!(prepared("qemu:///system"), "qemu:///system");
        assert_eq!(prepared("test:///default"), "test:///default");
    }

    #[test]
    fn locality_is_told_by_the_uri() {
        for local in ["qemu:///system", "qemu:///session", "qemu+unix:///system?socket=/run/x", "lxc:///"] {
            assert!(is_local(local), "{local}");
        }
        for remote in
            ["qemu+ssh://h/system", "qemu+tcp://h/system", "test:///default", "qemu://h/system", "mine"]
        {
            assert!(!is_local(remote), "{remote}");
        }
        assert!(is_test("test:///default") && is_test("test:///tmp/host.xml"));
        assert_eq!(test_file("test:///tmp/host.xml?x=1"), Some("/tmp/host.xml"));
        assert!(["test:///default", "test:///", "qemu:///system"].iter().all(|u| test_file(u).is_none()));
        assert!(!is_test("test+ssh://h/default"));
    }
}
