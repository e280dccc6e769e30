//! Operations on volumes and pools as the commands that ask for them.

use crate::model::operation::{
    BuildHow, NewPool, NewVolume, PoolOperation, PoolSource, Preallocation, VolumeOperation,
};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

/// The command that asks for this of a volume.
pub(super) fn volume(pool: &str, name: &str, act: &VolumeOperation) -> Vec<String> {
    let at = format!("{pool}/{name}");
    let command = |action: &str, rest: &[&str]| {
        let mut all = words(&["novacron", "volume", action, &at]);
        all.extend(words(rest));
        all
    };
    match act {
        VolumeOperation::Create(new) => {
            let mut all = command("create", &[]);
            all.extend(new_volume(new));
            all
        }
        VolumeOperation::Delete => command("delete", &[]),
        VolumeOperation::Grow { to, allocate: false } => command("grow", &[&to.to_string()]),
        VolumeOperation::Grow { to, allocate: true } => command("grow", &[&to.to_string(), "--allocate"]),
        VolumeOperation::Clone { to_pool, to } => command("clone", &[&format!("{to_pool}/{to}")]),
        VolumeOperation::Convert { to_pool, to, format } => {
            command("convert", &[&format!("{to_pool}/{to}"), "--to", format])
        }
        VolumeOperation::Wipe => command("wipe", &[]),
        VolumeOperation::Upload { from } => command("upload", &[from]),
        VolumeOperation::Download { to } => command("download", &[to]),
    }
}

fn new_volume(new: &NewVolume) -> Vec<String> {
    let mut all = Vec::new();
    let mut option = |name: &str, value: String| all.extend([format!("--{name}"), value]);
    if let Some(size) = new.capacity {
        option("size", size.to_string());
    }
    if let Some(kind) = &new.format {
        option("image", kind.clone());
    }
    if new.preallocation != Preallocation::Off {
        option("preallocation", new.preallocation.word().to_owned());
    }
    if let Some(backing) = &new.backing {
        option("backing", format!("{}/{}", backing.pool, backing.name));
    }
    all
}

/// The command that asks for this of a pool; of one that is restored, the plain tool's, which takes a file of XML.
pub(super) fn pool(name: &str, act: &PoolOperation) -> Vec<String> {
    let command = |action: &str, rest: &[&str]| {
        let mut all = words(&["novacron", "pool", action, name]);
        all.extend(words(rest));
        all
    };
    match act {
        PoolOperation::Define(new) => {
            let mut all = command("define", &[]);
            all.extend(new_pool(new));
            all
        }
        PoolOperation::Restore { .. } => words(&["virsh", "pool-define", "--file", &format!("{name}.xml")]),
        PoolOperation::Build(BuildHow::WhereEmpty) => command("build", &[]),
        PoolOperation::Build(BuildHow::Overwrite) => command("build", &["--overwrite"]),
        PoolOperation::Start => command("start", &[]),
        PoolOperation::Stop => command("stop", &[]),
        PoolOperation::Refresh => command("refresh", &[]),
        PoolOperation::Autostart { on } => command("autostart", &[if *on { "on" } else { "off" }]),
        PoolOperation::Undefine => command("undefine", &[]),
    }
}

fn new_pool(new: &NewPool) -> Vec<String> {
    let mut all = words(&["--kind", new.source.kind()]);
    let mut option = |name: &str, value: &str| all.extend([format!("--{name}"), value.to_owned()]);
    if let Some(path) = &new.path {
        option("path", path);
    }
    match &new.source {
        PoolSource::Dir => {}
        PoolSource::Fs { device, format } | PoolSource::Disk { device, format } => {
            option("device", device);
            if let Some(format) = format {
                option("source-format", format);
            }
        }
        PoolSource::NetFs { host, dir, format } => {
            option("host", host);
            option("dir", dir);
            if let Some(format) = format {
                option("source-format", format);
            }
        }
        PoolSource::Logical { group: source, devices } | PoolSource::Zfs { dataset: source, devices } => {
            option("source", source);
            for device in devices {
                option("device", device);
            }
        }
        PoolSource::Rbd { pool, monitors, auth } => {
            option("source", pool);
            for monitor in monitors {
                option("host", monitor);
            }
            if let Some(auth) = auth {
                option("user", &auth.user);
                option("secret", &auth.secret.to_string());
            }
        }
    }
    match new.build {
        None => {}
        Some(BuildHow::WhereEmpty) => all.push("--build".to_owned()),
        Some(BuildHow::Overwrite) => all.extend(words(&["--build", "--overwrite"])),
    }
    all.extend((!new.start).then(|| "--no-start".to_owned()));
    all.extend(new.autostart.then(|| "--autostart".to_owned()));
    all
}
