use super::*;
use crate::model::held::{Document, FileKind, HeldVm, HeldVolume, Kept, KeptFile};
use crate::model::job::Actor;
use crate::model::operation::{Operation, Redefined};
use crate::model::plan::{Act, AfterKill, Confirm, DefinitionAct, Plan, Refusal, RefusalKind, Weight};
use crate::model::time::Timestamp;
use crate::model::vm::{DiskSource, VmFlags, VmState};
use crate::operations::plan as plan_of;
use crate::xml::domain;

const ID: VmId = VmId::from_bytes([7; 16]);
const XML: &str = "<domain type='kvm'>
  <name>web01</name>
  <uuid>07070707-0707-0707-0707-070707070707</uuid>
  <os firmware='efi'><nvram>/nv/web01.fd</nvram></os>
  <devices>
    <disk type='file' device='disk'><source file='/img/web01'/><target dev='vda'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>
    <graphics type='vnc'/>
  </devices>
</domain>
";

fn vm() -> VmFacts {
    VmFacts {
        id: ID,
        name: "web01".into(),
        state: VmState::ShutOff,
        flags: VmFlags { persistent: Some(true), autostart: Some(true), managed_save: Some(false) },
        definition: domain::parse(XML).unwrap(),
        defined_xml: XML.into(),
    }
}

fn facts(vm: Option<VmFacts>, definition: DefinitionFacts) -> Facts {
    Facts { read_only: None, vm, names: Vec::new(), definition, ..Facts::default() }
}

fn known() -> DefinitionFacts {
    DefinitionFacts { keep_days: 30, with_secrets: Some(secret()), revision: 4, ..DefinitionFacts::default() }
}

fn secret() -> String {
    XML.replace("<graphics type='vnc'/>", "<graphics type='vnc' passwd='x'/>")
}

fn good(act: Op, facts: &Facts) -> Plan {
    match plan_of(&Operation::vm(ID, act), facts) {
        Planned::Plan(plan) => *plan,
        Planned::Refused(no) => panic!("{no:?}"),
    }
}

fn no(act: Op, facts: &Facts) -> Refusal {
    match plan_of(&Operation::vm(ID, act), facts) {
        Planned::Refused(no) => *no,
        Planned::Plan(plan) => panic!("{plan:?}"),
    }
}

fn held() -> HeldVm {
    let file = |kind, digest: Option<&str>| KeptFile {
        kind,
        path: "/nv/web01.fd".into(),
        size: 7,
        user: 0,
        group: 0,
        mode: 0o600,
        digest: digest.map(str::to_owned),
    };
    let document = |name: &str| Document { name: name.into(), ..Document::default() };
    HeldVm {
        vm: ID,
        name: "web01".into(),
        deleted: Timestamp(1),
        until: Timestamp(2),
        by: Actor::default(),
        kept: Kept {
            definition: secret(),
            autostart: true,
            snapshots: vec![document("one"), document("two")],
            checkpoints: vec![document("c")],
            files: vec![file(FileKind::Nvram, Some("aa")), file(FileKind::Saved, Some("bb"))],
            volumes: vec![HeldVolume {
                target: "vda".into(),
                source: DiskSource::File("/img/web01".into()),
                size: Some(5),
            }],
        },
    }
}

const DELETE: Op = Op::Delete { force_off: false, discard_saved: false };

fn redefine(xml: &str) -> Op {
    Op::Redefine { xml: xml.to_owned(), secrets: false, why: Redefined::Edit }
}

fn acts(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|s| format!("{:?}", s.act).split([' ', '(']).nth(1).unwrap_or("").to_owned())
        .collect()
}

#[test]
fn a_vm_is_kept_before_it_is_undefined() {
    let has = Belongings {
        snapshots: 2,
        nvram: Some(Belonging { path: "/nv/web01.fd".into(), size: 7, out_of_reach: None }),
        free: Some(1 << 30),
        ..Belongings::default()
    };
    let plan = good(DELETE, &facts(Some(vm()), DefinitionFacts { belongings: has, ..known() }));
    let steps: Vec<_> = plan.steps.iter().map(|s| s.act.clone()).collect();
    assert_eq!(
        steps,
        [
            DefinitionAct::Reserve { vm: ID },
            DefinitionAct::Keep { vm: ID, discard_saved: false, days: 30 },
            DefinitionAct::Undefine { vm: ID }
        ]
        .map(Act::Definition)
    );
    assert_eq!(plan.steps[0].undo, Some(Act::Definition(DefinitionAct::Unkeep { vm: ID })));
    assert_eq!((plan.after_kill, &plan.confirm), (AfterKill::Undo, &Confirm::Name("web01".into())));
    assert_eq!(plan.inverse, Some(Operation::vm(ID, Op::Undelete { name: None })));
    assert_eq!((plan.space[0].needs, plan.space[0].free), (7, Some(1 << 30)));
    assert!(plan.steps[2].command.contains(&"--nvram".to_owned()), "{:?}", plan.steps[2].command);
    assert!(plan.notes.iter().any(|n| n.text.contains("/img/web01")), "{:?}", plan.notes);
}

