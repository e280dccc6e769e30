//! Ways to a guest beside its serial line: its graphical console, a viewer for it, SSH. Commands are told as arguments; no
//! shell sees them.

use std::net::IpAddr;

use super::vm::{AddressSource, GuestAddress, VmDefinition};

/// Commands that the user may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commands {
    /// The viewer, with `{uri}`, `{uuid}` and `{address}` in its arguments; empty for the usual ones.
    pub viewer: Vec<String>,
    /// SSH, with options if wanted.
    pub ssh: Vec<String>,
    /// Who one is in guests; empty leaves it to SSH.
    pub ssh_user: String,
}

impl Default for Commands {
    fn default() -> Self {
        Self { viewer: Vec::new(), ssh: vec!["ssh".into()], ssh_user: String::new() }
    }
}

/// Viewers that are tried where none is set. The first asks libvirt itself, and reaches remote hosts by SSH.
const VIEWERS: [&[&str]; 2] =
    [&["virt-viewer", "--connect", "{uri}", "{uuid}"], &["remote-viewer", "{address}"]];

/// The machine that libvirt runs on, where it is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Remote {
    user: Option<String>,
    host: String,
    port: Option<u16>,
    /// Whether it is reached by SSH.
    by_ssh: bool,
}

impl Remote {
    fn of(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let transport = scheme.split_once('+').map(|(_, transport)| transport);
        if transport == Some("unix") {
            return None;
        }
        let authority = rest.split(['/', '?']).next().filter(|a| !a.is_empty())?;
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (user.split(':').next(), place),
            None => (None, authority),
        };
        let (host, port) = match place.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let plain = |text: &str| !text.starts_with('-') && !text.contains([',', '@', ' ']);
        if host.is_empty() || !plain(host) || !user.is_none_or(plain) {
            return None;
        }
        Some(Self {
            user: user.filter(|u| !u.is_empty()).map(str::to_owned),
            host: host.to_owned(),
            port: port.and_then(|p| p.parse().ok()),
            by_ssh: matches!(transport, Some("ssh" | "libssh" | "libssh2")),
        })
    }

    /// As `ssh -J` takes it.
    fn jump(&self) -> String {
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{user}{}{port}", bracketed(&self.host))
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Where a graphical console is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    /// `vnc://127.0.0.1:5901`, cleaned.
    pub address: String,
    /// The machine on which alone it can be reached, where that is another one.
    pub only_on: Option<String>,
}

/// Graphical consoles of a VM on the host of this URI, those that listen on a port.
pub fn displays(uri: &str, definition: &VmDefinition) -> Vec<Display> {
    let remote = Remote::of(uri);
    let of = |graphics: &super::vm::Graphics| {
        let port = graphics.port?;
        let kind = graphics.kind.chars().all(|c| c.is_ascii_alphanumeric()).then_some(&graphics.kind)?;
        let listen = graphics.listen.as_deref().unwrap_or("127.0.0.1");
        let at: Option<IpAddr> = listen.parse().ok();
        let everywhere = listen.is_empty() || at.is_some_and(|a| a.is_unspecified());
        let loopback = listen == "localhost" || at.is_some_and(|a| a.is_loopback());
        let host = match &remote {
            Some(remote) if everywhere => remote.host.as_str(),
            None if everywhere => "127.0.0.1",
            _ => listen,
        };
        let only_on = remote.as_ref().filter(|_| loopback).map(|remote| remote.host.clone());
        let address = format!("{kind}://{}:{port}", bracketed(host));
        Some(Display { address: super::text::clean(&address).into_owned(), only_on })
    };
    definition.graphics.iter().filter_map(of).collect()
}

/// Commands that show a VM's screen in a window, the best first: the first whose program is there is taken.
pub fn viewers(commands: &Commands, uri: &str, uuid: &str, address: &str) -> Vec<Vec<String>> {
    let filled =
        |word: &str| word.replace("{uri}", uri).replace("{uuid}", uuid).replace("{address}", address);
    if !commands.viewer.is_empty() {
        return vec![commands.viewer.iter().map(|word| filled(word)).collect()];
    }
    VIEWERS.iter().map(|words| words.iter().map(|word| filled(word)).collect()).collect()
}

/// The address of a guest that SSH is to try: of those that can be reached, what the host gave out before what the guest
/// says, IPv4 before IPv6.
pub fn ssh_address(addresses: &[GuestAddress]) -> Option<&GuestAddress> {
    let far = |address: &IpAddr| match address {
        IpAddr::V4(v4) => {
            !v4.is_loopback() && !v4.is_link_local() && !v4.is_multicast() && !v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            !v6.is_loopback() && !v6.is_multicast() && !v6.is_unspecified() && !v6.is_unicast_link_local()
        }
    };
    let rank = |a: &&GuestAddress| {
        let source = match a.source {
            AddressSource::Lease => 0,
            AddressSource::Arp => 1,
            AddressSource::Agent => 2,
        };
        (a.address.is_ipv6(), source)
    };
    addresses.iter().filter(|a| far(&a.address)).min_by_key(rank)
}

