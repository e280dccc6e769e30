//! `novacron network show|leases|edit`: what a network is, who is on it, and its XML for an editor.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::beside::beside;
use crate::cli::args::{Form, How};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, to_stdout, write_cells, write_json};
use crate::console::editor::Draft;
use crate::engine::jobs::{NetworkSeen as Seen, no_network, on_network};
use crate::hypervisor::{Connector, Lease, NetworkXml, Purpose};
use crate::model::columns::Align;
use crate::model::network::Reservation;
use crate::model::operation::{NetworkOperation, Operation};
use crate::model::text::clean;

/// Most bytes of XML that are taken from a file.
const MOST: u64 = 1 << 20;

/// Tells of a network: all, or its leases only.
pub(in crate::cli) fn show(
    connector: Arc<dyn Connector>,
    name: &str,
    leases_only: bool,
    how: &How,
    layout: Layout,
) -> Result<Exit, Failure> {
    let asked = name.to_owned();
    let seen = beside(connector, Purpose::Detail, how.timeout, move |hv| on_network(hv, &asked))?;
    let seen = seen.ok_or_else(|| not_found(name))?;
    to_stdout(|out| match (how.format, leases_only) {
        (Form::Json, true) => write_json(out, &json!({ "leases": addresses(&seen) })),
        (Form::Json, false) => write_json(out, &object(&seen)),
        (Form::Text, true) => table(out, &seen, layout),
        (Form::Text, false) => page(out, &seen, layout),
    })?;
    Ok(Exit::Done)
}

/// The operation that gives a network the XML of a file, or what an editor makes of the one it has.
pub(in crate::cli) fn edited(
    connector: Arc<dyn Connector>,
    name: &str,
    file: Option<&Path>,
    how: &How,
) -> Result<Operation, Failure> {
    let xml = if let Some(path) = file {
        read(path)?
    } else {
        let asked = name.to_owned();
        let now = beside(connector, Purpose::Detail, how.timeout, move |hv| {
            hv.network_xml(&asked, NetworkXml::Defined)
        })?;
        in_editor(name, &now)?
    };
    Ok(Operation::network(name, NetworkOperation::Edit { xml }))
}

fn not_found(name: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no network \"{}\"", clean(name)))
        .hint("`novacron list networks` shows all.")
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let done = if path == Path::new("-") {
        io::stdin().take(MOST).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|f| f.take(MOST).read_to_string(&mut text))
    };
    done.map_err(|e| Failure::new(Exit::Failed, format!("could not read {}: {e}", path.display())))?;
    Ok(text)
}

/// What the user's editor makes of it; where it is no definition of a network, the editor is opened again with the reason.
fn in_editor(name: &str, now: &str) -> Result<String, Failure> {
    let mut draft = Draft::new(now)?;
    let mut said: Option<String> = None;
    let mut last = now.to_owned();
    loop {
        let after = draft.edit(said.as_deref())?;
        if after == last {
            let what = format!("network \"{}\": nothing was changed", clean(name));
            return Err(Failure::new(Exit::Cancelled, what));
        }
        match no_network(&after) {
            None => return Ok(after),
            Some(why) => said = Some(why),
        }
        last = after;
    }
}

fn vm_of<'s>(seen: &'s Seen, mac: Option<&str>) -> Option<&'s str> {
    seen.users.iter().find(|u| mac == Some(&u.mac)).map(|u| u.vm.as_str())
}

