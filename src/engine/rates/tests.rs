use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::counters::{
    BalloonCounters, CpuCounters, DiskCounters, NicCounters, NodeCounters, NodeCpuCounters, NodeMemory,
    RequestCounters, VcpuCounters,
};
use crate::model::time::Timestamp;
use crate::model::units::Unit;

const S: u64 = 1_000_000_000;

fn at(seconds: f64) -> Moment {
    Moment { wall: Timestamp(0), mono_us: 1_000_000 }.plus(Duration::from_secs_f64(seconds))
}

fn value<const N: usize>(row: &Row<N>, metric: MetricId) -> Option<f64> {
    row.iter().find(|(m, _)| *m == metric).unwrap().1
}

fn close(value: Option<f64>, expected: f64) {
    assert!(value.is_some_and(|v| (v - expected).abs() < 1e-9), "{value:?} is not {expected}");
}

const fn cpu_time(time_ns: u64) -> CpuCounters {
    CpuCounters { time_ns, user_ns: None, system_ns: None }
}

#[test]
fn a_span_needs_two_readings_of_one_run_some_time_apart() {
    let seen = Seen { at: at(10.0), epoch: 3, counters: () };
    assert_eq!(span(Some(&seen), at(12.0), 3), Span::Seconds(2.0));
    assert_eq!(span(Some(&seen), at(12.0), 4), Span::Gap, "another run");
    assert_eq!(span(Some(&seen), at(9.0), 3), Span::Gap, "time going backwards");
    assert_eq!(span(Some(&seen), at(10.0), 3), Span::TooShort);
    assert_eq!(span(Some(&seen), at(10.1), 3), Span::TooShort);
    assert_eq!(span::<()>(None, at(10.0), 3), Span::Gap);
}

#[test]
fn cpu_is_a_share_of_the_vcpus_and_of_the_host() {
    let row = cpu(&cpu_time(5 * S), &cpu_time(7 * S), 2.0, Some(4), Some(8)).unwrap();
    close(value(&row, MetricId::VmCpu), 25.0);
    close(value(&row, MetricId::VmCpuHost), 12.5);
}

#[test]
fn cpu_that_cannot_be_told_is_not_told() {
    assert!(cpu(&cpu_time(7 * S), &cpu_time(5 * S), 2.0, Some(4), Some(8)).is_none(), "a reset");
    let row = cpu(&cpu_time(0), &cpu_time(S), 2.0, None, None).unwrap();
    assert_eq!(row.map(|(_, v)| v), [None, None], "neither vCPUs nor host CPUs are known");
    let row = cpu(&cpu_time(0), &cpu_time(1000 * S), 2.0, Some(4), Some(8)).unwrap();
    assert_eq!(row.map(|(_, v)| v), [None, None], "more than the host has");
    let row = cpu(&cpu_time(0), &cpu_time(0), 2.0, Some(4), Some(8)).unwrap();
    close(value(&row, MetricId::VmCpu), 0.0);
}

#[test]
fn cpu_a_little_over_the_top_is_the_top() {
    let row = cpu(&cpu_time(0), &cpu_time(17 * S / 8), 2.0, Some(1), Some(8)).unwrap();
    close(value(&row, MetricId::VmCpu), 100.0);
}

fn vcpu(number: u32, wait: u64, delay: u64) -> VcpuCounters {
    VcpuCounters { number, running: true, time_ns: None, wait_ns: Some(wait), delay_ns: Some(delay) }
}

#[test]
fn steal_is_a_mean_over_vcpus_and_wait_is_unknown_where_it_is_not_counted() {
    let before = [vcpu(0, 0, 0), vcpu(1, 0, 0)];
    let now = [vcpu(0, 0, S / 5), vcpu(1, 0, 0)];
    let row = vcpus(&before, &now, 2.0, false);
    close(value(&row, MetricId::VmSteal), 5.0);
    assert_eq!(value(&row, MetricId::VmWait), None);
    close(value(&vcpus(&before, &now, 2.0, true), MetricId::VmWait), 0.0);
    let unplugged = vcpus(&before, &[vcpu(0, 0, S / 5)], 2.0, true);
    close(value(&unplugged, MetricId::VmSteal), 10.0);
    let reset = vcpus(&now, &before, 2.0, true);
    assert_eq!(value(&reset, MetricId::VmSteal), None);
}

