//! `import` blocks: objects that exist and are to be managed.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use landfall_addr::{InstanceKey, ResourceInstance, Target};
use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_lang::config::Import;
use landfall_provider::{CallResult, StoredObject};
use landfall_state::{Change, ObjectId, ObjectState};

use super::planner::{Planner, ProviderState};
use super::walk::{Answer, Visit};
use crate::evaluate::{ModuleInstanceId, Repetition, import_address, import_id, import_repetitions};
use crate::graph::BlockId;
use crate::prior::encode;
use crate::types::TypeInfo;

/// One object to import.
#[derive(Clone, Debug)]
pub(super) struct ImportTarget {
    pub(super) address: ResourceInstance,
    pub(super) id: String,
    pub(super) span: Option<Span>,
}

impl<'a> Planner<'a> {
    /// Looks at the objects that are to be imported into a block; `None` if there are none.
    pub(super) fn start_imports(&mut self, id: BlockId) -> Option<Visit<'a>> {
        let targets = self.import_targets(id)?;
        if targets.is_empty() {
            return None;
        }
        let (_, info) = self.type_of(id)?;
        let resource = info.managed()?;
        let Some(ProviderState::Ready(configured)) = self.provider_state(id) else {
            let finding = Diagnostic::error(
                "Cannot import yet",
                "The provider configuration is known only after apply, so that nothing can be imported with it now.",
            );
            self.evaluation.diagnostics.push(match targets.iter().find_map(|target| target.span) {
                Some(span) => finding.at(span),
                None => finding,
            });
            return Some(Visit::Failed);
        };
        let client = configured.client.clone();
        let (runtime, cancel) = (self.context.runtime, self.context.stop);
        let permits = self.permits.clone();
        let ids: Vec<String> = targets.iter().map(|target| target.id.clone()).collect();
        self.imports.insert(id, targets);
        Some(Visit::Waiting(Box::pin(async move {
            let (client, permits) = (&client, &permits);
            let reads = ids.iter().map(|id| async move {
                let _permit = permits.acquire().await;
                let target = landfall_provider::Target { resource, client, cancel, progress: &|_| {} };
                runtime.import(target, id).await
            });
            Answer::Imported(join_all(reads).await)
        })))
    }

    pub(super) fn resume_import(&mut self, id: BlockId, answers: Vec<CallResult<Option<StoredObject>>>) -> Visit<'a> {
        let targets = self.imports.remove(&id).unwrap_or_default();
        let mut ok = true;
        for (target, answer) in targets.into_iter().zip(answers) {
            let problem = match answer {
                Ok(Some(object)) => match self.adopt(id, &target, &object) {
                    None => continue,
                    Some(problem) => problem,
                },
                Ok(None) => Diagnostic::error(
                    "Cannot import non-existent remote object",
                    format!(
                        "There is no object with the identifier `{}` to import as `{}`.",
                        target.id, target.address
                    ),
                ),
                Err(error) => Diagnostic::error(
                    "Import failed",
                    format!("Reading the object `{}` for `{}` failed: {error}.", target.id, target.address),
                ),
            };
            ok = false;
            let problem = problem.about(target.address);
            self.evaluation.diagnostics.push(match target.span {
                Some(span) => problem.at(span),
                None => problem,
            });
        }
        if self.only_imports {
            return if ok { self.visit_existing(id) } else { Visit::Failed };
        }
        let planned = self.plan_managed(id);
        Visit::of(ok && planned)
    }

    /// Puts an imported object into the state.
    fn adopt(&mut self, id: BlockId, target: &ImportTarget, object: &StoredObject) -> Option<Diagnostic> {
        let (provider, info) = self.type_of(id)?;
        let object_id = ObjectId::current(target.address.clone());
        match self.found(Some(id), object, &info, &object_id) {
            Ok(found) => {
                self.change_state(Change::Set { id: object_id, provider, object: Arc::new(found) });
                self.imported.insert(target.address.clone(), target.id.clone());
                None
            }
            Err(problem) => Some(problem),
        }
    }

    /// Returns an object that was found outside of the state as the state has it, with what its block says.
    pub(super) fn found(
        &self,
        block: Option<BlockId>,
        object: &StoredObject,
        info: &TypeInfo<'_>,
        id: &ObjectId,
    ) -> Result<ObjectState, Diagnostic> {
        let mut found = encode(&object.value, &info.value_type, info.schema.version).map_err(|error| {
            let detail = format!("What was read of `{id}` does not fit its schema: {error}.");
            Diagnostic::error("Invalid object", detail).about(id.address.clone())
        })?;
        if let Some(block) = block {
            found.dependencies = self.stored_dependencies[block.index()].clone();
            found.create_before_destroy = self.create_before_destroy[block.index()];
        }
        found.private = object.private.as_deref().map(Into::into);
        Ok(found)
    }

    /// Finds imports that lead nowhere.
    pub(super) fn check_imports(&mut self) {
        let config = self.context.config;
        let mut found = Vec::new();
        for import in &config.root.imports {
            if self.import_block(import).is_none() {
                found.push(nowhere(&import.to.to_string()).at(import.to_span));
            }
        }
        for address in self.options.imports.keys() {
            if self.block_of(address).is_none() {
                found.push(nowhere(&address.to_string()));
            } else if self.state.current(address).is_some() {
                found.push(Diagnostic::error(
                    "Resource already managed by Terraform",
                    format!(
                        "There is an object for `{address}` in the state already. To import to this address you must \
                         first remove the existing object from the state."
                    ),
                ));
            }
        }
        self.evaluation.diagnostics.extend(found);
    }

    /// Returns what is to be imported into a block and is not in the state; `None` after an error.
    fn import_targets(&mut self, id: BlockId) -> Option<Vec<ImportTarget>> {
        let mut targets = Vec::new();
        let config = self.context.config;
        for import in &config.root.imports {
            if self.import_block(import) != Some(id) {
                continue;
            }
            let mut found = Diagnostics::new();
            targets.extend(self.evaluate_import(import, &mut found));
            if !self.evaluation.accept(found) {
                return None;
            }
        }
        for (address, given) in &self.options.imports {
            if self.block_of(address) == Some(id) {
                targets.push(ImportTarget { address: address.clone(), id: given.clone(), span: None });
            }
        }
        targets.retain(|target| self.state.current(&target.address).is_none());
        Some(targets)
    }

    fn import_block(&self, import: &Import) -> Option<BlockId> {
        let resource = match &import.to {
            Target::Resource(resource) => resource.clone(),
            Target::Instance(instance) => instance.abs_resource(),
            Target::Module(_) => return None,
        };
        self.block_of(&resource.instance(InstanceKey::None))
    }

    fn evaluate_import(&self, import: &Import, found: &mut Diagnostics) -> Vec<ImportTarget> {
        let names = self.evaluation.names();
        let root = ModuleInstanceId::ROOT;
        let each = match &import.for_each {
            Some(for_each) => import_repetitions(for_each, &names.scope(root), found),
            None => vec![Repetition::None],
        };
        let mut by_address: BTreeMap<ResourceInstance, ImportTarget> = BTreeMap::new();
        for repetition in &each {
            let scope = names.scope(root).repeated(repetition);
            let id = import.id.evaluate(&scope, found);
            let key = import.to_key.as_ref().map(|key| key.evaluate(&scope, found));
            if found.has_errors() {
                continue;
            }
            let Some(id) = import_id(&id, import, found) else { continue };
            let Some(address) = import_address(import, key.as_ref(), found) else { continue };
            let target = ImportTarget { address: address.clone(), id, span: Some(import.span) };
            if by_address.insert(address, target).is_some() {
                found.push(
                    Diagnostic::error(
                        "Duplicate import configuration for the same resource",
                        "Two objects cannot be imported to one address.",
                    )
                    .at(import.span),
                );
            }
        }
        by_address.into_values().collect()
    }
}

fn nowhere(address: &str) -> Diagnostic {
    Diagnostic::error(
        "Configuration for import target does not exist",
        format!("The configuration does not declare `{address}`. Add the block before the object is imported."),
    )
}
