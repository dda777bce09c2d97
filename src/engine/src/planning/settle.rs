//! Settling what a run that was cut off had begun: before anything is planned, every open intent is brought to an end.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use landfall_addr::ProviderConfig;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_provider::{Client, INTERRUPTED, Outcome, Target, Token, UNSURE};
use landfall_state::{Change, Intent, IntentWork, ObjectId, State, Status};

use super::planner::{Planner, ProviderState};
use super::walk::{Answer, Visit};
use crate::graph::{self, BlockId};
use crate::prior::{Moves, decode, encode, managers, marked_like};
use crate::types::TypeInfo;
use crate::{Context, Event, PlanOptions, VariableInput, Work};

/// A creation that is being finished.
pub(super) struct Unfinished<'a> {
    id: ObjectId,
    intent: Arc<Intent>,
    info: Arc<TypeInfo<'a>>,
    planned: landfall_value::Value,
}

/// Finishes what a run that was cut off had begun, and returns what is there then: creations that a service accepted are
/// waited for, those whose answer was lost are looked for. Interrupted updates and destructions need nothing: the next
/// look at the object tells how far they came.
///
/// What cannot be settled stays open, and is an error: planning it anew could make it twice.
pub async fn settle(
    context: Context<'_>,
    state: State,
    variables: &BTreeMap<Arc<str>, VariableInput>,
) -> (State, Diagnostics) {
    let options = PlanOptions { variables: variables.clone(), refresh: false, ..PlanOptions::default() };
    let mut providers = managers(context.config, &state);
    providers.extend(state.intents().values().map(|intent| intent.provider.clone()));
    let graph = match graph::build(context.config, &providers) {
        Ok(graph) => graph,
        Err(found) => return (state, found),
    };
    let mut planner = Planner::new(context, &options, &graph, state.clone(), Moves::default());
    planner.settling = Some(Diagnostics::new());
    planner.walk().await;
    let mut found = planner.settling.take().unwrap_or_default();
    let mut settled = state;
    planner.state_changes.into_iter().for_each(|change| settled.apply(change));
    if settled.intents().values().any(|intent| intent.work == IntentWork::Create) && !found.has_errors() {
        // No provider was there to ask: what kept it away says why.
        found.extend(planner.evaluation.diagnostics);
        found.extend(settled.intents().keys().map(not_settled));
    }
    (settled, found)
}

