//! The engine with its real threads on a simulated host, in simulated time.

mod bench;
mod history;
mod life;
mod pace;
mod relay;
mod trouble;
