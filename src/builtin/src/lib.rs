//! Providers that need no cloud: `terraform`, `null`, `time`, `local` and `cloudinit`.
//!
//! Their types have no effect outside this machine. Main function: [`providers`].

mod cloudinit;
mod local;
mod null_resource;
mod provider;
mod remote_state;
mod terraform_data;
mod time_sleep;

pub use provider::{providers, providers_with};
pub use remote_state::RemoteStates;
