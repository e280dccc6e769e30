#![expect(clippy::float_cmp, reason = "a page tells these values exactly")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use super::command::address;
use super::page::page;
use super::serve::{Patience, start};
use super::strict::{self, Sample};
use super::text::Dialect;
use crate::cli::exit::Exit;
use crate::cli::sample::{NOW, snapshot};
use crate::model::metric::{Group, MetricId};
use crate::model::series::Readings;
use crate::model::snapshot::{Link, Snapshot};
use crate::model::time::Timestamp;
use crate::model::vm::DeviceView;

/// The sample host, its running VMs read just now, with a NIC.
fn fresh() -> Snapshot {
    let mut s = snapshot();
    let mut vms: Vec<_> = s.vms.iter().map(|vm| (**vm).clone()).collect();
    for vm in vms.iter_mut().filter(|vm| vm.state.is_active()) {
        for group in [Group::State, Group::Cpu, Group::Balloon, Group::Block, Group::Interface] {
            vm.fresh.set(group, NOW);
        }
    }
    let mut now = Readings::default();
    now.set(MetricId::NicRx, Some(4096.0));
    let db = &mut vms[1];
    db.nics = vec![DeviceView { name: "vnet0".into(), now, track: db.disks[0].track.clone() }];
    s.vms = vms.into_iter().map(Arc::new).collect();
    s
}

fn families(s: &Snapshot, now: Timestamp) -> std::collections::BTreeMap<String, strict::Read> {
    let page = page(s, now, Dialect::OpenMetrics);
    strict::read(&page).unwrap_or_else(|why| panic!("{why}\n{page}"))
}

fn label<'a>(sample: &'a Sample, name: &str) -> &'a str {
    sample.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
}

#[test]
fn a_page_is_sound_and_in_base_units() {
    let found = families(&fresh(), NOW);
    let cpu = &found["novacron_vm_cpu_ratio"];
    assert_eq!((cpu.kind.as_str(), cpu.unit.as_str()), ("gauge", "ratio"));
    let db = cpu.samples.iter().find(|s| label(s, "name") == "db01").unwrap();
    assert_eq!(db.1, 0.7125);
    assert_eq!(label(db, "uuid"), "00000000-0000-0000-0000-000000000002");
    assert_eq!(found["novacron_host_cpu_ratio"].samples, [(vec![], 0.34)]);
    assert_eq!(found["novacron_pool_used_bytes"].samples[0].1, (412u64 << 30) as f64);
    let read = &found["novacron_disk_read_bytes_per_second"].samples[0];
    assert_eq!((label(read, "device"), read.1), ("vda", 1.2 * 1024.0 * 1024.0));
    let nic = &found["novacron_nic_receive_bytes_per_second"].samples[0];
    assert_eq!((label(nic, "device"), label(nic, "mac"), nic.1), ("vnet0", "52:54:00:00:00:01", 4096.0));
    assert_eq!(found["novacron_up"].samples, [(vec![], 1.0)]);
    assert_eq!(found["novacron_vm"].samples.len(), 4);
    assert_eq!(found["novacron_vm_state"].samples.len(), 4 * 7);
    assert_eq!(found["novacron_abandoned_calls"].kind, "counter");
    let build = found["novacron_vm"].samples.iter().find(|s| label(s, "name").starts_with("build")).unwrap();
    assert_eq!(label(build, "name"), "build[2J07", "nothing in it acts on a terminal");
}

#[test]
fn what_is_unknown_is_absent() {
    let found = families(&fresh(), NOW);
    let names: Vec<_> =
        found["novacron_vm_cpu_ratio"].samples.iter().map(|s| label(s, "name").to_owned()).collect();
    assert_eq!(names, ["db01", "web10"], "neither of one that is off nor of one that is paused and untold");
    assert!(!found.contains_key("novacron_vm_net_bytes_per_second"), "no VM tells it: no family");
    assert!(!found.contains_key("novacron_host_cpu_steal_ratio"));
    let zero = found.iter().filter(|(name, _)| name.ends_with("_ratio"));
    assert!(zero.flat_map(|(_, f)| &f.samples).all(|s| s.1 > 0.0), "nothing unknown is told as 0");
}