impl<'a> Planner<'a> {
    /// Begins to settle the open intents of a provider configuration.
    pub(super) fn visit_settle(&mut self, id: BlockId, provider: BlockId) -> Visit<'a> {
        let Some(config) = self.graph.provider(provider).map(|node| node.config.clone()) else { return Visit::Done };
        let unfinished = self.unfinished(&config);
        let client = match self.provider_state(provider) {
            Some(ProviderState::Ready(configured)) => configured.client.clone(),
            Some(ProviderState::Unknown | ProviderState::Unconfigured) | None => return Visit::Done,
        };
        let (context, parts) = (self.context, self.parts(&unfinished));
        for unfinished in &unfinished {
            let identifier = self.state.object(&unfinished.id).and_then(|there| {
                let value = decode(there, &unfinished.info.value_type).ok()?;
                unfinished.info.managed()?.id(&value).map(Arc::from)
            });
            self.context.events.on(Event::ApplyStarted {
                object: unfinished.id.clone(),
                work: Work::Create,
                id: identifier,
                usual: usual(unfinished),
            });
        }
        self.unfinished.insert(id, unfinished);
        Visit::Waiting(Box::pin(async move {
            Answer::Settled(join_all(parts.into_iter().map(|part| part.run(context, &client))).await)
        }))
    }

    /// Returns the creations of a provider configuration that are to be finished. Other intents end here.
    fn unfinished(&mut self, config: &ProviderConfig) -> Vec<Unfinished<'a>> {
        let open: Vec<(ObjectId, Arc<Intent>)> = self
            .state
            .intents()
            .iter()
            .filter(|(_, intent)| intent.provider == *config)
            .map(|(id, intent)| (id.clone(), intent.clone()))
            .collect();
        let mut unfinished = Vec::new();
        for (id, intent) in open {
            let is_there = self.state.object(&id).is_some_and(|object| object.status == Status::Ready);
            if intent.work != IntentWork::Create || is_there {
                self.change_state(Change::End { id });
                continue;
            }
            let info = match self.types.get(&config.source, &id.address.resource) {
                Ok(info) => info,
                Err(finding) => {
                    self.settle_finding(finding.about(id.address.clone()));
                    continue;
                }
            };
            let planned = intent.planned.as_ref().and_then(|planned| decode(planned, &info.value_type).ok());
            match planned {
                Some(planned) => unfinished.push(Unfinished { id, intent, info, planned }),
                None => self.settle_finding(not_settled(&id)),
            }
        }
        unfinished
    }

    fn parts(&self, unfinished: &[Unfinished<'a>]) -> Vec<Part<'a>> {
        let part = |unfinished: &Unfinished<'a>| {
            let accepted = self.state.object(&unfinished.id).and_then(|there| {
                let value = decode(there, &unfinished.info.value_type).ok()?;
                Some(super::stored(&value, there))
            });
            Part {
                id: unfinished.id.clone(),
                info: unfinished.info.clone(),
                planned: unfinished.planned.unmarked_deep(),
                token: Token(unfinished.intent.token.to_string()),
                accepted,
            }
        };
        unfinished.iter().map(part).collect()
    }

    pub(super) fn resume_settle(&mut self, id: BlockId, outcomes: Vec<Outcome>) -> Visit<'a> {
        let unfinished = self.unfinished.remove(&id).unwrap_or_default();
        for (unfinished, outcome) in unfinished.into_iter().zip(outcomes) {
            self.settled(&unfinished, outcome);
        }
        Visit::Done
    }

    fn settled(&mut self, unfinished: &Unfinished<'a>, outcome: Outcome) {
        let Unfinished { id, info, .. } = unfinished;
        let Outcome { object, error } = outcome;
        let goes_on = error.as_ref().is_some_and(|error| object.is_none() || error.code == INTERRUPTED);
        let identifier = object.as_ref().and_then(|object| info.managed()?.id(&object.value).map(Arc::from));
        match &object {
            Some(object) => {
                let status = if error.is_none() { Status::Ready } else { Status::Tainted };
                self.keep_settled(unfinished, object, status);
            }
            None if error.is_none() => self.change_state(Change::Remove { id: id.clone() }),
            None => {}
        }
        if !goes_on {
            self.change_state(Change::End { id: id.clone() });
        }
        self.context.events.on(match &error {
            None => Event::ApplyCompleted {
                object: id.clone(),
                work: Work::Create,
                id: identifier,
                elapsed: std::time::Duration::ZERO,
            },
            Some(_) => {
                Event::ApplyFailed { object: id.clone(), work: Work::Create, elapsed: std::time::Duration::ZERO }
            }
        });
        self.settle_finding(match (object.is_some(), error) {
            (true, None) => return,
            (false, None) => never_made(id),
            (false, Some(error)) if error.code == UNSURE => not_settled(id),
            (true, Some(error)) if error.code != INTERRUPTED => half_made(id, &error.to_string()),
            (_, Some(error)) => {
                let detail =
                    format!("Finishing the creation of `{id}` failed: {error}. It is tried again by the next run.");
                Diagnostic::error("Finishing an interrupted creation failed", detail).about(id.address.clone())
            }
        });
    }

    fn keep_settled(&mut self, unfinished: &Unfinished<'a>, object: &landfall_provider::StoredObject, status: Status) {
        let Unfinished { id, intent, info, planned } = unfinished;
        let value = marked_like(&object.value, planned);
        let mut made = match encode(&value, &info.value_type, info.schema.version) {
            Ok(made) => made,
            Err(error) => {
                let detail = format!("What was read of `{id}` does not fit its schema: {error}.");
                return self.settle_finding(Diagnostic::error("Invalid object", detail).about(id.address.clone()));
            }
        };
        made.status = status;
        made.private = object.private.as_deref().map(Into::into);
        if let Some(block) = self.block_of(&id.address) {
            made.dependencies = self.stored_dependencies[block.index()].clone();
            made.create_before_destroy = self.create_before_destroy[block.index()];
        }
        let provider = intent.provider.clone();
        self.change_state(Change::Set { id: id.clone(), provider, object: Arc::new(made) });
    }

    fn settle_finding(&mut self, finding: Diagnostic) {
        if let Some(found) = &mut self.settling {
            found.push(finding);
        }
    }
}

/// What finishing one creation takes.
struct Part<'a> {
    id: ObjectId,
    info: Arc<TypeInfo<'a>>,
    planned: landfall_value::Value,
    token: Token,
    accepted: Option<landfall_provider::StoredObject>,
}

impl Part<'_> {
    async fn run(self, context: Context<'_>, client: &Client) -> Outcome {
        let Some(resource) = self.info.managed() else { return Outcome::reached(None) };
        let events = context.events;
        let started = context.runtime.clock().now();
        let progress = move |progress| {
            events.on(Event::ApplyProgress {
                object: self.id.clone(),
                work: Work::Create,
                elapsed: context.runtime.clock().now().saturating_sub(started),
                progress,
            });
        };
        let target = Target { resource, client, cancel: context.stop, progress: &progress };
        context.runtime.recover(target, &self.planned, &self.token, self.accepted.as_ref()).await
    }
}

fn usual(unfinished: &Unfinished<'_>) -> std::time::Duration {
    let timing = unfinished.info.managed().map(landfall_provider::AnyResource::timing);
    timing.and_then(|timing| timing.create.usual).and_then(landfall_provider::parse_duration).unwrap_or_default()
}

fn not_settled(id: &ObjectId) -> Diagnostic {
    Diagnostic::error(
        "Interrupted creation cannot be settled",
        format!(
            "A run that was cut off had begun to create `{id}`, and nobody can tell whether the call was carried out. Look \
             for the object. If it is there, take it over with\n    landfall import '{0}' ID\nIf it is not, say so with\n    \
             landfall recover -forget='{0}'\nNothing was planned or changed.",
            id.address
        ),
    )
    .about(id.address.clone())
}

fn never_made(id: &ObjectId) -> Diagnostic {
    Diagnostic::warning(
        "Interrupted creation had not begun",
        format!(
            "A run that was cut off was about to create `{id}`, but the call was not carried out. It is planned anew."
        ),
    )
    .about(id.address.clone())
}

fn half_made(id: &ObjectId, error: &str) -> Diagnostic {
    Diagnostic::warning(
        "Interrupted creation failed",
        format!(
            "A run that was cut off had begun to create `{id}`. The object is there, but: {error}. It will be replaced."
        ),
    )
    .about(id.address.clone())
}
