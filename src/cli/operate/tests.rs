use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use clap::Parser;
use tokio::sync::watch;

use super::*;
use crate::cli::args::{Cli, Command};
use crate::engine::jobs::{Ask, Input, Jobs, unattended};
use crate::hypervisor::{HvError, HvErrorKind};
use crate::model::id::VmId;
use crate::model::job::{Actor, Job, JobId, JobState, JobStep, Progress, StepState, Unit};
use crate::model::operation::{AskGuest, Boot, DiskMove, LayerChange, LayerOperation, Target, VmOperation};
use crate::model::plan::*;
use crate::model::time::Timestamp;
use crate::model::vm::{VmRecord, VmState};

const WEB: VmId = VmId::from_bytes([1; 16]);
const DB: VmId = VmId::from_bytes([2; 16]);
const ODD: VmId = VmId::from_bytes([3; 16]);

fn records() -> Vec<VmRecord> {
    let vms = [(WEB, "web01"), (DB, "db01"), (ODD, "o\u{1b}dd")];
    vms.map(|(id, name)| VmRecord { id, name: name.into(), state: VmState::Running, domain_id: None }).into()
}

fn target(operation: &Operation) -> Target {
    let id = operation.vm_id().unwrap();
    Target::vm(id, records().into_iter().find(|v| v.id == id).unwrap().name)
}

/// A plan as the operations room makes them, with everything that is shown.
fn planned(operation: &Operation) -> Plan {
    let target = target(operation);
    let id = operation.vm_id().unwrap();
    let waits = matches!(operation, Operation::Vm { act: VmOperation::Shutdown { .. }, .. });
    let typed = matches!(operation, Operation::Vm { act: VmOperation::ForceOff, .. });
    let command = ["virsh", "shutdown", "web 01", "--mode", "acpi"].map(str::to_owned).to_vec();
    let mut steps = vec![Step {
        title: "Ask the guest to shut down (ACPI)".into(),
        command,
        act: Act::Pause { vm: id },
        undo: None,
    }];
    steps.extend(waits.then(|| Step {
        title: "Wait until it is off, 90 s at most".into(),
        command: vec![],
        act: Act::AwaitOff { vm: id, within_s: 90 },
        undo: None,
    }));
    let danger = Note { weight: Weight::Danger, text: "What was not written is lost.".into() };
    let mut notes = vec![danger];
    notes.truncate(usize::from(typed));
    notes.push(Note { weight: Weight::Info, text: "Nothing is forced.".into() });
    Plan {
        operation: operation.clone(),
        title: format!("Shut down {}", target.display_name()),
        verb: "Shut down".into(),
        summary: "ACPI, 90 s".into(),
        done: "It is off.".into(),
        steps,
        notes,
        confirm: if typed { Confirm::Name(target.name.clone()) } else { Confirm::Yes },
        diff: "@@ -1 +1 @@\n-<a/>\n+<b/>\n".into(),
        space: vec![Space { place: "the saves' folder".into(), needs: 4 << 30, free: Some(9 << 30) }],
        downtime: Downtime::UntilStarted,
        basis: vec![Fact { what: format!("state of {}", target.display_name()), was: "running".into() }],
        touches: std::collections::BTreeSet::new(),
        inverse: Some(Operation::vm(id, VmOperation::Start { paused: false, discard_saved: false })),
        after_kill: AfterKill::Stay,
        no_way_back: None,
        target,
    }
}

fn refused(operation: &Operation, kind: RefusalKind) -> Planned {
    let target = target(operation);
    Planned::Refused(Box::new(Refusal {
        operation: operation.clone(),
        title: format!("Shut down {}", target.display_name()),
        target,
        reason: "It is off.".into(),
        remedy: "Start it.".into(),
        kind,
    }))
}

