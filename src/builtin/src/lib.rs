//! Providers that need no cloud: `terraform` (`terraform_data`), `null` and `time`.
//!
//! Their types have no effect outside the process. Main function: [`providers`].

mod null_resource;
mod provider;
mod terraform_data;
mod time_sleep;

pub use provider::providers;
