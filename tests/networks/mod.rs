//! Virtual networks on the real host: whole plans through the desk, with real bridges and DHCP; who is cut off when one
//! stops; and what is left when NovaCron is killed on the way.

mod bed;
mod killed;
mod real;
