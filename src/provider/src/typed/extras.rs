//! What types of a provider have beside arguments and attributes: `id`, `region`, `timeouts`.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use landfall_value::schema::{Attribute, Block, NestedBlock, Nesting};
use landfall_value::{Type, Value};

use crate::codec::{DecodeError, Fields};
use crate::{CallError, CallResult, Client, Timing};

/// How clients of a provider with regions differ. Cloning a client is cheap.
pub struct Regions<C> {
    /// Returns the client for a region, made from one for any region.
    pub client: fn(&C, &str) -> C,
    /// Returns the region of a client.
    pub name: fn(&C) -> &str,
}

pub(super) static ID: LazyLock<Arc<str>> = LazyLock::new(|| "id".into());
pub(super) static REGION: LazyLock<Arc<str>> = LazyLock::new(|| "region".into());
pub(super) static TIMEOUTS: LazyLock<Arc<str>> = LazyLock::new(|| "timeouts".into());

/// Returns the block of arguments and attributes together.
pub(super) fn merged<A: Fields, T: Fields>(r#type: &str) -> Block {
    let mut block = A::block();
    let attrs = T::block();
    for (name, attribute) in attrs.attributes {
        let twice = block.attributes.insert(name.clone(), attribute).is_some() || block.blocks.contains_key(&name);
        debug_assert!(!twice, "{type}: {name} is both an argument and an attribute");
    }
    block.blocks.extend(attrs.blocks);
    block.rules.extend(attrs.rules);
    block
}

/// Adds the attribute that holds the identifier, unless it is there.
pub(super) fn add_id(block: &mut Block, name: &str, optional: bool) {
    let attribute = || Attribute { optional, computed: true, ..Attribute::plain(Type::String) };
    block.attributes.entry(name.into()).or_insert_with(attribute);
}

/// Adds `region`; a change of it replaces a resource.
pub(super) fn add_region(block: &mut Block, replace: bool) {
    let description = "Region of the object; the provider's if not set.".into();
    let plain = Attribute::plain(Type::String);
    let attribute = Attribute { optional: true, computed: true, replace, description, ..plain };
    block.attributes.insert(REGION.clone(), attribute);
}

/// Adds the block `timeouts`, if the type lets users set deadlines. Returns the type of its value.
pub(super) fn add_timeouts(block: &mut Block, timing: &Timing) -> Option<Type> {
    let operations = [("create", timing.create), ("update", timing.update), ("delete", timing.delete)];
    let operations = operations.iter().filter(|(_, span)| timing.timeouts_block && span.deadline.is_some());
    let optional = || Attribute { optional: true, ..Attribute::plain(Type::String) };
    let attributes: BTreeMap<Arc<str>, _> = operations.map(|(name, _)| (Arc::from(*name), optional())).collect();
    if attributes.is_empty() {
        return None;
    }
    let inner = Block { attributes, ..Block::default() };
    let r#type = inner.value_type();
    let nested = NestedBlock {
        nesting: Nesting::Single,
        min_items: 0,
        max_items: 1,
        computed: false,
        replace: false,
        block: inner,
    };
    block.blocks.insert(TIMEOUTS.clone(), nested);
    Some(r#type)
}

/// A client: that of the provider configuration, or one for another region.
pub(super) enum ClientRef<'a, C> {
    Configured(&'a C),
    Regional(C),
}

impl<C> Deref for ClientRef<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        match self {
            Self::Configured(client) => client,
            Self::Regional(client) => client,
        }
    }
}

/// Returns the client for the region of an object, or for the configured one.
pub(super) fn client_for<'a, C: Send + Sync + 'static>(
    client: &'a Client,
    regions: Option<&Regions<C>>,
    region: Option<&str>,
) -> CallResult<ClientRef<'a, C>> {
    let client: &C = client.downcast_ref().ok_or_else(|| bug("a resource type got the client of another provider"))?;
    match (regions, region) {
        (Some(regions), Some(region)) => Ok(ClientRef::Regional((regions.client)(client, region))),
        (Some(_) | None, _) => Ok(ClientRef::Configured(client)),
    }
}

/// Returns the value of `region` for an object that was reached by a client.
pub(super) fn region_value<C>(regions: &Regions<C>, client: &C) -> Value {
    Value::string((regions.name)(client))
}

/// Returns the region that an object names.
pub(super) fn region_of(object: &Value) -> Option<&str> {
    object.get("region").and_then(Value::as_str)
}

fn bug(message: &str) -> CallError {
    CallError::local("internal", format!("{message}; this is a bug in landfall"))
}

/// Returns the error for values that do not fit the type's structs.
pub(super) fn undecodable(r#type: &str, error: &DecodeError) -> CallError {
    bug(&format!("a value of {type} does not fit: {error}"))
}

/// Returns the value with null in place of all that is not known.
pub(super) fn without_unknown(value: &Value) -> Value {
    match value.kind() {
        landfall_value::Kind::Unknown(r#type, _) => Value::null(r#type.clone()),
        _ if value.is_wholly_known() => value.clone(),
        _ => value.map_parts(without_unknown),
    }
}
