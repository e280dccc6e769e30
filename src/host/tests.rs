use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::capacity::{Answer, Ask, Capacity, Prober, share};
use super::disks::{Counted, Meter, Rates};
use super::*;
use crate::model::host::FiniteShare;

const GIB: u64 = 1 << 30;
const LONG: Duration = Duration::from_secs(20);

fn recorded(name: &str) -> LocalMachine {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/proc").join(name);
    let ask: Ask = Arc::new(|path: &Path| match path.to_str() {
        Some("/boot/efi") => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
        _ => Ok(Capacity { size: 100 * GIB, used: 40 * GIB, available: 55 * GIB, inodes_used: share(1, 8) }),
    });
    LocalMachine::asking(&root, ask, LONG)
}

#[test]
fn this_machine_tells_of_itself() {
    let mut machine = LocalMachine::new();
    let counters = machine.counters();
    assert!(counters.cpu.is_some_and(|c| c.idle_ns > 0 && c.steal_ns.is_some()));
    assert!(counters.memory.is_some_and(|m| m.total > m.used() && m.available.is_some()));
    assert!(counters.uptime_s.is_some_and(|s| s > 0.0));
    let facts = machine.machine();
    assert!(facts.kernel.is_some() && facts.os.is_some());
    let root = facts.filesystems.iter().find(|f| f.mount_point == "/");
    assert!(root.is_some_and(|f| f.size > f.used && f.used > Some(0)), "{facts:#?}");
    let before = machine.own_usage().unwrap();
    assert!(before.resident > 1 << 20, "{before:?}");
    assert!(machine.own_usage().unwrap().cpu > before.cpu);
}

