//! Starting, stopping and renaming VMs of the check's own.

use std::thread;

use novacron::hypervisor::{Ask, HvErrorKind, Hypervisor, Purpose, StartHow, XmlOf};
use novacron::model::id::VmId;
use novacron::model::vm::{PauseReason, StartGate, StartOrder, VmState};
use novacron::xml::domain::{novacron_element, parse};

use super::events::state_is;
use super::host::{Host, NOBODY, definition, fails, hear, listen, name, running, until};
use super::trouble::Trouble;

const NOT_NOW: [HvErrorKind; 1] = [HvErrorKind::InvalidState];
const SO: StartHow = StartHow { paused: false, discard_saved: false };
const PAUSED: StartHow = StartHow { paused: true, discard_saved: false };
const AFRESH: StartHow = StartHow { paused: false, discard_saved: true };

/// Whether it is libvirt's own fake driver, which lacks some calls.
fn is_test(hv: &dyn Hypervisor) -> bool {
    hv.node().unwrap().driver == "TEST"
}

fn becomes(hv: &dyn Hypervisor, id: VmId, state: VmState) {
    until(state.phrase(), || hv.vm_state(id).unwrap() == state);
}

fn is_saved(hv: &dyn Hypervisor, id: VmId) -> bool {
    hv.vm_flags(id).unwrap().managed_save.unwrap()
}

fn operate(host: &Host<'_>) -> Box<dyn Hypervisor> {
    host.connector.connect(Purpose::Operate).unwrap()
}

/// The check's own VM, off, and a connection to change it.
pub(super) fn own<'a>(host: &Host<'a>, check: &str) -> Option<(&'a dyn Trouble, Box<dyn Hypervisor>, VmId)> {
    let Some(trouble) = host.trouble else {
        host.skip("no VM can be defined");
        return None;
    };
    Some((trouble, operate(host), trouble.define(&name(check))))
}

pub(super) fn starting_and_stopping(host: &Host<'_>) {
    let Some((trouble, hv, id)) = own(host, "power") else { return };
    let events = listen(&*hv);
    let heard = |state: VmState| hear(&events, state.phrase(), state_is(id, state));
    assert_eq!(hv.vm_state(id).unwrap(), VmState::ShutOff);
    match hv.start(id, PAUSED) {
        Err(e) if is_test(&*hv) => {
            assert_eq!(e.kind, HvErrorKind::Unsupported, "{e}");
            host.skip("the driver cannot leave a VM paused that it starts");
            hv.start(id, SO).unwrap();
            hv.pause(id).unwrap();
        }
        answer => answer.unwrap(),
    }
    until("paused", || matches!(hv.vm_state(id).unwrap(), VmState::Paused(_)));
    fails(hv.start(id, SO), &NOT_NOW);
    hv.resume(id).unwrap();
    becomes(&*hv, id, VmState::Running);
    heard(VmState::Running);
    fails(hv.resume(id), &NOT_NOW);
    hv.pause(id).unwrap();
    becomes(&*hv, id, VmState::Paused(PauseReason::User));
    heard(VmState::Paused(PauseReason::User));
    hv.resume(id).unwrap();
    hv.reset(id).unwrap();
    becomes(&*hv, id, VmState::Running);
    assert_eq!(hv.vm_progress(id).unwrap(), None);
    hv.force_off(id).unwrap();
    becomes(&*hv, id, VmState::ShutOff);
    heard(VmState::ShutOff);
    fails(hv.force_off(id), &NOT_NOW);
    fails(hv.pause(id), &NOT_NOW);
    fails(hv.resume(id), &NOT_NOW);
    fails(hv.reset(id), &NOT_NOW);
    fails(hv.save(id), &NOT_NOW);
    fails(hv.shutdown(id, Ask::Acpi), &NOT_NOW);
    fails(hv.reboot(id, Ask::Acpi), &NOT_NOW);
    assert_eq!(hv.vm_progress(id).unwrap(), None);
    fails(hv.abort_job(id), &[HvErrorKind::InvalidState, HvErrorKind::Unsupported]);
    hv.start(id, AFRESH).unwrap();
    becomes(&*hv, id, VmState::Running);
    hv.force_off(id).unwrap();
    trouble.undefine(id);
    fails(hv.start(id, SO), &[HvErrorKind::NotFound]);
}

