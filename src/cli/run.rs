//! From the command line to an exit code.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;

use super::appearance::Appearance;
use super::args::{
    Action, AskingTemplate, Cli, Command, Config, Doctor, Export, GuestAction, How, JobAction, Kind, List,
    NetworkAsked, Output, Show, SnapshotAction, Template, Vm as VmArgs,
};
use super::commands::doctor::Seen;
use super::commands::list::Choice;
use super::commands::{audit, collect, console, doctor, keys, man, network, orphans, show, templates};
use super::exit::{Exit, Failure};
use super::gather::{Gathered, Wants, answer, gather, paces};
use super::look_back::LookBack;
use super::notify::Manager;
use super::output::{Format, Layout, terminal_size, to_stderr, to_stdout};
use super::session::{Session, connector};
use super::when::Clock;
use super::{complete, docs, export, log, operate, panic};
use crate::config::{Ascii, Environment, Loaded, Paths, documented, effective, load};
use crate::engine::Role;
use crate::engine::history::HistoryConfig;
use crate::engine::jobs::Desk;
use crate::model::columns::{
    Context, NETWORK_COLUMNS, Needs, POOL_COLUMNS, VM_COLUMNS, VOLUME_COLUMNS, volume_rows,
};
use crate::model::filter::{Filter, FilterContext};
use crate::model::job::Via;
use crate::model::operation::Operation;
use crate::model::snapshot::Snapshot;
use crate::model::vm::Vm;

/// Runs the program with this process' arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Nobody to tell when the terminal is gone.
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { Exit::Usage } else { Exit::Done }.code());
        }
    };
    match run(&cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => {
            to_stderr(&failure.to_string());
            ExitCode::from(failure.exit.code())
        }
    }
}

fn run(cli: &Cli) -> Result<Exit, Failure> {
    if let Some(Command::Complete { shell, words }) = &cli.command {
        complete::run(*shell, words);
        return Ok(Exit::Done);
    }
    let environment = Environment::of_process();
    let loaded = load(&cli.global.overrides(), &environment, Paths::of_user())?;
    panic::log_to(loaded.log_file());
    let collects = matches!(cli.command, Some(Command::Collect));
    if collects || cli.global.log_level.is_some() && cli.command.is_some() {
        log::to_stderr(loaded.settings.log.level);
    }
    let job = Job { demo: cli.global.demo, loaded, environment };
    match &cli.command {
        None => job.console(job.demo),
        Some(Command::Demo) => job.console(true),
        Some(Command::Collect) => job.collect(),
        Some(Command::List(list)) => job.list(list),
        Some(Command::Show(show)) => job.show(show),
        Some(Command::Vm(vm)) => match &vm.action {
            // Of opening a console a plan can be seen, as of an operation.
            Action::Guest(GuestAction::Console { .. }) if vm.how.dry_run => job.operate(vm),
            Action::Guest(action) => job.guest(action, &vm.how),
            _ => job.operate(vm),
        },
        Some(Command::Volume(volume)) => match volume.action.asked()? {
            Some(operation) => job.operate_one(&operation, &volume.how),
            None => job.orphans(&volume.how),
        },
        Some(Command::Template(template)) => job.template(template),
        Some(Command::Pool(pool)) => job.operate_one(&pool.action.asked(), &pool.how),
        Some(Command::Snapshot(snapshot)) => job.snapshot(&snapshot.action),
        Some(Command::Network(network)) => job.network(&network.action.asked(), &network.how),
        Some(Command::History(history)) => job.look_back()?.history(history),
        Some(Command::Top(top)) => job.look_back()?.top(top),
        Some(Command::Events(events)) => job.look_back()?.events(events),
        Some(Command::Job(args)) => job.jobs(&args.action),
        Some(Command::Audit(args)) => {
            job.warn();
            audit::run(args, &job.loaded, job.demo, job.layout())
        }
        Some(Command::Export(export)) => job.export(export),
        Some(Command::Doctor(doctor)) => job.doctor(doctor),
        Some(Command::Config(config)) => job.config(config),
        Some(Command::Keys { format }) => {
            let looks = Appearance::new(&job.loaded, &job.environment);
            to_stdout(|out| keys::write(out, &looks.keymap, *format, job.layout()))?;
            Ok(Exit::Done)
        }
        Some(Command::Completions { shell }) => {
            to_stdout(|out| man::write_completions(out, *shell))?;
            Ok(Exit::Done)
        }
        // Told before anything was read.
        Some(Command::Complete { .. }) => Ok(Exit::Done),
        Some(Command::Man) => {
            to_stdout(man::write_man)?;
            Ok(Exit::Done)
        }
        Some(Command::Docs { file }) => {
            docs::rewrite(file)?;
            Ok(Exit::Done)
        }
    }
}

