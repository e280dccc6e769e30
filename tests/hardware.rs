//! Changing the hardware of VMs on the real host, as the built binary does it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use novacron::model::hardware::Device;
use novacron::model::vm::VmDefinition;
use novacron::xml::{domain, edit};
use serde_json::Value as Json;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(120);
/// What NovaCron knows nothing of.
const FOREIGN: [&str; 2] = ["urn:example:other", "NC_DEV_KEEPS"];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let (_never, pace) = mpsc::channel::<()>();
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        // Nothing is ever sent: this only keeps the daemon from being asked without pause.
        let _ = pace.recv_timeout(Duration::from_millis(100));
    }
}

/// A VM of the test's own on the private host, and a home for NovaCron.
struct Bed {
    home: TempDir,
    uri: String,
    hostctl: String,
    host: PathBuf,
    name: String,
    volumes: Vec<String>,
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.virsh(&["destroy", &self.name]);
        self.virsh(&["undefine", &self.name, "--managed-save"]);
        for volume in &self.volumes {
            self.virsh(&["vol-delete", volume, "--pool", "default"]);
        }
    }
}

impl Bed {
    /// A VM that is off; with an operating system, or with nothing to boot.
    fn new(test: &str, guest: bool) -> Option<Self> {
        let variable = |name| std::env::var(name).ok();
        let (Some(uri), Some(hostctl), Some(host)) =
            (variable("NOVACRON_TEST_URI"), variable("NOVACRON_TEST_HOSTCTL"), variable("NOVACRON_HOST_DIR"))
        else {
            println!("skipped: there is no test host");
            return None;
        };
        let name = format!("nc-dev-{test}-{}", std::process::id());
        let home = tempfile::tempdir().unwrap();
        let host = PathBuf::from(host);
        let mut bed = Self { home, uri, hostctl, host, name, volumes: Vec::new() };
        let disk = bed.volume("vda.qcow2", "qcow2");
        let cache = variable("NOVACRON_CACHE_DIR").unwrap_or_else(|| "/var/tmp/novacron-cache".into());
        let kernel = if guest {
            format!(
                "<kernel>{cache}/vmlinuz</kernel><initrd>{cache}/initrd</initrd><cmdline>console=ttyS0 quiet \
                 mitigations=off nokaslr no_timer_check random.trust_cpu=on nova.name=dev nova.load=idle \
                 nova.mount=no</cmdline>"
            )
        } else {
            String::new()
        };
        let port = |n| format!("<controller type='pci' index='{n}' model='pcie-root-port'/>");
        let port: String = (1..12).map(port).collect();
        let xml = format!(
            "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>{name}</name>
             <metadata><o:thing xmlns:o='urn:example:other'><o:keep a='1'/></o:thing></metadata>
             <memory unit='MiB'>144</memory><vcpu current='1'>3</vcpu>
             <os><type arch='x86_64' machine='q35'>hvm</type>{kernel}<boot dev='hd'/></os>
             <features><acpi/></features>
             <devices>
               <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/>
                 <target dev='vda' bus='virtio'/></disk>
               <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
               <controller type='pci' index='0' model='pcie-root'/>{port}
               <serial type='pty'><log file='/var/log/libvirt/serial/{name}.log' append='off'/></serial>
               <graphics type='vnc' port='-1' autoport='yes' passwd='secret'/>
               <memballoon model='virtio'/>
             </devices>
             <qemu:commandline><qemu:env name='NC_DEV_KEEPS' value='1'/></qemu:commandline></domain>",
            name = bed.name
        );
        let file = bed.home.path().join("vm.xml");
        std::fs::write(&file, xml).unwrap();
        let defined = bed.virsh(&["define", file.to_str().unwrap()]);
        assert!(defined.status.success(), "{}", text(&defined.stderr));
        Some(bed)
    }

    fn virsh(&self, words: &[&str]) -> Output {
        Command::new(&self.hostctl).arg("virsh").args(words).stdin(Stdio::null()).output().unwrap()
    }

