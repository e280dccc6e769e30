//! Volumes and pools on the real host: whole plans through the desk, what is left when they fail, are stopped, or NovaCron
//! is killed on the way.

pub(crate) mod bed;
mod killed;
mod pools;
mod transfers;
