use proptest::prelude::*;

use super::iso::File;
use super::macs::macs;
use super::seed::{image, wrong};
use super::template::manifest_of;
use super::*;
use crate::model::operation::Seed;
use crate::model::plan::{Act, MakingAct, Plan, StorageAct};
use crate::model::storage::{PoolRecord, PoolState, Volume};
use crate::model::text::{clean, clean_lines};
use crate::model::vm::{BASE_TAG, VmFlags, VmState};
use crate::operations::tests::hostile;
use crate::operations::{PoolFacts, StorageFacts, plan, versions};
use crate::xml::domain;

/// A file of a medium, by reading it as a kernel does: descriptor, folder, file. `joliet` reads the second set of names.
fn read(medium: &[u8], joliet: bool, name: &str) -> Option<String> {
    let number = |at: usize| u32::from_le_bytes(medium[at..at + 4].try_into().unwrap()) as usize;
    let descriptor = (16 + usize::from(joliet)) * 2048;
    assert_eq!(medium[descriptor], 1 + u8::from(joliet));
    assert_eq!(&medium[descriptor + 1..descriptor + 6], b"CD001");
    assert_eq!(number(descriptor + 80) * 2048, medium.len());
    let root = number(descriptor + 156 + 2) * 2048;
    let mut at = root;
    while medium[at] > 0 {
        let length = usize::from(medium[at + 32]);
        let raw = &medium[at + 33..at + 33 + length];
        let text = if joliet {
            raw.chunks(2).map(|c| char::from(*c.last().unwrap())).collect::<String>()
        } else {
            String::from_utf8_lossy(raw).into_owned()
        };
        if text == name {
            let (from, size) = (number(at + 2) * 2048, number(at + 10));
            return Some(String::from_utf8(medium[from..from + size].to_vec()).unwrap());
        }
        at += usize::from(medium[at]);
    }
    None
}

#[test]
fn the_medium_for_cloud_init_reads_as_one() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA \"a\" \\ b: #c".to_owned();
    let seed = Seed { hostname: Some("a.b".into()), user: Some("admin".into()), ssh_keys: vec![key] };
    assert_eq!(wrong("vm", &seed), None);
    let medium = image("id-1", "vm", &seed);
    assert_eq!(&medium[16 * 2048 + 40..16 * 2048 + 46], b"cidata");
    let meta = "instance-id: \"id-1\"\nlocal-hostname: \"a.b\"\n";
    assert_eq!(read(&medium, true, "meta-data").as_deref(), Some(meta));
    assert_eq!(read(&medium, false, "META-DATA;1").as_deref(), Some(meta));
    let user = read(&medium, true, "user-data").unwrap();
    assert_eq!(
        user,
        "#cloud-config\nhostname: \"a.b\"\nfqdn: \"a.b\"\nusers:\n  - name: \"admin\"\n    shell: /bin/bash\n    \
         lock_passwd: true\n    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n    ssh_authorized_keys:\n      - \"ssh-ed25519 \
         AAAAC3NzaC1lZDI1NTE5AAAA \\\"a\\\" \\\\ b: #c\"\n"
    );
}

#[test]
fn what_cloud_init_cannot_be_told_is_refused() {
    let with = |seed: Seed| wrong("vm", &seed).is_some();
    let host = |h: &str| Seed { hostname: Some(h.into()), ..Seed::default() };
    let user = |u: &str| Seed { user: Some(u.into()), ..Seed::default() };
    let key = |k: &str| Seed { ssh_keys: vec![k.into()], ..Seed::default() };
    for bad in
        [host(""), host("a b"), host("-a"), host("a..b"), host("a\nb"), user(""), user("Root x"), user("1a")]
    {
        assert!(with(bad.clone()), "{bad:?}");
    }
    for bad in [
        "",
        "ssh-rsa",
        "ssh-rsa AAAA\nevil: 1",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA x\ny",
        "AAAAC3NzaC1lZDI1 b",
    ] {
        assert!(with(key(bad)), "{bad:?}");
    }
    assert!(wrong("café vm", &Seed::default()).is_some_and(|w| w.contains("--hostname")));
}