#[test]
fn what_is_old_or_of_a_lost_host_is_absent() {
    let later = Timestamp(NOW.0 + 301_000);
    let found = families(&fresh(), later);
    assert!(!found.contains_key("novacron_vm_cpu_ratio") && !found.contains_key("novacron_pool_used_bytes"));
    assert_eq!(found["novacron_vm_read_timestamp_seconds"].samples[0].1, 1_000_000.0, "its age is told");
    let mut lost = fresh();
    lost.link = Link::Stalled { since: NOW };
    let found = families(&lost, NOW);
    assert_eq!(found["novacron_up"].samples, [(vec![], 0.0)]);
    assert!(!found.contains_key("novacron_vm_cpu_ratio") && !found.contains_key("novacron_vm_state"));
    assert!(!found.contains_key("novacron_host_cpu_ratio"));
}

#[test]
fn the_older_dialect_has_no_types_of_its_own() {
    let plain = page(&fresh(), NOW, Dialect::Plain);
    assert!(!plain.contains("# EOF") && !plain.contains("# UNIT"));
    assert!(plain.contains("# TYPE novacron_vm_info gauge\nnovacron_vm_info{"));
    assert!(
        plain.contains("# TYPE novacron_abandoned_calls_total counter\nnovacron_abandoned_calls_total 0\n")
    );
    assert!(!plain.contains(" info\n") && !plain.contains(" stateset\n"));
}

/// promtool's own opinion, where it is installed.
#[test]
fn promtool_finds_nothing_to_complain_of() {
    let promtool = std::env::var("NOVACRON_PROMTOOL").unwrap_or_else(|_| "promtool".into());
    let mut command = std::process::Command::new(&promtool);
    command.args(["check", "metrics"]).stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return crate::cli::output::to_stderr(&format!("skipped: {promtool} cannot be run: {e}")),
    };
    child.stdin.take().unwrap().write_all(page(&fresh(), NOW, Dialect::Plain).as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = [ended.stdout, ended.stderr].map(|t| String::from_utf8_lossy(&t).into_owned()).concat();
    assert!(ended.status.success() && told.is_empty(), "{told}");
}

#[test]
fn only_this_machine_is_listened_to_unless_said() {
    for text in ["127.0.0.1:9177", "[::1]:9177", "localhost:9177", "127.9.9.9:1"] {
        assert!(address(text, false).is_ok(), "{text}");
    }
    for text in ["0.0.0.0:9177", "[::]:9177", "192.0.2.1:9177", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(address(text, false).unwrap_err().exit, Exit::Refused, "{text}");
        assert!(address(text, true).is_ok(), "{text}");
    }
    for text in ["9177", ":9177", "127.0.0.1", "example.org:80", "localhost:99999"] {
        assert_eq!(address(text, true).unwrap_err().exit, Exit::Usage, "{text}");
    }
}

const HASTE: Patience = Patience { ask: Duration::from_millis(300), take: Duration::from_secs(5) };

fn ask(to: SocketAddr, request: &[u8]) -> String {
    let mut client = TcpStream::connect(to).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client.write_all(request).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[test]
fn the_page_is_served() {
    let s = fresh();
    let to = start(local(), HASTE, Arc::new(move |dialect| page(&s, NOW, dialect))).unwrap();
    let answer = ask(to, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
    assert!(strict::read(body).is_ok());
    assert!(ask(to, b"GET /metrics HTTP/1.0\nAccept: text/plain\n\n").contains("version=0.0.4"));
    assert!(ask(to, b"GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(ask(to, b"PUT /metrics HTTP/1.1\r\n\r\n").contains("\r\nAllow: GET\r\n"));
    let long = [b"GET /metrics HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 10_000]].concat();
    assert!(ask(to, &long).starts_with("HTTP/1.1 431 "));
}

#[test]
fn one_that_does_not_ask_is_not_waited_for() {
    let to = start(local(), HASTE, Arc::new(|_| String::new())).unwrap();
    let begun = Instant::now();
    assert_eq!(ask(to, b"GET /metr"), "");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn too_many_at_once_are_told_and_the_rest_is_served() {
    let patient = Patience { ask: Duration::from_secs(30), ..HASTE };
    let gate = Arc::new(Barrier::new(17));
    let at = Arc::clone(&gate);
    let source = move |_| {
        at.wait();
        "# EOF\n".to_owned()
    };
    let to = start(local(), patient, Arc::new(source)).unwrap();
    let page = b"GET /metrics HTTP/1.1\r\n\r\n";
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let mut client = TcpStream::connect(to).unwrap();
            client.write_all(page).unwrap();
            client
        })
        .collect();
    // They are taken in order, so the seventeenth finds every place taken.
    assert!(ask(to, b"").starts_with("HTTP/1.1 503 "));
    gate.wait();
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("# EOF\n"), "{answer}");
    }
}
