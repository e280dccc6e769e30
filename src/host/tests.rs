use super::*;

#[test]
fn this_machine_tells_of_itself() {
    let mut machine = LocalMachine::new();
    let counters = machine.counters();
    assert!(counters.cpu.is_some_and(|c| c.idle_ns > 0 && c.steal_ns.is_some()));
    assert!(counters.memory.is_some_and(|m| m.total > m.used() && m.available.is_some()));
    assert!(counters.uptime_s.is_some_and(|s| s > 0.0));
    let facts = machine.machine();
    println!("{facts:#?}");
    assert!(facts.kernel.is_some() && facts.os.is_some());
    assert!(facts.filesystems.iter().any(|f| f.mount_point == "/"), "{facts:#?}");
}