    /// The path of a new volume of 64 MiB.
    fn volume(&mut self, name: &str, format: &str) -> String {
        let name = format!("{}-{name}", self.name);
        let made = self.virsh(&["vol-create-as", "default", &name, "64M", "--format", format]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        let path = self.host.join("images").join(&name).display().to_string();
        self.volumes.push(name);
        path
    }

    fn command(&self, words: &[&str]) -> Command {
        let home = self.home.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
        command.arg("vm").args(words).args(["--connect", &self.uri, "--yes"]);
        command.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").current_dir(home);
        command.env("LANG", "C.UTF-8").env("XDG_CONFIG_HOME", home).env("XDG_DATA_HOME", home);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn done(&self, words: &[&str]) -> String {
        let out = self.run(words);
        assert_eq!(out.status.code(), Some(0), "{words:?}: {}{}", text(&out.stdout), text(&out.stderr));
        text(&out.stdout)
    }

    /// Exit code and words of what does not come about.
    fn fails(&self, words: &[&str]) -> (i32, String) {
        let out = self.run(words);
        (out.status.code().unwrap_or(-1), text(&out.stdout) + &text(&out.stderr))
    }

    fn xml(&self, live: bool) -> String {
        let which: &[&str] = if live { &[] } else { &["--inactive", "--security-info"] };
        let out = self.virsh(&[&["dumpxml", &self.name], which].concat());
        text(&out.stdout)
    }

    fn defined(&self) -> VmDefinition {
        domain::parse(&self.xml(false)).unwrap()
    }

    fn live(&self) -> VmDefinition {
        domain::parse(&self.xml(true)).unwrap()
    }

    fn start(&self) {
        let out = self.virsh(&["start", &self.name]);
        assert!(out.status.success(), "{}", text(&out.stderr));
    }

    /// Starts it, and waits until its system is up.
    fn boot(&self) {
        self.start();
        let log = self.host.join("log/serial").join(format!("{}.log", self.name));
        until("the guest is up", || {
            std::fs::read(&log).is_ok_and(|said| text(&said).contains("nova: dev ready"))
        });
    }

    fn has(&self, live: bool, target: &str) -> bool {
        edit::element(&self.xml(live), &Device::Disk(target.into())).is_ok()
    }

    /// The newest record of the audit.
    /// Looks after what a kill left.
    fn recover(&self) {
        let out = command_of(&mut self.command(&[]), &["job", "recover", "--connect", &self.uri]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    }

    fn audit(&self) -> Json {
        let mut command = self.command(&[]);
        let out = command_of(&mut command, &["audit", "list", "--format", "json", "--connect", &self.uri]);
        let list: Json =
            serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&out.stdout)));
        list
    }
}

/// The same environment with other words.
fn command_of(like: &mut Command, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
    command.args(words).env_clear().stdin(Stdio::null());
    for (name, value) in like.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.output().unwrap()
}

#[test]
fn what_is_off_is_changed_and_keeps_what_nobody_knows() {
    let Some(mut bed) = Bed::new("cold", false) else { return };
    let data = bed.volume("data.raw", "raw");
    let vm = bed.name.clone();
    bed.done(&["set", &vm, "--vcpus", "2", "--max-vcpus", "4", "--memory", "160M"]);
    bed.done(&["disk", "attach", &vm, &data]);
    bed.done(&["nic", "attach", &vm, "--network", "default", "--mac", "52:54:00:de:f0:01", "--down"]);
    bed.done(&["boot", &vm, "network,vda"]);
    bed.done(&["disk", "bus", &vm, "vdb", "sata"]);
    let xml = bed.xml(false);
    let now = bed.defined();
    assert_eq!((now.vcpus, now.vcpus_max, now.memory, now.memory_max), (2, 4, 160 << 20, 160 << 20));
    let disk = now.disks.iter().find(|d| d.target == "sdb").unwrap();
    assert_eq!((disk.bus.as_str(), disk.format.as_deref()), ("sata", Some("raw")));
    assert!(!now.nics[0].link_up);
    assert_eq!(now.boot, ["network", "vda"]);
    assert!(xml.contains("passwd='secret'") && FOREIGN.iter().all(|f| xml.contains(f)), "{xml}");
    // What is taken by others, or is there already.
    let (code, said) = bed.fails(&["disk", "attach", &vm, &data]);
    assert!(code == 4 && said.contains("as sdb"), "{code} {said}");
    let of_others = bed.host.join("images/web02.qcow2").display().to_string();
    let (code, said) = bed.fails(&["disk", "attach", &vm, &of_others]);
    assert!(code == 4 && said.contains("web02 uses"), "{code} {said}");
    let web02 = domain::parse(&text(&bed.virsh(&["dumpxml", "web02"]).stdout)).unwrap();
    let (code, said) =
        bed.fails(&["nic", "attach", &vm, "--network", "default", "--mac", &web02.nics[0].mac]);
    assert!(code == 4 && said.contains("is taken by web02"), "{code} {said}");
    bed.done(&["disk", "detach", &vm, "sdb"]);
    bed.done(&["nic", "detach", &vm, "52:54:00:de:f0:01"]);
    let after = bed.defined();
    assert!(after.nics.is_empty() && after.disks.len() == 2);
    assert!(std::fs::metadata(&data).is_ok(), "what was on it stays");
    bed.start();
}