pub(super) fn guests_are_asked(host: &Host<'_>) {
    let Some((trouble, hv, id)) = own(host, "asked") else { return };
    hv.start(id, SO).unwrap();
    becomes(&*hv, id, VmState::Running);
    if trouble.deafen(id) {
        // A guest without an operating system hears no power button.
        hv.shutdown(id, Ask::Acpi).unwrap();
        hv.reboot(id, Ask::Acpi).unwrap();
        assert!((0..20).all(|_| hv.vm_state(id).unwrap() == VmState::Running));
    } else {
        hv.reboot(id, Ask::Acpi).unwrap();
        becomes(&*hv, id, VmState::Running);
        hv.shutdown(id, Ask::Acpi).unwrap();
        becomes(&*hv, id, VmState::ShutOff);
        hv.start(id, SO).unwrap();
    }
    if definition(&*hv, id).has_agent_channel {
        hv.reboot(id, Ask::Agent).unwrap();
        hv.shutdown(id, Ask::Agent).unwrap();
    } else {
        let wanted = if is_test(&*hv) { HvErrorKind::Unsupported } else { HvErrorKind::AgentUnavailable };
        fails(hv.shutdown(id, Ask::Agent), &[wanted]);
        if is_test(&*hv) {
            host.skip("the driver asks no agents to shut down");
        } else {
            fails(hv.reboot(id, Ask::Agent), &[wanted]);
        }
        assert_eq!(hv.vm_state(id).unwrap(), VmState::Running);
        hv.force_off(id).unwrap();
    }
    becomes(&*hv, id, VmState::ShutOff);
    trouble.undefine(id);
}

pub(super) fn memory_is_saved(host: &Host<'_>) {
    let Some((trouble, hv, id)) = own(host, "saved") else { return };
    let save = || {
        hv.save(id).unwrap();
        becomes(&*hv, id, VmState::ShutOff);
        assert!(is_saved(&*hv, id));
    };
    hv.discard_saved(id).unwrap();
    hv.start(id, SO).unwrap();
    save();
    hv.start(id, SO).unwrap();
    becomes(&*hv, id, VmState::Running);
    assert!(!is_saved(&*hv, id));
    save();
    hv.start(id, AFRESH).unwrap();
    becomes(&*hv, id, VmState::Running);
    assert!(!is_saved(&*hv, id));
    if is_test(&*hv) {
        host.skip("the driver forgets that a saved VM was paused, and renames a saved one");
    } else {
        hv.pause(id).unwrap();
        save();
        fails(hv.rename(id, &name("saved-new")), &NOT_NOW);
        hv.start(id, SO).unwrap();
        until("paused as it was", || matches!(hv.vm_state(id).unwrap(), VmState::Paused(_)));
        hv.resume(id).unwrap();
    }
    save();
    hv.discard_saved(id).unwrap();
    assert!(!is_saved(&*hv, id));
    hv.discard_saved(id).unwrap();
    trouble.undefine(id);
}

pub(super) fn a_save_is_stopped(host: &Host<'_>) {
    let Some(trouble) = host.trouble else { return host.skip("no VM can be defined") };
    let hv = operate(host);
    let id = trouble.define_slow_to_save(&name("stopped"));
    hv.start(id, SO).unwrap();
    becomes(&*hv, id, VmState::Running);
    if let Err(e) = hv.abort_job(id)
        && e.kind == HvErrorKind::Unsupported
    {
        host.skip("the driver stops no jobs");
        hv.force_off(id).unwrap();
        return trouble.undefine(id);
    }
    fails(hv.abort_job(id), &NOT_NOW);
    let saver = operate(host);
    let saving = thread::spawn(move || saver.save(id));
    let mut seen = None;
    until("the save goes on, or is over", || {
        seen = hv.vm_progress(id).unwrap();
        seen.is_some() || saving.is_finished()
    });
    if let Some(pass) = host.pass_time {
        pass();
        seen = hv.vm_progress(id).unwrap();
        assert!(seen.is_some_and(|p| p.done > 0), "{seen:?}");
    }
    assert!(seen.is_none_or(|p| p.total == 0 || p.done <= p.total), "{seen:?}");
    let aborted = hv.abort_job(id);
    match saving.join().unwrap() {
        Ok(()) => {
            host.skip("the save was over before it could be stopped");
            hv.discard_saved(id).unwrap();
        }
        error => {
            aborted.unwrap();
            fails(error, &[HvErrorKind::Aborted]);
            becomes(&*hv, id, VmState::Running);
            assert!(!is_saved(&*hv, id));
            assert_eq!(hv.vm_progress(id).unwrap(), None);
            hv.force_off(id).unwrap();
        }
    }
    trouble.undefine(id);
}

