//! Recorded from libvirt 11.3 with QEMU 10.0: `virsh domstats` of guests of the test host.

use proptest::prelude::*;

use super::*;
use crate::model::vm::{PauseReason, VmState};

/// Lines of `virsh domstats` as parameters, numbers being unsigned and the rest text.
fn decoded(recorded: &str) -> VmCounters {
    let lines = recorded.lines().map(str::trim).filter(|l| !l.is_empty());
    let params = lines.map(|line| {
        let (field, value) = line.split_once('=').unwrap();
        let value = match value.parse::<i64>() {
            Ok(n) => u64::try_from(n).map_or(Value::Int(n), Value::Uint),
            Err(_) => Value::Text(value.as_bytes()),
        };
        Param { field: field.as_bytes(), value }
    });
    counters(id(), params)
}

fn id() -> VmId {
    VmId::from_bytes([7; 16])
}

const RUNNING: &str = "
    state.state=1
    state.reason=1
    cpu.time=48890000000
    cpu.user=46150000000
    cpu.system=2740000000
    cpu.cache.monitor.count=0
    cpu.haltpoll.success.time=0
    balloon.current=163840
    balloon.maximum=163840
    balloon.swap_in=4
    balloon.major_fault=5
    balloon.unused=91096
    balloon.available=125064
    balloon.usable=96412
    balloon.last-update=1795405108
    balloon.rss=266992
    vcpu.current=2
    vcpu.maximum=2
    vcpu.0.state=1
    vcpu.0.time=16740000000
    vcpu.0.wait=0
    vcpu.0.delay=28913808169
    vcpu.1.state=1
    vcpu.1.time=14550000000
    vcpu.1.wait=0
    vcpu.1.delay=25212403780
    net.count=1
    net.0.name=vnet1
    net.0.rx.bytes=95749
    net.0.rx.pkts=884
    net.0.rx.errs=1
    net.0.rx.drop=2
    net.0.tx.bytes=3732
    net.0.tx.pkts=14
    net.0.tx.errs=3
    net.0.tx.drop=4
    block.count=2
    block.0.name=vda
    block.0.path=/var/lib/libvirt/images/db01.raw
    block.0.backingIndex=1
    block.0.rd.reqs=3876
    block.0.rd.bytes=253248000
    block.0.rd.times=680967590
    block.0.wr.reqs=1080
    block.0.wr.bytes=143970304
    block.0.wr.times=380575442
    block.0.fl.reqs=488
    block.0.fl.times=616611369
    block.0.allocation=0
    block.0.capacity=268435456
    block.0.physical=602112
    block.1.name=sda
    block.1.rd.reqs=1
    block.1.rd.bytes=2048
    dirtyrate.calc_status=0
    dirtyrate.calc_mode=page-sampling";

#[test]
fn a_running_vm_is_read_whole() {
    let c = decoded(RUNNING);
    assert_eq!(c.state, Some(VmState::Running));
    let cpu = CpuCounters {
        time_ns: 48_890_000_000,
        user_ns: Some(46_150_000_000),
        system_ns: Some(2_740_000_000),
    };
    assert_eq!(c.cpu, Some(cpu));
    let delays: Vec<_> = c.vcpus.iter().map(|v| (v.number, v.running, v.delay_ns, v.wait_ns)).collect();
    assert_eq!(delays, [(0, true, Some(28_913_808_169), Some(0)), (1, true, Some(25_212_403_780), Some(0))]);
    let balloon = BalloonCounters {
        current: Some(163_840 << 10),
        maximum: Some(163_840 << 10),
        available: Some(125_064 << 10),
        usable: Some(96_412 << 10),
        unused: Some(91_096 << 10),
        rss: Some(266_992 << 10),
        last_update_s: Some(1_795_405_108),
        swap_in: Some(4 << 10),
        swap_out: None,
        major_faults: Some(5),
    };
    assert_eq!(c.balloon, Some(balloon));
    let nics = c.nics.as_deref().unwrap();
    assert_eq!((nics.len(), nics[0].device.as_str()), (1, "vnet1"));
    let received = [nics[0].rx_bytes, nics[0].rx_packets, nics[0].rx_errors, nics[0].rx_drops];
    assert_eq!(received, [95749, 884, 1, 2].map(Some));
    let sent = [nics[0].tx_bytes, nics[0].tx_packets, nics[0].tx_errors, nics[0].tx_drops];
    assert_eq!(sent, [3732, 14, 3, 4].map(Some));
    let [vda, sda] = c.disks.as_deref().unwrap() else { panic!("two disks") };
    assert_eq!((vda.target.as_str(), sda.target.as_str()), ("vda", "sda"));
    assert_eq!((vda.path.as_deref(), sda.path.as_deref()), (Some("/var/lib/libvirt/images/db01.raw"), None));
    assert_eq!(
        (vda.read.requests, vda.read.bytes, vda.read.time_ns),
        (Some(3876), Some(253_248_000), Some(680_967_590))
    );
    assert_eq!(
        (vda.write.requests, vda.write.bytes, vda.write.time_ns),
        (Some(1080), Some(143_970_304), Some(380_575_442))
    );
    assert_eq!(
        (vda.flush.requests, vda.flush.bytes, vda.flush.time_ns),
        (Some(488), None, Some(616_611_369))
    );
    assert_eq!([vda.allocation, vda.capacity, vda.physical], [0, 268_435_456, 602_112].map(Some));
    let mut whole = c.clone();
    leave_out_partial(&mut whole);
    assert_eq!(whole, c);
}

