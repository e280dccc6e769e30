//! What the kernel and the system of this machine tell.

use super::{Check, Status};
use crate::host::MachinePort;

const AREA: &str = "This machine";

pub(super) fn checks(port: &mut dyn MachinePort) -> Vec<Check> {
    let counters = port.counters();
    let machine = port.machine();
    let mut checks = Vec::new();
    let system = [machine.os.as_deref(), machine.kernel.as_deref()];
    checks.push(Check::ok(
        AREA,
        "system",
        system.into_iter().flatten().collect::<Vec<_>>().join(", kernel "),
    ));
    checks.push(told("processor", counters.cpu.is_some(), "/proc/stat"));
    checks.push(told("memory", counters.memory.is_some(), "/proc/meminfo"));
    checks.push(if counters.pressure.is_some() {
        Check::ok(AREA, "pressure", "/proc/pressure is read")
    } else {
        Check::new(
            AREA,
            "pressure",
            Status::Note,
            "the kernel keeps no pressure stall information",
            "Boot with psi=1 where the kernel has it (CONFIG_PSI).",
        )
    });
    checks.push(run_queue(std::fs::read_to_string("/proc/sys/kernel/sched_schedstats").ok().as_deref()));
    let systems = machine.filesystems.len();
    checks.push(Check::ok(
        AREA,
        "storage",
        format!("{systems} file systems, {} block devices", machine.block_devices.len()),
    ));
    checks
        .extend(machine.unavailable.iter().map(|why| Check::new(AREA, "unavailable", Status::Note, why, "")));
    checks
}

fn told(name: &'static str, told: bool, source: &str) -> Check {
    if told {
        Check::ok(AREA, name, format!("{source} is read"))
    } else {
        Check::new(AREA, name, Status::Warn, format!("{source} cannot be read"), "Is /proc mounted?")
    }
}

/// Without the kernel's scheduler statistics the run-queue wait reads 0, so it is shown as unknown.
fn run_queue(setting: Option<&str>) -> Check {
    if setting.is_some_and(|s| s.trim() == "1") {
        return Check::ok(AREA, "run queue", "scheduler statistics are on");
    }
    Check::new(
        AREA,
        "run queue",
        Status::Note,
        "the kernel keeps no scheduler statistics: run-queue wait is unknown, steal is not affected",
        "sysctl kernel.sched_schedstats=1 turns them on; they cost a little CPU.",
    )
}