#[test]
fn what_hinders_a_deletion_is_said_with_the_way_out() {
    let away = |why: &str| Belonging { out_of_reach: Some(why.into()), ..Belonging::default() };
    let with = |change: fn(&mut VmFacts)| {
        let mut vm = vm();
        change(&mut vm);
        facts(Some(vm), known())
    };
    let saved = |saved: Belonging, free| {
        let belongings = Belongings { saved: Some(saved), free, ..Belongings::default() };
        facts(Some(vm()), DefinitionFacts { belongings, ..known() })
    };
    let large = Belonging { size: 1 << 30, ..Belonging::default() };
    let again = facts(Some(vm()), DefinitionFacts { held: Some(held()), ..known() });
    let cases = [
        (with(|v| v.definition.protected = true), RefusalKind::Protected, "protection"),
        (with(|v| v.state = VmState::Running), RefusalKind::State, "--force-off"),
        (with(|v| v.state = VmState::Unknown), RefusalKind::Unknown, ""),
        (with(|v| v.flags.persistent = Some(false)), RefusalKind::State, "gone once it is off"),
        (again, RefusalKind::Taken, "Purge"),
        (saved(away("no."), None), RefusalKind::State, "--discard-saved"),
        (saved(large.clone(), Some(1 << 30)), RefusalKind::Space, "Free some"),
    ];
    for (facts, kind, way) in cases {
        let no = no(DELETE, &facts);
        assert_eq!(no.kind, kind, "{no:?}");
        assert!(no.remedy.contains(way), "{no:?}");
    }
    let lost = good(Op::Delete { force_off: false, discard_saved: true }, &saved(away("no."), None));
    assert!(lost.notes.iter().any(|n| n.weight == Weight::Danger && n.text.contains("saved memory is lost")));
    good(DELETE, &saved(large, Some(2 << 30)));
    let off =
        good(Op::Delete { force_off: true, discard_saved: false }, &with(|v| v.state = VmState::Running));
    assert_eq!(off.steps[0].act, Act::ForceOff { vm: ID });
}

#[test]
fn all_that_was_kept_comes_back_in_an_order_that_works() {
    let facts = |change: fn(&mut DefinitionFacts)| {
        let mut known = DefinitionFacts { held: Some(held()), ..known() };
        change(&mut known);
        facts(None, known)
    };
    let back = Op::Undelete { name: None };
    let plan = good(back.clone(), &facts(|_| ()));
    assert_eq!(plan.after_kill, AfterKill::Finish);
    let said: Vec<&str> = plan.steps.iter().map(|s| s.title.split(' ').next().unwrap()).collect();
    assert_eq!(said, ["Put", "Put", "Define", "Have", "Have", "Compare"], "{:?}", acts(&plan));
    let other = |name: &str, mac: &str| OtherVm {
        id: VmId::from_bytes([8; 16]),
        name: name.into(),
        macs: vec![mac.into()],
    };
    let with = |other: OtherVm| {
        let mut facts = facts(|_| ());
        facts.definition.others = vec![other];
        facts
    };
    let taken = no(back.clone(), &with(other("web01", "")));
    assert_eq!(taken.kind, RefusalKind::Taken);
    assert!(taken.remedy.contains("--name"), "{taken:?}");
    let taken = no(back.clone(), &with(other("db", "52:54:00:00:00:01")));
    assert!(taken.kind == RefusalKind::Taken && taken.reason.contains("52:54:00:00:00:01"), "{taken:?}");
    let new = Op::Undelete { name: Some("web02".into()) };
    assert_eq!(
        no(new.clone(), &facts(|_| ())).kind,
        RefusalKind::State,
        "its memory was saved under its name"
    );
    let unsaved = facts(|f| f.held.as_mut().unwrap().kept.files.truncate(1));
    assert!(
        good(new, &unsaved)
            .steps
            .iter()
            .any(|s| s.act == Act::Definition(DefinitionAct::DefineHeld { vm: ID, name: "web02".into() }))
    );
    assert_eq!(no(Op::Undelete { name: Some("a/b".into()) }, &unsaved).kind, RefusalKind::BadRequest);
    assert_eq!(no(back.clone(), &facts(|f| f.held = None)).kind, RefusalKind::NotFound);
    let there = Facts { vm: Some(vm()), ..facts(|_| ()) };
    assert_eq!(no(back, &there).kind, RefusalKind::Taken);
}