proptest! {
    #[test]
    fn media_hold_any_content(a in ".{0,5000}", b in "[a-z]{0,3}") {
        let files = [File { name: "one", content: a.as_bytes() }, File { name: "two", content: b.as_bytes() }];
        let medium = iso::image("cidata", &files);
        for joliet in [false, true] {
            let name = |n: &str| if joliet { n.to_owned() } else { format!("{};1", n.to_uppercase()) };
            prop_assert_eq!(read(&medium, joliet, &name("one")), Some(a.clone()));
            prop_assert_eq!(read(&medium, joliet, &name("two")), Some(b.clone()));
        }
    }

    #[test]
    fn addresses_are_new_and_always_the_same(salt: u64, count in 0..6_usize) {
        let first = macs(salt, count, &[]);
        prop_assert_eq!(&first, &macs(salt, count, &[]));
        let other = OtherVm { id: VmId::from_bytes([9; 16]), name: "x".into(), macs: first.clone() };
        let others = [other];
        let second = macs(salt, count, &others);
        prop_assert_eq!(second.len(), count);
        prop_assert!(second.iter().all(|m| !first.contains(m) && m.starts_with("52:54:00:")));
    }
}

const SRC: VmId = VmId::from_bytes([1; 16]);
const NEW: VmId = VmId::from_bytes([2; 16]);

fn volume(name: &str, backing: Option<&str>) -> Volume {
    Volume {
        name: name.into(),
        key: format!("/images/{name}"),
        path: format!("/images/{name}"),
        kind: "file",
        format: Some("qcow2".into()),
        capacity: 10 << 30,
        allocation: 1 << 30,
        backing: backing.map(|b| format!("/images/{b}")),
    }
}

fn vm(state: VmState) -> VmFacts {
    let xml = format!(
        "<domain type='qemu'>\n  <name>src</name>\n  <uuid>{SRC}</uuid>\n  <devices>\n    <disk type='file' device='disk'>\n      \
         <driver name='qemu' type='qcow2'/>\n      <source file='/images/src.qcow2'/>\n      <target dev='vda' bus='virtio'/>\n    </disk>\n    \
         <interface type='network'>\n      <mac address='52:54:00:00:00:01'/>\n      <source network='default'/>\n    </interface>\n  </devices>\n</domain>\n"
    );
    VmFacts {
        id: SRC,
        name: "src".into(),
        state,
        flags: VmFlags { persistent: Some(true), autostart: Some(false), managed_save: Some(false) },
        definition: domain::parse(&xml).unwrap(),
        defined_xml: xml,
    }
}

fn facts(state: VmState, volumes: Vec<Volume>, free: u64) -> Facts {
    let pool = PoolFacts {
        record: PoolRecord {
            id: uuid::Uuid::from_bytes([3; 16]),
            name: "default".into(),
            state: PoolState::Running,
            autostart: Some(true),
            persistent: Some(true),
            capacity: Some(100 << 30),
            allocation: Some(0),
            available: Some(free),
            kind: "dir".into(),
            path: Some("/images".into()),
        },
        volumes: Some(volumes),
        xml: String::new(),
    };
    let other = OtherVm { id: SRC, name: "src".into(), macs: vec!["52:54:00:00:00:01".into()] };
    Facts {
        vm: Some(vm(state)),
        storage: StorageFacts { pools: vec![pool], ..StorageFacts::default() },
        making: MakingFacts { others: vec![other], ..MakingFacts::default() },
        ..Facts::default()
    }
}

fn clone(name: &str, linked: bool) -> Operation {
    let identity = crate::model::operation::Identity { id: NEW, salt: 7 };
    let new = crate::model::operation::CloneVm { name: name.into(), identity, linked, pool: None };
    Operation::vm(SRC, VmOperation::Clone(new))
}

fn planned(operation: &Operation, facts: &Facts) -> Plan {
    match plan(operation, facts) {
        Planned::Plan(plan) => *plan,
        Planned::Refused(no) => panic!("{}", no.reason),
    }
}

fn refused(operation: &Operation, facts: &Facts) -> (RefusalKind, String) {
    match plan(operation, facts) {
        Planned::Refused(no) => (no.kind, no.reason),
        Planned::Plan(plan) => panic!("{}", plan.title),
    }
}

