//! Forms, snapshots, deleted VMs, the editor and the audit, on a real host.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::host::Scratch;
use super::scene::{ENTER, QUICK, back, is_live, quit, row_of, says};
use super::term::{SOON, Term};

const TAB: &str = "\t";
const CTRL_U: &str = "\x15";

/// A console on the host that lists this VM, with an editor.
fn console(host: &Scratch, vm: &str, editor: &str) -> Term {
    let env = [&QUICK[..], &[("EDITOR", editor)]].concat();
    let mut term = Term::novacron(&["--connect", &host.uri], &env, 40, 120);
    term.until(&format!("live with {vm}"), SOON, |s| is_live(s) && row_of(s, vm).is_some());
    term
}

/// Says yes to the plan of this title, and waits until it has been handed in.
fn agree(term: &mut Term, title: &str, typed: &str) {
    term.until(title, SOON, |s| says(s, title) && says(s, "[ Cancel ]"));
    term.send(typed);
    term.send(TAB);
    term.send(ENTER);
    term.until("that it was handed in", SOON, |s| !says(s, "[ Cancel ]"));
}

#[test]
fn a_volume_is_made_and_a_vm_on_it_goes_back_to_a_snapshot() {
    let Some(host) = Scratch::up("snapshots") else { return };
    host.define("ui-first");
    let mut term = console(&host, "ui-first", "vi");
    term.send("3");
    term.until("the pools", SOON, |s| says(s, "Volumes of cold"));
    term.send("j");
    term.until("the pool", SOON, |s| says(s, "Volumes of default"));
    term.send("c");
    term.until("the form", SOON, |s| says(s, "Create a volume in pool default"));
    // Without a name there is no plan.
    term.send(ENTER);
    term.until("what is missing", SOON, |s| says(s, "A volume needs a name."));
    term.send("ui.qcow2");
    term.send(TAB);
    term.send(CTRL_U);
    term.send("64M");
    term.send(ENTER);
    agree(&mut term, "Create volume", "");
    term.until("the volume", SOON, |s| says(s, "ui.qcow2 ") && !says(s, "Planning"));

    let disk = format!("{}/ui.qcow2", host.images());
    host.define_xml(&format!(
        "<domain type='qemu'><name>ui-web</name><memory unit='MiB'>32</memory>\
         <os><type arch='x86_64'>hvm</type></os><features><acpi/></features><devices>\
         <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/>\
         <target dev='vda' bus='virtio'/></disk></devices></domain>"
    ));
    term.send("1");
    term.until("the VM", SOON, |s| row_of(s, "ui-web").is_some());
    term.send("G");
    term.send(ENTER);
    term.until("its screen", SOON, |s| says(s, "Snapshots") && says(s, "UUID"));
    for _ in 0..4 {
        term.send(TAB);
    }
    term.until("that there is none", SOON, |s| says(s, "has no snapshots."));
    term.send("N");
    term.until("the form", SOON, |s| says(s, "Take a snapshot of ui-web"));
    term.send(CTRL_U);
    term.send("first");
    term.send(ENTER);
    agree(&mut term, "Take", "");
    term.until("the snapshot", SOON, |s| says(s, "first ● now") && says(s, "internal"));
    term.send("b");
    term.until("the form", SOON, |s| says(s, "Go back to snapshot first of ui-web"));
    term.send(ENTER);
    // What is on the disk now is lost: the name is typed where the plan says so.
    term.until("the plan", SOON, |s| says(s, "[ Cancel ]"));
    if says(term.cells(), "to go ahead") {
        term.send("ui-web");
    }
    term.send(TAB);
    term.send(ENTER);
    term.until("that it went back", SOON, |s| !says(s, "[ Cancel ]") && says(s, "first"));
    term.send("9");
    term.until("the record of it", SOON, |s| says(s, "snapshot.revert") && says(s, "✓ done"));

    // A volume in use is not deleted; one that is not, is, once its name is typed.
    term.send("3");
    term.send("c");
    term.until("the form", SOON, |s| says(s, "Create a volume in pool default"));
    term.send("left.raw");
    term.send(ENTER);
    agree(&mut term, "Create volume", "");
    term.until("both volumes", SOON, |s| says(s, "ui.qcow2 ") && says(s, "left.raw "));
    term.send("O");
    term.until("the orphan", SOON, |s| {
        says(s, "OCCUPIES") && says(s, "default/left.raw ") && !says(s, "default/ui.qcow2")
    });
    term.send("D");
    agree(&mut term, "Delete volume", "left.raw");
    term.until("that it is gone", SOON, |s| !says(s, "default/left.raw") && !says(s, "Reading"));
    back(&mut term, "the volumes", |s| !says(s, "Volumes that no VM uses"));
    term.send("1");
    quit(&mut term);
}

