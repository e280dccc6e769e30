//! The service manager's protocol (`sd_notify`): a datagram with `NAME=value` lines on the socket it names.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::time::Duration;

use crate::config::Environment;
use crate::model::text::clean;

/// Whoever started this as a service, if anybody did.
#[derive(Debug, Default)]
pub(super) struct Manager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// The manager this environment names.
    pub(super) fn of(environment: &Environment) -> Self {
        let socket = environment.get("NOTIFY_SOCKET").filter(|name| !name.is_empty()).and_then(|name| {
            let opened = address(name).and_then(|to| Ok((UnixDatagram::unbound()?, to)));
            opened.inspect_err(|e| tracing::warn!("The service manager cannot be told anything: {e}.")).ok()
        });
        let watchdog = socket.as_ref().and_then(|_| watchdog(environment, std::process::id()));
        Self { socket, watchdog }
    }

    /// How often it wants to be told that all is well: half of the time after which it gives up.
    pub(super) const fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Startup is done.
    pub(super) fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", clean(status)));
    }

    /// How it goes, one line.
    pub(super) fn status(&self, status: &str) {
        self.tell(&format!("STATUS={}", clean(status)));
    }

    /// All is well.
    pub(super) fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// The end has begun.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Stopping");
    }

    fn tell(&self, words: &str) {
        let Some((socket, to)) = &self.socket else { return };
        if let Err(e) = socket.send_to_addr(words.as_bytes(), to) {
            tracing::debug!("The service manager was not told: {e}.");
        }
    }
}

/// A path, or behind `@` a name that is in no file system.
fn address(name: &str) -> io::Result<SocketAddr> {
    match name.strip_prefix('@') {
        Some(abstract_name) => SocketAddr::from_abstract_name(abstract_name.as_bytes()),
        None if name.starts_with('/') => SocketAddr::from_pathname(Path::new(name)),
        None => {
            let shown =
                clean(&Path::new(name).as_os_str().as_bytes().escape_ascii().to_string()).into_owned();
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("NOTIFY_SOCKET is {shown}")))
        }
    }
}

fn watchdog(environment: &Environment, me: u32) -> Option<Duration> {
    let number = |name| environment.get(name).and_then(|v| v.parse::<u64>().ok());
    // Meant for another process, which handed its environment on.
    if environment.get("WATCHDOG_PID").is_some() && number("WATCHDOG_PID") != Some(u64::from(me)) {
        return None;
    }
    number("WATCHDOG_USEC").filter(|us| *us > 1).map(|us| Duration::from_micros(us / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 256];
        let n = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..n].to_vec()).unwrap()
    }

    #[test]
    fn it_is_told_by_path_and_by_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("novacron-test-{}", std::process::id());
        let in_no_folder = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let in_folder = UnixDatagram::bind(&path).unwrap();
        for (socket, named) in
            [(&in_folder, path.to_str().unwrap().to_owned()), (&in_no_folder, format!("@{name}"))]
        {
            let manager = Manager::of(&Environment::of([("NOTIFY_SOCKET", named.as_str())]));
            manager.ready("a\nb=c");
            let told = heard(socket);
            assert!(told.starts_with("READY=1\nSTATUS=a"), "{told}");
            assert_eq!(told.lines().count(), 2, "a status is one line: {told}");
            manager.alive();
            assert_eq!(heard(socket), "WATCHDOG=1");
            manager.stopping();
            assert!(heard(socket).starts_with("STOPPING=1\n"));
        }
    }

    #[test]
    fn without_a_manager_or_with_a_strange_one_nothing_happens() {
        for environment in [
            Environment::of([("WATCHDOG_USEC", "1000000")]),
            Environment::of([("NOTIFY_SOCKET", ""), ("WATCHDOG_USEC", "1000000")]),
            Environment::of([("NOTIFY_SOCKET", "vsock:2:1234"), ("WATCHDOG_USEC", "1000000")]),
            Environment::of([("NOTIFY_SOCKET", "@gone")]),
        ] {
            let manager = Manager::of(&environment);
            manager.ready("ready");
            assert_eq!(manager.watchdog(), None);
        }
    }

    #[test]
    fn the_watchdog_is_told_at_half_time_and_only_if_it_is_ours() {
        let of = |vars: &[(&str, &str)]| watchdog(&Environment::of(vars.iter().copied()), 7);
        assert_eq!(of(&[("WATCHDOG_USEC", "30000000")]), Some(Duration::from_secs(15)));
        assert_eq!(
            of(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "7")]),
            Some(Duration::from_secs(15))
        );
        assert_eq!(of(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "8")]), None);
        assert_eq!(of(&[("WATCHDOG_USEC", "soon")]), None);
        assert_eq!(of(&[]), None);
    }
}
