//! New VMs and templates as the commands that ask for them.

use crate::model::operation::{CloneVm, MakeTemplate, Medium, NewVm, NewVmFrom, TemplateOperation};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

/// What stands behind `clone NAME`, and the options.
pub(super) fn clone(new: &CloneVm) -> (Vec<String>, Vec<String>) {
    let mut options: Vec<String> = new.linked.then(|| "--linked".to_owned()).into_iter().collect();
    options.extend(new.pool.iter().flat_map(|p| words(&["--pool", p])));
    (vec![new.name.clone()], options)
}

/// The command that makes a template of a VM of this name.
pub(super) fn make_template(vm: &str, make: &MakeTemplate) -> Vec<String> {
    let mut all = words(&["novacron", "template", "create", vm, &make.name]);
    all.extend(make.again.then(|| "--new-version".to_owned()));
    all.extend(make.pool.iter().flat_map(|p| words(&["--pool", p])));
    all
}

/// The command that asks for this of a template.
pub(super) fn template(name: &str, act: &TemplateOperation) -> Vec<String> {
    let TemplateOperation::Delete { version } = act;
    let mut all = words(&["novacron", "template", "delete", name]);
    all.extend(version.iter().flat_map(|v| ["--of".to_owned(), v.to_string()]));
    all
}

/// The command that makes a VM.
pub(super) fn new_vm(name: &str, new: &NewVm) -> Vec<String> {
    let mut all = words(&["novacron", "vm", "create", name]);
    let mut option = |name: &str, value: String| all.extend([format!("--{name}"), value]);
    let mut linked = false;
    match &new.from {
        NewVmFrom::Iso(Medium::Path(path)) => option("iso", path.clone()),
        NewVmFrom::Iso(Medium::Volume { pool, volume }) => option("iso", format!("{pool}/{volume}")),
        NewVmFrom::Disk { pool, volume } => option("disk", format!("{pool}/{volume}")),
        NewVmFrom::Template { name, version, linked: on } => {
            option("template", version.map_or_else(|| name.clone(), |v| format!("{name}@{v}")));
            linked = *on;
        }
    }
    let numbers = [("memory", new.memory), ("disk-size", new.disk_size), ("vcpus", new.vcpus.map(u64::from))];
    for (name, value) in numbers {
        if let Some(value) = value {
            option(name, value.to_string());
        }
    }
    let texts =
        [("pool", &new.pool), ("network", &new.network), ("accel", &new.accel), ("firmware", &new.firmware)];
    for (name, value) in texts {
        if let Some(value) = value {
            option(name, value.clone());
        }
    }
    if let Some(seed) = &new.seed {
        for (name, value) in [("user", &seed.user), ("hostname", &seed.hostname)] {
            if let Some(value) = value {
                option(name, value.clone());
            }
        }
        for key in &seed.ssh_keys {
            option("ssh-key", key.clone());
        }
    }
    if linked {
        all.push("--linked".into());
    }
    all
}
