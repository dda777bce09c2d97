//! The twins of [`Resource`] and [`DataSource`] that speak in values.

mod data;
mod extras;
mod form;
mod resource;

pub use data::TypedDataSource;
pub use extras::Regions;
pub use resource::Typed;