#[test]
fn what_runs_is_changed_with_its_guest() {
    let Some(mut bed) = Bed::new("live", true) else { return };
    let data = bed.volume("data.qcow2", "qcow2");
    let vm = bed.name.clone();
    bed.boot();
    bed.done(&["disk", "attach", &vm, &data]);
    assert!(bed.has(true, "vdb") && bed.has(false, "vdb"));
    bed.done(&["nic", "attach", &vm, "--network", "default", "--mac", "52:54:00:de:f1:01"]);
    let link = |bed: &Bed| (bed.live().nics[0].link_up, bed.defined().nics[0].link_up);
    assert_eq!(link(&bed), (true, true));
    bed.done(&["nic", "link", &vm, "default", "down"]);
    assert_eq!(link(&bed), (false, false));
    bed.done(&["nic", "link", &vm, "default", "up"]);
    bed.done(&["nic", "network", &vm, "default", "--network", "isolated"]);
    let network = |vm: VmDefinition| vm.nics[0].source.name().map(str::to_owned);
    assert_eq!(
        (network(bed.live()).as_deref(), network(bed.defined()).as_deref()),
        (Some("isolated"), Some("isolated"))
    );
    bed.done(&["set", &vm, "--vcpus", "2", "--memory", "128M"]);
    assert_eq!((bed.live().vcpus, bed.defined().vcpus), (2, 2));
    until("the guest gives memory back", || bed.live().memory == 128 << 20);
    // More than it was started with waits for a start.
    let said = bed.done(&["set", &vm, "--vcpus", "4", "--dry-run"]);
    assert!(said.contains("3 vCPUs at most"), "{said}");
    let seed = bed.volume("seed.iso", "raw");
    bed.done(&["disk", "insert", &vm, &seed]);
    let medium =
        |vm: VmDefinition| vm.disks.into_iter().find(|d| d.target == "sda").unwrap().source.is_some();
    assert!(medium(bed.live()) && medium(bed.defined()));
    bed.done(&["disk", "eject", &vm, "--force"]);
    assert!(!medium(bed.live()) && !medium(bed.defined()));
    // Its system lets go of what it is asked for.
    bed.done(&["disk", "detach", &vm, "vdb"]);
    assert!(!bed.has(true, "vdb") && !bed.has(false, "vdb"));
    bed.done(&["nic", "detach", &vm, "isolated"]);
    assert!(bed.live().nics.is_empty() && bed.defined().nics.is_empty());
    assert!(bed.xml(false).contains("passwd='secret'"));
    let audit = bed.audit().to_string();
    for word in ["vm.disk.attach", "vm.nic.link", "vm.set", "vm.disk.eject", "vm.disk.detach"] {
        assert!(audit.contains(word), "{word} in {audit}");
    }
}

#[test]
fn a_guest_that_does_not_let_go_is_told_and_nothing_is_half_done() {
    let Some(bed) = Bed::new("held", false) else { return };
    bed.start();
    let (code, said) = bed.fails(&["disk", "detach", &bed.name, "vda"]);
    assert!(said.contains("has not let go of vda in 30 s") && said.contains("--next-start"), "{code} {said}");
    assert_ne!(code, 0);
    assert!(bed.has(true, "vda") && bed.has(false, "vda"));
    bed.done(&["disk", "detach", &bed.name, "vda", "--next-start"]);
    assert!(bed.has(true, "vda") && !bed.has(false, "vda"));
}

#[test]
fn disks_grow_and_only_grow() {
    let Some(bed) = Bed::new("grow", false) else { return };
    let path = bed.host.join("images").join(&bed.volumes[0]).display().to_string();
    let size = || {
        let out = Command::new("qemu-img").args(["info", "-U", "--output=json", &path]).output().unwrap();
        let info: Json = serde_json::from_slice(&out.stdout).unwrap();
        info["virtual-size"].as_u64().unwrap()
    };
    assert_eq!(size(), 64 << 20);
    bed.done(&["disk", "grow", &bed.name, "vda", "96M"]);
    assert_eq!(size(), 96 << 20);
    let (code, said) = bed.fails(&["disk", "grow", &bed.name, "vda", "64M"]);
    assert!(code != 0 && said.contains("cut off"), "{code} {said}");
    bed.start();
    bed.done(&["disk", "grow", &bed.name, "vda", "128M"]);
    assert_eq!(size(), 128 << 20);
}

#[test]
fn killed_at_any_step_what_comes_is_whole_or_taken_back() {
    let Some(mut bed) = Bed::new("kill", false) else { return };
    let data = bed.volume("data.qcow2", "qcow2");
    let vm = bed.name.clone();
    bed.start();
    for place in ["begun", "acted 0", "begun 1", "acted 1"] {
        let killed =
            bed.command(&["disk", "attach", &vm, &data]).env("NOVACRON_DEBUG_KILL", place).status().unwrap();
        assert_eq!(killed.code(), None, "killed at {place}");
        bed.recover();
        let whole = place == "acted 1";
        assert_eq!((bed.has(true, "vdb"), bed.has(false, "vdb")), (whole, whole), "killed at {place}");
        if !whole {
            continue;
        }
        // As before, for the next place: with nobody to let go of it, off.
        bed.virsh(&["destroy", &vm]);
        bed.done(&["disk", "detach", &vm, "vdb"]);
        bed.start();
    }
    let audit = bed.audit().to_string();
    assert!(audit.contains("cut off"), "{audit}");
}
