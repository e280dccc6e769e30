//! Changing what is defined.

use super::connection::Connection;
use super::ffi::{Domain, RawResult, Words, affect, code, xml_flags};
use crate::hypervisor::{Define, HvResult, XmlOf};
use crate::model::id::VmId;
use crate::xml::domain::NOVACRON;

const READ_XML: &str = "read the XML";
/// Prefix of NovaCron's element.
const PREFIX: &str = "novacron";

fn xml(domain: &Domain, which: XmlOf) -> RawResult<String> {
    match which {
        XmlOf::Live => domain.xml(),
        XmlOf::Defined => domain.xml_with(xml_flags::INACTIVE),
        XmlOf::DefinedWithSecrets => domain.xml_with(xml_flags::INACTIVE | xml_flags::SECURE),
    }
}

impl Define for Connection {
    fn xml_of(&self, id: VmId, which: XmlOf) -> HvResult<String> {
        match which {
            XmlOf::DefinedWithSecrets => self.change(id, READ_XML, |d| xml(d, which)),
            XmlOf::Live | XmlOf::Defined => self.with_domain(id, READ_XML, |d| xml(d, which)),
        }
    }

    fn xmls_of(&self, wanted: &[(VmId, XmlOf)]) -> Vec<HvResult<String>> {
        if self.is_read_only() && wanted.iter().any(|(_, which)| *which == XmlOf::DefinedWithSecrets) {
            return wanted.iter().map(|(id, which)| self.xml_of(*id, *which)).collect();
        }
        self.with_domains(wanted, READ_XML, |d, which| xml(d, *which))
    }

    fn set_autostart(&self, id: VmId, on: bool) -> HvResult<()> {
        self.change(id, "set the autostart", |d| d.set_autostart(on))
    }

    fn rename(&self, id: VmId, to: &str) -> HvResult<()> {
        self.change(id, "rename the VM", |d| d.rename(to))?;
        // The handle would go on telling the old name.
        self.forget_domain(id);
        Ok(())
    }

    fn set_metadata(&self, id: VmId, xml: Option<&str>) -> HvResult<()> {
        let element = Words::Element { uri: NOVACRON, key: PREFIX };
        self.change(id, "set the metadata", |d| set(d, element, xml))
    }

    fn set_title(&self, id: VmId, text: &str) -> HvResult<()> {
        self.change(id, "set the title", |d| set(d, Words::Title, some(text)))
    }

    fn set_description(&self, id: VmId, text: &str) -> HvResult<()> {
        self.change(id, "set the description", |d| set(d, Words::Description, some(text)))
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Sets words in what is defined and in what runs, as far as there are both.
fn set(domain: &Domain, which: Words<'_>, text: Option<&str>) -> RawResult<()> {
    let defined = if domain.persistent()? { affect::CONFIG } else { 0 };
    let live = if domain.active()? { affect::LIVE } else { 0 };
    match domain.set_words(which, text, defined | live) {
        Err(e) if text.is_none() && e.code == code::NO_DOMAIN_METADATA => Ok(()),
        answer => answer,
    }
}
