//! The twins of [`Resource`] and [`DataSource`] that speak in values.

mod data;
mod ephemeral;
mod extras;
mod form;
mod resource;

pub use data::TypedDataSource;
pub use ephemeral::TypedEphemeral;
pub use extras::Regions;
pub use resource::Typed;
