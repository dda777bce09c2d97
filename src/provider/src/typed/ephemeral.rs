//! The erased twin of an ephemeral resource type.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::OnceLock;

use landfall_value::Value;
use landfall_value::schema::Schema;

use crate::codec::Fields;
use crate::ephemeral::{AnyEphemeral, AnyOpened, Ephemeral};
use crate::typed::extras::{client_for, merged, undecodable};
use crate::{BoxFuture, CallResult, Client};

/// An ephemeral resource type as [`AnyEphemeral`].
pub struct TypedEphemeral<E: Ephemeral> {
    schema: OnceLock<Schema>,
    r#type: PhantomData<fn() -> E>,
}

impl<E: Ephemeral> TypedEphemeral<E> {
    /// Returns the twin of a type.
    pub const fn new() -> Self {
        Self { schema: OnceLock::new(), r#type: PhantomData }
    }
}

impl<E: Ephemeral> Default for TypedEphemeral<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Ephemeral> AnyEphemeral for TypedEphemeral<E> {
    fn r#type(&self) -> &'static str {
        E::TYPE
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| Schema { version: 0, block: merged::<E::Args, E::Attrs>(E::TYPE) })
    }

    fn open<'a>(&'a self, client: &'a Client, config: &'a Value) -> BoxFuture<'a, CallResult<AnyOpened>> {
        Box::pin(async move {
            let client = client_for::<E::Client>(client, None, None)?;
            let args = E::Args::read(config).map_err(|error| undecodable(E::TYPE, &error))?;
            let opened = E::open(&client, &args).await?;
            let mut attributes = BTreeMap::new();
            opened.args.write(&mut attributes);
            opened.attrs.write(&mut attributes);
            Ok(AnyOpened { value: Value::object(attributes), private: opened.private })
        })
    }

    fn close<'a>(&'a self, client: &'a Client, private: Option<&'a [u8]>) -> BoxFuture<'a, CallResult<()>> {
        Box::pin(async move {
            let client = client_for::<E::Client>(client, None, None)?;
            E::close(&client, private).await
        })
    }
}
