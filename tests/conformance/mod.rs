//! What every adapter of the hypervisor port must do: one list of checks, run on the simulated host, on libvirt's
//! test driver, on the demo host, and on the real daemon at `NOVACRON_TEST_URI`.
//!
//! A check asks only what the connection says it can do, and that it refuses what it says it cannot.

#![expect(clippy::print_stdout, reason = "a test tells what it did not do, and why")]

mod change;
mod definitions;
mod events;
mod guests;
mod hardware;
mod host;
mod inventory;
mod making;
mod networks;
mod stats;
mod storage;
mod store;
mod streams;
mod trouble;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use host::Host;
use novacron::hypervisor::HvErrorKind;
use novacron::hypervisor::demo::DemoConnector;
use novacron::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use novacron::hypervisor::sim::{Operation, Shape, SimClock, SimConfig, SimHost};
use novacron::model::metric::Group;
use trouble::{SimTrouble, VirtTrouble};

/// A check of the suite.
type Check = (&'static str, fn(&Host<'_>));

const CHECKS: &[Check] = &[
    ("the node tells what it is", inventory::the_node_tells_what_it_is),
    ("VMs are listed once, and those that run have a number", inventory::vms_are_listed_once),
    ("lists and statistics agree", inventory::lists_and_statistics_agree),
    ("the list agrees with each VM's own calls", inventory::the_list_agrees_with_single_calls),
    ("XML parses and names what is counted", inventory::xml_names_what_is_counted),
    ("an unknown VM is not found", inventory::an_unknown_vm_is_not_found),
    ("connections see the same host and stand alone", inventory::connections_stand_alone),
    ("only the groups asked for are given", stats::only_groups_asked_for),
    ("a group the connection has is given by VMs that run", stats::groups_are_given),
    ("VMs that are gone are left out", stats::gone_vms_are_left_out),
    ("counters never fall", stats::counters_never_fall),
    ("figures fit each other", stats::figures_fit_each_other),
    ("memory statistics are armed, or refused as told", stats::arming),
    ("pools add up", storage::pools_add_up),
    ("volumes are listed with and without details", storage::volumes_are_listed),
    ("an unknown pool is not found", storage::an_unknown_pool_is_not_found),
    ("pools are refreshed, or refused as told", storage::refreshing),
    ("volumes are made, copied and deleted, or refused as told", store::volumes_come_and_go),
    ("pools are defined, started, stopped and forgotten", store::pools_come_and_go),
    ("networks and leases agree", networks::leases_fit_their_network),
    ("networks are defined, started, changed and forgotten", networks::networks_come_and_go),
    ("an unknown network is not found", networks::an_unknown_network_is_not_found),
    ("guests' addresses belong to their NICs", guests::addresses_belong_to_nics),
    ("the agent answers, or is refused as told", guests::the_agent),
    ("a read-only connection refuses and says so", host::read_only),
    ("VMs start, pause and stop", change::starting_and_stopping),
    ("guests are asked to stop", change::guests_are_asked),
    ("memory is saved and forgotten", change::memory_is_saved),
    ("a save can be stopped", change::a_save_is_stopped),
    ("VMs get another name, and start with the host", change::names_and_autostart),
    ("title, description and metadata are written", change::words_are_written),
    ("hardware is changed in what is defined", hardware::what_is_defined_changes),
    ("hardware is changed in what runs", hardware::what_runs_changes),
    ("an unknown VM cannot be changed", change::an_unknown_vm_cannot_be_changed),
    ("many definitions are read at once", change::many_definitions_are_read_at_once),
    ("a read-only connection changes nothing", change::read_only_changes_nothing),
    ("VMs are undefined and defined again", definitions::undefined_and_defined_again),
    ("snapshots' metadata is put back", definitions::snapshots_are_put_back),
    ("nobody is undefined, nor by a read-only connection", definitions::nobody_is_not_undefined),
    ("the host tells what it runs", making::the_host_tells_what_it_runs),
    ("nobody is copied, nor by a read-only connection", making::nobody_is_copied),
    ("guests that run have a picture", streams::pictures_are_taken),
    ("guests that do not run have no console", streams::only_guests_that_run_have_consoles),
    ("a console is open once, and can be taken", streams::consoles_are_open_once),
    ("a read-only connection reaches no guest, nor its disks", streams::read_only_reaches_no_guest),
    ("disks have jobs, or it says that it has none", streams::disks_have_jobs_or_it_says_none),
    ("events follow a VM from birth to death", events::from_birth_to_death),
    ("every subscriber hears", events::every_subscriber_hears),
    ("a VM that vanishes is gone from every answer", events::a_vm_vanishes),
    ("a lost connection is known as lost", events::a_lost_connection),
];