fn job(n: i64, plan: &Plan, state: JobState) -> Job {
    let at = |s: i64| Some(Timestamp(1_795_417_200_000 + s * 1000));
    let last = plan.steps.len() - 1;
    let step = |(n, s): (usize, &Step)| JobStep {
        title: s.title.clone(),
        command: s.command.clone(),
        state: match state {
            JobState::Done => StepState::Done,
            JobState::Failed if n == last => StepState::Failed,
            _ if n == 0 => StepState::Begun,
            _ => StepState::Waiting,
        },
        begun: at(0),
        ended: None,
    };
    let over = state.is_over();
    let failed = state == JobState::Failed;
    Job {
        id: JobId(n),
        batch: JobId(1),
        operation: plan.operation.clone(),
        target: plan.target.clone(),
        title: plan.title.clone(),
        state,
        steps: plan.steps.iter().enumerate().map(step).collect(),
        progress: (!over).then_some(Progress { done: 12, total: 90, unit: Unit::Seconds, rate: None }),
        created: Timestamp(1_795_417_200_000),
        started: at(0),
        ended: at(2).filter(|_| over),
        outcome: if over { format!("It was {}.", state.word()) } else { String::new() },
        by: Actor::default(),
        undo: plan.inverse.clone(),
        offer: failed.then(|| Operation::vm(plan.operation.vm_id().unwrap(), VmOperation::ForceOff)),
        here: true,
    }
}

/// A desk that answers as it was told.
#[derive(Default)]
struct Script {
    /// How the hypervisor fails.
    fails: Option<HvErrorKind>,
    /// What is refused.
    refuses: BTreeMap<VmId, RefusalKind>,
    /// What submitting is refused with.
    unwritten: Option<String>,
    /// How each job goes; it ends done where nothing is said.
    jobs: BTreeMap<VmId, Vec<JobState>>,
    /// It never answers.
    silent: bool,
    /// It ends when it is given something to do.
    dies: bool,
}

/// What the desk was asked.
#[derive(Debug, Default)]
struct Seen {
    operations: Vec<Operation>,
    consents: Vec<Consent>,
    cancelled: Vec<JobId>,
}

impl Script {
    fn sit(self, asked: &Receiver<Input>, tell: &watch::Sender<Arc<Jobs>>) -> Seen {
        let mut seen = Seen::default();
        let mut silent = Vec::new();
        let mut plans = Vec::new();
        while let Ok(Input::Ask(ask)) = asked.recv() {
            match ask {
                Ask::Vms(reply) if self.silent => silent.push(reply),
                Ask::Vms(reply) => {
                    let failed = self.fails.map(|kind| HvError::new(kind, "list VMs", "no"));
                    drop(reply.send(failed.map_or_else(|| Ok(records()), Err)));
                }
                Ask::Look(_, reply) => drop(reply.send(Err("nothing is seen here".into()))),
                Ask::Snapshots(_, reply) => drop(reply.send(Ok(Vec::new()))),
                Ask::Plan(operations, reply) => {
                    let one = |o: &Operation| match self.refuses.get(&o.vm_id().unwrap()) {
                        Some(kind) => refused(o, *kind),
                        None => Planned::Plan(Box::new(planned(o))),
                    };
                    drop(reply.send(Ok(operations.iter().map(one).collect())));
                    seen.operations = operations;
                }
                Ask::Witness(..) | Ask::Left(..) => unreachable!("only consoles are witnessed"),
                Ask::Submit(given, consent, reply) => {
                    seen.consents.push(consent);
                    if self.dies {
                        return seen;
                    }
                    plans = given;
                    let ids = (1..).zip(&plans).map(|(n, _)| JobId(n)).collect();
                    drop(reply.send(self.unwritten.clone().map_or(Ok(ids), Err)));
                    self.go(&plans, tell);
                }
                Ask::Recover(reply) => drop(reply.send(Vec::new())),
                Ask::Cancel(id) => {
                    seen.cancelled.push(id);
                    if !self.jobs.values().flatten().any(|s| *s == JobState::Cancelling) {
                        let over = (1..).zip(&plans).map(|(n, p)| Arc::new(job(n, p, JobState::Cancelled)));
                        tell.send_replace(Arc::new(Jobs {
                            jobs: over.collect(),
                            trouble: None,
                            unwritten: 0,
                        }));
                    }
                }
                Ask::Definition(..) => panic!("nobody edits here"),
                Ask::Stop => break,
            }
        }
        seen
    }

