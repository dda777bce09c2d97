//! The configuration: a tree of modules whose expressions are not evaluated yet.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{ModulePath, ProviderSource, Resource, Target};
use landfall_diag::{Diagnostics, Span};
use landfall_value::Type;

use crate::{Block, Body, Expr, Reference};

/// A whole configuration: the root module and all that it calls.
#[derive(Clone, Debug)]
pub struct Config {
    /// The root module.
    pub root: Module,
    /// What is wrong with it, but does not keep `init` from its work. Nothing else is told beside it.
    pub deferred: Diagnostics,
}

/// One module of the tree.
#[derive(Clone, Debug)]
pub struct Module {
    /// Path of calls from the root.
    pub path: ModulePath,
    /// Directory, as `path.module` shows it.
    pub directory: Arc<str>,
    /// `variable` blocks.
    pub variables: BTreeMap<Arc<str>, Variable>,
    /// Entries of `locals` blocks.
    pub locals: BTreeMap<Arc<str>, Local>,
    /// `output` blocks.
    pub outputs: BTreeMap<Arc<str>, Output>,
    /// `resource`, `data` and `ephemeral` blocks.
    pub resources: BTreeMap<Resource, ResourceBlock>,
    /// `module` blocks.
    pub calls: BTreeMap<Arc<str>, ModuleCall>,
    /// The called modules, loaded.
    pub children: BTreeMap<Arc<str>, Module>,
    /// `provider` blocks by local name and alias.
    pub providers: BTreeMap<(Arc<str>, Option<Arc<str>>), ProviderBlock>,
    /// Entries of `required_providers`, by local name; implied ones are not listed.
    pub required_providers: BTreeMap<Arc<str>, RequiredProvider>,
    /// `check` blocks.
    pub checks: BTreeMap<Arc<str>, CheckBlock>,
    /// `moved` blocks.
    pub moved: Vec<Moved>,
    /// `removed` blocks.
    pub removed: Vec<Removed>,
    /// `import` blocks.
    pub imports: Vec<Import>,
    /// `required_version` constraints.
    pub required_versions: Vec<(Arc<str>, Span)>,
    /// The `backend` block, in the root module.
    pub backend: Option<Backend>,
    /// The `encryption` block, in the root module.
    pub encryption: Option<Block>,
    /// `provider_meta` blocks, by local name of the provider.
    pub provider_metas: BTreeMap<Arc<str>, Body>,
}

impl Config {
    /// Returns a module of the tree.
    pub fn module(&self, path: &ModulePath) -> Option<&Module> {
        path.names().iter().try_fold(&self.root, |module, name| module.children.get(name))
    }
}

impl Module {
    /// Returns how messages call the module.
    pub fn place(&self) -> String {
        if self.path.is_root() { "the root module".to_owned() } else { self.path.to_string() }
    }

    /// Returns a module without any block.
    pub fn new(path: ModulePath, directory: &str) -> Self {
        Self {
            path,
            directory: directory.into(),
            variables: BTreeMap::new(),
            locals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            resources: BTreeMap::new(),
            calls: BTreeMap::new(),
            children: BTreeMap::new(),
            providers: BTreeMap::new(),
            required_providers: BTreeMap::new(),
            checks: BTreeMap::new(),
            moved: Vec::new(),
            removed: Vec::new(),
            imports: Vec::new(),
            required_versions: Vec::new(),
            backend: None,
            encryption: None,
            provider_metas: BTreeMap::new(),
        }
    }

    /// Returns the source of the provider with a local name: from `required_providers`, or implied by the name.
    pub fn provider_source(&self, name: &str) -> ProviderSource {
        match self.required_providers.get(name) {
            Some(required) => required.source.clone(),
            None => implied_source(name),
        }
    }

    /// Returns local name and alias of the provider configuration that a resource uses.
    pub fn provider_of(&self, resource: &ResourceBlock) -> ProviderName {
        match &resource.provider {
            Some((name, alias, _)) => (name.clone(), alias.clone()),
            None => (resource.address.implied_provider().into(), None),
        }
    }

    /// Returns the module and all that it calls, each before what it calls.
    pub fn descendants(&self) -> Vec<&Self> {
        let mut all = vec![self];
        all.extend(self.children.values().flat_map(Self::descendants));
        all
    }
}

