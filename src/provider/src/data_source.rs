//! The contract of a data source.

use std::future::Future;

use crate::codec::Fields;
use crate::{CallError, CallResult, Within};

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

    /// Names errors that are worth another attempt, beside throttling and transient faults.
    fn retry(_error: &CallError) -> Option<Within> {
        None
    }

    /// Reads. The answer's `args` are what the user wrote, with what the service filled in.
    fn read(client: &Self::Client, args: &Self::Args) -> impl Future<Output = CallResult<Read<Self>>> + Send;
}

/// What a data source read.
pub struct Read<D: DataSource + ?Sized> {
    /// Identifier; put into `id` unless the arguments or attributes have that name themselves.
    pub id: String,
    /// Arguments, filled in.
    pub args: D::Args,
    /// What was read.
    pub attrs: D::Attrs,
}
