//! Forms that make VMs and templates.

use super::vm::plain_name;
use super::{Field, Form, On, Wrong, wrong};
use crate::model::id::VmId;
use crate::model::operation::{
    CloneVm, Identity, MakeTemplate, Medium, NewVm, NewVmFrom, Operation, Seed, VmOperation,
};
use crate::model::snapshot::Snapshot;
use crate::model::text::clean;
use crate::model::vm::Vm;

const ISO: &str = "ISO image";
const DISK: &str = "disk that is there";
const TEMPLATE: &str = "template";
/// Leaves it to what is usual, or to the template.
const USUAL: &str = "as usual";

/// Names of pools, behind the one that leaves it open.
fn pools(view: &Snapshot) -> Vec<String> {
    let named = view.pools.iter().flat_map(|p| p.iter()).map(|p| p.record.name.clone());
    std::iter::once(USUAL.to_owned()).chain(named).collect()
}

fn volumes(view: &Snapshot) -> impl Iterator<Item = (&str, &str)> {
    let pools = view.pools.iter().flat_map(|p| p.iter());
    pools.flat_map(|p| {
        p.volumes.iter().flat_map(|v| v.iter()).map(|v| (p.record.name.as_str(), v.name.as_str()))
    })
}

/// Names of templates, as their volumes tell: `template-NAME-vN.xml`.
pub fn templates(view: &Snapshot) -> Vec<String> {
    let of = |(_, volume): (&str, &str)| {
        let name = volume.strip_prefix("template-")?.strip_suffix(".xml")?;
        Some(name.rsplit_once("-v")?.0.to_owned())
    };
    let mut names: Vec<String> = volumes(view).filter_map(of).collect();
    names.sort();
    names.dedup();
    names
}

/// What is left open.
fn chosen(form: &Form, key: &str) -> Option<String> {
    Some(form.word(key)).filter(|w| !w.is_empty() && *w != USUAL).map(str::to_owned)
}

/// A number that belongs to this form alone, kept in it: a plan made again is the same.
fn identity(form: &Form) -> Identity {
    match form.on {
        On::New(id, salt) => Identity { id, salt },
        _ => Identity { id: VmId::from_bytes([0; 16]), salt: 0 },
    }
}

/// A new VM.
pub fn new_vm(view: &Snapshot, id: VmId, salt: u64, template: Option<String>) -> Form {
    let templates = templates(view);
    let of_template = template.is_some() || !templates.is_empty();
    let template = template.or_else(|| templates.first().cloned()).unwrap_or_default();
    let named = |fits: fn(&str) -> bool| {
        volumes(view).filter(|(_, v)| fits(v)).map(|(p, v)| format!("{p}/{v}")).collect::<Vec<_>>()
    };
    let networks = view.networks.iter().flat_map(|n| n.iter()).map(|n| n.name.clone());
    let is_iso = |name: &str| name.to_lowercase().ends_with(".iso");
    let fields = vec![
        Field::text("name", "Name", "").otherwise("web02"),
        Field::choice("from", "Made of", [ISO, DISK, TEMPLATE], if of_template { 2 } else { 0 })
            .hint("An empty disk and an image to install from; a volume with a system on it; or a template (T makes one)."),
        Field::text("iso", "Image", "")
            .otherwise("POOL/VOLUME, or an absolute path")
            .known(named(is_iso))
            .only_for("from", &[ISO])
            .hint("I on a pool (3) uploads one."),
        Field::text("disk", "Disk", "")
            .otherwise("POOL/VOLUME")
            .known(named(|name| !name.to_lowercase().ends_with(".iso")))
            .only_for("from", &[DISK]),
        Field::text("template", "Template", template)
            .known(templates)
            .only_for("from", &[TEMPLATE])
            .hint("Its newest version, or NAME@VERSION."),
        Field::tick("linked", "Linked", false)
            .only_for("from", &[TEMPLATE])
            .hint("Its disks hold only the differences to the template's: quick and small."),
        Field::text("vcpus", "vCPUs", "").otherwise("the template's, or 2"),
        Field::text("memory", "Memory", "").otherwise("the template's, or 2G"),
        Field::text("size", "Disk size", "")
            .otherwise("the template's, or 20G")
            .only_for("from", &[ISO, TEMPLATE]),
        Field::choice("pool", "Pool", pools(view), 0).hint("Of its disks: the template's, or default."),
        Field::choice("network", "Network", std::iter::once(USUAL.to_owned()).chain(networks), 0)
            .hint("Of its first NIC: the template's, or default."),
        Field::choice("firmware", "Firmware", [USUAL, "uefi", "bios"], 0)
            .only_for("from", &[ISO, DISK])
            .hint("UEFI where the host has it."),
        Field::text("user", "User", "")
            .otherwise("the image's own")
            .hint("Has cloud-init make this user, who may do everything."),
        Field::text("key", "SSH key", "").hint("Has cloud-init let this public key in: the key itself."),
        Field::text("hostname", "Host name", "").otherwise("the VM's").hint("What cloud-init calls the guest."),
    ];
    Form::new("New VM", On::New(id, salt), fields, new)
}

