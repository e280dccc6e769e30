//! What new things are told apart by: drawn from a number by lot, which comes from outside.

use super::App;
use crate::model::id::VmId;

impl App {
    /// Gives it a number that nobody else has, from which new UUIDs and addresses come.
    pub const fn draw(&mut self, lot: u128) {
        self.lot = lot;
    }

    /// A UUID and a number for something new: others each time.
    pub(super) fn next_identity(&mut self) -> (VmId, u64) {
        // A step of a full-period generator; what it is begun with is drawn by lot.
        let next = |n: u128| {
            n.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(0x9e37_79b9_7f4a_7c15)
        };
        let id = next(self.lot);
        self.lot = next(id);
        let mixed = (id ^ (id >> 64)).wrapping_mul(0xff51_afd7_ed55_8ccd_c4ce_b9fe_1a85_ec53);
        let bytes = (mixed ^ (mixed >> 67)).to_be_bytes();
        (VmId(uuid::Builder::from_random_bytes(bytes).into_uuid()), (self.lot >> 64) as u64)
    }
}