#[test]
fn a_debian_12_host_is_read_whole() {
    let mut machine = recorded("debian12");
    let counters = machine.counters();
    let cpu = counters.cpu.unwrap();
    let tick = 1_000_000_000 / procfs::ticks_per_second();
    assert_eq!(cpu.user_ns, (8_712_345 + 21_000) * tick);
    assert_eq!(cpu.system_ns, (2_310_456 + 45_678) * tick);
    assert_eq!(cpu.idle_ns, 190_234_567 * tick);
    assert_eq!(cpu.iowait_ns, 91_234 * tick);
    assert_eq!(cpu.steal_ns, Some(1200 * tick));
    let memory = counters.memory.unwrap();
    assert_eq!(memory.used(), (65_785_452 - 31_250_000) * 1024);
    assert_eq!(memory.swap, Some((8_388_604 * 1024, 8_126_460 * 1024)));
    assert_eq!(counters.load, Some([3.25, 2.75, 1.41]));
    let pressure = counters.pressure.unwrap();
    assert_eq!((pressure.cpu, pressure.memory, pressure.io), (5.24, 0.27, 12.5));
    assert_eq!(counters.uptime_s, Some(1_065_432.77));
    assert_eq!(machine.own_usage().map(|u| u.resident), Some(5632 * procfs::page_size()));

    let facts = machine.machine();
    assert_eq!(facts.kernel.as_deref(), Some("6.1.0-40-amd64"));
    assert_eq!(facts.os.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
    assert_eq!(facts.cpu_name.as_deref(), Some("Intel(R) Xeon(R) E-2388G CPU @ 3.20GHz"));
}

#[test]
fn bridges_tell_what_leads_out_and_taps_do_not() {
    let facts = recorded("debian12").machine();
    let bridges: Vec<_> = facts.bridges.iter().map(|b| (b.name.as_str(), b.ports.as_slice())).collect();
    assert_eq!(bridges, [("br0", &["eno1".to_owned()][..]), ("virbr0", &[])]);
    assert_eq!(facts.default_route.as_deref(), Some("br0"), "the lowest metric wins");
    assert_eq!(recorded("garbage").machine().default_route, None);
}

#[test]
fn only_file_systems_that_can_fill_up_are_listed_each_once() {
    let facts = recorded("debian12").machine();
    let listed: Vec<_> =
        facts.filesystems.iter().map(|f| (f.mount_point.as_str(), f.kind.as_str(), f.read_only)).collect();
    assert_eq!(
        listed,
        [
            ("/run", "tmpfs", false),
            ("/", "ext4", false),
            ("/boot", "ext4", false),
            ("/boot/efi", "vfat", false),
            ("/var/lib/libvirt/images", "xfs", false),
            // Space, tab and backslash are decoded; the tab may not reach a terminal.
            ("/mnt/back ups\\old", "nfs4", false),
            ("/srv/iso", "cifs", true),
            // What was mounted over /dev/sdb1 hides it.
            ("/srv/old", "btrfs", false),
            ("/srv/gluster", "fuse.glusterfs", false),
        ]
    );
    let root = &facts.filesystems[1];
    assert_eq!(root.source, "/dev/mapper/vg0-root");
    assert_eq!((root.size, root.used, root.available), (Some(100 * GIB), Some(40 * GIB), Some(55 * GIB)));
    assert_eq!(root.inodes_used, Some(FiniteShare(125)));
    let efi = &facts.filesystems[3];
    assert_eq!((efi.size, efi.used, efi.inodes_used), (None, None, None));
    assert_eq!(facts.unavailable, ["Space on /boot/efi: permission denied."]);
}

#[test]
fn block_devices_with_a_medium_are_listed() {
    let facts = recorded("debian12").machine();
    let listed: Vec<_> = facts
        .block_devices
        .iter()
        .map(|d| (d.name.as_str(), d.size.unwrap() / 512, d.model.as_deref(), d.rotational))
        .collect();
    assert_eq!(
        listed,
        [
            ("cciss/c0d0", 143_305_920, None, Some(true)),
            ("dm-0", 62_500_864, Some("vg0-root"), Some(false)),
            ("loop0", 131_072, None, Some(false)),
            ("nvme0n1", 1_875_385_008, Some("SAMSUNG MZQL2960HCJR-00A07"), Some(false)),
            ("sda", 7_814_037_168, Some("ST4000NM000A-2HZ"), Some(true)),
        ]
    );
    assert!(facts.block_devices.iter().all(|d| d.read_rate.is_none() && d.busy_percent.is_none()));
}

#[test]
fn an_old_kernel_has_gaps_and_says_so() {
    let mut machine = recorded("no-psi");
    let counters = machine.counters();
    assert_eq!(counters.cpu.map(|c| (c.iowait_ns, c.steal_ns)), Some((0, None)));
    let memory = counters.memory.unwrap();
    assert_eq!((memory.available, memory.swap), (None, None));
    assert_eq!(memory.used(), (2_048_000 - 512_000 - 102_400 - 409_600) * 1024);
    assert_eq!(counters.pressure, None);
    let facts = machine.machine();
    assert_eq!(facts.os.as_deref(), Some("AlmaLinux"));
    assert_eq!(facts.cpu_name.as_deref(), Some("Raspberry Pi 4 Model B Rev 1.4"));
    assert!(facts.filesystems[0].read_only);
    assert_eq!(facts.block_devices[0].name, "mmcblk0");
    assert_eq!(facts.unavailable, ["Pressure: the kernel keeps none (/proc/pressure; boot with psi=1)."]);
}

#[test]
fn a_container_tells_what_it_can() {
    let mut machine = recorded("container");
    let counters = machine.counters();
    assert!(counters.cpu.is_some() && counters.memory.is_some());
    assert_eq!((counters.load, counters.pressure, counters.uptime_s), (None, None, None));
    let facts = machine.machine();
    assert_eq!(facts.os.as_deref(), Some("Alpine \"edge\" [31mLinux"));
    let points: Vec<_> = facts.filesystems.iter().map(|f| f.mount_point.as_str()).collect();
    assert_eq!(points, ["/", "/data"]);
    assert_eq!(facts.unavailable.len(), 5, "{:?}", facts.unavailable);
}

#[test]
fn garbage_is_unknown_never_zero() {
    let mut machine = recorded("garbage");
    assert_eq!(machine.counters(), NodeCounters::default());
    assert_eq!(machine.own_usage(), None);
    let facts = machine.machine();
    assert_eq!(facts.kernel.as_deref(), Some("]0;evil"));
    assert_eq!(facts.cpu_name, None);
    assert!(facts.filesystems.iter().all(|f| !f.mount_point.contains(char::is_control)));
    let sda = &facts.block_devices[0];
    assert_eq!((sda.name.as_str(), sda.size, sda.read_rate), ("file", None, None));
    let mut nothing = recorded("no such machine");
    assert_eq!(nothing.counters(), NodeCounters::default());
    let facts = nothing.machine();
    assert_eq!(Machine { unavailable: Vec::new(), ..facts.clone() }, Machine::default());
    assert_eq!(facts.unavailable.len(), 8, "{:?}", facts.unavailable);
}

#[test]
fn a_hanging_mount_holds_one_thread_and_nobody_else() {
    let (release, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let known = Capacity { size: 3, used: 2, available: 1, inodes_used: None };
    let ask: Ask = Arc::new(move |path: &Path| {
        if path == Path::new("/dead") {
            count.fetch_add(1, Ordering::SeqCst);
            gate.lock().unwrap().recv().map_err(io::Error::other)?;
        }
        Ok(known)
    });
    let mut prober = Prober::new(ask, Duration::from_millis(50));
    let paths = [Path::new("/dead"), Path::new("/fine")];
    for _ in 0..3 {
        let answers = prober.ask_all(paths.into_iter());
        assert!(matches!(answers[..], [Answer::Hangs, Answer::Known(c)] if c == known), "{answers:?}");
    }
    assert_eq!((prober.hanging(), asked.load(Ordering::SeqCst)), (1, 1));

    // Once the server is back, the mount is asked again.
    release.send(()).unwrap();
    release.send(()).unwrap();
    let deadline = Instant::now() + LONG;
    while !matches!(prober.ask_all(paths.into_iter())[0], Answer::Known(_)) {
        assert!(Instant::now() < deadline, "still hangs");
        let _ = release.send(());
    }
    assert_eq!(prober.hanging(), 0);
}

#[test]
fn a_mount_that_is_gone_is_not_waited_for() {
    let (hold, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let ask: Ask = Arc::new(move |_: &Path| {
        let _ = gate.lock().unwrap().recv();
        Err(io::Error::from(io::ErrorKind::StaleNetworkFileHandle))
    });
    let mut prober = Prober::new(ask, Duration::from_millis(20));
    assert!(matches!(prober.ask_all([Path::new("/gone")].into_iter())[..], [Answer::Hangs]));
    assert_eq!(prober.hanging(), 1);
    assert!(prober.ask_all(std::iter::empty()).is_empty());
    assert_eq!(prober.hanging(), 0);
    drop(hold);
}

fn counted(read: u64, written: u64, busy_ms: u64) -> HashMap<String, Counted> {
    HashMap::from([("sda".to_owned(), Counted { read, written, busy_ms, number: (8, 0) })])
}

#[test]
fn rates_of_a_disk_are_taken_over_real_time_and_have_gaps() {
    let start = Instant::now();
    let at = |s: f64| start + Duration::from_secs_f64(s);
    let mut meter = Meter::default();
    meter.update(at(0.0), counted(1000, 500, 100));
    assert_eq!(meter.rates("sda"), Rates::default());

    meter.update(at(2.0), counted(5000, 1500, 1100));
    let two_seconds = Rates { read: Some(2000.0), written: Some(500.0), busy_percent: Some(50.0) };
    assert_eq!(meter.rates("sda"), two_seconds);

    // Asked again at once, the counters have not moved enough to say anything new.
    meter.update(at(2.01), counted(5000, 1500, 1110));
    assert_eq!(meter.rates("sda"), two_seconds);

    // One counter wrapped: a gap there, the others go on.
    meter.update(at(4.0), counted(7000, 1500, 0));
    assert_eq!(meter.rates("sda"), Rates { read: Some(1000.0), written: Some(0.0), busy_percent: None });

    // Another device under the same name.
    let replaced = HashMap::from([(
        "sda".to_owned(),
        Counted { read: 9_000_000, written: 9_000_000, busy_ms: 9000, number: (8, 16) },
    )]);
    meter.update(at(6.0), replaced);
    assert_eq!(meter.rates("sda"), Rates::default());
    assert_eq!(meter.rates("sdb"), Rates::default());
}

#[test]
fn shares_are_exact_in_thousandths() {
    assert_eq!(share(1, 0), None);
    assert_eq!(share(1, 3), Some(FiniteShare(333)));
    assert_eq!(share(u64::MAX, u64::MAX), Some(FiniteShare(1000)));
    assert_eq!(share(5, 3), Some(FiniteShare(1000)));
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = (counters::cpu(&text, 100), counters::memory(&text), counters::load(&text));
        let _ = (counters::stalled(&text), disks::counted(&text), facts::cpu_name(&text), facts::pretty_name(&text));
        let _ = mounts::file_systems(&bytes);
    }

    #[test]
    fn no_words_make_a_parser_panic(text in "((cpu|Mem[A-Z]{1,5}:|some|avg10=|- |ext4|/dev/|[0-9]{1,22}|\\\\[0-9]{0,3}|:|kB|ro,)[ \n]?){0,40}") {
        let _ = (counters::cpu(&text, 0), counters::memory(&text), counters::load(&text));
        let _ = (counters::stalled(&text), disks::counted(&text));
        prop_assert!(mounts::unescaped(text.as_bytes()).len() <= text.len());
        let _ = mounts::file_systems(text.as_bytes());
    }
}
