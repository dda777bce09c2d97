//! What the tests of views share: schemas, and plans made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{DeposedKey, Mode, ModulePath, ProviderConfig, ProviderSource, ResourceInstance};
use landfall_diag::{Diagnostic, SourceMap};
use landfall_engine::{Action, OutputChange, Plan, PlanMode, ResourceChange};
use landfall_lang::Config;
use landfall_lang::config::load::{ModuleRequest, SourceReader, load};
use landfall_state::{JsonText, ObjectId, ObjectState, State};
use landfall_value::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use landfall_value::{Type, Value};

use super::schemas::Schemas;

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
    let mut plan = Plan::empty(PlanMode::Normal, State::empty("lineage"), 0);
    plan.changes = changes;
    plan
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

/// Returns the configuration of a root module, and of one that it may call as `./child`.
pub(crate) fn config(root: &str, child: &str) -> Config {
    struct Texts<'a>(&'a str, &'a str);
    impl SourceReader for Texts<'_> {
        fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
            let text = if directory == "." { self.0 } else { self.1 };
            Ok(vec![(format!("{directory}/main.tf"), text.to_owned())])
        }

        fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
            Ok(request.source_text.to_owned())
        }
    }
    let (config, diagnostics) = load(&Texts(root, child), &mut SourceMap::default(), ".");
    assert!(diagnostics.iter().next().is_none(), "{diagnostics:?}");
    config
}

/// Returns a `terraform_data` object of the state with an input.
pub(crate) fn data_object(id: &str, input: &str) -> ObjectState {
    let text = format!(
        r#"{{"id":"{id}","input":{{"value":"{input}","type":"string"}},"output":null,"triggers_replace":null}}"#
    );
    ObjectState::new(0, JsonText::parse(text).expect("JSON"))
}

/// Puts a `terraform_data` object into a state.
pub(crate) fn put(state: &mut State, address: &str, deposed: Option<&str>, object: ObjectState) {
    let address = address.parse().expect("an address");
    let id = ObjectId { address, deposed: deposed.map(|key| DeposedKey(key.into())) };
    let provider = ProviderConfig { module: ModulePath::root(), source: ProviderSource::builtin(), alias: None };
    state.set(id, provider, object.into());
}
