//! What happens while a command works: lines, bars on a terminal, or a stream of JSON objects.

mod bars;
mod fetching;
pub(crate) mod json;
mod message;
mod progress;

pub(crate) use fetching::Fetching;
pub(crate) use progress::Progress;
