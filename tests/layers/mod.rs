//! Disks that move, and layers that become one, on the real host.

mod bed;
mod disrupt;
mod killed;
mod merges;
mod moves;
