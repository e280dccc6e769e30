//! libvirt XML to model. Pure: text in, plain types out, no panic whatever the bytes.
//!
//! What is missing becomes a default and what is not known is passed over, since every libvirt version and
//! driver writes a little more or less; only text that is no XML, or another kind of document, is an error.
//!
//! | part | reads |
//! | --- | --- |
//! | [`domain`] | a VM's definition |
//! | [`network`], [`pool`], [`volume`] | the other documents NovaCron asks for |
//! | [`capabilities`] | what the host can run |
//! | [`edit`] | a definition with a few bytes of it changed, or as that of another VM |
//! | [`vm_snapshot`] | a VM's snapshot, and writes what makes one |
//! | [`diff`] | two texts, into what differs |
//! | [`highlight`] | any text, as the XML view colours it, broken or not |

pub mod capabilities;
pub mod diff;
pub mod domain;
pub mod edit;
mod error;
pub mod highlight;
pub mod network;
pub mod pool;
mod tree;
mod value;
pub mod vm_snapshot;
pub mod volume;

pub use error::XmlError;

#[cfg(test)]
mod tests;
