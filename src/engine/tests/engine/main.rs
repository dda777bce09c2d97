//! The engine on a cloud in memory.

mod basics;
mod failure;
mod perf;
mod replace;
mod world;
