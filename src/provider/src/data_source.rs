//! The contract of a data source.

use std::future::Future;

use crate::CallResult;
use crate::codec::Fields;

/// One data source.
pub trait DataSource: Send + Sync + 'static {
    /// What a user may write.
    type Args: Fields + Clone;
    /// What is read.
    type Attrs: Fields + Clone;
    /// Configured client of the provider.
    type Client: Send + Sync + 'static;

    /// Name of the type.
    const TYPE: &'static str;

    /// Reads. The answer's `args` are what the user wrote, with what the service filled in.
    fn read(client: &Self::Client, args: &Self::Args) -> impl Future<Output = CallResult<Read<Self>>> + Send;
}

/// What a data source read.
pub struct Read<D: DataSource + ?Sized> {
    /// Identifier, where the type has an `id`.
    pub id: String,
    /// Arguments, filled in.
    pub args: D::Args,
    /// What was read.
    pub attrs: D::Attrs,
}
