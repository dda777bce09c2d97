//! Settling what a run that was cut off had begun: before anything is planned, every open intent is brought to an end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use landfall_addr::ProviderConfig;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_provider::{AnyResource, Client, FOUND, INTERRUPTED, Outcome, StoredObject, Target, Token, UNSURE};
use landfall_state::{Change, Intent, IntentWork, ObjectId, State, Status};
use landfall_value::Value;

use super::planner::{Planner, ProviderState};
use super::stored;
use super::walk::{Answer, Visit};
use crate::apply::usual;
use crate::graph::{self, BlockId};
use crate::prior::{Moves, decode, managers, marked_like};
use crate::types::TypeInfo;
use crate::{Context, Event, PlanOptions, VariableInput, Work};

/// A creation that is being finished.
#[derive(Clone)]
pub(super) struct Unfinished<'a> {
    id: ObjectId,
    intent: Arc<Intent>,
    info: Arc<TypeInfo<'a>>,
    resource: &'a dyn AnyResource,
    planned: Value,
    /// What the service had accepted.
    accepted: Option<StoredObject>,
}

/// Finishes what a run that was cut off had begun, and returns what is there then: creations that a service accepted are
/// waited for, those whose answer was lost are looked for. Interrupted updates and destructions need nothing: the next
/// look at the object tells how far they came.
///
/// What cannot be settled stays open, and is an error: planning it anew could make it twice. `keep` makes a state durable:
/// what was found to be ours is, before it loses what ties it to its creation.
pub async fn settle(
    context: Context<'_>,
    mut state: State,
    variables: &BTreeMap<Arc<str>, VariableInput>,
    mut keep: impl FnMut(&mut State) -> Result<(), Diagnostics>,
) -> (State, Diagnostics) {
    let mut found = Diagnostics::new();
    loop {
        let (mut settled, more, has_found_objects) = settle_once(context, state, variables).await;
        found.extend(more);
        if !has_found_objects {
            return (settled, found);
        }
        if let Err(problems) = keep(&mut settled) {
            found.extend(problems);
            return (settled, found);
        }
        state = settled;
    }
}

/// Returns the state, what was found, and whether objects turned up that are still to be finished.
async fn settle_once(
    context: Context<'_>,
    state: State,
    variables: &BTreeMap<Arc<str>, VariableInput>,
) -> (State, Diagnostics, bool) {
    let options = PlanOptions { variables: variables.clone(), refresh: false, ..PlanOptions::default() };
    let mut providers = managers(context.config, &state);
    providers.extend(state.intents().values().map(|intent| intent.provider.clone()));
    let graph = match graph::build(context.config, &providers) {
        Ok(graph) => graph,
        Err(found) => return (state, found, false),
    };
    let mut planner = Planner::new(context, &options, &graph, state.clone(), Moves::default());
    planner.settling = Some(Settling::default());
    planner.walk().await;
    let Settling { diagnostics: mut found, has_found_objects } = planner.settling.take().unwrap_or_default();
    let mut settled = state;
    planner.state_changes.into_iter().for_each(|change| settled.apply(change));
    if !has_found_objects
        && settled.intents().values().any(|intent| intent.work == IntentWork::Create)
        && !found.has_errors()
    {
        // No provider was there to ask: what kept it away says why.
        found.extend(planner.evaluation.diagnostics);
        found.extend(settled.intents().keys().map(not_settled));
    }
    let goes_on = has_found_objects && !found.has_errors();
    (settled, found, goes_on)
}

/// What settling has come to so far.
#[derive(Default)]
pub(super) struct Settling {
    diagnostics: Diagnostics,
    /// Objects turned up whose creation is still to be finished.
    has_found_objects: bool,
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
        let context = self.context;
        for unfinished in &unfinished {
            let accepted = unfinished.accepted.as_ref();
            context.events.on(Event::ApplyStarted {
                object: unfinished.id.clone(),
                work: Work::Create,
                id: accepted.and_then(|object| unfinished.resource.id(&object.value)).map(Arc::from),
                usual: usual(unfinished.resource.timing(), Work::Create),
            });
        }
        self.unfinished.insert(id, unfinished.clone());
        Visit::Waiting(Box::pin(async move {
            let outcomes = unfinished.iter().map(|unfinished| unfinished.finish(context, &client));
            Answer::Settled(join_all(outcomes).await)
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
            let there = self.state.object(&id).cloned();
            if intent.work != IntentWork::Create || there.as_ref().is_some_and(|there| there.status == Status::Ready) {
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
            let (Some(resource), Some(planned)) = (info.managed(), planned) else {
                self.settle_finding(not_settled(&id));
                continue;
            };
            let accepted = there.and_then(|there| Some(stored(&decode(&there, &info.value_type).ok()?, &there)));
            unfinished.push(Unfinished { id, intent, info, resource, planned, accepted });
        }
        unfinished
    }

    pub(super) fn resume_settle(&mut self, id: BlockId, outcomes: Vec<Outcome>) -> Visit<'a> {
        let unfinished = self.unfinished.remove(&id).unwrap_or_default();
        for (unfinished, outcome) in unfinished.into_iter().zip(outcomes) {
            self.settled(&unfinished, outcome);
        }
        Visit::Done
    }

    fn settled(&mut self, unfinished: &Unfinished<'a>, outcome: Outcome) {
        let Unfinished { id, resource, .. } = unfinished;
        let Outcome { object, error } = outcome;
        let code = error.as_ref().map(|error| error.code.as_str());
        let goes_on = code.is_some_and(|code| object.is_none() || [INTERRUPTED, FOUND].contains(&code));
        let identifier = object.as_ref().and_then(|object| resource.id(&object.value)).map(Arc::from);
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
        if code == Some(FOUND) {
            self.settling.iter_mut().for_each(|settling| settling.has_found_objects = true);
            return;
        }
        self.context.events.on(match &error {
            None => {
                let (object, elapsed) = (id.clone(), Duration::ZERO);
                Event::ApplyCompleted { object, work: Work::Create, id: identifier, elapsed }
            }
            Some(_) => Event::ApplyFailed { object: id.clone(), work: Work::Create, elapsed: Duration::ZERO },
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

    fn keep_settled(&mut self, unfinished: &Unfinished<'a>, object: &StoredObject, status: Status) {
        let Unfinished { id, intent, info, planned, .. } = unfinished;
        let object = StoredObject { value: marked_like(&object.value, planned), private: object.private.clone() };
        match self.found(self.block_of(&id.address), &object, info, id) {
            Ok(mut made) => {
                made.status = status;
                let provider = intent.provider.clone();
                self.change_state(Change::Set { id: id.clone(), provider, object: Arc::new(made) });
            }
            Err(finding) => self.settle_finding(finding),
        }
    }

    fn settle_finding(&mut self, finding: Diagnostic) {
        if let Some(settling) = &mut self.settling {
            settling.diagnostics.push(finding);
        }
    }
}

impl Unfinished<'_> {
    async fn finish(&self, context: Context<'_>, client: &Client) -> Outcome {
        let started = context.runtime.clock().now();
        let progress = move |progress| {
            context.events.on(Event::ApplyProgress {
                object: self.id.clone(),
                work: Work::Create,
                elapsed: context.runtime.clock().now().saturating_sub(started),
                progress,
            });
        };
        let target = Target { resource: self.resource, client, cancel: context.stop, progress: &progress };
        let token = Token(self.intent.token.to_string());
        context.runtime.recover(target, &self.planned.unmarked_deep(), &token, self.accepted.as_ref()).await
    }
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