/// Runs every check, then tells all that failed.
fn conforms(host: &Host<'_>) {
    let failed: Vec<_> = CHECKS
        .iter()
        .filter(|(name, check)| {
            println!("{}: {name}", host.name);
            catch_unwind(AssertUnwindSafe(|| check(host))).is_err()
        })
        .map(|(name, _)| *name)
        .collect();
    assert!(failed.is_empty(), "{} does not conform: {failed:#?}", host.name);
}

fn libvirt(uri: &str, read_only: bool) -> LibvirtConnector {
    LibvirtConnector::new(ConnectOptions { uri: Some(uri.to_owned()), read_only }).unwrap()
}

#[test]
fn the_simulated_host_conforms() {
    let sim = SimHost::new(SimConfig::manual(40, 25));
    let read_only = SimHost::new(SimConfig { read_only: true, ..SimConfig::manual(40, 25) });
    conforms(&Host {
        read_only: Some(&read_only.connector()),
        trouble: Some(&SimTrouble::new(&sim)),
        pass_time: Some(&|| sim.clock().advance(Duration::from_secs(30))),
        ..Host::new("sim", &sim.connector())
    });
}

#[test]
fn every_shape_of_load_conforms_without_bulk_statistics() {
    for shape in Shape::ALL {
        let config = SimConfig { bulk_stats: false, armed: true, seed: 9, ..SimConfig::manual(6, 4) };
        let sim = SimHost::new(config.with_shapes(&[shape]));
        conforms(&Host {
            trouble: Some(&SimTrouble::new(&sim)),
            pass_time: Some(&|| sim.clock().advance(Duration::from_secs(3600))),
            ..Host::new(&format!("sim, {shape:?}"), &sim.connector())
        });
    }
}

/// The suite itself, on hosts that do something wrong.
#[test]
fn what_does_not_conform_is_noticed() {
    let sim = SimHost::new(SimConfig { armed: true, ..SimConfig::manual(6, 6) });
    let connector = sim.connector();
    let ids: Vec<_> = sim.vms().into_iter().map(|vm| vm.0).collect();
    let backwards = || {
        sim.clock().advance(Duration::from_secs(1));
        for id in &ids {
            sim.reset_counters(*id);
        }
    };
    let host = Host { pass_time: Some(&backwards), ..Host::new("wrong", &connector) };
    let passes = |check: fn(&Host<'_>)| catch_unwind(AssertUnwindSafe(|| check(&host))).is_ok();
    assert!(!passes(stats::counters_never_fall));
    assert!(passes(inventory::the_list_agrees_with_single_calls));
    sim.set_xml(ids[0], Some("<domain/>"));
    assert!(!passes(inventory::the_list_agrees_with_single_calls));
    assert!(passes(stats::groups_are_given));
    for id in &ids {
        sim.drop_group(*id, Group::Block);
    }
    assert!(!passes(stats::groups_are_given));
    assert!(passes(storage::refreshing));
    sim.error_on(Operation::RefreshPool, Some(HvErrorKind::TimedOut));
    let trouble = SimTrouble::new(&sim);
    let host = Host { trouble: Some(&trouble), ..host };
    let passes = |check: fn(&Host<'_>)| catch_unwind(AssertUnwindSafe(|| check(&host))).is_ok();
    assert!(passes(change::memory_is_saved));
    sim.error_on(Operation::DiscardSaved, Some(HvErrorKind::Other));
    assert!(!passes(change::memory_is_saved) && !passes(change::an_unknown_vm_cannot_be_changed));
    assert!(!passes(storage::refreshing) && !passes(storage::an_unknown_pool_is_not_found));
}

#[test]
fn the_test_driver_conforms() {
    const URI: &str = "test:///default";
    conforms(&Host {
        read_only: Some(&libvirt(URI, true)),
        trouble: Some(&VirtTrouble::new(URI, "test")),
        ..Host::new("test driver", &libvirt(URI, false))
    });
}

#[test]
fn the_demo_host_conforms() {
    let clock = SimClock::manual();
    let demo = DemoConnector::on(clock.clone(), false).unwrap();
    conforms(&Host {
        pass_time: Some(&|| clock.advance(Duration::from_secs(30))),
        ..Host::new("demo", &demo)
    });
}

#[test]
fn the_real_daemon_conforms() {
    let Ok(uri) = std::env::var("NOVACRON_TEST_URI") else {
        println!("skipped: NOVACRON_TEST_URI is not set");
        return;
    };
    conforms(&Host {
        read_only: Some(&libvirt(&uri, true)),
        trouble: Some(&VirtTrouble::new(&uri, "qemu")),
        ..Host::new("real daemon", &libvirt(&uri, false))
    });
}
