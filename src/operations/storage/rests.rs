//! Which other files an image needs, as its first bytes tell.

use serde_json::Value as Json;

/// Bytes of an image that are looked at: programs write the names right behind the header.
pub const HEAD: usize = 64 << 10;

/// The longest name of an image below another, in bytes.
const LONGEST: usize = 1023;
/// Type of the extension with the format of the image below.
const FORMAT: u32 = 0xE279_2ACA;
/// Type of the extension with the name of the file that has the data.
const DATA: u32 = 0x4441_5441;

/// A file that an image needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Its name, as the image has it.
    pub name: String,
    /// Its format, where the image tells.
    pub format: Option<String>,
}

/// What an image needs, by its first bytes; nothing where they are no image's.
///
/// # Errors
/// Why it cannot be told.
pub fn needed(head: &[u8]) -> Result<Vec<Needed>, &'static str> {
    if head.starts_with(b"QED\0") {
        return Err("it is a QED image");
    }
    if head.starts_with(b"KDMV") || head.starts_with(b"# Disk DescriptorFile") {
        return Err("it is a VMDK image");
    }
    if !head.starts_with(b"QFI\xfb") {
        return Ok(Vec::new());
    }
    qcow(head).ok_or("its header is damaged")
}

fn qcow(head: &[u8]) -> Option<Vec<Needed>> {
    let version = short(head, 4)?;
    let at = usize::try_from(long(head, 8)?).ok()?;
    let size = short(head, 16)? as usize;
    let mut found = Extensions::default();
    match version {
        1 => {}
        2 => found.read(head, 72),
        3 => found.read(head, short(head, 100)? as usize),
        _ => return None,
    }
    let mut needed = Vec::new();
    if at != 0 {
        let name = head.get(at..at.checked_add(size)?).filter(|n| !n.is_empty() && n.len() <= LONGEST)?;
        needed.push(Needed { name: String::from_utf8(name.to_vec()).ok()?, format: found.format });
    }
    if let Some(data) = found.data {
        needed.push(Needed { name: data, format: Some("raw".into()) });
    }
    Some(needed)
}

/// What stands behind the header.
#[derive(Default)]
struct Extensions {
    format: Option<String>,
    data: Option<String>,
}

impl Extensions {
    fn read(&mut self, head: &[u8], mut at: usize) {
        while let (Some(kind), Some(length)) = (short(head, at), short(head, at.saturating_add(4))) {
            let length = length as usize;
            let text = head.get(at.saturating_add(8)..).and_then(|rest| rest.get(..length));
            let text = || text.and_then(|t| String::from_utf8(t.to_vec()).ok());
            match kind {
                0 => return,
                FORMAT => self.format = text(),
                DATA => self.data = text(),
                _ => {}
            }
            at = at.saturating_add(8).saturating_add(length.next_multiple_of(8));
        }
    }
}

fn short(head: &[u8], at: usize) -> Option<u32> {
    head.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_be_bytes)
}

fn long(head: &[u8], at: usize) -> Option<u64> {
    head.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_be_bytes)
}

/// Paths of this host that the name means, in an image of that path; none where it means something elsewhere.
pub fn places(name: &str, of: &str) -> Vec<String> {
    if let Some(json) = name.strip_prefix("json:") {
        let mut found = Vec::new();
        if let Ok(json) = serde_json::from_str::<Json>(json) {
            file_names(&json, false, &mut found);
        }
        return found.iter().map(|name| beside(name, of)).collect();
    }
    for prefix in ["file:", "host_device:"] {
        if let Some(path) = name.strip_prefix(prefix) {
            return vec![beside(path, of)];
        }
    }
    let first = name.split('/').next().unwrap_or_default();
    if first.contains(':') { Vec::new() } else { vec![beside(name, of)] }
}

fn beside(name: &str, of: &str) -> String {
    match of.rsplit_once('/') {
        Some((folder, _)) if !name.starts_with('/') => format!("{folder}/{name}"),
        _ => name.to_owned(),
    }
}

