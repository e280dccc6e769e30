//! Passwords in a definition. libvirt hides them unless it is asked for them, and a definition that is given back
//! without them loses them: those that are missing are put back in here.

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// What some versions of libvirt write in place of a password.
const HIDDEN: &str = "*****";
const PASSWORD: &str = "passwd";

/// `xml` with the passwords of graphical consoles that it lacks, as `present` has them; consoles are told apart by kind
/// and by their order. `None` where a password is hidden in `xml` that `present` does not have.
pub fn restored(xml: &str, present: &str) -> Option<String> {
    let known = consoles(present);
    let mut out = String::with_capacity(xml.len() + 64);
    let mut copied = 0;
    for console in consoles(xml) {
        let is = |c: &&Console| c.kind == console.kind && c.nth == console.nth;
        let password = known.iter().find(is).and_then(|c| c.password.as_deref()).filter(|p| *p != HIDDEN);
        match (console.password.as_deref(), password) {
            (None, Some(password)) => {
                out.push_str(xml.get(copied..console.end)?);
                out.extend([" ", PASSWORD, "='", &escape(password), "'"]);
                copied = console.end;
            }
            (Some(HIDDEN), Some(password)) => {
                let tag = xml.get(console.start..console.end)?;
                let at = console.start + tag.find(HIDDEN)?;
                out.push_str(xml.get(copied..at)?);
                out.push_str(&escape(password));
                copied = at + HIDDEN.len();
            }
            (Some(HIDDEN), None) => return None,
            _ => {}
        }
    }
    out.push_str(xml.get(copied..)?);
    Some(out)
}

/// Whether putting the passwords back into `hidden` gives what `shown` has: else there are secrets of another kind.
pub fn can_be_restored(hidden: &str, shown: &str) -> bool {
    without(hidden) == without(shown)
}

/// Whether the text shows a secret: a password of a graphical console, or a cookie's value.
pub fn shows(xml: &str) -> bool {
    let told = |c: &Console| c.password.as_deref().is_some_and(|p| p != HIDDEN);
    consoles(xml).iter().any(told) || !cookies(xml).is_empty()
}

/// The text without any secret that is known here, to be shown and written down.
pub fn hidden(xml: &str) -> String {
    let mut text = xml.to_owned();
    for value in cookies(xml).into_iter().rev() {
        text.replace_range(value, "");
    }
    without(&text)
}

/// Where the values of cookies stand.
fn cookies(xml: &str) -> Vec<std::ops::Range<usize>> {
    let mut reader = Reader::from_str(xml);
    let place = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut begun = None;
    loop {
        let at = place(&reader);
        match reader.read_event() {
            Ok(Event::Eof) | Err(_) => return found,
            Ok(Event::Start(e)) if e.name().0 == "cookie" => begun = Some(place(&reader)),
            Ok(Event::End(e)) if e.name().0 == "cookie" => {
                let value = begun.take().map(|from| from..at);
                let filled =
                    |v: &std::ops::Range<usize>| xml.get(v.clone()).is_some_and(|t| !t.trim().is_empty());
                found.extend(value.filter(filled));
            }
            Ok(_) => {}
        }
    }
}

/// The text without the passwords of graphical consoles.
pub fn without(xml: &str) -> String {
    let mut text = xml.to_owned();
    for console in consoles(xml).iter().rev() {
        let attribute =
            console.password.is_some().then(|| written(xml.get(console.start..console.end)?)).flatten();
        if let Some(attribute) = attribute {
            text.replace_range(console.start + attribute.start..console.start + attribute.end, "");
        }
    }
    text
}

/// Whether the graphical consoles of both have the same passwords.
pub fn same(one: &str, other: &str) -> bool {
    let passwords = |xml| consoles(xml).into_iter().map(|c| (c.kind, c.password)).collect::<Vec<_>>();
    passwords(one) == passwords(other)
}

/// Where the password's attribute stands in a tag, with the space before it.
fn written(tag: &str) -> Option<std::ops::Range<usize>> {
    let name = tag.match_indices(PASSWORD).map(|(at, _)| at).find(|at| {
        let before = tag[..*at].ends_with(char::is_whitespace);
        before && tag[at + PASSWORD.len()..].trim_start().starts_with('=')
    })?;
    let value = name + tag[name..].find(['\'', '"'])?;
    let quote = if tag[value..].starts_with('"') { '"' } else { '\'' };
    let end = value + 1 + tag[value + 1..].find(quote)? + 1;
    Some(tag[..name].trim_end().len()..end)
}

