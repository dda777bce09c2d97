//! Refresh: all prior objects of a provider configuration are looked at as soon as it is configured, grouped by type.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use landfall_addr::Mode;
use landfall_diag::Diagnostic;
use landfall_provider::{AnyResource, CallResult, StoredObject};
use landfall_state::{Change, ObjectId, ObjectState};
use landfall_value::{Value, differences};

use super::planner::{Planner, ProviderState};
use super::walk::{Answer, Visit};
use crate::graph::BlockId;
use crate::prior::{decode, encode, marked_like};
use crate::types::TypeInfo;
use crate::{Action, Event, PlanMode, ResourceChange};

/// An object that is being looked at.
pub(super) struct Look<'a> {
    id: ObjectId,
    info: Arc<TypeInfo<'a>>,
    resource: &'a dyn AnyResource,
    prior: Arc<ObjectState>,
    value: Value,
}

impl<'a> Planner<'a> {
    pub(super) fn visit_refresh(&mut self, id: BlockId, provider: BlockId) -> Visit<'a> {
        let looks = match self.objects_of(provider) {
            Ok(looks) => looks,
            Err(visit) => return visit,
        };
        if !self.options.refresh || looks.is_empty() {
            return Visit::Done;
        }
        let client = match self.provider_state(provider) {
            Some(ProviderState::Ready(configured)) => configured.client.clone(),
            Some(ProviderState::Unknown) => {
                self.evaluation.diagnostics.push(not_refreshed(&looks));
                return Visit::Done;
            }
            Some(ProviderState::Unconfigured) | None => return Visit::Done,
        };
        for look in &looks {
            self.context.events.on(Event::RefreshStarted { object: look.id.clone(), id: look.identifier() });
        }
        let groups: Vec<(&'a dyn AnyResource, Vec<StoredObject>)> =
            by_type(&looks).map(|group| (group[0].resource, group.iter().map(Look::stored).collect())).collect();
        let (runtime, cancel) = (self.context.runtime, self.context.stop);
        let permits = self.permits.clone();
        self.looking.insert(id, looks);
        Visit::Waiting(Box::pin(async move {
            let reads = groups.iter().map(|(resource, objects)| {
                let objects: Vec<&StoredObject> = objects.iter().collect();
                let (client, permits) = (&client, &permits);
                async move { runtime.refresh(*resource, client, cancel, permits, &objects).await }
            });
            Answer::Looked(join_all(reads).await.into_iter().flatten().collect())
        }))
    }

    /// Returns the objects of a provider configuration that take part, grouped by type.
    fn objects_of(&mut self, provider: BlockId) -> Result<Vec<Look<'a>>, Visit<'a>> {
        let Some(node) = self.graph.provider(provider) else { return Err(Visit::Done) };
        let config = &node.config;
        let mut groups: BTreeMap<Arc<str>, Vec<(ObjectId, Arc<ObjectState>)>> = BTreeMap::new();
        for (id, manager, object) in self.state.objects() {
            let block = self.block_of(&id.address);
            let own = block.and_then(|block| self.graph.provider(block)).map(|node| &node.config);
            if own.unwrap_or(manager) == config && id.address.resource.mode == Mode::Managed && self.takes_part(&id) {
                groups.entry(id.address.resource.r#type.clone()).or_default().push((id, object.clone()));
            }
        }
        let mut looks = Vec::new();
        let mut ok = true;
        for group in groups.into_values() {
            let Some((first, _)) = group.first() else { continue };
            let info = match self.types.get(&config.source, &first.address.resource) {
                Ok(info) => info,
                Err(finding) => {
                    self.evaluation.diagnostics.push(finding.about(first.address.clone()));
                    ok = false;
                    continue;
                }
            };
            let Some(resource) = info.managed() else { continue };
            for (id, prior) in group {
                match self.read(&id, &prior, &info) {
                    Some(value) => looks.push(Look { id, info: info.clone(), resource, prior, value }),
                    None => ok = false,
                }
            }
        }
        if ok { Ok(looks) } else { Err(Visit::Failed) }
    }

    fn takes_part(&self, id: &ObjectId) -> bool {
        if self.selection.is_everything() {
            return true;
        }
        let block = self
            .graph
            .module_at(&id.address.module.path())
            .and_then(|module| self.graph.module(module).resources.get(&id.address.resource).copied());
        self.selection.has_instance(block, &id.address)
    }

    /// Returns the value of an object in the state.
    pub(super) fn read(&mut self, id: &ObjectId, object: &ObjectState, info: &TypeInfo<'_>) -> Option<Value> {
        if object.schema_version > info.schema.version {
            self.evaluation.diagnostics.push(too_new(id, object.schema_version, info.schema.version));
            return None;
        }
        match decode(object, &info.value_type) {
            Ok(value) => Some(value),
            Err(error) => {
                let detail =
                    format!("The state of `{id}` does not fit its resource type at `{}`: {error}.", error.path);
                let finding = Diagnostic::error("Failed to decode resource from state", detail);
                self.evaluation.diagnostics.push(finding.about(id.address.clone()));
                None
            }
        }
    }

    pub(super) fn resume_refresh(&mut self, id: BlockId, answers: Vec<CallResult<Option<StoredObject>>>) -> Visit<'a> {
        let looks = self.looking.remove(&id).unwrap_or_default();
        let (objects, reads) = (looks.len(), reads(&looks));
        if objects > reads {
            self.context.events.on(Event::Refreshed { objects, reads });
        }
        let mut ok = true;
        for (look, answer) in looks.into_iter().zip(answers) {
            self.context.events.on(Event::RefreshCompleted { object: look.id.clone(), id: look.identifier() });
            match answer {
                Ok(found) => self.refreshed(id, look, found),
                Err(error) => {
                    ok = false;
                    let detail = format!("Reading `{}` failed: {error}.", look.id);
                    let finding = Diagnostic::error("Reading an object failed", detail).about(look.id.address.clone());
                    self.evaluation.diagnostics.push(finding);
                }
            }
        }
        Visit::of(ok)
    }