/// All that a description of block devices calls a file's name.
fn file_names(json: &Json, is_name: bool, found: &mut Vec<String>) {
    match json {
        Json::String(name) if is_name => found.push(name.clone()),
        Json::Array(all) => all.iter().for_each(|one| file_names(one, false, found)),
        Json::Object(all) => {
            for (key, value) in all {
                file_names(value, key == "filename" || key.ends_with(".filename"), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A head of version 3 with these extensions, and this name behind them.
    fn head(name: &str, extensions: &[(u32, &str)]) -> Vec<u8> {
        let mut head = vec![0_u8; 104];
        head[..4].copy_from_slice(b"QFI\xfb");
        head[4..8].copy_from_slice(&3_u32.to_be_bytes());
        head[100..104].copy_from_slice(&104_u32.to_be_bytes());
        for (kind, text) in extensions {
            head.extend(kind.to_be_bytes());
            head.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            head.extend(text.as_bytes());
            head.resize(head.len().next_multiple_of(8), 0);
        }
        head.extend([0; 8]);
        if !name.is_empty() {
            let at = head.len() as u64;
            head[8..16].copy_from_slice(&at.to_be_bytes());
            head[16..20].copy_from_slice(&u32::try_from(name.len()).unwrap().to_be_bytes());
            head.extend(name.as_bytes());
        }
        head
    }

    fn of(name: &str, format: Option<&str>) -> Needed {
        Needed { name: name.into(), format: format.map(str::to_owned) }
    }

    #[test]
    fn a_head_tells_what_its_image_needs() {
        assert_eq!(needed(&head("", &[])), Ok(Vec::new()));
        assert_eq!(needed(b"anything else"), Ok(Vec::new()), "a raw image needs nothing");
        assert_eq!(needed(&head("base.qcow2", &[])), Ok(vec![of("base.qcow2", None)]));
        let both = head("/i/base", &[(0x6803_f857, "features"), (FORMAT, "qcow2"), (DATA, "/i/data")]);
        assert_eq!(needed(&both), Ok(vec![of("/i/base", Some("qcow2")), of("/i/data", Some("raw"))]));
        let mut old = head("/i/base", &[]);
        old[4..8].copy_from_slice(&1_u32.to_be_bytes());
        assert_eq!(needed(&old), Ok(vec![of("/i/base", None)]));
    }

    #[test]
    fn what_cannot_be_told_is_no_nothing() {
        let whole = head("/i/base", &[]);
        let mut far = whole.clone();
        far[8..16].copy_from_slice(&u64::MAX.to_be_bytes());
        let mut newer = whole.clone();
        newer[7] = 9;
        for head in [&whole[..whole.len() - 1], &whole[..20], &far, &newer, b"QED\0", b"KDMV"] {
            assert!(needed(head).is_err());
        }
    }

    #[test]
    fn a_name_means_a_place() {
        let at = |name: &str| places(name, "/i/top.qcow2").join(" ");
        assert_eq!(at("base.qcow2"), "/i/base.qcow2");
        assert_eq!(at("../b"), "/i/../b");
        assert_eq!(at("/v/base"), "/v/base");
        assert_eq!(at("file:/v/base"), "/v/base");
        assert_eq!(at(r#"json:{"driver":"qcow2","file":{"driver":"file","filename":"/v/base"}}"#), "/v/base");
        assert_eq!(at(r#"json:{"file.filename":"base"}"#), "/i/base");
        for elsewhere in ["nbd://host/x", "rbd:vms/base", "json:{", "json:[1]"] {
            assert_eq!(at(elsewhere), "", "{elsewhere}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(mut head in prop::collection::vec(any::<u8>(), 0..400), magic in any::<bool>()) {
            if magic && head.len() > 8 {
                head[..8].copy_from_slice(b"QFI\xfb\0\0\0\x03");
            }
            let _ = needed(&head).map(|all| all.iter().map(|n| places(&n.name, "/a").len()).sum::<usize>());
        }
    }
}