pub(super) fn names_and_autostart(host: &Host<'_>) {
    let Some((trouble, hv, id)) = own(host, "named") else { return };
    let (old, new) = (name("named"), name("renamed"));
    for on in [true, false, false, true] {
        hv.set_autostart(id, on).unwrap();
        assert_eq!(hv.vm_flags(id).unwrap().autostart, Some(on));
    }
    hv.set_autostart(id, false).unwrap();
    let other = host.open();
    let listed = |hv: &dyn Hypervisor| hv.vms().unwrap().into_iter().find(|vm| vm.id == id).unwrap().name;
    assert_eq!([listed(&*hv), listed(&*other)], [old.clone(), old.clone()]);
    let taken = hv.vms().unwrap().into_iter().find(|vm| vm.id != id).unwrap().name;
    fails(hv.rename(id, &taken), &[HvErrorKind::Exists]);
    hv.start(id, SO).unwrap();
    fails(hv.rename(id, &new), &NOT_NOW);
    hv.force_off(id).unwrap();
    let events = listen(&*other);
    hv.rename(id, &new).unwrap();
    hear(&events, "renamed", |e| *e == novacron::hypervisor::HvEvent::Defined(id));
    assert_eq!([listed(&*hv), listed(&*other)], [new.clone(), new.clone()]);
    assert!(hv.xml_of(id, XmlOf::Defined).unwrap().contains(&format!("<name>{new}</name>")));
    // Errors tell the new name, on every connection.
    assert_eq!(hv.pause(id).unwrap_err().object, new);
    assert_eq!(other.pause(id).unwrap_err().object, new);
    hv.rename(id, &old).unwrap();
    assert_eq!(listed(&*hv), old);
    trouble.undefine(id);
}

pub(super) fn words_are_written(host: &Host<'_>) {
    let Some((trouble, hv, id)) = own(host, "words") else { return };
    let tags = |tags: &[&str]| tags.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let start = StartOrder { order: 7, delay_s: 30, gate: StartGate::Agent };
    let both = |check: &dyn Fn(&novacron::model::vm::VmDefinition)| {
        for which in [XmlOf::Live, XmlOf::Defined, XmlOf::DefinedWithSecrets] {
            check(&parse(&hv.xml_of(id, which).unwrap()).unwrap());
        }
    };
    for runs in [false, true] {
        if runs {
            hv.start(id, SO).unwrap();
        }
        let (title, text) = ("a <title> & “more”", "first line\nsecond & <last>");
        let wanted = tags(&["web", "a<b&c"]);
        let element = novacron_element(&wanted, true, Some(start)).unwrap();
        hv.set_metadata(id, Some(&element)).unwrap();
        hv.set_title(id, title).unwrap();
        hv.set_description(id, text).unwrap();
        both(&|d| {
            assert_eq!((d.title.as_deref(), d.description.as_deref()), (Some(title), Some(text)));
            assert_eq!((&d.tags, d.protected, d.start_order), (&wanted, true, Some(start)));
        });
        // What is set takes the place of what was.
        hv.set_metadata(id, novacron_element(&tags(&["db"]), false, None).as_deref()).unwrap();
        both(&|d| assert_eq!((&d.tags[..], d.protected, d.start_order), (&tags(&["db"])[..], false, None)));
        fails(hv.set_title(id, "two\nlines"), &[HvErrorKind::Other]);
        both(&|d| assert_eq!(d.title.as_deref(), Some(title)));
        // What is not there is taken away without complaint.
        for _ in 0..2 {
            hv.set_metadata(id, None).unwrap();
            hv.set_title(id, "").unwrap();
            hv.set_description(id, "").unwrap();
        }
        both(&|d| {
            assert_eq!((d.title.as_ref(), d.description.as_ref()), (None, None));
            assert!(d.tags.is_empty() && !d.protected && d.start_order.is_none());
        });
        fails(hv.set_metadata(id, Some("<vm><tags>")), &[HvErrorKind::Other]);
    }
    let password = |which| hv.xml_of(id, which).unwrap().contains("passwd='secret'");
    assert!(!password(XmlOf::Live) && !password(XmlOf::Defined) && password(XmlOf::DefinedWithSecrets));
    assert_ne!(hv.xml_of(id, XmlOf::Live).unwrap(), hv.xml_of(id, XmlOf::Defined).unwrap());
    if trouble.make_transient(id) {
        hv.set_title(id, "for now").unwrap();
        assert_eq!(definition(&*hv, id).title.as_deref(), Some("for now"));
        if !is_test(&*hv) {
            fails(hv.set_autostart(id, true), &NOT_NOW);
        }
        hv.force_off(id).unwrap();
        fails(hv.vm_state(id), &[HvErrorKind::NotFound]);
    } else {
        hv.force_off(id).unwrap();
        trouble.undefine(id);
    }
}