/// Leases and reservations, one entry for each address.
fn addresses(seen: &Seen) -> Vec<Json> {
    let leased = |r: &Reservation| seen.leases.iter().any(|l| Some(l.address) == r.address && l.mac == r.mac);
    let reserved =
        |l: &Lease| seen.reservations.iter().any(|r| r.address == Some(l.address) && r.mac == l.mac);
    let lease = |l: &Lease| {
        json!({
            "address": l.address.to_string(), "mac": l.mac, "hostname": l.hostname,
            "vm": vm_of(seen, l.mac.as_deref()), "leased": true, "reserved": reserved(l),
        })
    };
    let rest = |r: &Reservation| {
        json!({
            "address": r.address.map(|a| a.to_string()), "mac": r.mac, "hostname": r.hostname,
            "vm": vm_of(seen, r.mac.as_deref()), "leased": false, "reserved": true,
        })
    };
    let unleased = seen.reservations.iter().filter(|r| !leased(r));
    seen.leases.iter().map(lease).chain(unleased.map(rest)).collect()
}

fn object(seen: &Seen) -> Json {
    let n = &seen.network;
    let of = &n.definition;
    let users = seen.users.iter();
    let nics: Vec<Json> =
        users.map(|u| json!({ "vm": u.vm, "mac": u.mac, "device": u.device, "live": u.live })).collect();
    json!({
        "name": n.name,
        "uuid": n.id.to_string(),
        "active": n.active,
        "autostart": n.autostart,
        "persistent": n.persistent,
        "forward": of.forward.word(),
        "device": of.forward_device,
        "bridge": of.bridge,
        "addresses": of.addresses,
        "dhcp": of.dhcp,
        "domain": of.domain,
        "vlans": of.vlans,
        "nics": nics,
        "leases": addresses(seen),
    })
}

fn table(out: &mut dyn Write, seen: &Seen, layout: Layout) -> io::Result<()> {
    let rows = addresses(seen);
    if rows.is_empty() {
        return out.write_all(b"No address is given or reserved.\n");
    }
    let header = ["ADDRESS", "MAC", "VM", "HOSTNAME", "STATE"].map(|h| (h, Align::Left));
    let row = |a: &Json| {
        let text = |key: &str| clean(a[key].as_str().unwrap_or("")).into_owned();
        let state = match (a["leased"] == true, a["reserved"] == true) {
            (true, true) => "leased, reserved",
            (true, false) => "leased",
            (false, _) => "reserved",
        };
        vec![text("address"), text("mac"), text("vm"), text("hostname"), state.to_owned()]
    };
    write_cells(out, &header, rows.iter().map(row).collect(), layout)
}

fn page(out: &mut dyn Write, seen: &Seen, layout: Layout) -> io::Result<()> {
    let n = &seen.network;
    let of = &n.definition;
    let yes = |so: Option<bool>| so.map_or("unknown", |so| if so { "yes" } else { "no" }).to_owned();
    let vlans: Vec<String> = of.vlans.iter().map(ToString::to_string).collect();
    let lines = [
        ("Name", n.name.clone()),
        ("UUID", n.id.to_string()),
        ("State", if n.active { "started" } else { "stopped" }.to_owned()),
        ("Autostart", yes(n.autostart)),
        ("Persistent", yes(n.persistent)),
        ("Reaches out", of.forward.word().to_owned()),
        ("By device", of.forward_device.clone().unwrap_or_default()),
        ("Bridge", of.bridge.clone().unwrap_or_default()),
        ("Addresses", of.addresses.join(", ")),
        ("DHCP", yes(Some(of.dhcp))),
        ("Domain", of.domain.clone().unwrap_or_default()),
        ("VLANs", vlans.join(", ")),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name:<12} {}", layout.text(&clean(value)))?;
    }
    if !seen.users.is_empty() {
        writeln!(out)?;
        let header = ["VM", "MAC", "DEVICE", "NOW"].map(|h| (h, Align::Left));
        let rows = seen.users.iter().map(|u| {
            let now = if u.live { "running" } else { "defined" };
            let device = u.device.as_deref().unwrap_or("");
            [&u.vm, &u.mac, device, now].map(|t| clean(t).into_owned()).to_vec()
        });
        write_cells(out, &header, rows.collect(), layout)?;
    }
    if of.dhcp {
        writeln!(out)?;
        table(out, seen, layout)?;
    }
    Ok(())
}
