//! A small ISO 9660 medium, with Joliet for names as they are written.

/// Bytes of a sector.
const SECTOR: usize = 2048;
/// Sectors before the descriptors.
const SYSTEM: u32 = 16;
/// The sectors of the tables, in order: descriptors, then path tables, then folders, then files.
const PRIMARY: u32 = SYSTEM;
const JOLIET: u32 = SYSTEM + 1;
const END: u32 = SYSTEM + 2;
const TABLES: u32 = SYSTEM + 3;
const ROOT: u32 = TABLES + 4;
const JOLIET_ROOT: u32 = ROOT + 1;
const FILES: u32 = ROOT + 2;

/// One file: its name, at most 60 bytes of letters, digits, `-` and `.`; and its content.
pub(super) struct File<'f> {
    pub(super) name: &'f str,
    pub(super) content: &'f [u8],
}

/// A medium of this label (letters, 16 at most) with these files, few enough for one sector of names.
pub(super) fn image(label: &str, files: &[File<'_>]) -> Vec<u8> {
    let mut places: Vec<(u32, u32)> = Vec::new();
    let mut next = FILES;
    for file in files {
        let length = u32::try_from(file.content.len()).unwrap_or(u32::MAX);
        places.push((next, length));
        next += length.div_ceil(SECTOR as u32).max(1);
    }
    let mut out = vec![0; next as usize * SECTOR];
    let mut put = |sector: u32, bytes: &[u8]| {
        let at = sector as usize * SECTOR;
        out[at..at + bytes.len()].copy_from_slice(bytes);
    };
    put(PRIMARY, &descriptor(1, &padded(label, 32), next, TABLES, ROOT));
    put(JOLIET, &descriptor(2, &wide_padded(label, 32), next, TABLES + 2, JOLIET_ROOT));
    put(END, b"\xffCD001\x01");
    for (at, root) in [(TABLES, ROOT), (TABLES + 2, JOLIET_ROOT)] {
        put(at, &path_table(root.to_le_bytes(), 1u16.to_le_bytes()));
        put(at + 1, &path_table(root.to_be_bytes(), 1u16.to_be_bytes()));
    }
    let plain = |f: &File<'_>| format!("{};1", f.name.to_ascii_uppercase()).into_bytes();
    let joliet = |f: &File<'_>| wide(f.name);
    put(ROOT, &folder(ROOT, files, &places, &plain));
    put(JOLIET_ROOT, &folder(JOLIET_ROOT, files, &places, &joliet));
    for (file, (sector, _)) in files.iter().zip(&places) {
        put(*sector, file.content);
    }
    out
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn padded(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(length, b' ');
    bytes
}

fn wide_padded(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = wide(text);
    while bytes.len() < length {
        bytes.extend([0, b' ']);
    }
    bytes
}

/// A number in both orders of bytes.
fn both32(n: u32) -> [u8; 8] {
    let (l, b) = (n.to_le_bytes(), n.to_be_bytes());
    [l[0], l[1], l[2], l[3], b[0], b[1], b[2], b[3]]
}

fn both16(n: u16) -> [u8; 4] {
    let (l, b) = (n.to_le_bytes(), n.to_be_bytes());
    [l[0], l[1], b[0], b[1]]
}

fn path_table(root: [u8; 4], parent: [u8; 2]) -> Vec<u8> {
    let mut out = vec![1, 0];
    out.extend(root);
    out.extend(parent);
    out.extend([0, 0]);
    out
}

/// 1 January 2000: the content alone tells media apart.
const DATE: [u8; 7] = [100, 1, 1, 0, 0, 0, 0];

fn record(name: &[u8], sector: u32, length: u32, is_folder: bool) -> Vec<u8> {
    let size = (33 + name.len()).next_multiple_of(2);
    let mut out = vec![u8::try_from(size).unwrap_or(u8::MAX), 0];
    out.extend(both32(sector));
    out.extend(both32(length));
    out.extend(DATE);
    out.extend([if is_folder { 2 } else { 0 }, 0, 0]);
    out.extend(both16(1));
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend(name);
    out.resize(size, 0);
    out
}

fn folder(
    own: u32,
    files: &[File<'_>],
    places: &[(u32, u32)],
    name: &dyn Fn(&File<'_>) -> Vec<u8>,
) -> Vec<u8> {
    let mut out = record(&[0], own, SECTOR as u32, true);
    out.extend(record(&[1], own, SECTOR as u32, true));
    let mut named: Vec<(Vec<u8>, (u32, u32))> =
        files.iter().zip(places).map(|(f, place)| (name(f), *place)).collect();
    named.sort();
    for (name, (sector, length)) in named {
        out.extend(record(&name, sector, length, false));
    }
    out
}

fn descriptor(kind: u8, label: &[u8], sectors: u32, tables: u32, root: u32) -> Vec<u8> {
    let wide = kind == 2;
    let blank = |length: usize| if wide { wide_padded("", length) } else { padded("", length) };
    let mut out = vec![kind];
    out.extend(b"CD001\x01\0");
    out.extend(blank(32));
    out.extend(label);
    out.extend([0; 8]);
    out.extend(both32(sectors));
    // Which characters Joliet's names have: UCS-2, level 3.
    let mut escapes = [0; 32];
    if wide {
        escapes[..3].copy_from_slice(b"%/E");
    }
    out.extend(escapes);
    out.extend(both16(1));
    out.extend(both16(1));
    out.extend(both16(SECTOR as u16));
    out.extend(both32(10));
    out.extend(tables.to_le_bytes());
    out.extend([0; 4]);
    out.extend((tables + 1).to_be_bytes());
    out.extend([0; 4]);
    out.extend(record(&[0], root, SECTOR as u32, true));
    for _ in 0..4 {
        out.extend(blank(128));
    }
    for _ in 0..3 {
        let mut field = blank(36);
        field.push(if wide { 0 } else { b' ' });
        out.extend(field);
    }
    for _ in 0..4 {
        out.extend([b'0'; 16]);
        out.push(0);
    }
    out.push(1);
    out.resize(SECTOR, 0);
    out
}
