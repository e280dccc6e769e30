//! Clones, templates and new VMs on real hosts, each of the test's own: what is made, what is refused, and what a kill, a
//! full pool and a stop leave behind.

pub(crate) mod boots;
mod broken;
mod clones;
mod firmware;
mod held;
mod templates;

use crate::operate::bed::Bed;

/// A host with the VM `src`: a disk with bytes in it, and all that two VMs must not share.
fn bed(name: &str, megabytes: u32) -> Option<Bed> {
    let bed = Bed::up(name)?;
    bed.define("bystander");
    let disk = bed.host.path("images/src.qcow2");
    bed.host.exec(&["qemu-img", "create", "-q", "-f", "qcow2", &disk, "600M"]);
    let write = format!("write -q -P 0xa5 1M {megabytes}M");
    bed.host.exec(&["qemu-io", "-f", "qcow2", "-c", &write, &disk]);
    bed.virsh(&["pool-refresh", "default"]);
    let xml = format!(
        "<domain type='qemu'><name>src</name><memory unit='MiB'>48</memory>
         <metadata><n:vm xmlns:n='urn:novacron:vm:1'><n:tags><n:tag>web</n:tag></n:tags><n:protected/></n:vm></metadata>
         <os><type arch='x86_64'>hvm</type></os><features><acpi/></features>
         <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/>
         <target dev='vda' bus='virtio'/><serial>ONE</serial></disk>
         <interface type='user'><mac address='52:54:00:aa:bb:cc'/></interface>
         <serial type='file'><source path='/var/log/libvirt/src.log'/></serial>
         <graphics type='vnc' port='5977' autoport='no' listen='127.0.0.1'/></devices></domain>"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), xml).unwrap();
    bed.virsh(&["define", file.path().to_str().unwrap()]);
    Some(bed)
}

impl Bed {
    /// `novacron …` with a yes, which must do what was asked.
    fn does(&self, args: &[&str]) {
        let (code, said) = self.run(&[args, &["--yes"]].concat());
        assert_eq!(code, 0, "{args:?}: {said}");
    }

    /// The same, which must be refused for this reason.
    fn refuses(&self, args: &[&str], why: &str) {
        let (code, said) = self.run(&[args, &["--yes"]].concat());
        assert_eq!(code, 4, "{args:?}: {said}");
        assert!(said.contains(why), "{args:?}: {said}");
    }

    /// Names of volumes of a pool.
    fn volumes(&self, pool: &str) -> Vec<String> {
        let table = self.virsh(&["vol-list", pool]);
        let names = table.lines().skip(2).filter_map(|l| Some(l.split_whitespace().next()?.to_owned()));
        // What the host itself has there.
        names.filter(|name| name != "seed.iso").collect()
    }

    fn vms(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.virsh(&["list", "--all", "--name"]).split_whitespace().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Whether two disks hold the same.
    fn same(&self, a: &str, b: &str) -> bool {
        let [a, b] = [a, b].map(|name| self.host.path(&format!("images/{name}")));
        self.host.exec(&["qemu-img", "compare", "-U", &a, &b]).contains("identical")
    }

    /// Nothing is there but what was at the beginning.
    fn is_as_before(&self) {
        assert_eq!(self.vms(), ["bystander", "src"]);
        assert_eq!(self.volumes("default"), ["src.qcow2"]);
        assert!(!self.virsh(&["dumpxml", "src"]).contains("linked-base"));
    }
}
