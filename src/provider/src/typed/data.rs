//! The erased twin of a data source.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use landfall_value::Value;
use landfall_value::schema::Schema;

use crate::codec::Fields;
use crate::typed::extras::{
    ID, REGION, Regions, add_id, add_region, client_for, merged, region_of, region_value, undecodable,
};
use crate::{AnyDataSource, BoxFuture, CallError, CallResult, Client, DataSource, Within};

/// A data source as [`AnyDataSource`].
pub struct TypedDataSource<D: DataSource> {
    schema: OnceLock<Schema>,
    regions: Option<Regions<D::Client>>,
    service: &'static str,
}

impl<D: DataSource> TypedDataSource<D> {
    /// Returns the twin of a data source that needs no region.
    pub const fn new() -> Self {
        Self { schema: OnceLock::new(), regions: None, service: "" }
    }

    /// Adds the argument `region`: the region that is read.
    #[must_use]
    pub const fn regional(mut self, regions: Regions<D::Client>) -> Self {
        self.regions = Some(regions);
        self
    }

    /// Names the service by whose budget calls are counted.
    #[must_use]
    pub const fn service(mut self, service: &'static str) -> Self {
        self.service = service;
        self
    }
}

impl<D: DataSource> Default for TypedDataSource<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: DataSource> AnyDataSource for TypedDataSource<D> {
    fn r#type(&self) -> &'static str {
        D::TYPE
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| {
            let mut block = merged::<D::Args, D::Attrs>(D::TYPE);
            add_id(&mut block, "id", !D::Args::FRAMEWORK);
            if self.regions.is_some() {
                add_region(&mut block, false);
            }
            Schema { version: 0, block }
        })
    }

    fn service(&self) -> &'static str {
        self.service
    }

    fn read<'a>(&'a self, client: &'a Client, config: &'a Value) -> BoxFuture<'a, CallResult<Value>> {
        Box::pin(async move {
            let client = client_for(client, self.regions.as_ref(), region_of(config))?;
            let args = D::Args::read(config).map_err(|error| undecodable(D::TYPE, &error))?;
            let read = D::read(&client, &args).await?;
            let mut attributes = BTreeMap::new();
            read.args.write(&mut attributes);
            read.attrs.write(&mut attributes);
            attributes.entry(ID.clone()).or_insert_with(|| Value::string(read.id));
            if let Some(regions) = &self.regions {
                attributes.insert(REGION.clone(), region_value(regions, &*client));
            }
            Ok(Value::object(attributes))
        })
    }

    fn retry(&self, error: &CallError) -> Option<Within> {
        D::retry(error)
    }
}