fn new(form: &Form) -> Result<Vec<Operation>, Wrong> {
    let name = plain_name(form, "name", "A VM")?;
    let volume = |key: &'static str| {
        let text = form.needed(key, "Which one? Ctrl-n goes through them.")?;
        let parts = text.split_once('/').filter(|(p, v)| !p.is_empty() && !v.is_empty());
        match parts {
            Some((pool, volume)) => Ok((pool.to_owned(), volume.to_owned())),
            None => Err(wrong(key, "A volume is named POOL/VOLUME.")),
        }
    };
    let from = match form.word("from") {
        ISO if form.text("iso").starts_with('/') => NewVmFrom::Iso(Medium::Path(form.text("iso").to_owned())),
        ISO => {
            let (pool, volume) = volume("iso")?;
            NewVmFrom::Iso(Medium::Volume { pool, volume })
        }
        DISK => {
            let (pool, volume) = volume("disk")?;
            NewVmFrom::Disk { pool, volume }
        }
        _ => template(form)?,
    };
    let (user, hostname) = (form.given_text("user"), form.given_text("hostname"));
    let ssh_keys: Vec<String> = form.given_text("key").into_iter().collect();
    if ssh_keys.iter().any(|key| !key.contains(' ')) {
        return Err(wrong("key", "A public key is written `ssh-ed25519 AAAA… name`."));
    }
    let told = user.is_some() || hostname.is_some() || !ssh_keys.is_empty();
    let Identity { id, salt } = identity(form);
    let new = NewVm {
        from,
        salt,
        vcpus: form.number("vcpus")?,
        memory: form.size("memory")?,
        disk_size: form.size("size")?,
        pool: chosen(form, "pool"),
        network: chosen(form, "network"),
        accel: None,
        firmware: Some(form.word("firmware"))
            .filter(|w| *w != USUAL && form.word("from") != TEMPLATE)
            .map(str::to_owned),
        seed: told.then_some(Seed { hostname, user, ssh_keys }),
    };
    Ok(vec![Operation::NewVm { id, name, new: Box::new(new) }])
}

fn template(form: &Form) -> Result<NewVmFrom, Wrong> {
    let text = form.needed("template", "Which template? T on a VM makes one.")?;
    let (name, version) = match text.rsplit_once('@') {
        None => (text.as_str(), None),
        Some((name, version)) => {
            let number = version.trim_start_matches('v').parse();
            let number =
                number.map_err(|_| wrong("template", "Behind the @ stands the number of a version."))?;
            (name, Some(number))
        }
    };
    Ok(NewVmFrom::Template { name: name.to_owned(), version, linked: form.is_ticked("linked") })
}

/// Another VM like one.
pub fn clone_vm(vm: &Vm, view: &Snapshot, id: VmId, salt: u64) -> Form {
    let fields = vec![
        Field::text("name", "Name", format!("{}-clone", vm.name)),
        Field::tick("linked", "Linked", false)
            .hint("Its disks hold only the differences: quick, but the first VM is not started any more while they do."),
        Field::choice("pool", "Pool", pools(view), 0)
            .hint("Of its disks; as usual, each lies beside the one it comes from."),
    ];
    let title = format!("Clone {}", vm.display_name());
    Form::new(title, On::NewOf(vm.id, id, salt), fields, |form| {
        let On::NewOf(vm, id, salt) = form.on else { return Ok(Vec::new()) };
        let name = plain_name(form, "name", "The clone")?;
        let (linked, pool) = (form.is_ticked("linked"), chosen(form, "pool"));
        let act = VmOperation::Clone(CloneVm { name, identity: Identity { id, salt }, linked, pool });
        Ok(vec![Operation::vm(vm, act)])
    })
}

/// A template of a VM.
pub fn template_of(vm: &Vm, view: &Snapshot) -> Form {
    let fields = vec![
        Field::text("name", "Name", vm.name.clone()).known(templates(view)),
        Field::tick("again", "One more version", templates(view).contains(&vm.name))
            .hint("Of a template that is there: those before stay."),
        Field::choice("pool", "Pool", pools(view), 0)
            .hint("Where it lies; as usual, with the version before or the VM's first disk."),
    ];
    let title = format!("Make a template of {}", clean(&vm.name));
    Form::new(title, On::Vms(vec![vm.id]), fields, |form| {
        let name = plain_name(form, "name", "A template")?;
        let again = form.is_ticked("again");
        let act = VmOperation::Template(MakeTemplate { name, again, pool: chosen(form, "pool") });
        Ok(super::vm::on_each(form, &act))
    })
}
