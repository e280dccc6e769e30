//! Numbers in libvirt XML.

use super::tree::Element;

/// The bytes an element such as `<memory unit='MiB'>512</memory>` states; KiB where no unit is given.
/// Too large a number saturates.
pub(super) fn bytes(element: Element<'_>) -> Option<u64> {
    let number: u64 = element.text()?.parse().ok()?;
    let factor = element.attr("unit").and_then(|u| unit(&u)).unwrap_or(1 << 10);
    Some(number.saturating_mul(factor))
}

/// The bytes of a volume's sizes: bytes where no unit is given.
pub(super) fn volume_bytes(element: Element<'_>) -> Option<u64> {
    let number: u64 = element.text()?.parse().ok()?;
    let factor = element.attr("unit").map_or(Some(1), |u| unit(&u))?;
    Some(number.saturating_mul(factor))
}

/// Bytes of a unit as libvirt knows them: `k` and `KiB` are 1024, `KB` is 1000; case does not matter.
pub(super) fn unit(name: &str) -> Option<u64> {
    let name = name.to_ascii_lowercase();
    if matches!(name.as_str(), "b" | "byte" | "bytes") {
        return Some(1);
    }
    let mut letters = name.chars();
    let prefix = letters.next()?;
    let power = match prefix {
        'k' => 1,
        'm' => 2,
        'g' => 3,
        't' => 4,
        'p' => 5,
        'e' => 6,
        _ => return None,
    };
    match letters.as_str() {
        "" | "ib" => 1024u64.checked_pow(power),
        "b" => 1000u64.checked_pow(power),
        _ => None,
    }
}

/// The VLAN tags of an element with `<vlan><tag id='42'/></vlan>`.
pub(super) fn vlans(element: Element<'_>) -> Vec<u16> {
    let Some(vlan) = element.child("vlan") else { return Vec::new() };
    vlan.all("tag").filter_map(|tag| tag.attr("id")?.parse().ok()).collect()
}
