//! MAC addresses that nobody has.

use crate::operations::OtherVm;

/// So many addresses of QEMU's range, always the same for one salt, but none of those that are taken.
pub(super) fn macs(salt: u64, count: usize, others: &[OtherVm]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(count);
    let mut state = salt;
    while out.len() < count {
        let [a, b, c, ..] = next(&mut state).to_le_bytes();
        let mac = format!("52:54:00:{a:02x}:{b:02x}:{c:02x}");
        let taken = others.iter().any(|o| o.macs.iter().any(|m| m.eq_ignore_ascii_case(&mac)));
        if !taken && !out.contains(&mac) {
            out.push(mac);
        }
    }
    out
}

/// splitmix64.
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
