//! Names as admins give them.

/// What a VM is for: name, number of instances that are usual in a row, operating system, tags.
pub(crate) struct Role {
    pub(crate) name: &'static str,
    /// libosinfo's id, without its host.
    pub(crate) os: &'static str,
    pub(crate) tags: &'static [&'static str],
}

const fn role(name: &'static str, os: &'static str, tags: &'static [&'static str]) -> Role {
    Role { name, os, tags }
}

pub(crate) const ROLES: &[Role] = &[
    role("web", "debian/12", &["web", "prod"]),
    role("db", "debian/12", &["db", "prod", "backup"]),
    role("app", "ubuntu/24.04", &["prod"]),
    role("cache", "debian/12", &["prod"]),
    role("mail", "debian/11", &["mail", "prod"]),
    role("proxy", "alpinelinux/3.20", &["web", "edge"]),
    role("ci-runner", "ubuntu/24.04", &["ci"]),
    role("git", "debian/12", &["dev", "backup"]),
    role("k8s-node", "fedora/41", &["k8s", "prod"]),
    role("monitoring", "debian/12", &["infra"]),
    role("ldap", "rocky/9", &["infra", "prod"]),
    role("dns", "freebsd/14.1", &["infra"]),
    role("build", "fedora/41", &["ci", "dev"]),
    role("files", "debian/12", &["backup"]),
    role("erp", "win/2k22", &["windows", "prod"]),
    role("staging-web", "ubuntu/24.04", &["web", "staging"]),
    role("vpn", "openbsd/7.6", &["edge"]),
    role("desktop", "win/11", &["windows"]),
];

/// The name of the `index`th VM and its role: every role once, then each with a higher number.
pub(crate) fn vm_name(index: usize) -> (String, &'static Role) {
    let role = &ROLES[index % ROLES.len()];
    (format!("{}{:02}", role.name, index / ROLES.len() + 1), role)
}

/// Name, type and path of pools, in the order in which they are made; further ones are numbered.
pub(crate) const POOLS: &[(&str, &str, &str)] = &[
    ("default", "dir", "/var/lib/libvirt/images"),
    ("nvme", "logical", "/dev/vg_nvme"),
    ("bulk", "netfs", "/srv/bulk"),
    ("iso", "dir", "/var/lib/libvirt/iso"),
    ("scratch", "fs", "/mnt/scratch"),
];

/// Names of networks, in the order in which they are made; further ones are numbered.
pub(crate) const NETWORKS: &[&str] = &["default", "dmz", "lan", "lab"];