/// Returns the source of a provider that is only named: `terraform` is built in, others are HashiCorp's.
pub(crate) fn implied_source(name: &str) -> ProviderSource {
    if name == "terraform" { ProviderSource::builtin() } else { ProviderSource::official(name) }
}

/// A `variable` block.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Name.
    pub name: Arc<str>,
    /// Place of the block's header.
    pub span: Span,
    /// Type constraint; `Type::Dynamic` if none. Optional attributes are in the type.
    pub r#type: Type,
    /// Defaults of optional attributes in the type.
    pub type_defaults: Option<Arc<TypeDefaults>>,
    /// Whether a text that is given for it is its value, and not an expression.
    pub text_is_value: bool,
    /// Default value, converted to the type; constant.
    pub default: Option<landfall_value::Value>,
    /// Whether null is a value (`nullable`, true if not given).
    pub nullable: bool,
    /// Whether it is sensitive.
    pub sensitive: bool,
    /// Whether it is ephemeral.
    pub ephemeral: bool,
    /// Description.
    pub description: Option<Arc<str>>,
    /// `validation` blocks.
    pub validations: Vec<Condition>,
}

/// Defaults of the optional attributes of an object type, at any depth.
#[derive(Clone, Debug, Default)]
pub struct TypeDefaults {
    /// Defaults of this object's attributes.
    pub attributes: BTreeMap<Arc<str>, landfall_value::Value>,
    /// Defaults further down: by attribute name, by tuple index, or `""` for the elements of a collection.
    pub children: BTreeMap<Arc<str>, TypeDefaults>,
}

/// A condition with its message: `validation`, `precondition`, `postcondition`, `assert`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Place of the block's header.
    pub span: Span,
    /// What must be true.
    pub condition: Expr,
    /// What to say if it is not.
    pub error_message: Expr,
}

/// One entry of a `locals` block.
#[derive(Clone, Debug)]
pub struct Local {
    /// Name.
    pub name: Arc<str>,
    /// Place of the argument.
    pub span: Span,
    /// Value.
    pub expr: Expr,
}

/// An `output` block.
#[derive(Clone, Debug)]
pub struct Output {
    /// Name.
    pub name: Arc<str>,
    /// Place of the block's header.
    pub span: Span,
    /// Value.
    pub expr: Expr,
    /// Whether it may carry sensitive values.
    pub sensitive: bool,
    /// Whether it may carry ephemeral values.
    pub ephemeral: bool,
    /// Description.
    pub description: Option<Arc<str>>,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
}

/// A `resource`, `data` or `ephemeral` block.
#[derive(Clone, Debug)]
pub struct ResourceBlock {
    /// Address in its module.
    pub address: Resource,
    /// Place of the block's header.
    pub span: Span,
    /// `count`
    pub count: Option<Expr>,
    /// `for_each`
    pub for_each: Option<Expr>,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `provider`: local name and alias, with the place.
    pub provider: Option<(Arc<str>, Option<Arc<str>>, Span)>,
    /// `lifecycle`
    pub lifecycle: Lifecycle,
    /// `provisioner` blocks.
    pub provisioners: Vec<Provisioner>,
    /// `connection` block of the resource.
    pub connection: Option<Body>,
    /// All other arguments and blocks.
    pub body: Body,
}

/// A `lifecycle` block.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// `create_before_destroy`, if given.
    pub create_before_destroy: Option<bool>,
    /// `prevent_destroy`
    pub prevent_destroy: bool,
    /// `ignore_changes`: paths, or everything.
    pub ignore_changes: IgnoreChanges,
    /// `replace_triggered_by`: expressions whose references count.
    pub replace_triggered_by: Vec<Expr>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
    /// `postcondition` blocks.
    pub postconditions: Vec<Condition>,
}

/// `ignore_changes`
#[derive(Clone, Debug, Default)]
pub enum IgnoreChanges {
    /// Not given.
    #[default]
    Nothing,
    /// `all`
    All,
    /// These attributes, with their places.
    Paths(Vec<(landfall_value::AttributePath, Span)>),
}

/// A `provisioner` block.
#[derive(Clone, Debug)]
pub struct Provisioner {
    /// Type, such as `local-exec`.
    pub r#type: Arc<str>,
    /// Place of the block's header.
    pub span: Span,
    /// Whether it runs before destruction instead of after creation.
    pub on_destroy: bool,
    /// Whether a failure is only a warning.
    pub continue_on_failure: bool,
    /// `connection` block of the provisioner.
    pub connection: Option<Body>,
    /// All other arguments.
    pub body: Body,
}