#[test]
fn memory_is_unknown_until_the_guest_reports_and_once_it_stops() {
    const GIB: u64 = 1 << 30;
    let mut b = BalloonCounters {
        current: Some(4 * GIB),
        available: Some(4 * GIB),
        usable: Some(GIB),
        rss: Some(2 * GIB),
        last_update_s: Some(1_700_000_000),
        ..BalloonCounters::default()
    };
    let row = memory(&b, false);
    close(value(&row, MetricId::VmMemory), 3.0 * GIB as f64);
    close(value(&row, MetricId::VmMemoryShare), 75.0);
    let silent = memory(&b, true);
    assert_eq!(value(&silent, MetricId::VmMemory), None);
    close(value(&silent, MetricId::VmResident), 2.0 * GIB as f64);
    for never in [None, Some(0)] {
        b.last_update_s = never;
        let row = memory(&b, false);
        assert_eq!(value(&row, MetricId::VmMemory), None);
        assert_eq!(value(&row, MetricId::VmMemoryAvailable), None);
        close(value(&row, MetricId::VmBalloon), 4.0 * GIB as f64);
    }
    b = BalloonCounters { last_update_s: Some(1), available: Some(1), usable: Some(2), ..b };
    assert_eq!(value(&memory(&b, false), MetricId::VmMemory), None, "more usable than there is");
}

fn requests(requests: u64, bytes: u64, time_ns: u64) -> RequestCounters {
    RequestCounters { requests: Some(requests), bytes: Some(bytes), time_ns: Some(time_ns) }
}

fn hard_disk(target: &str, read: RequestCounters, write: RequestCounters) -> DiskCounters {
    DiskCounters { target: target.into(), read, write, ..DiskCounters::default() }
}

#[test]
fn latency_is_time_over_requests_and_unknown_without_requests() {
    let before = hard_disk("vda", requests(10, 1000, S), requests(5, 0, 0));
    let now = hard_disk("vda", requests(30, 5000, S + 40_000_000), requests(5, 0, 0));
    let row = disk(Some(&before), &now, 2.0);
    close(value(&row, MetricId::DiskRead), 2000.0);
    close(value(&row, MetricId::DiskReadIops), 10.0);
    close(value(&row, MetricId::DiskReadLatency), 0.002);
    close(value(&row, MetricId::DiskWriteIops), 0.0);
    assert_eq!(value(&row, MetricId::DiskWriteLatency), None);
    assert_eq!(value(&row, MetricId::DiskFlushIops), None, "flushes are not counted");
}

#[test]
fn sums_take_active_layers_only_and_break_with_a_reset_of_any() {
    let lower =
        DiskCounters { backing_index: Some(1), ..hard_disk("vda", requests(0, 0, 0), requests(0, 0, 0)) };
    let before = vec![
        hard_disk("vda", requests(0, 0, 0), requests(0, 0, 0)),
        lower.clone(),
        hard_disk("vdb", requests(0, 100, 0), requests(0, 0, 0)),
    ];
    let mut now = vec![
        hard_disk("vda", requests(4, 4096, 8_000_000), requests(0, 0, 0)),
        DiskCounters { read: requests(99, 1 << 40, S), ..lower },
        hard_disk("vdb", requests(0, 100, 0), requests(0, 0, 0)),
        hard_disk("vdc", requests(7, 1 << 30, 0), requests(0, 0, 0)),
    ];
    let row = disks(&before, &now, 2.0);
    close(value(&row, MetricId::VmDiskRead), 2048.0);
    close(value(&row, MetricId::VmLatency), 0.002);
    now[2].read.bytes = Some(0);
    let row = disks(&before, &now, 2.0);
    assert_eq!(value(&row, MetricId::VmDiskRead), None);
    assert_eq!(value(&row, MetricId::VmDisk), None);
    close(value(&row, MetricId::VmDiskWrite), 0.0);
    assert!(disks(&[], &now, 2.0).iter().all(|(_, v)| v.is_none()), "nothing to compare with is not 0");
}

#[test]
fn nics_sum_up_and_unknown_ones_add_nothing() {
    let count = |device: &str, rx, tx| NicCounters {
        device: device.into(),
        rx_bytes: rx,
        tx_bytes: tx,
        ..NicCounters::default()
    };
    let before = [count("vnet0", Some(0), Some(0)), count("vnet1", None, None)];
    let now = [count("vnet0", Some(200), Some(100)), count("vnet1", None, None)];
    let row = nics(&before, &now, 2.0);
    close(value(&row, MetricId::VmNetRx), 100.0);
    close(value(&row, MetricId::VmNet), 150.0);
    assert_eq!(value(&row, MetricId::VmNetDrops), None);
    assert_eq!(value(&nic(Some(&now[0]), &before[0], 2.0), MetricId::NicRx), None, "a reset");
}