#[test]
fn a_paused_vm_has_its_reason() {
    assert_eq!(decoded("state.state=3\nstate.reason=5").state, Some(VmState::Paused(PauseReason::IoError)));
    assert_eq!(
        decoded("state.state=3\nstate.reason=12").state,
        Some(VmState::Paused(PauseReason::Migration))
    );
    assert_eq!(decoded("state.state=5\nstate.reason=3").state, Some(VmState::Crashed));
    assert_eq!(decoded("state.state=5\nstate.reason=1").state, Some(VmState::ShutOff));
}

#[test]
fn a_group_that_is_absent_stays_unknown() {
    let c = decoded("state.state=5\nstate.reason=1");
    assert_eq!(c, VmCounters { state: Some(VmState::ShutOff), ..VmCounters::empty(id()) });
    assert_eq!(decoded("net.count=0").nics, Some(vec![]));
    assert_eq!(decoded("cpu.user=1\ncpu.system=2").cpu, None);
}

#[test]
fn what_a_busy_vm_gives_in_part_is_left_out() {
    let mut c = decoded(
        "balloon.current=131072\nballoon.maximum=131072\nblock.count=1\nblock.0.name=vda\nblock.0.path=/x\nnet.count=0",
    );
    leave_out_partial(&mut c);
    assert_eq!((c.balloon, c.disks, c.nics), (None, None, Some(vec![])));
    let mut no_disk = decoded("block.count=0");
    leave_out_partial(&mut no_disk);
    assert_eq!(no_disk.disks, Some(vec![]));
}

#[test]
fn negative_means_unknown_and_strange_fields_are_passed_over() {
    let c = decoded(
        "net.0.rx.bytes=-1\nnet.0.tx.bytes=5\nnet.4096.rx.bytes=1\nnet.x.y=1\nnet..y=1\nblock=3\n.=1\n=2",
    );
    let nics = c.nics.unwrap();
    assert_eq!((nics.len(), nics[0].rx_bytes, nics[0].tx_bytes), (1, None, Some(5)));
    // A count nobody can have reserves no memory for it.
    let c = decoded("block.count=18446744073709551615\nvcpu.current=4294967295");
    assert!(c.disks.unwrap().capacity() <= MOST && c.vcpus.capacity() <= MOST);
}

#[test]
fn vcpus_keep_their_numbers_across_holes() {
    let c = decoded("vcpu.current=2\nvcpu.0.state=1\nvcpu.3.state=0\nvcpu.3.time=9");
    let vcpus: Vec<_> = c.vcpus.iter().map(|v| (v.number, v.running, v.time_ns)).collect();
    assert_eq!(vcpus, [(0, true, None), (3, false, Some(9))]);
}

proptest! {
    #[test]
    fn no_field_panics(fields in prop::collection::vec(("[a-z0-9.]{0,24}|(vcpu|net|block)\\.[0-9]{0,22}\\.[a-z.]{0,8}", any::<i64>()), 0..40)) {
        let params = fields.iter().map(|(f, n)| Param { field: f.as_bytes(), value: Value::Int(*n) });
        let mut c = counters(id(), params);
        leave_out_partial(&mut c);
        prop_assert_eq!(c.id, id());
    }
}