/// A command at work.
struct Job {
    demo: bool,
    loaded: Loaded,
    environment: Environment,
}

impl Job {
    fn layout(&self) -> Layout {
        let ascii = match self.loaded.settings.ui.ascii {
            Ascii::Always => true,
            Ascii::Never => false,
            Ascii::Auto => !self.environment.is_utf8(),
        };
        Layout { width: terminal_size().map(|(w, _)| w), ascii }
    }

    /// Mistakes in the configuration are told where it may matter; `doctor` tells them in its own way.
    fn warn(&self) {
        for warning in &self.loaded.warnings {
            to_stderr(&format!("novacron: {warning}"));
        }
    }

    fn gather(&self, wants: &Wants, output: &Output) -> Result<Arc<Snapshot>, Failure> {
        let settings = &self.loaded.settings;
        let connector = connector(settings, self.demo)?;
        let paces = paces(output.sample, output.timeout);
        let session = Session::start(connector, paces, settings.limits.clone(), None, Role::Alone)?;
        let Gathered { snapshot, missing } = gather(session.handle(), wants, output.sample, output.timeout)?;
        for sentence in missing {
            to_stderr(&format!("novacron: {sentence}"));
        }
        Ok(snapshot)
    }

    fn console(&self, demo: bool) -> Result<Exit, Failure> {
        let connector = connector(&self.loaded.settings, demo)?;
        let history = super::past::of(&self.loaded, demo);
        console::run(connector, &self.loaded, &self.environment, history)
    }

    fn look_back(&self) -> Result<LookBack, Failure> {
        self.warn();
        LookBack::open(&self.loaded, self.demo, self.layout())
    }

    fn collect(&self) -> Result<Exit, Failure> {
        self.warn();
        let settings = &self.loaded.settings;
        let Some(history) = super::past::of(&self.loaded, self.demo) else {
            return Err(Failure::new(Exit::Refused, "a made-up host has no history to record")
                .hint("Connect to a real one: novacron collect --connect qemu:///system"));
        };
        if !history.record {
            return Err(Failure::new(Exit::Refused, "the configuration says that nothing is recorded")
                .hint("Set history.record to true to have a collector."));
        }
        let connector = connector(settings, false)?;
        let (poll, limits) = (settings.poll.clone(), settings.limits.clone());
        let kept = Some(history.clone());
        let folder = history.folder.clone();
        let desk = {
            let (connector, settings) = (connector.clone(), settings.clone());
            move || operate::open(connector, &operate::Place::new(Some(folder))?, &settings, Via::Collector)
        };
        let start = move || Ok((Session::start(connector, poll, limits, kept, Role::Collector)?, desk()?));
        collect::run(start, (&history, settings.read_only), &Manager::of(&self.environment))
    }

    fn list(&self, list: &List) -> Result<Exit, Failure> {
        self.warn();
        match list.what {
            Kind::Vms => self.list_vms(list),
            Kind::Pools => {
                let choice = choice(POOL_COLUMNS, list, &[])?;
                let wants = Wants { pools: true, ..Wants::default() };
                let s = self.gather(&wants, &list.output)?;
                self.print(
                    &s,
                    list,
                    choice,
                    s.pools.iter().flat_map(|p| p.iter()).map(AsRef::as_ref).collect(),
                )
            }
            Kind::Volumes => {
                let choice = choice(VOLUME_COLUMNS, list, &[])?;
                let wants = Wants { pools: true, vms: choice.needs(), ..Wants::default() };
                let s = self.gather(&wants, &list.output)?;
                let rows = volume_rows(s.pools.as_deref().unwrap_or_default());
                self.print(&s, list, choice, rows.iter().collect())
            }
            Kind::Networks => {
                let choice = choice(NETWORK_COLUMNS, list, &[])?;
                let wants = Wants { networks: true, vms: choice.needs(), ..Wants::default() };
                let s = self.gather(&wants, &list.output)?;
                self.print(
                    &s,
                    list,
                    choice,
                    s.networks.iter().flat_map(|n| n.iter()).map(AsRef::as_ref).collect(),
                )
            }
        }
    }

    fn list_vms(&self, list: &List) -> Result<Exit, Failure> {
        let mut choice = choice(VM_COLUMNS, list, &self.loaded.settings.ui.columns)?;
        if choice.sorting.is_none() && list.output.format == Format::Table {
            choice.sort_by(&self.loaded.settings.ui.sort);
        }
        let filter = list.filter.as_deref().map(filter).transpose()?;
        let mut vms = choice.needs();
        if filter.is_some() {
            // A filter may ask for anything.
            vms.extend([Needs::Flags, Needs::Definition, Needs::Rate, Needs::Addresses]);
        }
        let wants = Wants { vms, pools: filter.is_some(), networks: filter.is_some(), ..Wants::default() };
        let s = self.gather(&wants, &list.output)?;
        let context = FilterContext::new(&s);
        let kept = |vm: &&Vm| filter.as_ref().is_none_or(|f| f.matches(vm, &context));
        self.print(&s, list, choice, s.vms.iter().map(AsRef::as_ref).filter(kept).collect())
    }

