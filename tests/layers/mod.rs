//! Disks that move, and layers that become one, on the real host.

mod bed;
mod killed;
mod merges;
mod moves;
