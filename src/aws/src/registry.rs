//! All types, by name. A type's twin is a line in its service's list; its schema is made when first asked for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use landfall_provider::{AnyDataSource, AnyResource, DataSource, Regions, Resource, Typed, TypedDataSource};

use crate::client::Aws;
use crate::{autoscaling, ec2, eks, iam, kms, logs, meta, ssm, sts};

/// A resource type as the engine holds it.
pub type BoxedResource = Box<dyn AnyResource>;
/// A data source as the engine holds it.
pub type BoxedDataSource = Box<dyn AnyDataSource>;

static RESOURCES: LazyLock<BTreeMap<&'static str, BoxedResource>> = LazyLock::new(|| {
    let services = [
        autoscaling::resources(),
        ec2::resources(),
        eks::resources(),
        iam::resources(),
        kms::resources(),
        logs::resources(),
    ];
    services.into_iter().flatten().map(|resource| (resource.r#type(), resource)).collect()
});

static DATA_SOURCES: LazyLock<BTreeMap<&'static str, BoxedDataSource>> = LazyLock::new(|| {
    let services = [
        ec2::data_sources(),
        eks::data_sources(),
        iam::data_sources(),
        meta::data_sources(),
        ssm::data_sources(),
        sts::data_sources(),
    ];
    services.into_iter().flatten().map(|source| (source.r#type(), source)).collect()
});

const REGIONS: Regions<Aws> = Regions { client: Aws::for_region, name: Aws::region };

/// Returns a type whose objects live in a region; `service` is whose API budget it uses.
pub fn regional<R: Resource<Client = Aws>>(service: &'static str) -> BoxedResource {
    Box::new(Typed::<R>::new().regional(REGIONS).service(service))
}

/// Returns a type whose objects have no region, such as those of IAM.
pub fn global<R: Resource<Client = Aws>>(service: &'static str) -> BoxedResource {
    Box::new(Typed::<R>::new().service(service))
}

/// Returns a data source that reads a region.
pub fn regional_data<D: DataSource<Client = Aws>>(service: &'static str) -> BoxedDataSource {
    Box::new(TypedDataSource::<D>::new().regional(REGIONS).service(service))
}

/// Returns a data source that reads no region.
pub fn global_data<D: DataSource<Client = Aws>>(service: &'static str) -> BoxedDataSource {
    Box::new(TypedDataSource::<D>::new().service(service))
}

/// Returns a resource type by name.
pub fn resource(r#type: &str) -> Option<&'static dyn AnyResource> {
    RESOURCES.get(r#type).map(|resource| &**resource)
}

/// Returns the names of all resource types, in order.
pub fn resource_types() -> Vec<&'static str> {
    RESOURCES.keys().copied().collect()
}

/// Returns a data source by name.
pub fn data_source(r#type: &str) -> Option<&'static dyn AnyDataSource> {
    DATA_SOURCES.get(r#type).map(|source| &**source)
}

/// Returns the names of all data sources, in order.
pub fn data_source_types() -> Vec<&'static str> {
    DATA_SOURCES.keys().copied().collect()
}