    fn print<T: crate::model::columns::Measured>(
        &self,
        snapshot: &Snapshot,
        list: &List,
        choice: Choice<T>,
        rows: Vec<&T>,
    ) -> Result<Exit, Failure> {
        let context = Context::new(snapshot, snapshot.at);
        to_stdout(|out| choice.write(out, rows, &context, list.output.format, self.layout()))?;
        Ok(Exit::Done)
    }

    fn show(&self, args: &Show) -> Result<Exit, Failure> {
        self.warn();
        let host = args.name == "host";
        let vms = if host {
            vec![Needs::Rate]
        } else {
            vec![Needs::Flags, Needs::Definition, Needs::Rate, Needs::Addresses]
        };
        let name = (!host).then(|| args.name.clone());
        let wants = Wants { vms, pools: true, networks: true, host, name };
        let s = self.gather(&wants, &args.output)?;
        let thing = show::resolve(&s, &args.name)?;
        to_stdout(|out| show::write(out, &s, &thing, args.output.format, self.layout()))?;
        Ok(Exit::Done)
    }

    fn operate(&self, args: &VmArgs) -> Result<Exit, Failure> {
        self.at_desk(|place, host, open| operate::run(args, self.layout(), (place, host), open))
    }

    fn operate_one(&self, operation: &Operation, how: &How) -> Result<Exit, Failure> {
        self.at_desk(|_, _, open| operate::run_one(operation, how, self.layout(), open))
    }

    /// Does something with the folder of this host's journal, its URI, and a way to open its desk.
    fn at_desk(
        &self,
        act: impl FnOnce(&Path, &str, &dyn Fn() -> Result<Desk, Failure>) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        self.warn();
        let settings = &self.loaded.settings;
        let connector = connector(settings, self.demo)?;
        let place = operate::Place::new(super::past::of(&self.loaded, self.demo).map(|h| h.folder))?;
        let host = connector.uri().to_owned();
        act(place.path(), &host, &|| operate::open(connector.clone(), &place, settings, Via::Command))
    }

    fn jobs(&self, action: &JobAction) -> Result<Exit, Failure> {
        self.at_desk(|_, _, open| match action {
            JobAction::List { look } => operate::list_jobs(*look, &Clock::system(), self.layout(), open),
            JobAction::Recover { look } => {
                operate::recover_jobs(*look, &Clock::system(), self.layout(), open)
            }
        })
    }

    fn template(&self, args: &Template) -> Result<Exit, Failure> {
        let how = &args.how;
        match args.action.asked() {
            AskingTemplate::Operation(operation) => self.operate_one(&operation, how),
            AskingTemplate::OfVm(vm, act) => {
                self.at_desk(|_, _, open| operate::run_of_vm((&vm, &act), how, self.layout(), open))
            }
            AskingTemplate::List => {
                self.warn();
                let connector = connector(&self.loaded.settings, self.demo)?;
                templates::list(connector, how, self.layout())
            }
            AskingTemplate::Show(name, version, xml) => {
                self.warn();
                let connector = connector(&self.loaded.settings, self.demo)?;
                templates::show(connector, (&name, version), xml, how, self.layout())
            }
        }
    }

    fn network(&self, asked: &NetworkAsked, how: &How) -> Result<Exit, Failure> {
        let connector = || connector(&self.loaded.settings, self.demo);
        match asked {
            NetworkAsked::Operation(operation) => self.operate_one(operation, how),
            NetworkAsked::Edit { network: name, file } => {
                let operation = network::edited(connector()?, name, file.as_deref(), how)?;
                self.operate_one(&operation, how)
            }
            NetworkAsked::Leases(name) => network::show(connector()?, name, true, how, self.layout()),
            NetworkAsked::Show(name) => network::show(connector()?, name, false, how, self.layout()),
        }
    }

    fn orphans(&self, how: &How) -> Result<Exit, Failure> {
        self.at_desk(|folder, host, _| {
            let held = operate::held(folder, host)?;
            orphans::run(connector(&self.loaded.settings, self.demo)?, held, how, self.layout())
        })
    }

    fn guest(&self, action: &GuestAction, how: &How) -> Result<Exit, Failure> {
        self.warn();
        let settings = &self.loaded.settings;
        let connector = connector(settings, self.demo)?;
        let place = operate::Place::new(super::past::of(&self.loaded, self.demo).map(|h| h.folder))?;
        let desk = operate::open(connector.clone(), &place, settings, Via::Command)?;
        let how = super::guest::How {
            form: how.format,
            timeout: how.timeout,
            dry_run: how.dry_run,
            reach: &settings.reach,
        };
        super::guest::run(action, connector, desk, &how)
    }