#[test]
fn the_definition_is_the_last_step_and_all_before_can_be_taken_back() {
    for (state, linked) in [(VmState::ShutOff, false), (VmState::ShutOff, true), (VmState::Running, false)] {
        let plan = planned(&clone("new", linked), &facts(state, vec![volume("src.qcow2", None)], 50 << 30));
        // Waiting leaves nothing of its own.
        let waits = |act: &Act| matches!(act, Act::Making(MakingAct::AwaitCopy { .. }));
        assert!(plan.steps.iter().all(|s| s.undo.is_some() || waits(&s.act)), "{state:?}");
        let Some(Act::Making(MakingAct::Define { vm, xml, .. })) = plan.steps.last().map(|s| &s.act) else {
            panic!("{:?}", plan.steps.last());
        };
        assert_eq!(*vm, NEW);
        let new = domain::parse(xml).unwrap();
        assert_eq!(domain::name(xml).as_deref(), Some("new"));
        assert!(xml.contains(&NEW.to_string()) && !xml.contains(&SRC.to_string()), "{xml}");
        assert_ne!(new.nics[0].mac, "52:54:00:00:00:01");
        assert_eq!(new.disks[0].source.as_ref().unwrap().describe(), "/images/new.qcow2");
    }
}

#[test]
fn clones_are_refused_with_the_reason() {
    let there = || vec![volume("src.qcow2", None)];
    let no = |op: &Operation, state, volumes, free| refused(op, &facts(state, volumes, free)).0;
    assert_eq!(no(&clone("src", false), VmState::ShutOff, there(), 50 << 30), RefusalKind::Taken);
    assert_eq!(no(&clone("a/b", false), VmState::ShutOff, there(), 50 << 30), RefusalKind::BadRequest);
    assert_eq!(no(&clone("new", false), VmState::ShutOff, there(), 1 << 20), RefusalKind::Space);
    assert_eq!(no(&clone("new", false), VmState::ShutOff, Vec::new(), 50 << 30), RefusalKind::State);
    assert_eq!(no(&clone("new", true), VmState::Running, there(), 50 << 30), RefusalKind::State);
}

#[test]
fn names_of_volumes_make_way_for_those_that_are_there() {
    let volumes = vec![volume("src.qcow2", None), volume("new.qcow2", None)];
    let plan = planned(&clone("new", false), &facts(VmState::ShutOff, volumes, 50 << 30));
    let Act::Storage(StorageAct::CloneVolume { name, .. }) = &plan.steps[0].act else { panic!("no copy") };
    assert_eq!(name, "new-1.qcow2");
}

#[test]
fn a_base_is_not_started_while_something_lies_on_it() {
    let start = Operation::vm(SRC, VmOperation::Start { paused: false, discard_saved: false });
    let volumes = vec![volume("src.qcow2", None), volume("child.qcow2", Some("src.qcow2"))];
    let (kind, why) = refused(&start, &facts(VmState::ShutOff, volumes, 0));
    assert_eq!(kind, RefusalKind::InUse);
    assert!(why.contains("default/child.qcow2"), "{why}");
    let alone = facts(VmState::ShutOff, vec![volume("src.qcow2", None)], 0);
    assert_eq!(planned(&start, &alone).steps.len(), 1);
}

#[test]
fn a_linked_clone_tags_its_base_and_does_not_hand_the_tag_on() {
    let mut facts = facts(VmState::ShutOff, vec![volume("src.qcow2", None)], 50 << 30);
    let plan = planned(&clone("new", true), &facts);
    let Act::SetMetadata { xml: Some(xml), .. } = &plan.steps[0].act else { panic!("no tag") };
    assert!(xml.contains(BASE_TAG));
    let vm = facts.vm.as_mut().unwrap();
    vm.definition.tags = vec![BASE_TAG.into()];
    let kept = format!(
        "<metadata><n:vm xmlns:n='urn:novacron:vm:1'><n:tags><n:tag>{BASE_TAG}</n:tag></n:tags></n:vm></metadata>\n  <devices>"
    );
    vm.defined_xml = vm.defined_xml.replace("<devices>", &kept);
    let again = planned(&clone("new", true), &facts);
    let Some(Act::Making(MakingAct::Define { xml, .. })) = again.steps.last().map(|s| &s.act) else {
        panic!()
    };
    assert!(!xml.contains(BASE_TAG), "{xml}");
    assert_eq!(again.steps.len(), 2, "it is tagged already");
}

