//! What is kept of deleted VMs: their files, and looking after them.

mod belongings;
mod expiry;
mod files;
mod shelf;

pub(super) use belongings::{belongings, of_vm};
pub use expiry::Expiry;
pub(super) use files::{digest_of, name_new, put_back, remove_folder, sync_folder, take_in};
pub use shelf::{Shelf, difference, vm_of, without_secrets};