/// The command that opens a shell in a guest. Where libvirt is reached by SSH, its machine is gone through: guests are
/// often reached from there alone.
pub fn ssh(commands: &Commands, uri: &str, address: IpAddr) -> Vec<String> {
    let mut words = commands.ssh.clone();
    if words.is_empty() {
        words.push("ssh".into());
    }
    if let Some(remote) = Remote::of(uri).filter(|remote| remote.by_ssh) {
        words.extend(["-J".into(), remote.jump()]);
    }
    if !commands.ssh_user.is_empty() {
        words.extend(["-l".into(), commands.ssh_user.clone()]);
    }
    words.push(address.to_string());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vm::Graphics;

    fn at(listen: Option<&str>, port: Option<u16>) -> VmDefinition {
        let graphics = Graphics { kind: "vnc".into(), listen: listen.map(str::to_owned), port };
        VmDefinition { graphics: vec![graphics], ..VmDefinition::default() }
    }

    #[test]
    fn a_display_has_the_address_that_is_seen_from_here() {
        let told = |uri, listen, port| {
            displays(uri, &at(listen, port)).first().map(|d| (d.address.clone(), d.only_on.clone()))
        };
        let local = "qemu:///system";
        let remote = "qemu+ssh://root@kvm01:2222/system?keyfile=/x@y";
        let is = |address: &str, only: Option<&str>| Some((address.to_owned(), only.map(str::to_owned)));
        assert_eq!(told(local, Some("127.0.0.1"), Some(5901)), is("vnc://127.0.0.1:5901", None));
        assert_eq!(told(local, Some("0.0.0.0"), Some(5901)), is("vnc://127.0.0.1:5901", None));
        assert_eq!(told(remote, Some("0.0.0.0"), Some(5901)), is("vnc://kvm01:5901", None));
        assert_eq!(told(remote, None, Some(5901)), is("vnc://127.0.0.1:5901", Some("kvm01")));
        assert_eq!(told("qemu+tls://[fd00::1]/system", Some("::"), Some(1)), is("vnc://[fd00::1]:1", None));
        assert_eq!(told(local, Some("127.0.0.1"), None), None);
        assert_eq!(
            told("qemu+unix:///system?socket=/run/x", Some("a\u{1b}b"), Some(1)),
            is("vnc://ab:1", None)
        );
    }

    #[test]
    fn viewers_are_arrays_of_arguments() {
        let usual = viewers(&Commands::default(), "qemu:///system", "u-1", "vnc://h:1");
        assert_eq!(usual[0], ["virt-viewer", "--connect", "qemu:///system", "u-1"]);
        assert_eq!(usual[1], ["remote-viewer", "vnc://h:1"]);
        let own = Commands { viewer: vec!["my viewer".into(), "-x={address}".into()], ..Commands::default() };
        assert_eq!(viewers(&own, "u", "i", "a b"), [["my viewer", "-x=a b"]]);
    }

    #[test]
    fn ssh_goes_through_the_host_that_is_reached_by_it() {
        let address = "10.0.0.5".parse().unwrap();
        let root = Commands { ssh_user: "root".into(), ..Commands::default() };
        assert_eq!(ssh(&Commands::default(), "qemu:///system", address), ["ssh", "10.0.0.5"]);
        assert_eq!(
            ssh(&root, "qemu+ssh://ann@kvm01:2222/system", address),
            ["ssh", "-J", "ann@kvm01:2222", "-l", "root", "10.0.0.5"]
        );
        assert_eq!(ssh(&root, "qemu+tcp://kvm01/system", address), ["ssh", "-l", "root", "10.0.0.5"]);
        assert_eq!(
            ssh(&Commands::default(), "qemu+ssh://-oProxyCommand=x/system", address),
            ["ssh", "10.0.0.5"]
        );
    }

    #[test]
    fn an_address_that_can_be_reached_is_taken() {
        let of = |address: &str, source| GuestAddress {
            mac: None,
            address: address.parse().unwrap(),
            prefix: 24,
            source,
        };
        let all = [
            of("127.0.0.1", AddressSource::Agent),
            of("fe80::1", AddressSource::Agent),
            of("fd00::5", AddressSource::Lease),
            of("10.0.0.9", AddressSource::Agent),
            of("10.0.0.5", AddressSource::Lease),
        ];
        assert_eq!(ssh_address(&all).map(|a| a.address.to_string()), Some("10.0.0.5".into()));
        assert_eq!(ssh_address(&all[..2]), None);
        assert_eq!(ssh_address(&all[..3]).map(|a| a.address.to_string()), Some("fd00::5".into()));
    }
}
