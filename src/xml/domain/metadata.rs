//! What programs keep in a domain's `<metadata>`, each under its own namespace; NovaCron's own is written here too.

use std::borrow::Cow;
use std::fmt::Write;

use quick_xml::escape::escape;

use crate::model::vm::{StartGate, StartOrder, VmDefinition};
use crate::xml::tree::Element;

/// NovaCron's own namespace.
pub const NOVACRON: &str = "urn:novacron:vm:1";
/// libosinfo's namespace, less its version.
const LIBOSINFO: &str = "http://libosinfo.org/xmlns/libvirt/domain/";

/// Programs' entries looked at, and tags kept of one VM: more are an accident or an attack.
const MAX_ENTRIES: usize = 256;
const MAX_TAGS: usize = 256;

/// Reads tags, protection, start order and operating system.
pub(super) fn read(domain: Element<'_>, vm: &mut VmDefinition) {
    let Some(metadata) = domain.child("metadata") else { return };
    for entry in metadata.children().take(MAX_ENTRIES) {
        let scopes = [entry, metadata, domain];
        let Some(namespace) = namespace(&scopes, entry.prefix()) else { continue };
        if namespace == NOVACRON {
            novacron(entry, vm);
        } else if namespace.starts_with(LIBOSINFO) {
            let id = entry.child("os").and_then(|os| os.attr("id"));
            vm.os = id.and_then(|id| os_name(&id)).or_else(|| vm.os.take());
        }
    }
}

/// The namespace a prefix stands for; `scopes` from the innermost element outwards.
fn namespace<'d>(scopes: &[Element<'d>], prefix: &str) -> Option<Cow<'d, str>> {
    let attribute = if prefix.is_empty() { "xmlns".into() } else { format!("xmlns:{prefix}") };
    scopes.iter().find_map(|scope| scope.attr(&attribute))
}

fn novacron(entry: Element<'_>, vm: &mut VmDefinition) {
    let listed = entry.all("tags").flat_map(|tags| tags.all("tag"));
    for tag in entry.all("tag").chain(listed).filter_map(|tag| tag.text()) {
        if vm.tags.len() < MAX_TAGS && !vm.tags.iter().any(|t| *t == tag) {
            vm.tags.push(tag.into_owned());
        }
    }
    vm.protected |= entry.child("protected").is_some();
    vm.start_order = entry.child("start").map(start_order).or(vm.start_order);
}

fn start_order(start: Element<'_>) -> StartOrder {
    let number = |name| start.attr(name).and_then(|n| n.parse().ok()).unwrap_or_default();
    let gate = start.attr("gate").and_then(|g| StartGate::by_word(&g)).unwrap_or_default();
    StartOrder { order: number("order"), delay_s: number("delay"), gate }
}

/// NovaCron's own element for a VM, without its namespace, as libvirt's call for metadata takes it. `None` when there is
/// nothing to say.
pub fn element(tags: &[String], protected: bool, start: Option<StartOrder>) -> Option<String> {
    let mut xml = String::from("<vm>");
    if !tags.is_empty() {
        xml.push_str("<tags>");
        for tag in tags {
            let _ = write!(xml, "<tag>{}</tag>", escape(tag.as_str()));
        }
        xml.push_str("</tags>");
    }
    if protected {
        xml.push_str("<protected/>");
    }
    if let Some(StartOrder { order, delay_s, gate }) = start {
        let _ = write!(xml, "<start order='{order}' delay='{delay_s}' gate='{}'/>", gate.word());
    }
    xml.push_str("</vm>");
    (xml.len() > "<vm></vm>".len()).then_some(xml)
}

/// `http://debian.org/debian/12` as `debian12`, osinfo's own short form. An id that is no URL stays as it is.
fn os_name(id: &str) -> Option<String> {
    let path = match id.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(_, path)| path),
        None => id,
    };
    let name: String = path.split('/').collect();
    (!name.is_empty()).then_some(name)
}