    fn snapshot(&self, action: &SnapshotAction) -> Result<Exit, Failure> {
        self.warn();
        let settings = &self.loaded.settings;
        let connector = connector(settings, self.demo)?;
        let place = operate::Place::new(super::past::of(&self.loaded, self.demo).map(|h| h.folder))?;
        let open = || operate::open(connector, &place, settings, Via::Command);
        let clock = Clock::system();
        match action {
            SnapshotAction::List { vm, look } => operate::list(vm, look, &clock, self.layout(), open),
            SnapshotAction::Show { vm, name, look } => {
                operate::show(vm, name, look, &clock, self.layout(), open)
            }
            SnapshotAction::Create { .. } | SnapshotAction::Revert { .. } | SnapshotAction::Delete { .. } => {
                match action.asked(&clock.stamp()) {
                    Some((vm, act, how)) => operate::run_snapshot(vm, &act, how, self.layout(), open),
                    None => Ok(Exit::Usage),
                }
            }
        }
    }

    fn export(&self, args: &Export) -> Result<Exit, Failure> {
        self.warn();
        let once = || {
            let output = Output { format: Format::Table, sample: args.sample, timeout: args.timeout };
            let wants = Wants {
                vms: vec![Needs::Definition, Needs::Rate],
                pools: true,
                host: true,
                ..Wants::default()
            };
            self.gather(&wants, &output)
        };
        let start = || {
            let settings = &self.loaded.settings;
            let connector = connector(settings, self.demo)?;
            // Beside a collector the hypervisor is not asked twice; what is measured it records already.
            let history =
                super::past::of(&self.loaded, self.demo).map(|h| HistoryConfig { record: false, ..h });
            let role = Role::Beside { read_only: true };
            Session::start(connector, settings.poll.clone(), settings.limits.clone(), history, role)
        };
        export::run(args, once, start)
    }

    fn doctor(&self, args: &Doctor) -> Result<Exit, Failure> {
        let settings = &self.loaded.settings;
        let mut checks = doctor::of_surroundings(
            &self.loaded,
            &self.environment,
            &Appearance::new(&self.loaded, &self.environment),
        );
        let output = Output { format: args.format, sample: Duration::from_secs(1), timeout: args.timeout };
        let wants = Wants {
            vms: vec![Needs::Flags, Needs::Definition, Needs::Reading],
            pools: true,
            networks: true,
            host: true,
            name: None,
        };
        let began = Instant::now();
        let seen = connector(settings, self.demo).and_then(|connector| {
            let session = Session::start(
                connector,
                paces(output.sample, output.timeout),
                settings.limits.clone(),
                None,
                Role::Alone,
            )?;
            answer(session.handle(), output.timeout)?;
            let took = began.elapsed();
            Ok((gather(session.handle(), &wants, output.sample, output.timeout)?, took))
        });
        let exit = match &seen {
            Ok((gathered, took)) => {
                let s = &gathered.snapshot;
                if s.host.local {
                    checks.extend(doctor::of_machine());
                }
                checks.extend(doctor::of_host(&Seen::Answered(s, *took), &self.environment));
                checks.extend(doctor::late(&gathered.missing));
                Exit::Done
            }
            Err(failure) => {
                checks.extend(doctor::of_host(&Seen::Failed(&settings.connect, failure), &self.environment));
                failure.exit
            }
        };
        to_stdout(|out| doctor::write(out, &checks, args.format, self.layout()))?;
        Ok(exit)
    }

    fn config(&self, args: &Config) -> Result<Exit, Failure> {
        self.warn();
        let text = if args.default { documented() } else { effective(&self.loaded.settings) };
        to_stdout(|out| out.write_all(text.as_bytes()))?;
        Ok(Exit::Done)
    }
}

fn choice<T: crate::model::columns::Measured>(
    table: &'static [crate::model::columns::Column<T>],
    list: &List,
    usual: &[String],
) -> Result<Choice<T>, Failure> {
    if list.filter.is_some() && list.what != Kind::Vms {
        let what = "--filter is for VMs only";
        return Err(
            Failure::new(Exit::Usage, what).hint("Other kinds can be filtered with --format json and jq.")
        );
    }
    Choice::new(table, &list.columns, usual, list.sort.as_deref(), list.output.format)
}

fn filter(text: &str) -> Result<Filter, Failure> {
    Filter::parse(text).map_err(|e| {
        let what = format!("--filter, at \"{}\": {}", text.get(e.at..).unwrap_or_default(), e.message);
        Failure::new(Exit::Usage, what).hint(e.hint)
    })
}
