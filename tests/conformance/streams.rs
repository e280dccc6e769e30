//! Guests' own consoles, keys and pictures, and jobs on their disks.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use novacron::hypervisor::{ConsoleNews, ConsoleSink, HvErrorKind, HvResult, Hypervisor, Purpose};
use novacron::model::id::VmId;
use novacron::model::vm::VmState;

use super::host::{Host, NOBODY, fails, name, running, until};

const ENTER: u16 = 28;

fn nowhere() -> ConsoleSink {
    Arc::new(|_| {})
}

fn opened(hv: &dyn Hypervisor, id: VmId) -> HvResult<()> {
    hv.open_console(id, false, nowhere()).map(drop)
}

fn unsupported<T>(answer: &HvResult<T>) -> bool {
    matches!(answer, Err(e) if e.kind == HvErrorKind::Unsupported)
}

pub(super) fn pictures_are_taken(host: &Host<'_>) {
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let mut taken = 0;
    for vm in running(&*hv) {
        let shot = hv.screenshot(vm.id, 0);
        // One that has no screen, or stopped meanwhile.
        let Ok(shot) = shot else { continue };
        let begins: &[u8] = match shot.mime.as_str() {
            "image/png" => b"\x89PNG\r\n",
            "image/x-portable-pixmap" => b"P6",
            other => panic!("{other}"),
        };
        assert!(!shot.bytes.is_empty(), "{}", vm.name);
        assert!(shot.bytes.starts_with(begins), "{}: {}", vm.name, shot.mime);
        taken += 1;
        if taken == 3 {
            break;
        }
    }
    if taken == 0 {
        host.skip("no VM that runs has a screen");
    }
}

pub(super) fn only_guests_that_run_have_consoles(host: &Host<'_>) {
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let off = [HvErrorKind::InvalidState, HvErrorKind::Unsupported];
    if let Some(vm) = hv.vms().unwrap().into_iter().find(|vm| vm.state == VmState::ShutOff) {
        fails(opened(&*hv, vm.id), &off);
        fails(hv.send_keys(vm.id, &[ENTER], 10), &off);
        // The test driver has one picture, and gives it of any.
        if hv.node().unwrap().driver != "TEST" {
            fails(hv.screenshot(vm.id, 0), &off);
        }
    }
    let nobody = [HvErrorKind::NotFound, HvErrorKind::Unsupported];
    fails(opened(&*hv, VmId(NOBODY)), &nobody);
    fails(hv.send_keys(VmId(NOBODY), &[ENTER], 10), &nobody);
    fails(hv.screenshot(VmId(NOBODY), 0), &[HvErrorKind::NotFound]);
}

pub(super) fn consoles_are_open_once(host: &Host<'_>) {
    let Some(trouble) = host.trouble else { return host.skip("no VM can be defined") };
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let id = trouble.define(&name("console"));
    let is_real = hv.node().unwrap().driver == "QEMU";
    trouble.start(id);
    until("it runs", || hv.vm_state(id).unwrap().is_active());
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let sink: ConsoleSink = Arc::new(move |news| {
        if let ConsoleNews::Ended(_) = news {
            tell.lock().unwrap().send(()).unwrap_or_default();
        }
    });
    let first = hv.open_console(id, false, sink);
    let over = || {
        trouble.stop(id);
        until("it is off", || !hv.vm_state(id).unwrap().is_active());
        trouble.undefine(id);
    };
    if unsupported(&first) || first.is_err() && !is_real {
        over();
        return host.skip("it has no consoles");
    }
    let mut first = first.unwrap();
    first.write(b"\r").unwrap();
    let again = hv.open_console(id, false, nowhere());
    assert!(again.is_err(), "it is open already");
    let taken = hv.open_console(id, true, nowhere()).unwrap();
    told.recv_timeout(Duration::from_secs(30)).unwrap();
    drop((first, taken));
    let until = Instant::now() + Duration::from_secs(30);
    while opened(&*hv, id).is_err() {
        assert!(Instant::now() < until, "one that is closed is free again");
    }
    over();
}

/// What touches a guest's own consoles, or the bytes of its disks.
fn all(hv: &dyn Hypervisor, id: VmId) -> Vec<(&'static str, HvResult<()>)> {
    let xml = "<disk type='file'><source file='/nowhere'/></disk>";
    let mut made = jobs(hv, id, xml);
    made.push(("console", opened(hv, id)));
    made.push(("keys", hv.send_keys(id, &[ENTER], 10)));
    made.push(("picture", hv.screenshot(id, 0).map(drop)));
    made
}

fn jobs(hv: &dyn Hypervisor, id: VmId, xml: &str) -> Vec<(&'static str, HvResult<()>)> {
    vec![
        ("copy", hv.copy_disk(id, "vda", xml, false, None)),
        ("commit", hv.commit_disk(id, "vda", "/nowhere", None)),
        ("pull", hv.pull_disk(id, "vda", None, Some(40))),
        ("end", hv.end_block_job(id, "vda", false)),
        ("pivot", hv.end_block_job(id, "vda", true)),
    ]
}

pub(super) fn read_only_reaches_no_guest(host: &Host<'_>) {
    let Some(connector) = host.read_only else { return host.skip("no read-only connection") };
    let hv = connector.connect(Purpose::Operate).unwrap();
    let Some(vm) = running(&*hv).first().map(|vm| vm.id) else { return host.skip("no VM runs") };
    for (what, answer) in all(&*hv, vm) {
        assert_eq!(answer.unwrap_err().kind, HvErrorKind::ReadOnly, "{what}");
    }
    // Looking how far one is changes nothing.
    match hv.block_job(vm, "vda") {
        Ok(_) => {}
        Err(e) => assert!(!matches!(e.kind, HvErrorKind::ReadOnly), "{e}"),
    }
}

pub(super) fn disks_have_jobs_or_it_says_none(host: &Host<'_>) {
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let nobody = VmId(NOBODY);
    let none = [HvErrorKind::NotFound, HvErrorKind::Unsupported];
    fails(hv.block_job(nobody, "vda"), &none);
    for (what, answer) in jobs(&*hv, nobody, "<disk type='file'><source file='/nowhere'/></disk>") {
        assert!(none.contains(&answer.unwrap_err().kind), "{what}");
    }
    let Some(trouble) = host.trouble else { return host.skip("no VM can be defined") };
    let id = trouble.define(&name("blockjob"));
    trouble.start(id);
    until("it runs", || hv.vm_state(id).unwrap().is_active());
    // It has no such disk: nothing is begun, and nothing is ended.
    let answers = jobs(&*hv, id, "<disk type='file'><source file='/nowhere'/></disk>");
    let is_there = hv.block_job(id, "nodisk");
    trouble.stop(id);
    until("it is off", || !hv.vm_state(id).unwrap().is_active());
    let off = hv.block_job(id, "vda");
    trouble.undefine(id);
    for (what, answer) in answers {
        assert_ne!(answer.unwrap_err().kind, HvErrorKind::ReadOnly, "{what}");
    }
    assert!(is_there.is_err() || is_there == Ok(None), "{is_there:?}");
    if unsupported(&is_there) {
        fails(off, &[HvErrorKind::Unsupported]);
    } else {
        fails(off, &[HvErrorKind::InvalidState, HvErrorKind::NotFound, HvErrorKind::Other]);
    }
}