#[test]
fn a_purge_is_typed_and_leaves_the_disks() {
    let plan = good(Op::Purge, &facts(None, DefinitionFacts { held: Some(held()), ..known() }));
    assert_eq!(plan.confirm, Confirm::Name("web01".into()));
    assert_eq!(plan.steps.len(), 1);
    assert!(plan.notes.iter().any(|n| n.text.contains("/img/web01") && n.text.contains("stay")));
    assert_eq!(plan.inverse, None);
    assert_eq!(no(Op::Purge, &facts(Some(vm()), known())).kind, RefusalKind::Taken);
}

#[test]
fn a_definition_is_replaced_by_one_of_the_same_vm() {
    let facts = facts(Some(vm()), known());
    let more = XML.replace("</devices>", "<rng model='virtio'/></devices>");
    let plan = good(redefine(&more), &facts);
    assert!(plan.diff.contains("+  <rng model='virtio'/></devices>"), "{}", plan.diff);
    let Some(Operation::Vm { act: Op::Redefine { xml, why, .. }, .. }) = &plan.inverse else { panic!() };
    assert_eq!((xml.as_str(), *why), (XML, Redefined::Revert(4)));
    let cases = [
        (XML.to_owned(), RefusalKind::AlreadySo, "already"),
        (XML.replace("</devices>", ""), RefusalKind::BadRequest, "not well-formed"),
        (XML.replace("<name>web01", "<name>web02"), RefusalKind::BadRequest, "web02"),
        (XML.replace("07070707-", "08080808-"), RefusalKind::BadRequest, "another VM's"),
        (XML.replace("uuid>", "uid>"), RefusalKind::BadRequest, "no UUID"),
        ("<network/>".to_owned(), RefusalKind::BadRequest, "not a <domain>"),
    ];
    for (xml, kind, said) in cases {
        let no = no(redefine(&xml), &facts);
        assert_eq!(no.kind, kind, "{no:?}");
        assert!(no.reason.contains(said), "{no:?}");
    }
}

#[test]
fn passwords_are_neither_lost_nor_shown() {
    let more = XML.replace("</devices>", "<rng model='virtio'/></devices>");
    let knows = |with_secrets: Option<String>| facts(Some(vm()), DefinitionFacts { with_secrets, ..known() });
    assert_eq!(no(redefine(&more), &knows(None)).kind, RefusalKind::NotAllowed);
    let others = secret().replace("</devices>", "<cookies/></devices>");
    assert_eq!(no(redefine(&more), &knows(Some(others))).kind, RefusalKind::Unsupported);
    let hidden = XML.replace("type='vnc'", "type='vnc' passwd='*****'");
    good(redefine(&hidden), &knows(Some(secret())));
    let unknown = no(redefine(&hidden), &knows(Some(XML.into())));
    assert!(unknown.kind == RefusalKind::BadRequest && unknown.reason.contains("hidden"), "{unknown:?}");
    let open = Op::Redefine { xml: secret(), secrets: true, why: Redefined::Edit };
    let plan = good(open, &knows(None));
    assert!(!plan.diff.contains("passwd"), "{}", plan.diff);
    assert!(plan.notes.iter().any(|n| n.text.contains("go to libvirt only")), "{:?}", plan.notes);
    let (whole, written) = (format!("{plan:?}"), format!("{:?}", as_written(&plan)));
    assert!(whole.contains("passwd='x'") && !written.contains("passwd"), "{written}");
    assert!(holds_secrets(&plan.operation) && !holds_secrets(&Operation::vm(ID, redefine(XML))));
    let cut = no(
        Op::Redefine { xml: secret().replace("</domain>", ""), secrets: true, why: Redefined::Edit },
        &knows(None),
    );
    assert!(!format!("{cut:?}").contains("passwd"), "{cut:?}");
    // Whoever does not say so writes none down, in what is refused neither.
    let told = no(redefine(&secret()), &knows(Some(secret())));
    assert!(told.kind == RefusalKind::BadRequest && told.remedy.contains("--secrets"), "{told:?}");
    assert!(!format!("{told:?}").contains("passwd='x'"), "{told:?}");
}

#[test]
fn what_runs_goes_on_as_it_is() {
    let running = VmFacts { state: VmState::Running, ..vm() };
    let plan = good(redefine(&XML.replace("kvm", "qemu")), &facts(Some(running), known()));
    assert!(plan.notes.iter().any(|n| n.text.contains("started the next time")), "{:?}", plan.notes);
}
