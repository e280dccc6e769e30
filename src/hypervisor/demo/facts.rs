//! What the host file says that libvirt's test driver does not read.

use std::collections::BTreeMap;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::hypervisor::sim::Shape;
use crate::hypervisor::{HvResult, Hypervisor};

/// The host file.
pub(super) const HOST_FILE: &str = include_str!("../../../assets/demo-host.xml");

/// Facts by kind (`domain`, `network`, `pool`) and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(BTreeMap<(String, String), Fact>);

/// What is said of one VM, network or pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fact {
    /// Not started.
    pub(super) inactive: bool,
    /// Starts with the host.
    pub(super) autostart: bool,
    /// Shape of its load.
    pub(super) load: Option<Shape>,
    /// Size in bytes.
    pub(super) capacity: Option<u64>,
}

impl Facts {
    /// Has the driver's networks be as they are said to be.
    pub(super) fn tell_networks(&self, driver: &dyn Hypervisor) -> HvResult<()> {
        for network in driver.networks()? {
            let fact = self.of("network", &network.name);
            if fact.inactive && network.active {
                driver.stop_network(&network.name)?;
            }
            if fact.autostart {
                driver.set_network_autostart(&network.name, true)?;
            }
        }
        Ok(())
    }

    /// Reads a host file, as far as it is well-formed.
    pub(super) fn read(xml: &str) -> Self {
        let mut facts = BTreeMap::new();
        let mut reader = Reader::from_str(xml);
        let mut path: Vec<String> = Vec::new();
        let mut unit = 1;
        // What is being read: its kind, name and facts.
        let mut thing = (String::new(), String::new(), Fact::default());
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    path.push(start.local_name().into_inner().to_owned());
                    if path.len() == 2 {
                        thing = (path[1].clone(), String::new(), attributes(&start));
                    }
                    unit = unit_of(attribute(&start, "unit").as_deref());
                }
                Ok(Event::Text(text)) if path.len() == 3 => {
                    let text = text.xml10_content();
                    match path[2].as_str() {
                        "name" => text.trim().clone_into(&mut thing.1),
                        "capacity" => thing.2.capacity = text.trim().parse().ok().map(|n: u64| n * unit),
                        _ => {}
                    }
                }
                Ok(Event::End(_)) => {
                    if path.len() == 2 {
                        facts.insert((thing.0.clone(), thing.1.clone()), thing.2);
                    }
                    path.pop();
                }
                Ok(Event::Eof) | Err(_) => return Self(facts),
                Ok(_) => {}
            }
        }
    }

    /// What is said of a thing; nothing in particular of one that is not in the file.
    pub(super) fn of(&self, kind: &str, name: &str) -> Fact {
        self.0.get(&(kind.to_owned(), name.to_owned())).copied().unwrap_or_default()
    }

    /// Whether the thing is in the file.
    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        self.0.contains_key(&(kind.to_owned(), name.to_owned()))
    }
}

fn attributes(start: &BytesStart<'_>) -> Fact {
    Fact {
        inactive: attribute(start, "demo:active").as_deref() == Some("no"),
        autostart: attribute(start, "demo:autostart").as_deref() == Some("yes"),
        load: attribute(start, "demo:load").and_then(|word| shape(&word)),
        capacity: None,
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().with_checks(false).flatten().find(|a| a.key.0 == name)?;
    Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

fn unit_of(name: Option<&str>) -> u64 {
    match name {
        Some("GiB") => 1 << 30,
        Some("MiB") => 1 << 20,
        _ => 1,
    }
}

fn shape(word: &str) -> Option<Shape> {
    Some(match word {
        "idle" => Shape::Idle,
        "steady" => Shape::Steady,
        "diurnal" => Shape::Diurnal,
        "bursty" => Shape::Bursty,
        "leak" => Shape::Leak,
        "noisy" => Shape::Noisy,
        _ => return None,
    })
}