#[test]
fn a_deleted_vm_is_brought_back_and_the_audit_tells_of_both() {
    let Some(host) = Scratch::up("held") else { return };
    host.define("ui-gone");
    let mut term = console(&host, "ui-gone", "vi");
    term.send("D");
    agree(&mut term, "Delete ui-gone", "ui-gone");
    term.until("that it is gone", SOON, |s| row_of(s, "ui-gone").is_none());
    term.send("X");
    term.until("that it is held", SOON, |s| says(s, "Deleted VMs 1") && says(s, "29 days"));
    term.send(ENTER);
    agree(&mut term, "Bring back ui-gone", "");
    term.until("that none is held", SOON, |s| says(s, "No deleted VM is held."));
    back(&mut term, "the VM", |s| !says(s, "Deleted VMs") && row_of(s, "ui-gone").is_some());
    term.send("9");
    term.until("both records", SOON, |s| {
        says(s, "vm.delete") && says(s, "vm.undelete") && says(s, "all 2 as written")
    });
    term.send("/");
    term.send("op:vm.u");
    term.until("one of them", SOON, |s| says(s, "Audit 1") && !says(s, "vm.delete "));
    term.send(ENTER);
    term.send(ENTER);
    term.until("it in full", SOON, |s| says(s, "Audit record 2") && says(s, "Hash"));
    back(&mut term, "the records", |s| !says(s, "Hash"));
    term.send("/");
    term.send(CTRL_U);
    term.send("user:nobody-at-all");
    term.until("none", SOON, |s| says(s, "No record fits the filter."));
    back(&mut term, "all", |s| says(s, "Audit 1"));
    term.send("1");
    quit(&mut term);
}

/// An editor that changes a text by this command of `sed`, each time it is called by the next.
fn editor(folder: &tempfile::TempDir, commands: &[&str]) -> String {
    let path: PathBuf = folder.path().join("editor");
    let count = folder.path().join("count");
    let case = |(i, command): (usize, &&str)| format!("{i}) sed -i '{command}' \"$1\" ;;\n");
    let cases: Vec<String> = commands.iter().enumerate().map(case).collect();
    let script = format!(
        "#!/bin/sh\nn=$(cat '{0}' 2>/dev/null || echo 0)\necho $((n+1)) > '{0}'\ncase $n in\n{1}esac\n",
        count.display(),
        cases.concat()
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_definition_is_edited_until_it_holds_and_gone_back_to() {
    let Some(host) = Scratch::up("edit") else { return };
    host.define("ui-edit");
    let folder = tempfile::tempdir().unwrap();
    let editor = editor(
        &folder,
        &[
            // Broken at first, then as it should be. What was said at the head is looked for as well.
            "s/<vcpu/<vcpu oops/",
            "s/<vcpu oops\\([^>]*\\)>1</<vcpu\\1>2</",
        ],
    );
    let mut term = console(&host, "ui-edit", &editor);
    term.send("e");
    term.until("why not", SOON, |s| says(s, "[ Edit again ]") && says(s, "well-formed"));
    term.send(TAB);
    term.send(ENTER);
    term.until("the plan", SOON, |s| says(s, "Redefine ui-edit") && says(s, "[ Cancel ]"));
    term.until("what changes", SOON, |s| says(s, "<vcpu placement='static'>2</vcpu>"));
    // Cancel, Edit again, Redefine.
    term.send(TAB);
    term.send(TAB);
    term.send(ENTER);
    term.until("that it was handed in", SOON, |s| !says(s, "[ Cancel ]"));
    term.until("that it can be taken back", SOON, |s| says(s, "u undo"));
    term.send(ENTER);
    term.until("its screen", SOON, |s| says(s, "History"));
    // The tab before the first is the last.
    term.send("\x1b[Z");
    term.until("what was done", SOON, |s| says(s, "vm.edit") && says(s, "the present definition"));
    term.send(ENTER);
    term.until("a record or a revision", SOON, |s| says(s, "Audit record 1") || says(s, "Revision"));
    term.until("what changed", SOON, |s| says(s, "2</vcpu>"));
    back(&mut term, "the history", |s| !says(s, "2</vcpu>"));
    // The oldest is the definition as it was.
    term.send("G");
    term.send("b");
    agree(&mut term, "Revert ui-edit", "");
    term.until("that it was done", SOON, |s| says(s, "vm.revert"));
    let left = std::fs::read_dir(term.home()).unwrap().filter_map(Result::ok);
    let drafts = left.filter(|e| e.file_name().to_string_lossy().starts_with("novacron-")).count();
    assert_eq!(drafts, 0, "drafts are left behind");
    back(&mut term, "the VMs", |s| row_of(s, "ui-edit").is_some());
    // The screen was given back for the editor: there is more than pictures before the end.
    term.send("q");
    assert_eq!(term.wait_exit(SOON).exit_code(), 0);
    term.assert_terminal_restored();
}
