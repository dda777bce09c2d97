//! What planning knows so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use landfall_addr::{AbsResource, ConfigResource, ProviderConfig, ResourceInstance};
use landfall_provider::Configured;
use landfall_state::{Change, State};
use landfall_value::Value;
use tokio::sync::Semaphore;

use crate::ephemeral::OpenResources;
use crate::evaluate::{Evaluation, ModuleInstanceId, Repetitions};
use crate::graph::{BlockId, ConfigGraph, Selection};
use crate::planning::settle::{Settling, Unfinished};
use crate::prior::Moves;
use crate::types::{TypeInfo, Types};
use crate::{Action, Context, PlanMode, PlanOptions, ResourceChange};

/// How far a provider configuration is.
pub(super) enum ProviderState {
    /// Nobody needed it yet, or it failed.
    Unconfigured,
    /// Its configuration is known after apply.
    Unknown,
    /// It can be called.
    Ready(Configured),
}

/// What planning knows so far.
pub(super) struct Planner<'a> {
    pub(super) context: Context<'a>,
    pub(super) options: &'a PlanOptions,
    pub(super) graph: &'a ConfigGraph<'a>,
    pub(super) selection: Selection,
    /// Nothing is planned, objects are imported only.
    pub(super) only_imports: bool,
    /// Nothing is planned, interrupted creations are finished; with what is to be said of them.
    pub(super) settling: Option<Settling>,
    /// How many reads may go on at a time.
    pub(super) permits: Arc<Semaphore>,
    pub(super) evaluation: Evaluation<'a>,
    pub(super) types: Types<'a>,
    /// By place in `graph.providers`.
    pub(super) providers: Vec<ProviderState>,
    /// What is there: moved, and refreshed so far.
    pub(super) state: State,
    /// What led from the state as it was read to `state`.
    pub(super) state_changes: Vec<Change>,
    pub(super) moves: Moves,
    pub(super) changes: Vec<ResourceChange>,
    /// Place in `changes` of the current object of each instance that was planned.
    pub(super) change_of: BTreeMap<ResourceInstance, usize>,
    pub(super) drift: Vec<ResourceChange>,
    /// Managed resource blocks of which some object changes.
    pub(super) changing: BTreeSet<BlockId>,
    /// By block of which an object is created: what is known of it beforehand though only its service decides it.
    pub(super) promised: BTreeMap<BlockId, BTreeSet<Arc<str>>>,
    /// By block: whether a replacement is created before the destruction.
    pub(super) create_before_destroy: Vec<bool>,
    /// Resources of module instances whose block was planned, with their repetition.
    pub(super) planned: BTreeMap<AbsResource, Repetitions>,
    /// Imports that wait for the planning of their block.
    pub(super) imports: BTreeMap<BlockId, Vec<super::import::ImportTarget>>,
    /// Identifiers of objects that were read for imports and are in `state` now.
    pub(super) imported: BTreeMap<ResourceInstance, String>,
    /// By block: what the state says its objects depend on.
    pub(super) stored_dependencies: Vec<Arc<[ConfigResource]>>,
    /// Data sources that are being read.
    pub(super) reading: BTreeMap<BlockId, super::data::Reading<'a>>,
    /// Interrupted creations that are being finished.
    pub(super) unfinished: BTreeMap<BlockId, Vec<Unfinished<'a>>>,
    /// Ephemeral resources that are being opened.
    pub(super) opening: BTreeMap<BlockId, super::ephemeral::Opening<'a>>,
    /// Ephemeral resources that are open.
    pub(super) open: OpenResources<'a>,
    /// Objects that are being looked at.
    pub(super) looking: BTreeMap<BlockId, Vec<super::refresh::Look<'a>>>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        context: Context<'a>,
        options: &'a PlanOptions,
        graph: &'a ConfigGraph<'a>,
        state: State,
        moves: Moves,
    ) -> Self {
        let evaluation = Evaluation::new(context, graph, &options.variables, false);
        let selection = match options.mode {
            PlanMode::Destroy => Selection::for_destroy(graph, &state, &options.targets),
            PlanMode::Normal | PlanMode::RefreshOnly if !options.excludes.is_empty() => {
                Selection::without(graph, &options.excludes)
            }
            PlanMode::Normal | PlanMode::RefreshOnly => Selection::new(graph, &state, &options.targets),
        };
        Self {
            context,
            options,
            graph,
            selection,
            only_imports: false,
            settling: None,
            permits: Arc::new(Semaphore::new(options.parallelism.unwrap_or(Semaphore::MAX_PERMITS).max(1))),
            evaluation,
            types: Types::new(context.providers),
            providers: graph.providers.iter().map(|_| ProviderState::Unconfigured).collect(),
            state_changes: moves.changes.clone(),
            state,
            moves,
            changes: Vec::new(),
            change_of: BTreeMap::new(),
            drift: Vec::new(),
            changing: BTreeSet::new(),
            promised: BTreeMap::new(),
            create_before_destroy: graph.create_before_destroy(),
            planned: BTreeMap::new(),
            imports: BTreeMap::new(),
            imported: BTreeMap::new(),
            stored_dependencies: graph.stored_dependencies(),
            reading: BTreeMap::new(),
            unfinished: BTreeMap::new(),
            opening: BTreeMap::new(),
            open: OpenResources::default(),
            looking: BTreeMap::new(),
        }
    }

    /// Returns how far the provider configuration of a block is.
    pub(super) fn provider_state(&self, id: BlockId) -> Option<&ProviderState> {
        self.graph.provider_of[id.index()].map(|place| &self.providers[place as usize])
    }

    /// Returns the provider configuration of a block with the type of its objects.
    pub(super) fn type_of(&mut self, id: BlockId) -> Option<(ProviderConfig, Arc<TypeInfo<'a>>)> {
        let node = self.graph.node(id);
        let block = node.resource()?;
        let config = self.graph.provider(id)?.config.clone();
        match self.types.get(&config.source, &block.address) {
            Ok(info) => Some((config, info)),
            Err(finding) => {
                self.evaluation.diagnostics.push(finding.at(block.span));
                None
            }
        }
    }

    /// Returns the absolute address of a resource block in a module instance.
    pub(super) fn abs_resource(&self, id: BlockId, instance: ModuleInstanceId) -> Option<AbsResource> {
        let block = self.graph.node(id).resource()?;
        Some(block.address.within(self.evaluation.instances.get(instance).address.clone()))
    }

    /// Records what becomes of an object.
    pub(super) fn record(&mut self, block: Option<BlockId>, change: ResourceChange) {
        if change.action != Action::NoOp
            && change.action != Action::Read
            && let Some(block) = block
        {
            self.changing.insert(block);
        }
        if change.deposed.is_none() {
            self.change_of.insert(change.address.clone(), self.changes.len());
        }
        self.changes.push(change);
    }

    /// Makes a change of the state that planning found out, not one that it plans.
    pub(super) fn change_state(&mut self, change: Change) {
        self.state.apply(change.clone());
        self.state_changes.push(change);
    }

    /// Returns the value of a resource block in a module instance from those of its instances.
    pub(super) fn whole_value(&mut self, id: BlockId, instance: ModuleInstanceId, whole: Value) {
        self.evaluation.set(id, instance, whole);
    }
}
