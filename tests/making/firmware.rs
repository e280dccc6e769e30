//! Clones of guests with UEFI firmware and a TPM: each has its own variables and its own state, and boots with them.

use super::boots::{checksum, guest_with, said};
use crate::operate::bed::Bed;

const UEFI: &str = "<os firmware='efi'><firmware><feature enabled='no' name='secure-boot'/></firmware>\
                    <type arch='x86_64' machine='q35'>hvm</type>";
const TPM: &str = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>";

/// What stands between the two in a VM's definition; it runs.
fn between(bed: &Bed, vm: &str, from: &str, to: &str) -> String {
    let xml = bed.virsh(&["dumpxml", vm]);
    let rest = xml.split_once(from).unwrap_or_else(|| panic!("{from}: {xml}")).1;
    rest.split_once(to).unwrap().0.to_owned()
}

/// Path of its UEFI variables, and the path of what they began as.
fn nvram(bed: &Bed, vm: &str) -> (String, String) {
    let element = between(bed, vm, "<nvram ", "</nvram>");
    let template = element.split_once("template='").unwrap().1.split_once('\'').unwrap().0.to_owned();
    (element.rsplit_once('>').unwrap().1.to_owned(), template)
}

/// Checksum of a file as the daemon sees it.
fn sum(bed: &Bed, file: &str) -> String {
    let said = bed.host.exec(&["md5sum", file]);
    said.split_whitespace().next().unwrap().to_owned()
}

/// The folder in which a TPM's state lies.
fn tpm(bed: &Bed, vm: &str) -> String {
    format!("/var/lib/libvirt/swtpm/{}/tpm2", bed.virsh(&["domuuid", vm]).trim())
}

/// It was started by UEFI firmware, which wrote to its own variables, and holds what the first one held.
fn boots(bed: &Bed, vm: &str, proof: &str, others: &str) -> String {
    bed.does(&["vm", "start", vm]);
    assert_eq!(checksum(bed, vm), proof, "{vm}");
    said(bed, vm, &["test", "-d", "/sys/firmware/efi"]);
    let (own, template) = nvram(bed, vm);
    assert_ne!(own, others, "{vm} has variables of its own");
    assert_ne!(sum(bed, &own), sum(bed, &template), "{vm}: its firmware wrote to them");
    own
}

#[test]
fn a_clone_with_uefi_boots_with_variables_of_its_own() {
    let Some(bed) = guest_with("tpluefi", UEFI, "") else { return };
    let proof = checksum(&bed, "src");
    said(&bed, "src", &["test", "-d", "/sys/firmware/efi"]);
    said(&bed, "src", &["sync"]);
    let (first, _) = nvram(&bed, "src");
    bed.virsh(&["destroy", "src"]);
    let was = sum(&bed, &first);
    let (code, plan) = bed.run(&["vm", "clone", "src", "full", "--dry-run"]);
    assert!(code == 0 && plan.contains("UEFI variables begin afresh"), "{plan}");
    bed.does(&["vm", "clone", "src", "full"]);
    bed.does(&["vm", "clone", "src", "linked", "--linked"]);
    let full = boots(&bed, "full", &proof, &first);
    bed.virsh(&["destroy", "full"]);
    let linked = boots(&bed, "linked", &proof, &first);
    assert_ne!(full, linked);
    assert_eq!(sum(&bed, &first), was, "those of the first one are as they were");
    bed.sound();
}

#[test]
fn a_clone_with_a_tpm_has_one_of_its_own() {
    let Some(bed) = guest_with("tpltpm", UEFI, TPM) else { return };
    let proof = checksum(&bed, "src");
    said(&bed, "src", &["sync"]);
    bed.virsh(&["destroy", "src"]);
    let (code, plan) = bed.run(&["vm", "clone", "src", "new", "--dry-run"]);
    assert!(code == 0 && plan.contains("Its TPM begins empty"), "{plan}");
    let state = |vm: &str| sum(&bed, &format!("{}/tpm2-00.permall", tpm(&bed, vm)));
    let was = state("src");
    bed.does(&["vm", "clone", "src", "new"]);
    bed.does(&["vm", "start", "new"]);
    assert_eq!(checksum(&bed, "new"), proof);
    assert_ne!(tpm(&bed, "new"), tpm(&bed, "src"));
    assert_ne!(state("new"), was, "it was made for it, with keys of its own");
    assert_eq!(state("src"), was, "the first one's is as it was");
    bed.sound();
}