#[test]
fn templates_are_found_by_their_volumes() {
    let names = [
        "template-a-v2-v1.xml",
        "template-a-v2-v1.qcow2",
        "template-a-v1.xml",
        "template-a-v10.xml",
        "template-.xml",
        "template-x-v0.xml",
        "template-b-v1.qcow2",
    ];
    let mut volumes: Vec<Volume> = names.iter().map(|n| volume(n, None)).collect();
    volumes.push(volume("child.qcow2", Some("template-a-v2-v1.qcow2")));
    let storage = facts(VmState::ShutOff, volumes, 0).storage;
    let found: Vec<(String, u32, usize)> =
        versions(&storage).into_iter().map(|v| (v.name, v.version, v.children.len())).collect();
    assert_eq!(found, [("a".into(), 1, 0), ("a".into(), 10, 0), ("a-v2".into(), 1, 1)]);
    assert_eq!(manifest_of(&storage, "a", None).unwrap().1, "template-a-v10.xml");
    assert_eq!(manifest_of(&storage, "a", Some(1)).unwrap().1, "template-a-v1.xml");
    let delete = |name: &str| Operation::Template {
        name: name.into(),
        act: TemplateOperation::Delete { version: None },
    };
    let facts = Facts { storage, ..Facts::default() };
    assert_eq!(refused(&delete("a-v2"), &facts).0, RefusalKind::InUse);
    assert_eq!(refused(&delete("none"), &facts).0, RefusalKind::NotFound);
    assert_eq!(planned(&delete("a"), &facts).steps.len(), 2);
}

#[test]
fn names_of_templates_do_not_mix_up_whose_a_disk_is() {
    let names = [
        "template-a-v1.xml",
        "template-a-v1-vda.qcow2",
        "template-a-v1-vdb.img",
        "template-a-v1-v2.xml",
        "template-a-v1-v2.qcow2",
        "template-a-v1-b-v2.xml",
        "template-a-v1-b-v2.qcow2",
        "template-a-v1-notes.qcow2",
    ];
    let volumes: Vec<Volume> = names.iter().map(|n| volume(n, None)).collect();
    let storage = facts(VmState::ShutOff, volumes, 0).storage;
    let found: Vec<(String, Vec<String>)> =
        versions(&storage).into_iter().map(|v| (format!("{} {}", v.name, v.version), v.disks)).collect();
    let of = |disks: &[&str]| disks.iter().map(|d| (*d).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            ("a 1".to_owned(), of(&["template-a-v1-vda.qcow2", "template-a-v1-vdb.img"])),
            ("a-v1 2".to_owned(), of(&["template-a-v1-v2.qcow2"])),
            ("a-v1-b 2".to_owned(), of(&["template-a-v1-b-v2.qcow2"])),
        ]
    );
}

#[test]
fn a_left_over_disk_of_a_template_is_not_taken_for_another_name() {
    let volumes = vec![volume("src.qcow2", None), volume("template-web-v1.qcow2", None)];
    let make = crate::model::operation::MakeTemplate { name: "web".into(), again: false, pool: None };
    let make = Operation::vm(SRC, VmOperation::Template(make));
    let (kind, why) = refused(&make, &facts(VmState::ShutOff, volumes, 50 << 30));
    assert_eq!(kind, RefusalKind::Taken);
    assert!(why.contains("template-web-v1.qcow2"), "{why}");
}

#[test]
fn an_agent_that_listens_holds_the_guest_still_and_one_that_holds_it_is_left_alone() {
    use crate::operations::AgentFact;
    let with = |agent: AgentFact| {
        let mut facts = facts(VmState::Running, vec![volume("src.qcow2", None)], 50 << 30);
        facts.making.agent = agent;
        let plan = planned(&clone("new", false), &facts);
        let froze = plan.steps.iter().find_map(|s| match &s.act {
            Act::Making(MakingAct::BeginCopy { freeze, .. }) => Some(*freeze),
            _ => None,
        });
        (froze.unwrap(), plan.notes.iter().any(|n| n.text.contains("power cut")))
    };
    assert_eq!(with(AgentFact::Listens), (true, false));
    assert_eq!(with(AgentFact::Frozen), (false, false));
    assert_eq!(with(AgentFact::Silent("deaf".into())), (false, true));
}