#[test]
fn host_shares_add_up_and_iowait_may_fall_back() {
    let before = NodeCpuCounters { user_ns: 0, system_ns: 0, idle_ns: 0, iowait_ns: 5, steal_ns: Some(0) };
    let after = NodeCpuCounters {
        user_ns: 30 * S,
        system_ns: 10 * S,
        idle_ns: 60 * S,
        iowait_ns: 0,
        steal_ns: Some(0),
    };
    let memory =
        NodeMemory { total: 1000, free: 200, available: None, buffers: 100, cached: 200, swap: None };
    let now = NodeCounters { cpu: Some(after), memory: Some(memory), ..NodeCounters::default() };
    let row = host(Some(&before), &now);
    close(value(&row, MetricId::HostCpu), 40.0);
    close(value(&row, MetricId::HostCpuUser), 30.0);
    close(value(&row, MetricId::HostCpuIowait), 0.0);
    close(value(&row, MetricId::HostMemoryShare), 50.0);
    assert_eq!(value(&row, MetricId::HostSwap), None);
    let rebooted = NodeCounters { cpu: Some(before), ..now };
    assert_eq!(value(&host(Some(&after), &rebooted), MetricId::HostCpu), None);
    assert_eq!(value(&host(None, &now), MetricId::HostCpu), None);
}

#[test]
fn rows_and_tracks_name_metrics_of_their_group() {
    use crate::model::metric::Group;
    for (metrics, group) in [
        (CPU_METRICS, Group::Cpu),
        (VCPU_METRICS, Group::Vcpu),
        (MEMORY_METRICS, Group::Balloon),
        (DISK_METRICS, Group::Block),
        (DISK_DEVICE_METRICS, Group::Block),
        (NET_METRICS, Group::Interface),
        (NIC_DEVICE_METRICS, Group::Interface),
        (HOST_METRICS, Group::Node),
    ] {
        assert!(metrics.iter().all(|m| m.get().group == group), "{group:?}");
    }
    let row = host(None, &NodeCounters::default()).map(|(m, _)| m);
    assert_eq!(row.as_slice(), HOST_METRICS);
}

fn anything() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), (0u64..10).prop_map(Some), any::<u64>().prop_map(Some)]
}

fn any_requests() -> impl Strategy<Value = RequestCounters> {
    (anything(), anything(), anything()).prop_map(|(requests, bytes, time_ns)| RequestCounters {
        requests,
        bytes,
        time_ns,
    })
}

fn sane<const N: usize>(row: &Row<N>) -> Result<(), TestCaseError> {
    for (metric, v) in row {
        if let Some(v) = v {
            prop_assert!(v.is_finite() && *v >= 0.0, "{metric:?} is {v}");
            prop_assert!(metric.get().unit != Unit::Percent || *v <= 100.0, "{metric:?} is {v}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_counters_make_a_value_that_cannot_be(
        seconds in 0.2f64..1e5,
        times in (any::<u64>(), any::<u64>()),
        cpus in (proptest::option::of(0u32..4096), proptest::option::of(0u32..4096)),
        reads in (any_requests(), any_requests()),
        writes in (any_requests(), any_requests()),
        delays in (anything(), anything(), anything(), anything()),
        balloon in (anything(), anything(), anything(), anything()),
    ) {
        if let Some(row) = cpu(&cpu_time(times.0), &cpu_time(times.1), seconds, cpus.0, cpus.1) {
            sane(&row)?;
        }
        let (before, now) = (hard_disk("a", reads.0, writes.0), hard_disk("a", reads.1, writes.1));
        sane(&disk(Some(&before), &now, seconds))?;
        sane(&disks(&[before.clone(), before], &[now.clone(), now], seconds))?;
        let of = |wait_ns, delay_ns| VcpuCounters { wait_ns, delay_ns, ..VcpuCounters::default() };
        sane(&vcpus(&[of(delays.0, delays.1)], &[of(delays.2, delays.3)], seconds, true))?;
        let nic_of = |rx_bytes, tx_bytes| NicCounters { rx_bytes, tx_bytes, ..NicCounters::default() };
        let (before, now) = (nic_of(delays.0, delays.1), nic_of(delays.2, delays.3));
        sane(&nics(std::slice::from_ref(&before), std::slice::from_ref(&now), seconds))?;
        sane(&nic(Some(&before), &now, seconds))?;
        let (available, usable, rss, last_update_s) = balloon;
        sane(&memory(&BalloonCounters { available, usable, rss, last_update_s, ..Default::default() }, false))?;
    }
}