    /// Tells of the jobs, state by state.
    fn go(&self, plans: &[Plan], tell: &watch::Sender<Arc<Jobs>>) {
        let states = |p: &Plan| {
            let said = self.jobs.get(&p.operation.vm_id().unwrap()).cloned();
            said.unwrap_or_else(|| vec![JobState::Done])
        };
        let most = plans.iter().map(|p| states(p).len()).max().unwrap_or(0);
        for turn in 0..most {
            let now = (1..).zip(plans).map(|(n, p)| {
                let states = states(p);
                Arc::new(job(n, p, states[turn.min(states.len() - 1)]))
            });
            tell.send_replace(Arc::new(Jobs { jobs: now.collect(), trouble: None, unwritten: 0 }));
        }
    }
}

/// Somebody who answers as they were told.
#[derive(Default)]
struct Somebody {
    there: bool,
    answers: VecDeque<&'static str>,
    /// How often Ctrl-C is pressed once a job is under way.
    interrupts: usize,
    under_way: bool,
    shown: String,
}

impl Person for Somebody {
    fn is_there(&self) -> bool {
        self.there
    }

    fn show(&mut self, text: &str) {
        self.shown.push_str(text);
    }

    async fn ask(&mut self, question: &str) -> Option<String> {
        self.shown.push_str(question);
        let answer = self.answers.pop_front()?;
        self.shown.extend([answer, "\n"]);
        Some(answer.to_owned())
    }

    fn progress(&mut self, line: &str) {
        self.under_way |= line.contains(": ");
        // How often the same is told depends on who is faster.
        if !line.is_empty() && !self.shown.contains(line) {
            self.shown.extend(["~ ", line, "\n"]);
        }
    }

    async fn interrupted(&mut self) {
        if self.interrupts == 0 || !self.under_way {
            return std::future::pending().await;
        }
        self.interrupts -= 1;
    }
}

/// How a command went.
struct Went {
    result: Result<Vec<Outcome>, Failure>,
    seen: Seen,
    shown: String,
    asked: Vm,
}

impl Went {
    /// What stands on standard output, or the failure; and the exit code.
    fn told(&self) -> (String, Exit) {
        let how = &self.asked.how;
        let mut out = Vec::new();
        let told = match &self.result {
            Ok(outcomes) => write(outcomes, how, Layout::default(), &mut out),
            Err(failure) => Err(failure.clone()),
        };
        let text = String::from_utf8(out).unwrap();
        match told {
            Ok(exit) => (text, exit),
            Err(failure) => (text + &failure.to_string(), failure.exit),
        }
    }

    fn exit(&self) -> Exit {
        self.told().1
    }
}

fn run(line: &str, script: Script, person: Somebody) -> Went {
    let words = ["novacron", "vm"].into_iter().chain(line.split(' '));
    let Some(Command::Vm(asked)) = Cli::try_parse_from(words).unwrap().command else { panic!("{line}") };
    let Asking::Vms(names, act) = asked.asked() else { panic!("{line}") };
    let (desk, inputs, tell) = unattended();
    let sits = std::thread::spawn(move || script.sit(&inputs, &tell));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut person = person;
    let result = {
        let operation = |vm| Operation::vm(vm, act.clone());
        let work =
            Asked { wanted: Wanted::Named(&names, &operation), how: &asked.how, layout: Layout::default() };
        runtime.block_on(work.carry_out(&desk, &mut person))
    };
    drop(desk);
    Went { result, seen: sits.join().unwrap(), shown: person.shown, asked }
}

fn alone(line: &str, script: Script) -> Went {
    run(line, script, Somebody::default())
}