fn asked() -> impl Strategy<Value = Operation> {
    let size = || prop::option::of(prop_oneof![Just(0_u64), 1..1_u64 << 40]);
    let seed =
        (prop::option::of(hostile()), prop::option::of(hostile()), prop::collection::vec(hostile(), 0..2));
    let seed = seed.prop_map(|(hostname, user, ssh_keys)| Seed { hostname, user, ssh_keys });
    let from = prop_oneof![
        hostile().prop_map(|path| NewVmFrom::Iso(crate::model::operation::Medium::Path(path))),
        hostile().prop_map(|volume| NewVmFrom::Disk { pool: "default".into(), volume }),
        (hostile(), any::<bool>()).prop_map(|(name, linked)| NewVmFrom::Template {
            name,
            version: None,
            linked
        }),
        Just(NewVmFrom::Template { name: "web".into(), version: Some(1), linked: true }),
    ];
    let network = prop::option::of(hostile());
    let new = (hostile(), from, prop::option::of(0..9_u32), size(), size(), network, prop::option::of(seed));
    let new = new.prop_map(|(name, from, vcpus, memory, disk_size, network, seed)| Operation::NewVm {
        id: NEW,
        name,
        new: Box::new(NewVm {
            from,
            salt: 7,
            vcpus,
            memory,
            disk_size,
            pool: None,
            network,
            accel: None,
            firmware: None,
            seed,
        }),
    });
    let make = (hostile(), any::<bool>()).prop_map(|(name, again)| {
        Operation::vm(
            SRC,
            VmOperation::Template(crate::model::operation::MakeTemplate { name, again, pool: None }),
        )
    });
    let delete = hostile()
        .prop_map(|name| Operation::Template { name, act: TemplateOperation::Delete { version: None } });
    let cloned = (hostile(), any::<bool>()).prop_map(|(name, linked)| clone(&name, linked));
    prop_oneof![cloned, new, make, delete]
}

proptest! {
    #[test]
    fn whatever_is_to_be_made_is_a_whole_plan_or_a_refusal(
        operation in asked(),
        state in prop::sample::select(vec![VmState::ShutOff, VmState::Running, VmState::Unknown]),
        others in prop::collection::vec(hostile(), 0..3),
    ) {
        let mut volumes = vec![volume("src.qcow2", None), volume("template-web-v1.xml", None)];
        volumes.extend([volume("template-web-v1.qcow2", None)]);
        volumes.extend(others.iter().map(|n| volume(n, Some("src.qcow2"))));
        let mut facts = facts(state, volumes, 50 << 30);
        facts.making.manifest = Some(facts.vm.as_ref().unwrap().defined_xml.replace("src.qcow2", "template-web-v1.qcow2"));
        facts.making.machine = Some(crate::xml::capabilities::Machine { accel: "kvm".into(), ..Default::default() });
        facts.making.networks = others.iter().map(|n| (n.clone(), false)).collect();
        let shown = match plan(&operation, &facts) {
            Planned::Refused(no) => {
                prop_assert!(!no.reason.is_empty());
                vec![no.title, no.reason, no.remedy]
            }
            Planned::Plan(p) => {
                prop_assert!(!p.steps.is_empty());
                prop_assert_eq!(clean_lines(&p.diff), p.diff.as_str());
                prop_assert_eq!(p.stale_against(&p), None);
                for step in &p.steps {
                    prop_assert!(step.command.is_empty() || clean(&crate::model::shell::line(&step.command)) == crate::model::shell::line(&step.command));
                }
                if let Some(Act::Making(MakingAct::Define { name, xml, .. })) = p.steps.last().map(|s| &s.act) {
                    prop_assert_eq!(domain::name(xml), Some(name.clone()));
                    prop_assert!(domain::parse(xml).is_ok() && xml.contains(&NEW.to_string()));
                }
                let mut texts = vec![p.title, p.verb, p.summary];
                texts.extend(p.steps.into_iter().map(|s| s.title));
                texts.extend(p.notes.into_iter().map(|n| n.text));
                texts.extend(p.basis.into_iter().flat_map(|f| [f.what, f.was]));
                texts
            }
        };
        for text in shown {
            prop_assert!(clean(&text) == text, "{text:?}");
        }
    }
}
