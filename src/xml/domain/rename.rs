//! A definition under another name.

use quick_xml::escape::escape;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// The text with the name of every `<domain>` in it, and of what a snapshot keeps beside it, replaced: of a definition
/// as of a snapshot's or a checkpoint's metadata. `None` where it is not well-formed.
pub fn renamed(xml: &str, name: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<String> = Vec::new();
    let mut out = String::with_capacity(xml.len());
    let mut copied = 0;
    let position = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).ok();
    let of_domain = |open: &[String]| match open {
        [.., parent, own] => own == "name" && (parent == "domain" || parent == "inactiveDomain"),
        _ => false,
    };
    loop {
        let at = position(&reader)?;
        match reader.read_event().ok()? {
            Event::Start(e) => {
                open.push(e.name().0.to_owned());
                if of_domain(&open) {
                    out.push_str(xml.get(copied..position(&reader)?)?);
                    out.push_str(&escape(name));
                }
            }
            Event::End(_) => {
                if of_domain(&open) {
                    copied = at;
                }
                open.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    out.push_str(xml.get(copied..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_vms_own_name_is_another() {
        let xml = "<domainsnapshot><name>one</name><domain type='qemu'><name>a&amp;b</name>\
            <devices><disk><name>x</name></disk></devices></domain>\
            <inactiveDomain><name>a&amp;b</name></inactiveDomain></domainsnapshot>";
        let new = renamed(xml, "c<d").unwrap();
        assert_eq!(new, xml.replace("a&amp;b", "c&lt;d"));
        assert_eq!(
            renamed("<domain><name>a</name></domain>", "b").unwrap(),
            "<domain><name>b</name></domain>"
        );
        assert_eq!(renamed("<domain><name>a</nam", "b"), None);
    }
}