fn answering(answers: &[&'static str]) -> Somebody {
    Somebody { there: true, answers: answers.iter().copied().collect(), ..Somebody::default() }
}

fn goes(states: &[JobState]) -> Script {
    Script { jobs: [(WEB, states.to_vec())].into(), ..Script::default() }
}

#[test]
fn what_becomes_of_a_job_is_the_exit_code() {
    use JobState as S;
    let cases = [
        ("shutdown web01", S::Done, Exit::Done),
        ("shutdown web01", S::Failed, Exit::TimedOut),
        ("pause web01", S::Failed, Exit::Failed),
        ("pause web01", S::Cancelled, Exit::Cancelled),
        ("pause web01", S::Stale, Exit::Refused),
        ("pause web01", S::Interrupted, Exit::Failed),
    ];
    for (line, end, exit) in cases {
        let went = alone(&format!("{line} --yes"), goes(&[S::Queued, S::Running, end]));
        assert_eq!(went.exit(), exit, "{line} {end:?}: {}", went.told().0);
        assert_eq!(went.seen.consents, [Consent::Standing]);
    }
}

#[test]
fn every_other_end_has_its_exit_code() {
    let refuses = |kind| Script { refuses: [(WEB, kind)].into(), ..Script::default() };
    let fails = |kind| Script { fails: Some(kind), ..Script::default() };
    let cases = [
        ("already", refuses(RefusalKind::AlreadySo), Exit::Done),
        ("bad", refuses(RefusalKind::BadRequest), Exit::Usage),
        ("gone", refuses(RefusalKind::NotFound), Exit::NotFound),
        ("protected", refuses(RefusalKind::Protected), Exit::Refused),
        ("unknown", refuses(RefusalKind::Unknown), Exit::Refused),
        ("unwritten", Script { unwritten: Some("No space.".into()), ..Script::default() }, Exit::Refused),
        ("dead", Script { dies: true, ..Script::default() }, Exit::Failed),
        ("no daemon", fails(HvErrorKind::NoConnection), Exit::NoConnection),
        ("may not", fails(HvErrorKind::PermissionDenied), Exit::NoConnection),
        ("bad URI", fails(HvErrorKind::BadUri), Exit::Usage),
    ];
    for (what, script, exit) in cases {
        let went = alone("pause web01 --yes", script);
        assert_eq!(went.exit(), exit, "{what}: {}", went.told().0);
    }
    let silent = alone("pause web01 --yes --timeout 0.05", Script { silent: true, ..Script::default() });
    assert_eq!(silent.exit(), Exit::TimedOut);
}

#[test]
fn names_that_mean_nothing_are_told_before_anything_is_done() {
    let went = alone("pause web01 wbe01 --yes", Script::default());
    let told =
        "novacron: there is no VM \"wbe01\"; did you mean \"web01\"?\n  `novacron list vms` shows all.";
    assert_eq!(went.told(), (told.into(), Exit::NotFound));
    assert!(went.seen.operations.is_empty());
    let went = alone(&format!("pause {WEB} web01 db01 --yes"), Script::default());
    let asked: Vec<_> = went.seen.operations.iter().filter_map(Operation::vm_id).collect();
    assert_eq!(asked, [WEB, DB], "each once");
    let twins = [(WEB, "a".to_owned()), (DB, WEB.to_string())];
    let twins = twins.map(|(id, name)| VmRecord { id, name, state: VmState::ShutOff, domain_id: None });
    assert_eq!(names::resolve(&[WEB.to_string()], &twins).unwrap_err().exit, Exit::Usage);
}

#[test]
fn without_a_terminal_a_yes_has_to_be_given() {
    let went = alone("pause web01", Script::default());
    assert_eq!(went.exit(), Exit::Refused);
    assert!(went.told().0.contains("--yes stands for the confirmation"), "{}", went.told().0);
    assert!(went.seen.consents.is_empty());
    // What is so already needs none.
    let already = Script { refuses: [(WEB, RefusalKind::AlreadySo)].into(), ..Script::default() };
    assert_eq!(alone("pause web01", already).told(), ("Shut down web01: It is off.\n".into(), Exit::Done));
}

#[test]
fn a_yes_is_asked_for_and_anything_else_is_a_no() {
    for (answers, exit) in [
        (["y"].as_slice(), Exit::Done),
        (&["YES"], Exit::Done),
        (&["n"], Exit::Cancelled),
        (&[""], Exit::Cancelled),
        (&["web01"], Exit::Cancelled),
        (&[], Exit::Cancelled),
    ] {
        let went = run("pause web01", Script::default(), answering(answers));
        assert_eq!(went.exit(), exit, "{answers:?}");
        let consents: &[Consent] = if exit == Exit::Done { &[Consent::Given { names: vec![] }] } else { &[] };
        assert_eq!(went.seen.consents, consents, "{answers:?}");
    }
}

#[test]
fn a_name_is_typed_where_data_is_lost() {
    let typed = |names: &[&str]| Consent::Given { names: names.iter().map(|n| (*n).to_owned()).collect() };
    let went = run("force-off web01", Script::default(), answering(&["web01"]));
    assert_eq!((went.exit(), went.seen.consents), (Exit::Done, vec![typed(&["web01"])]));
    // As it was shown: what cannot be seen cannot be typed.
    let went = run(&format!("force-off {ODD}"), Script::default(), answering(&["odd"]));
    assert_eq!((went.exit(), went.seen.consents), (Exit::Done, vec![typed(&["o\u{1b}dd"])]));
    for wrong in ["y", "db01", ""] {
        let went = run("force-off web01", Script::default(), answering(&[wrong]));
        assert_eq!((went.exit(), went.seen.consents), (Exit::Cancelled, vec![]), "{wrong}");
    }
    // Of several each, and only all of them together.
    let went = run("force-off web01 db01", Script::default(), answering(&["web01", "db01"]));
    assert_eq!((went.exit(), went.seen.consents), (Exit::Done, vec![typed(&["web01", "db01"])]));
    let went = run("force-off web01 db01", Script::default(), answering(&["web01", "y"]));
    assert_eq!((went.exit(), went.seen.consents), (Exit::Cancelled, vec![]));
    let went = alone("force-off web01 --yes", Script::default());
    assert_eq!((went.exit(), went.seen.consents), (Exit::Done, vec![Consent::Standing]));
}

#[test]
fn ctrl_c_cancels_and_twice_leaves() {
    let person = |interrupts| Somebody { interrupts, ..Somebody::default() };
    let went = run("pause web01 db01 --yes", goes(&[JobState::Running]), person(1));
    // The other one was done before.
    assert_eq!(went.seen.cancelled, [JobId(1)]);
    assert_eq!(went.exit(), Exit::Cancelled);
    let stays = goes(&[JobState::Running, JobState::Cancelling]);
    let went = run("pause web01 --yes", stays, person(2));
    assert_eq!(went.seen.cancelled, [JobId(1)]);
    let (told, exit) = went.told();
    assert_eq!(exit, Exit::Cancelled);
    assert!(told.contains("next start"), "{told}");
}

#[test]
fn of_several_the_worst_is_the_exit_code() {
    let script = |db: JobState, odd: RefusalKind| Script {
        jobs: [(DB, vec![db])].into(),
        refuses: [(ODD, odd)].into(),
        ..Script::default()
    };
    let line = format!("shutdown web01 db01 {ODD} --yes");
    let exit = |db, odd| alone(&line, script(db, odd)).exit();
    assert_eq!(exit(JobState::Done, RefusalKind::AlreadySo), Exit::Done);
    assert_eq!(exit(JobState::Done, RefusalKind::State), Exit::Refused);
    assert_eq!(exit(JobState::Failed, RefusalKind::State), Exit::TimedOut);
    assert_eq!(exit(JobState::Cancelled, RefusalKind::State), Exit::Cancelled);
}

#[test]
fn plans_and_refusals_as_people_read_them() {
    let refuses = || Script { refuses: [(DB, RefusalKind::Protected)].into(), ..Script::default() };
    let mut all = String::new();
    for (line, script) in [
        ("shutdown web01 --dry-run", refuses()),
        ("force-off web01 --dry-run", refuses()),
        ("shutdown db01 --dry-run", refuses()),
        ("shutdown web01 db01 --dry-run", refuses()),
        ("shutdown web01 --yes", goes(&[JobState::Done])),
        ("shutdown web01 --yes", goes(&[JobState::Failed])),
        ("shutdown web01 db01 --yes", refuses()),
    ] {
        let went = alone(line, script);
        let (told, exit) = went.told();
        assert_eq!(went.seen.consents.is_empty(), line.contains("--dry-run"), "{line}");
        all.extend(["$ novacron vm ", line, "\n", &told, "\n", &format!("[{}]\n\n", exit.code())]);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_terminal_sees_plan_question_and_progress() {
    let mut all = String::new();
    let running = || goes(&[JobState::Running]);
    for (line, answers) in [
        ("shutdown web01", vec!["n"]),
        ("force-off web01", vec!["x"]),
        ("shutdown web01 db01", vec!["n"]),
        ("force-off web01 db01", vec!["web01", "n"]),
    ] {
        all += &run(line, running(), answering(&answers)).shown;
        all += "\n";
    }
    let script = Script { refuses: [(DB, RefusalKind::State)].into(), ..Script::default() };
    all += &run(&format!("shutdown web01 db01 {ODD}"), script, answering(&["n"])).shown;
    let person = Somebody { interrupts: 1, ..Somebody::default() };
    all += &run("shutdown web01 --yes", running(), person).shown;
    insta::assert_snapshot!(all);
}

#[test]
fn programs_get_one_document() {
    let script = || Script { refuses: [(DB, RefusalKind::Protected)].into(), ..goes(&[JobState::Failed]) };
    let dry = alone("shutdown web01 --dry-run --format json", script());
    assert_eq!(dry.exit(), Exit::Done);
    insta::assert_snapshot!("json_of_a_plan", dry.told().0);
    let done = alone("shutdown web01 db01 --yes --format json", script());
    assert_eq!(done.exit(), Exit::TimedOut);
    insta::assert_snapshot!("json_of_jobs", done.told().0);
    let odd = alone(&format!("force-off {ODD} --dry-run -f json"), Script::default()).told().0;
    assert!(!odd.contains('\u{1b}') && odd.contains("\\u001b"), "{odd}");
}

#[test]
fn an_operation_is_told_as_a_command_that_asks_for_it() {
    use crate::model::vm::{StartGate, StartOrder};
    let start = StartOrder { order: 3, delay_s: 9, gate: StartGate::Agent };
    let strings = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let acts = [
        VmOperation::Start { paused: true, discard_saved: true },
        VmOperation::Shutdown { by: AskGuest::Acpi, within_s: 7 },
        VmOperation::Reboot { by: AskGuest::Auto },
        VmOperation::Reset,
        VmOperation::UntilUp { boot: Boot::Start { discard_saved: true }, within_s: 5 },
        VmOperation::UntilUp { boot: Boot::Reboot { by: AskGuest::Agent }, within_s: 86_400 },
        VmOperation::UntilUp { boot: Boot::Reset, within_s: 1 },
        VmOperation::ForceOff,
        VmOperation::Pause,
        VmOperation::Resume,
        VmOperation::Save,
        VmOperation::DiscardSaved,
        VmOperation::Autostart { on: false },
        VmOperation::StartOrder { start: None },
        VmOperation::StartOrder { start: Some(start) },
        VmOperation::Rename { to: "-b c".into() },
        VmOperation::SetTags { tags: vec![] },
        VmOperation::SetTags { tags: strings(&["a", "add"]) },
        VmOperation::ChangeTags { add: strings(&["a"]), remove: vec![] },
        VmOperation::ChangeTags { add: vec![], remove: strings(&["-a", "b"]) },
        VmOperation::Describe { title: Some(String::new()), description: Some("-a\nb".into()) },
        VmOperation::Console { take: true },
        VmOperation::SendKeys { codes: vec![29, 56, 240], hold_ms: 70 },
        VmOperation::Protect { on: true },
        VmOperation::Delete { force_off: true, discard_saved: true },
        VmOperation::Delete { force_off: false, discard_saved: false },
    ];
    let acts = acts.into_iter().chain(changes_of_hardware()).chain(of_layers()).collect::<Vec<_>>();
    for name in ["web01", "on", "-x", "5 5", "o\u{1b}dd"] {
        for act in &acts {
            let words = words::words(&Operation::vm(WEB, act.clone()), name);
            let Ok(Cli { command: Some(Command::Vm(vm)), .. }) = Cli::try_parse_from(&words) else {
                panic!("{words:?}")
            };
            let Asking::Vms(names, back) = vm.asked() else { panic!("{act:?}") };
            assert_eq!(back, *act, "{words:?}");
            assert!(names == [name] || names == [WEB.to_string()], "{words:?}");
        }
    }
}

fn changes_of_hardware() -> Vec<VmOperation> {
    use crate::model::hardware::Plug;
    use crate::model::operation::{
        ChangeWhen, DiskSourceName, HardwareChange, HardwareOperation as Hw, Memory, NewDisk, NewNic, Vcpus,
    };
    let volume = DiskSourceName::Volume { pool: "images".into(), volume: "a b".into() };
    let path = DiskSourceName::Path("/iso/a b.iso".into());
    let disk = NewDisk {
        source: Some(volume),
        target: Some("vdb".into()),
        bus: Some("scsi".into()),
        format: Some("raw".into()),
        read_only: true,
        shareable: true,
        cdrom: false,
    };
    let drive = NewDisk {
        source: None,
        target: None,
        bus: None,
        format: None,
        read_only: false,
        shareable: false,
        cdrom: true,
    };
    let nic = NewNic {
        to: Plug::Bridge("br0".into()),
        model: Some("e1000e".into()),
        mac: "52:54:00:00:00:01".into(),
        up: false,
    };
    let mac = || nic.mac.clone();
    let vcpus = Some(Vcpus { count: 2, max: Some(4) });
    let memory = Some(Memory { bytes: 1 << 30, max: Some(3 << 29) });
    let all = [
        Hw::Resize { vcpus, memory },
        Hw::Resize { vcpus: Some(Vcpus { count: 2, max: None }), memory: None },
        Hw::AttachDisk(disk),
        Hw::AttachDisk(drive),
        Hw::DetachDisk { target: "vdb".into() },
        Hw::InsertMedia { target: None, source: path.clone(), force: false },
        Hw::InsertMedia { target: Some("sda".into()), source: path, force: true },
        Hw::EjectMedia { target: Some("sda".into()), force: true },
        Hw::AttachNic(nic.clone()),
        Hw::DetachNic { nic: mac() },
        Hw::SetLink { nic: mac(), up: false },
        Hw::ChangeNetwork { nic: mac(), to: Plug::Network("lab 1".into()) },
        Hw::AttachXml { xml: "<disk>\n<target dev='vda'/></disk>".into() },
    ];
    let at_once = [
        Hw::GrowDisk { target: "vda".into(), to: 20 << 30 },
        Hw::ChangeBus { target: "vda".into(), bus: "sata".into(), to: Some("sdc".into()) },
        Hw::BootOrder { order: vec!["vda".into(), "network".into()] },
    ];
    let change = |when| move |what| VmOperation::Hardware(HardwareChange { what, when });
    all.clone()
        .into_iter()
        .map(change(ChangeWhen::NextStart))
        .chain(all.into_iter().chain(at_once).map(change(ChangeWhen::Now)))
        .collect()
}

fn of_layers() -> impl Iterator<Item = VmOperation> {
    let path = || Some("/images/a b.qcow2".to_owned());
    let whole = DiskMove { pool: "p 1".into(), ..DiskMove::default() };
    let part = DiskMove {
        pool: "p".into(),
        name: Some("n".into()),
        format: Some("raw".into()),
        keep_old: true,
        keep_below: true,
    };
    let all = [
        LayerOperation::Migrate(whole),
        LayerOperation::Migrate(part),
        LayerOperation::Commit { into: path(), keep_old: true },
        LayerOperation::Commit { into: None, keep_old: false },
        LayerOperation::Pull { onto: path() },
    ];
    all.into_iter()
        .zip([None, Some(1), Some(400)].into_iter().cycle())
        .map(|(what, bandwidth)| VmOperation::Layers(LayerChange { target: "vda".into(), what, bandwidth }))
}
