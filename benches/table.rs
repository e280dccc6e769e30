//! `./dev bench`: the performance table.
fn main() {}
