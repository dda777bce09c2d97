//! The contract of an ephemeral resource type: opened for a plan or an apply, closed at its end, stored nowhere.

use std::future::Future;

use landfall_value::Value;
use landfall_value::schema::Schema;

use crate::codec::Fields;
use crate::{BoxFuture, CallResult, Client};

/// One ephemeral resource type.
pub trait Ephemeral: Send + Sync + 'static {
    /// What a user may write.
    type Args: Fields + Clone;
    /// What is there while it is open.
    type Attrs: Fields + Clone;
    /// Configured client of the provider.
    type Client: Send + Sync + 'static;

    /// Name of the type.
    const TYPE: &'static str;

    /// Opens. The answer's `args` are what the user wrote, with what the service filled in.
    fn open(client: &Self::Client, args: &Self::Args) -> impl Future<Output = CallResult<Opened<Self>>> + Send;

    /// Closes what was opened. `private` is what [`Self::open`] kept for it.
    fn close(client: &Self::Client, private: Option<&[u8]>) -> impl Future<Output = CallResult<()>> + Send;
}

/// What is open.
pub struct Opened<E: Ephemeral + ?Sized> {
    /// Arguments, filled in.
    pub args: E::Args,
    /// What is there.
    pub attrs: E::Attrs,
    /// What closing needs; held in memory only.
    pub private: Option<Vec<u8>>,
}

/// What is open, as a value.
#[derive(Clone, Debug)]
pub struct AnyOpened {
    /// An object of the whole schema.
    pub value: Value,
    /// What closing needs; held in memory only.
    pub private: Option<Vec<u8>>,
}

/// An ephemeral resource type, erased.
pub trait AnyEphemeral: Send + Sync {
    /// Returns the name of the type.
    fn r#type(&self) -> &'static str;
    /// Returns the schema.
    fn schema(&self) -> &Schema;
    /// Opens: `config` is an object of the whole schema, wholly known.
    fn open<'a>(&'a self, client: &'a Client, config: &'a Value) -> BoxFuture<'a, CallResult<AnyOpened>>;
    /// Closes what was opened.
    fn close<'a>(&'a self, client: &'a Client, private: Option<&'a [u8]>) -> BoxFuture<'a, CallResult<()>>;
}