impl Provisioner {
    /// Returns what the provisioner connects with: its own arguments over those of its resource.
    pub fn connection_over<'a>(&'a self, base: Option<&'a Body>) -> Option<Cow<'a, Body>> {
        match (&self.connection, base) {
            (Some(own), Some(base)) => Some(Cow::Owned(laid_over(base, own))),
            (own, base) => own.as_ref().or(base).map(Cow::Borrowed),
        }
    }
}

/// Returns a body with what `over` sets in place of what `base` sets.
fn laid_over(base: &Body, over: &Body) -> Body {
    let mut body = over.clone();
    for (name, attribute) in &base.attributes {
        body.attributes.entry(name.clone()).or_insert_with(|| attribute.clone());
    }
    body
}

/// A `module` block.
#[derive(Clone, Debug)]
pub struct ModuleCall {
    /// Name.
    pub name: Arc<str>,
    /// Place of the block's header.
    pub span: Span,
    /// `source`, with its place.
    pub source: (Arc<str>, Span),
    /// `version`, with its place.
    pub version: Option<(Arc<str>, Span)>,
    /// `count`
    pub count: Option<Expr>,
    /// `for_each`
    pub for_each: Option<Expr>,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `providers`: (local name, alias) in the child to (local name, alias) here.
    pub providers: Vec<(ProviderName, ProviderName, Span)>,
    /// Arguments: values of the child's variables.
    pub body: Body,
}

impl ModuleCall {
    /// Returns whether the call has `count` or `for_each`.
    pub fn is_repeated(&self) -> bool {
        self.count.is_some() || self.for_each.is_some()
    }
}

/// Local name and alias of a provider configuration.
pub type ProviderName = (Arc<str>, Option<Arc<str>>);

/// A `provider` block.
#[derive(Clone, Debug)]
pub struct ProviderBlock {
    /// Local name.
    pub name: Arc<str>,
    /// `alias`
    pub alias: Option<Arc<str>>,
    /// Place of the block's header.
    pub span: Span,
    /// Arguments.
    pub body: Body,
}

/// One entry of `required_providers`.
#[derive(Clone, Debug)]
pub struct RequiredProvider {
    /// Source.
    pub source: ProviderSource,
    /// Version constraint.
    pub version: Option<Arc<str>>,
    /// `configuration_aliases`
    pub aliases: Vec<ProviderName>,
    /// Place of the entry.
    pub span: Span,
}

/// A `check` block.
#[derive(Clone, Debug)]
pub struct CheckBlock {
    /// Name.
    pub name: Arc<str>,
    /// Place of the block's header.
    pub span: Span,
    /// The data source inside, if there is one. It is not among the module's resources.
    pub data: Option<Box<ResourceBlock>>,
    /// `assert` blocks.
    pub asserts: Vec<Condition>,
}

/// A `moved` block.
#[derive(Clone, Debug)]
pub struct Moved {
    /// Where objects were, relative to the module.
    pub from: Target,
    /// Where they are now, relative to the module.
    pub to: Target,
    /// Place of the block's header.
    pub span: Span,
}

/// A `removed` block.
#[derive(Clone, Debug)]
pub struct Removed {
    /// What is removed, relative to the module.
    pub from: Target,
    /// Whether to destroy it (true if not given).
    pub destroy: bool,
    /// Destroy-time provisioners.
    pub provisioners: Vec<Provisioner>,
    /// Place of the block's header.
    pub span: Span,
}

/// An `import` block.
#[derive(Clone, Debug)]
pub struct Import {
    /// Resource that the object goes to, relative to the module, without the key.
    pub to: Target,
    /// Key expression in `to`, if it is not constant (`aws_x.y[each.key]`).
    pub to_key: Option<Expr>,
    /// Place of the address.
    pub to_span: Span,
    /// `id`
    pub id: Expr,
    /// `for_each`
    pub for_each: Option<Expr>,
    /// `provider`
    pub provider: Option<(ProviderName, Span)>,
    /// Place of the block's header.
    pub span: Span,
}

/// A `backend` block.
#[derive(Clone, Debug)]
pub struct Backend {
    /// Type, such as `local`.
    pub r#type: Arc<str>,
    /// Place of the block's header.
    pub span: Span,
    /// Settings.
    pub body: Body,
}
