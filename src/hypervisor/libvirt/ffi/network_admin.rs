//! What changes virtual networks.

use virt::sys;

use super::connection::Conn;
use super::error::{RawResult, done};
use super::handle::given;
use super::network::Network;
use super::text::{c_string, taken};

/// `VIR_NETWORK_UPDATE_…`.
pub(in super::super) mod network_update {
    pub(in super::super::super) use virt::sys::{
        VIR_NETWORK_UPDATE_AFFECT_CONFIG as CONFIG, VIR_NETWORK_UPDATE_AFFECT_LIVE as LIVE,
        VIR_NETWORK_UPDATE_COMMAND_ADD_LAST as ADD, VIR_NETWORK_UPDATE_COMMAND_DELETE as DELETE,
        VIR_NETWORK_UPDATE_COMMAND_MODIFY as MODIFY,
    };
}

impl Conn {
    /// The handle of the network of this name.
    pub(in super::super) fn network_named(&self, name: &str) -> RawResult<Network> {
        let name = c_string(name)?;
        // SAFETY: a live connection and a terminated text; the reference is the caller's.
        given(unsafe { sys::virNetworkLookupByName(self.raw(), name.as_ptr()) })
            .map(|n| unsafe { Network::own(n) })
    }

    /// Defines a network.
    pub(in super::super) fn define_network(&self, xml: &str) -> RawResult<Network> {
        let xml = c_string(xml)?;
        // SAFETY: as above.
        given(unsafe { sys::virNetworkDefineXML(self.raw(), xml.as_ptr()) })
            .map(|n| unsafe { Network::own(n) })
    }
}

impl Network {
    /// Its XML as it is defined.
    pub(in super::super) fn defined_xml(&self) -> RawResult<String> {
        let flags = sys::VIR_NETWORK_XML_INACTIVE;
        // SAFETY: a live network; the string is the caller's.
        unsafe { taken(sys::virNetworkGetXMLDesc(self.raw(), flags)) }
    }

    /// Starts it.
    pub(in super::super) fn start(&self) -> RawResult<()> {
        // SAFETY: a live network.
        done(unsafe { sys::virNetworkCreate(self.raw()) })
    }

    /// Stops it. The handle stays.
    pub(in super::super) fn stop(&self) -> RawResult<()> {
        // SAFETY: a live network.
        done(unsafe { sys::virNetworkDestroy(self.raw()) })
    }

    /// Forgets it.
    pub(in super::super) fn undefine(&self) -> RawResult<()> {
        // SAFETY: a live network.
        done(unsafe { sys::virNetworkUndefine(self.raw()) })
    }

    /// Starts it with the host, or not.
    pub(in super::super) fn set_autostart(&self, on: bool) -> RawResult<()> {
        // SAFETY: a live network.
        done(unsafe { sys::virNetworkSetAutostart(self.raw(), on.into()) })
    }

    /// Changes a fixed address of its DHCP; command and flags are [`network_update`]'s.
    pub(in super::super) fn change_dhcp_host(&self, command: u32, xml: &str, flags: u32) -> RawResult<()> {
        let xml = c_string(xml)?;
        let section = sys::VIR_NETWORK_SECTION_IP_DHCP_HOST;
        // SAFETY: a live network and a terminated text; -1 leaves it to libvirt which `<ip>` is meant.
        done(unsafe { sys::virNetworkUpdate(self.raw(), command, section, -1, xml.as_ptr(), flags) })
    }
}
