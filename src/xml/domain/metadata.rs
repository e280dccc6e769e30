//! What programs keep in a domain's `<metadata>`, each under its own namespace.

use std::borrow::Cow;

use crate::model::vm::VmDefinition;
use crate::xml::tree::Element;

/// NovaCron's own namespace.
const NOVACRON: &str = "urn:novacron:vm:1";
/// libosinfo's namespace, less its version.
const LIBOSINFO: &str = "http://libosinfo.org/xmlns/libvirt/domain/";

/// Programs' entries looked at, and tags kept of one VM: more are an accident or an attack.
const MAX_ENTRIES: usize = 256;
const MAX_TAGS: usize = 256;

/// Reads tags, description and operating system.
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
    if let Some(description) = entry.child_text("description") {
        vm.description = Some(description);
    }
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