    /// Takes over what is there now, and remembers if it is not what the state said.
    fn refreshed(&mut self, block: BlockId, look: Look<'a>, found: Option<StoredObject>) {
        let Some(provider) = self.graph.provider(block).map(|node| node.config.clone()) else { return };
        let Some(found) = found else {
            let gone = look.drift(provider, Action::Delete, Value::null(look.info.value_type.clone()));
            self.remember_drift(gone);
            self.change_state(Change::Remove { id: look.id });
            return;
        };
        let same_value = found.value == look.value || differences(&look.value, &found.value).is_empty();
        let same_private = found.private.as_deref() == look.prior.private.as_deref();
        let has_moved = look.id.deposed.is_none() && self.moves.previous.contains_key(&look.id.address);
        if same_value && has_moved && self.options.mode == PlanMode::RefreshOnly {
            let moved = look.drift(provider.clone(), Action::NoOp, look.value.clone());
            self.remember_drift(moved);
        }
        if same_value && same_private && look.prior.schema_version == look.info.schema.version {
            return;
        }
        let value = marked_like(&found.value, &look.value);
        let mut object = match encode(&value, &look.info.value_type, look.info.schema.version) {
            Ok(object) => object,
            Err(error) => {
                let detail = format!("What was read of `{}` does not fit its schema: {error}.", look.id);
                self.evaluation.diagnostics.push(Diagnostic::error("Invalid object", detail));
                return;
            }
        };
        object.status = look.prior.status;
        object.private = found.private.map(Into::into);
        object.dependencies = look.prior.dependencies.clone();
        object.create_before_destroy = look.prior.create_before_destroy;
        if !same_value {
            let changed = look.drift(provider.clone(), Action::Update, value);
            self.remember_drift(changed);
        }
        self.change_state(Change::Set { id: look.id, provider, object: Arc::new(object) });
    }
}

impl Planner<'_> {
    /// Remembers what changed outside. Only a plan that is about nothing else says what has moved.
    fn remember_drift(&mut self, mut change: ResourceChange) {
        if self.options.mode == PlanMode::RefreshOnly && change.deposed.is_none() {
            change.previous_address = self.moves.previous.get(&change.address).cloned();
        }
        self.drift.push(change);
    }
}

impl Look<'_> {
    fn stored(&self) -> StoredObject {
        stored(&self.value, &self.prior)
    }

    fn identifier(&self) -> Option<Arc<str>> {
        self.resource.id(&self.value).map(Into::into)
    }

    fn drift(&self, provider: landfall_addr::ProviderConfig, action: Action, after: Value) -> ResourceChange {
        ResourceChange {
            address: self.id.address.clone(),
            previous_address: None,
            deposed: self.id.deposed.clone(),
            provider,
            action,
            before: self.value.clone(),
            after,
            replace_paths: Vec::new(),
            reason: None,
            importing: None,
        }
    }
}

fn by_type<'l, 'a>(looks: &'l [Look<'a>]) -> impl Iterator<Item = &'l [Look<'a>]> {
    looks.chunk_by(|a, b| std::ptr::addr_eq(a.resource, b.resource))
}

/// Returns how many reads look at objects, grouped by type, of which those of this process take none.
fn reads(looks: &[Look<'_>]) -> usize {
    let of_group = |group: &[Look<'_>]| match group[0].resource.is_local() {
        true => group.len(),
        false => group.len().div_ceil(group[0].resource.read_at_once()),
    };
    by_type(looks).map(of_group).sum()
}

/// Returns an object of the state as the runtime takes it.
pub(crate) fn stored(value: &Value, object: &ObjectState) -> StoredObject {
    StoredObject { value: value.unmarked_deep(), private: object.private.as_deref().map(<[u8]>::to_vec) }
}

fn not_refreshed(looks: &[Look<'_>]) -> Diagnostic {
    let names: Vec<String> = looks.iter().take(5).map(|look| format!("`{}`", look.id)).collect();
    let more = if looks.len() > 5 { format!(" and {} more", looks.len() - 5) } else { String::new() };
    Diagnostic::warning(
        "Objects were not refreshed",
        format!(
            "The configuration of their provider is known only after apply, so these objects are planned from what the \
             state says: {}{more}.",
            names.join(", ")
        ),
    )
}

fn too_new(id: &ObjectId, stored: u64, ours: u64) -> Diagnostic {
    Diagnostic::error(
        "Resource instance managed by newer provider version",
        format!(
            "The object of `{id}` was stored with version {stored} of its schema; this version of landfall knows up to \
             {ours}. Use the version that wrote it, or a newer one."
        ),
    )
    .about(id.address.clone())
}