/// Every call that changes a VM, each with the kinds it fails with.
fn every_change_fails(hv: &dyn Hypervisor, id: VmId, kinds: &[HvErrorKind]) -> Vec<String> {
    let answers = [
        hv.start(id, SO),
        hv.shutdown(id, Ask::Acpi),
        hv.shutdown(id, Ask::Agent),
        hv.reboot(id, Ask::Acpi),
        hv.reboot(id, Ask::Agent),
        hv.reset(id),
        hv.force_off(id),
        hv.pause(id),
        hv.resume(id),
        hv.save(id),
        hv.discard_saved(id),
        hv.abort_job(id),
        hv.xml_of(id, XmlOf::DefinedWithSecrets).map(drop),
        hv.set_autostart(id, true),
        hv.rename(id, "no-such-name"),
        hv.set_metadata(id, None),
        hv.set_title(id, ""),
        hv.set_description(id, ""),
    ];
    let said = answers.iter().filter_map(|a| a.as_ref().err()).map(|e| e.message.clone()).collect();
    for answer in answers {
        fails(answer, kinds);
    }
    said
}

pub(super) fn an_unknown_vm_cannot_be_changed(host: &Host<'_>) {
    let (hv, id) = (operate(host), VmId(NOBODY));
    let gone = [HvErrorKind::NotFound];
    every_change_fails(&*hv, id, &gone);
    fails(hv.vm_state(id), &gone);
    fails(hv.vm_progress(id), &gone);
    fails(hv.xml_of(id, XmlOf::Live), &gone);
}

pub(super) fn many_definitions_are_read_at_once(host: &Host<'_>) {
    let hv = operate(host);
    let vms = hv.vms().unwrap();
    // More than one lane, an unknown VM in the midst, and each VM more than once.
    let known = vms.iter().flat_map(|vm| [(vm.id, XmlOf::Live), (vm.id, XmlOf::Defined)]).cycle().take(40);
    let mut wanted: Vec<_> = known.collect();
    wanted.insert(17, (VmId(NOBODY), XmlOf::Live));
    let answers = hv.xmls_of(&wanted);
    assert_eq!(answers.len(), wanted.len());
    for ((id, which), answer) in wanted.into_iter().zip(answers) {
        if id == VmId(NOBODY) {
            fails(answer, &[HvErrorKind::NotFound]);
        } else {
            assert_eq!(answer.unwrap(), hv.xml_of(id, which).unwrap());
        }
    }
    assert_eq!(hv.xmls_of(&[]), []);
}

pub(super) fn read_only_changes_nothing(host: &Host<'_>) {
    let Some(connector) = host.read_only else { return host.skip("no read-only connection") };
    let hv = connector.connect(Purpose::Operate).unwrap();
    let vm = running(&*hv).remove(0);
    let mut said = every_change_fails(&*hv, vm.id, &[HvErrorKind::ReadOnly]);
    // Nobody is asked: one that is not there is refused alike.
    said.extend(every_change_fails(&*hv, VmId(NOBODY), &[HvErrorKind::ReadOnly]));
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(hv.vm_state(vm.id).unwrap(), VmState::Running);
    assert_eq!(hv.vm_progress(vm.id).unwrap(), None);
    for which in [XmlOf::Live, XmlOf::Defined] {
        assert!(hv.xml_of(vm.id, which).unwrap().contains(&vm.id.to_string()));
    }
}
