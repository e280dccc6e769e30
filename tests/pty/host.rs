//! Hosts to open consoles on: libvirt's test driver, the private test host, and scratch hosts to be rough with.

use std::process::Command;

/// The host file of the demo: many VMs, in libvirt's own test driver.
pub(crate) fn many_vms() -> String {
    format!("test://{}/assets/demo-host.xml", env!("CARGO_MANIFEST_DIR"))
}

/// The private test host, if this run has one.
pub(crate) fn private() -> Option<String> {
    let uri = std::env::var("NOVACRON_TEST_URI").ok();
    if uri.is_none() {
        println!("skipped: NOVACRON_TEST_URI is not set (./dev test sets it)");
    }
    uri
}

/// A host of one test's own, gone with this.
pub(crate) struct Scratch {
    hostctl: String,
    name: String,
    folder: String,
    /// Its URI.
    pub(crate) uri: String,
}

impl Scratch {
    /// Brings up a host without guests.
    pub(crate) fn up(name: &str) -> Option<Self> {
        let Ok(hostctl) = std::env::var("NOVACRON_TEST_HOSTCTL") else {
            println!("skipped: NOVACRON_TEST_HOSTCTL is not set (./dev test sets it)");
            return None;
        };
        let name = format!("pty-{name}-{}", std::process::id());
        let told = output(Command::new(&hostctl).args(["scratch", "up", &name]));
        let of = |key: &str| told.lines().find_map(|l| l.strip_prefix(key)).unwrap().to_owned();
        let (folder, uri) = (of("NOVACRON_HOST_DIR="), of("NOVACRON_TEST_URI="));
        Some(Self { hostctl, name, folder, uri })
    }

    /// `stall`, `cont`, `kill`, `start`.
    pub(crate) fn ctl(&self, verb: &str) {
        self.run(&[verb]);
    }

    /// `virsh` on it.
    pub(crate) fn virsh(&self, args: &[&str]) {
        self.run(&[&["virsh"], args].concat());
    }

    /// Defines a VM without devices, that can be started.
    pub(crate) fn define(&self, name: &str) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let xml = format!(
            "<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>\
             <os><type arch='x86_64'>hvm</type></os><features><acpi/></features></domain>"
        );
        std::fs::write(file.path(), xml).unwrap();
        self.virsh(&["define", file.path().to_str().unwrap()]);
    }

    /// Defines a VM by its XML.
    pub(crate) fn define_xml(&self, xml: &str) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), xml).unwrap();
        self.virsh(&["define", file.path().to_str().unwrap()]);
    }

    /// The folder of its pool `default`, the same inside and outside.
    pub(crate) fn images(&self) -> String {
        format!("{}/images", self.folder)
    }

    /// Puts an empty file of this name into the pool `default`, and has libvirt look.
    pub(crate) fn add_volume(&self, file: &str) {
        self.run(&["exec", "touch", "--", &format!("{}/images/{file}", self.folder)]);
        self.virsh(&["pool-refresh", "default"]);
    }

    /// A path in its folder.
    pub(crate) fn path(&self, below: &str) -> String {
        format!("{}/{below}", self.folder)
    }

    /// A command inside, and what it printed.
    pub(crate) fn exec(&self, args: &[&str]) -> String {
        self.run(&[&["exec"], args].concat())
    }

    fn run(&self, args: &[&str]) -> String {
        output(Command::new(&self.hostctl).args(args).env("NOVACRON_HOST_DIR", &self.folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = Command::new(&self.hostctl).args(["scratch", "down", &self.name]).output();
    }
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
