//! What the tests of views share: schemas, and plans made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{Mode, ModulePath, ProviderConfig, ProviderSource, ResourceInstance};
use landfall_engine::{Action, OutputChange, Plan, PlanMode, ResourceChange};
use landfall_state::State;
use landfall_value::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use landfall_value::{Type, Value};

use super::Schemas;

/// Schemas of resource types, by name.
#[derive(Default)]
pub(crate) struct StubSchemas(BTreeMap<String, Schema>);

impl StubSchemas {
    /// Has `terraform_data`, whose attributes but `id` are of any type.
    pub(crate) fn new() -> Self {
        let any = ["input", "output", "triggers_replace"].map(|name| (name, Attribute::plain(Type::Dynamic)));
        let id = ("id", Attribute::plain(Type::String));
        Self::default().with("terraform_data", block(any.into_iter().chain([id]), []))
    }

    pub(crate) fn with(mut self, r#type: &str, block: Block) -> Self {
        self.0.insert(r#type.to_owned(), Schema { version: 0, block });
        self
    }
}

impl Schemas for StubSchemas {
    fn of_resource(&self, _: &ProviderSource, _: Mode, r#type: &str) -> Option<&Schema> {
        self.0.get(r#type)
    }

    fn of_provider(&self, _: &ProviderSource) -> Option<&Schema> {
        None
    }
}

pub(crate) fn block<'a>(
    attributes: impl IntoIterator<Item = (&'a str, Attribute)>,
    blocks: impl IntoIterator<Item = (&'a str, NestedBlock)>,
) -> Block {
    Block {
        attributes: attributes.into_iter().map(|(name, attribute)| (name.into(), attribute)).collect(),
        blocks: blocks.into_iter().map(|(name, nested)| (name.into(), nested)).collect(),
        ..Block::default()
    }
}

pub(crate) fn nested(nesting: Nesting, block: Block) -> NestedBlock {
    NestedBlock { nesting, min_items: 0, max_items: 0, computed: false, replace: false, block }
}

pub(crate) fn plan(changes: Vec<ResourceChange>) -> Plan {
    Plan {
        mode: PlanMode::Normal,
        changes,
        drift: Vec::new(),
        outputs: BTreeMap::new(),
        checks: Vec::new(),
        variables: BTreeMap::new(),
        ephemeral_variables: Vec::new(),
        targets: Vec::new(),
        previous: State::empty("lineage"),
        state: State::empty("lineage"),
        state_changes: Vec::new(),
        relevant_attributes: Vec::new(),
        time: 0,
    }
}

pub(crate) fn change(address: &str, action: Action, before: Value, after: Value) -> ResourceChange {
    let address: ResourceInstance = address.parse().expect("an address");
    let source = match &*address.resource.r#type {
        "terraform_data" => ProviderSource::builtin(),
        _ => ProviderSource::official("aws"),
    };
    ResourceChange {
        address,
        previous_address: None,
        deposed: None,
        provider: ProviderConfig { module: ModulePath::root(), source, alias: None },
        action,
        before,
        after,
        replace_paths: Vec::new(),
        reason: None,
        importing: None,
    }
}

pub(crate) fn output(action: Action, before: Value, after: Value) -> OutputChange {
    OutputChange { before, after, action, sensitive: false }
}

/// Returns an object of any attributes.
pub(crate) fn object<const N: usize>(attributes: [(&str, Value); N]) -> Value {
    Value::object_of(attributes.map(|(name, value)| (Arc::<str>::from(name), value)))
}

pub(crate) fn strings(elements: &[&str]) -> Value {
    Value::list(Type::String, elements.iter().map(|text| Value::from(*text)).collect())
}

pub(crate) fn unknown() -> Value {
    Value::unknown(Type::String)
}