/// A graphical console, and where it stands.
struct Console {
    kind: String,
    /// Which of its kind, from 0.
    nth: usize,
    password: Option<String>,
    /// Byte of its `<`.
    start: usize,
    /// Byte at which an attribute can be added.
    end: usize,
}

fn consoles(xml: &str) -> Vec<Console> {
    let mut reader = Reader::from_str(xml);
    let mut found: Vec<Console> = Vec::new();
    let mut depth = 0_usize;
    let mut inside = false;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = match reader.read_event() {
            Ok(Event::Eof) | Err(_) => return found,
            Ok(event) => event,
        };
        let after = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let (element, empty) = match &event {
            Event::Start(e) => (e, false),
            Event::Empty(e) => (e, true),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                inside &= depth > 1;
                continue;
            }
            _ => continue,
        };
        let name = element.name().0;
        if depth == 2 && inside && name == "graphics" {
            let kind = value(element, "type").unwrap_or_default();
            let nth = found.iter().filter(|c| c.kind == kind).count();
            let end = after.saturating_sub(if empty { 2 } else { 1 });
            found.push(Console { kind, nth, password: value(element, PASSWORD), start: at, end });
        }
        if !empty {
            inside |= depth == 1 && name == "devices";
            depth += 1;
        }
    }
}

fn value(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.attributes().with_checks(false).flatten().find(|a| a.key.0 == name)?;
    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
    Some(value.map_or_else(|_| attribute.value.clone().into_owned(), std::borrow::Cow::into_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "<domain><devices><graphics type='vnc' port='-1' passwd='a&amp;b'/>\
        <graphics type='spice' passwd='zwei'><listen type='address'/></graphics></devices></domain>";

    #[test]
    fn a_missing_password_is_put_back() {
        let hidden = "<domain><devices><graphics type='vnc' port='-1'/>\
            <graphics type='spice'><listen type='address'/></graphics></devices></domain>";
        assert!(can_be_restored(hidden, SHOWN));
        let merged = restored(hidden, SHOWN).unwrap();
        assert!(merged.contains("<graphics type='vnc' port='-1' passwd='a&amp;b'/>"), "{merged}");
        assert!(merged.contains("<graphics type='spice' passwd='zwei'><listen"), "{merged}");
        let stars = hidden.replace("port='-1'", "passwd='*****' port='-1'");
        assert!(restored(&stars, SHOWN).unwrap().contains("passwd='a&amp;b' port='-1'"));
        assert_eq!(restored(&stars, hidden), None, "nobody knows it");
    }

    #[test]
    fn a_new_password_stands_and_a_new_console_has_none() {
        let own =
            "<domain><devices><graphics type='vnc' passwd='neu'/><graphics type='vnc'/></devices></domain>";
        assert_eq!(restored(own, SHOWN).unwrap(), own);
        // Not a console of the VM's.
        let other = "<domain><metadata><devices><graphics type='vnc'/></devices></metadata></domain>";
        assert_eq!(restored(other, SHOWN).unwrap(), other);
    }

    #[test]
    fn secrets_are_hidden_wherever_they_are_shown() {
        assert!(shows(SHOWN));
        assert!(!hidden(SHOWN).contains("passwd"));
        assert!(!shows(&hidden(SHOWN)));
        let stars = SHOWN.replace("a&amp;b", HIDDEN).replace("zwei", HIDDEN);
        assert!(!shows(&stars));
        let cookie = "<domain><devices><disk><source protocol='https'><cookies><cookie name='a'>b</cookie>\
            <cookie name='c'/></cookies></source></disk></devices></domain>";
        assert!(shows(cookie));
        assert_eq!(hidden(cookie), cookie.replace(">b<", "><"));
        assert!(!shows(&hidden(cookie)));
    }

    #[test]
    fn other_secrets_are_noticed() {
        let hidden = SHOWN.replace(" passwd='a&amp;b'", "").replace(" passwd='zwei'", "");
        let more = SHOWN.replace("<devices>", "<devices><cookies><cookie name='a'>b</cookie></cookies>");
        assert!(can_be_restored(&hidden, SHOWN));
        assert!(!can_be_restored(&hidden, &more));
    }
}
