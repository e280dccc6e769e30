//! Where a guest is reached beside its serial line.

use std::io;

use tokio::sync::oneshot;

use super::Consoles;
use crate::hypervisor::{Connector, HvError, HvErrorKind, HvResult, Hypervisor, Purpose, XmlOf};
use crate::model::id::VmId;
use crate::model::reach::{Display, displays};
use crate::model::vm::{AddressSource, GuestAddress};
use crate::xml::domain;

/// Where a guest is reached.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// Its graphical consoles that listen on a port.
    pub displays: Vec<Display>,
    /// Its addresses.
    pub addresses: Vec<GuestAddress>,
    /// Why there are no addresses, where a source failed.
    pub no_addresses: Option<HvError>,
}

impl Consoles {
    /// Asks how a VM is reached now; its addresses only where they are wanted, since an agent may be slow.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn ways(&self, vm: VmId, addresses: bool) -> io::Result<oneshot::Receiver<HvResult<Ways>>> {
        let (reply, answer) = oneshot::channel();
        let connector = self.connector.clone();
        let work = move || drop(reply.send(ask(&*connector, vm, addresses)));
        std::thread::Builder::new().name("nc-ways".into()).spawn(work)?;
        Ok(answer)
    }
}

fn ask(connector: &dyn Connector, vm: VmId, addresses: bool) -> HvResult<Ways> {
    let hv = connector.connect(Purpose::Detail)?;
    let definition = domain::parse(&hv.xml_of(vm, XmlOf::Live)?)
        .map_err(|e| HvError::new(HvErrorKind::Other, "read the definition", e.to_string()))?;
    let mut ways = Ways { displays: displays(connector.uri(), &definition), ..Ways::default() };
    if addresses {
        find(&*hv, vm, definition.agent_connected == Some(true), &mut ways);
    }
    Ok(ways)
}

/// One source that has some is enough; the agent is asked where it is there.
fn find(hv: &dyn Hypervisor, vm: VmId, agent: bool, ways: &mut Ways) {
    let sources = [AddressSource::Lease].into_iter();
    let sources = sources.chain(agent.then_some(AddressSource::Agent)).chain([AddressSource::Arp]);
    for source in sources {
        match hv.addresses(vm, source) {
            Ok(found) => ways.addresses.extend(found),
            Err(e) => ways.no_addresses = Some(e),
        }
        if crate::model::reach::ssh_address(&ways.addresses).is_some() {
            return;
        }
    }
}
