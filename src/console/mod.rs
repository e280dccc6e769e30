//! Begun next.
