//! Beginning the change of one object.

use std::sync::Arc;
use std::time::Duration;

use landfall_addr::Mode;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::ResourceBlock;
use landfall_provider::{AnyResource, Configured, Progress, StoredObject, Target, Timing, Token, parse_duration};
use landfall_state::{Change, Intent, IntentWork, ObjectId};
use landfall_value::Value;

use super::driver::{Begun, Driver};
use super::operation::{Operation, Origin, Report};
use crate::diff::{Proposal, agrees, propose_final};
use crate::evaluate::{Findings, Repetition, decode_config};
use crate::order::{Half, StepId};
use crate::planning::stored;
use crate::prior::encode_planned;
use crate::types::{Kind, TypeInfo};
use crate::{Action, ResourceChange, Work};

/// What is the same for both halves of a change.
pub(super) struct Subject<'a> {
    pub(super) change: &'a ResourceChange,
    pub(super) place: u32,
    pub(super) info: Arc<TypeInfo<'a>>,
    pub(super) configured: Configured,
    pub(super) origin: Option<Origin>,
}

impl<'a> Driver<'a> {
    pub(super) fn begin_change(&mut self, step: StepId, place: u32, half: Half) -> Begun<'a> {
        let change = &self.plan.changes[place as usize];
        if change.action == Action::Forget {
            self.change_state(Change::Remove { id: change.object() });
            return Begun::Done;
        }
        let Some(subject) = self.subject(change, place) else { return Begun::Failed };
        match (change.action, half) {
            (Action::Read, _) => self.begin_read(step, subject),
            (Action::Delete, _) => self.begin_delete(step, subject, change.object()),
            (Action::Replace { create_before_destroy: false }, Half::Destroy) => {
                self.begin_delete(step, subject, change.object())
            }
            (Action::Replace { .. }, Half::Destroy) => self.begin_deposed_delete(step, subject),
            (Action::Create, _) | (Action::Replace { .. }, Half::Create) => self.begin_create(step, subject),
            (Action::Update, _) => self.begin_update(step, subject),
            (Action::NoOp | Action::Forget, _) | (Action::Replace { .. }, Half::Whole) => Begun::Done,
        }
    }

    fn subject(&mut self, change: &'a ResourceChange, place: u32) -> Option<Subject<'a>> {
        let graph = self.graph;
        let info = match self.types.get(&change.provider.source, &change.address.resource) {
            Ok(info) => info,
            Err(finding) => {
                self.evaluation.diagnostics.push(finding.about(change.address.clone()));
                return None;
            }
        };
        let provider = graph.providers.iter().position(|provider| provider.config == change.provider);
        let configured = provider.and_then(|place| self.providers[place].clone());
        let Some(configured) = configured else {
            let detail = format!("The provider of `{}` is not configured. This is a bug in landfall.", change.address);
            self.evaluation.diagnostics.push(Diagnostic::error("Provider not configured", detail));
            return None;
        };
        Some(Subject { change, place, info, configured, origin: self.origin(change) })
    }

    fn origin(&self, change: &ResourceChange) -> Option<Origin> {
        let address = &change.address;
        let module = self.graph.module_at(&address.module.path())?;
        let block = self.graph.module(module).resources.get(&address.resource).copied()?;
        let instance = self.evaluation.instances.find(module, &address.module)?;
        let begun = self.begun.get(&address.abs_resource())?;
        let repetition = begun.find(&address.key)?.clone();
        Some(Origin { block, instance, repetition })
    }

    /// Evaluates the configuration of an object with final values and plans it again; the answer must agree with the
    /// plan. Returns it with what write-only arguments hold.
    fn final_plan(&mut self, subject: &Subject<'a>, prior: &Value) -> Option<(Value, Value)> {
        let (graph, change) = (self.graph, subject.change);
        let Some(origin) = &subject.origin else {
            let detail =
                format!("`{}` is not in the configuration any more. This is a bug in landfall.", change.address);
            self.evaluation.diagnostics.push(Diagnostic::error("Inconsistent final plan", detail));
            return None;
        };
        let block = graph.node(origin.block).resource()?;
        let resource = subject.info.managed()?;
        if !self.evaluation.resource_conditions(origin.block, origin.instance, &origin.repetition, None) {
            return None;
        }
        let config = self.config(block, origin, &subject.info)?;
        let schema = &subject.info.schema.block;
        let (after, errors) = propose_final(&Proposal {
            block: schema,
            prior,
            config: &config,
            ignored: &block.lifecycle.ignore_changes,
            force: None,
            create_before_destroy: false,
            plan: &|planned| resource.plan(&subject.configured.facts, planned),
        });
        if let Some((path, message)) = errors.first() {
            let finding = Diagnostic::error("Invalid configuration", format!("`{path}`: {message}."));
            self.evaluation.diagnostics.push(finding.at(block.span).about(change.address.clone()));
            return None;
        }
        if let Some(path) = agrees(&change.after, &after) {
            self.evaluation.diagnostics.push(inconsistent(change, &path.to_string()).at(block.span));
            return None;
        }
        let call = with_write_only(&after, &config, schema);
        Some((after, call))
    }

    fn config(&mut self, block: &ResourceBlock, origin: &Origin, info: &TypeInfo<'_>) -> Option<Value> {
        let mut found = Diagnostics::new();
        let config = {
            let names = self.evaluation.names();
            let scope = names.scope(origin.instance).repeated(&origin.repetition);
            decode_config(&block.body, &info.schema.block, &scope, Findings::Errors, &mut found)
        };
        self.accept(found).then_some(config)
    }

    fn begin_create(&mut self, step: StepId, subject: Subject<'a>) -> Begun<'a> {
        let Some(resource) = subject.info.managed() else { return Begun::Failed };
        let null = Value::null(subject.info.value_type.clone());
        let Some((after, call)) = self.final_plan(&subject, &null) else { return Begun::Failed };
        if matches!(subject.change.action, Action::Replace { create_before_destroy: true }) {
            self.depose(&subject);
        }
        let token = Token(self.random_hex(16));
        let usual = usual(resource.timing(), Work::Create);
        let configured = subject.configured.clone();
        let operation = self.operation(subject, Work::Create, after);
        self.intend(&operation, Some(&token));
        self.start(step, operation, None, usual);
        let (runtime, cancel, told) = (self.context.runtime, self.context.abandon, self.progress.clone());
        begun(resource, async move {
            let progress = move |progress: Progress| _ = told.send((step, progress));
            let target = Target { resource, client: &configured.client, cancel, progress: &progress };
            Report::Changed(runtime.create(target, &call.unmarked_deep(), &token).await)
        })
    }

    fn begin_update(&mut self, step: StepId, subject: Subject<'a>) -> Begun<'a> {
        let Some(resource) = subject.info.managed() else { return Begun::Failed };
        let Some((prior, there)) = self.there(&subject, &subject.change.object()) else { return Begun::Failed };
        let Some((after, call)) = self.final_plan(&subject, &prior) else { return Begun::Failed };
        if after.unmarked_deep() == there.value && call.unmarked_deep() == there.value {
            // Only marks differ: nothing is called.
            return self.store_marks(&subject, &after);
        }
        let id = resource.id(&there.value).map(Arc::from);
        let usual = usual(resource.timing(), Work::Update);
        let configured = subject.configured.clone();
        let operation = self.operation(subject, Work::Update, after);
        self.intend(&operation, None);
        self.start(step, operation, id, usual);
        let (runtime, cancel, told) = (self.context.runtime, self.context.abandon, self.progress.clone());
        begun(resource, async move {
            let progress = move |progress: Progress| _ = told.send((step, progress));
            let target = Target { resource, client: &configured.client, cancel, progress: &progress };
            Report::Changed(runtime.update(target, &there, &call.unmarked_deep()).await)
        })
    }

    pub(super) fn begin_delete(&mut self, step: StepId, subject: Subject<'a>, object: ObjectId) -> Begun<'a> {
        let Some(resource) = subject.info.managed() else { return Begun::Failed };
        let Some((value, there)) = self.there(&subject, &object) else { return Begun::Failed };
        let id = resource.id(&there.value).map(Arc::from);
        let usual = usual(resource.timing(), Work::Delete);
        let configured = subject.configured.clone();
        let provisioners = self.destroy_provisioners(&subject, &object, &value);
        let null = Value::null(subject.info.value_type.clone());
        let mut operation = self.operation(subject, Work::Delete, null);
        operation.object = object;
        self.intend(&operation, None);
        self.start(step, operation, id, usual);
        let context = self.context;
        let told = self.progress.clone();
        if !provisioners.is_empty() {
            self.save();
        }
        begun(resource, async move {
            let failed = super::provision::run(context, provisioners).await;
            if failed.has_errors() {
                return Report::Provisioned(failed);
            }
            let progress = move |progress: Progress| _ = told.send((step, progress));
            let cancel = context.abandon;
            let target = Target { resource, client: &configured.client, cancel, progress: &progress };
            Report::Changed(context.runtime.delete(target, &there).await)
        })
    }

    fn begin_read(&mut self, step: StepId, subject: Subject<'a>) -> Begun<'a> {
        let graph = self.graph;
        let (Kind::Data(source), Some(origin)) = (subject.info.kind, subject.origin.clone()) else {
            return Begun::Failed;
        };
        let Some(block) = graph.node(origin.block).resource().filter(|block| block.address.mode == Mode::Data) else {
            return Begun::Failed;
        };
        if !self.evaluation.resource_conditions(origin.block, origin.instance, &origin.repetition, None) {
            return Begun::Failed;
        }
        let Some(config) = self.config(block, &origin, &subject.info) else { return Begun::Failed };
        let configured = subject.configured.clone();
        let operation = self.operation(subject, Work::Read, config.clone());
        self.start(step, operation, None, Duration::ZERO);
        let context = self.context;
        Begun::Running(Box::pin(async move {
            let config = config.unmarked_deep();
            let answer = context.runtime.read_data(source, &configured.client, context.abandon, &config).await;
            Report::Read(answer)
        }))
    }

    /// Returns an object of the state, with its marks and as the runtime takes it.
    pub(super) fn there(&mut self, subject: &Subject<'a>, id: &ObjectId) -> Option<(Value, StoredObject)> {
        let object = self.state.object(id)?.clone();
        match crate::prior::decode(&object, &subject.info.value_type) {
            Ok(value) => {
                let there = stored(&value, &object);
                Some((value, there))
            }
            Err(error) => {
                let detail = format!("The state of `{id}` does not fit its resource type: {error}.");
                let finding = Diagnostic::error("Failed to decode resource from state", detail);
                self.evaluation.diagnostics.push(finding.about(id.address.clone()));
                None
            }
        }
    }

    fn operation(&self, subject: Subject<'a>, work: Work, planned: Value) -> Operation<'a> {
        Operation {
            place: subject.place,
            object: ObjectId::current(subject.change.address.clone()),
            work,
            info: subject.info,
            origin: subject.origin,
            planned,
            started: self.now(),
        }
    }

    /// Writes down what is about to be done outside the process, and with what token.
    fn intend(&mut self, operation: &Operation<'a>, token: Option<&Token>) {
        let info = &operation.info;
        if info.managed().is_none_or(|resource| resource.is_local()) {
            return;
        }
        let work = match operation.work {
            Work::Create => IntentWork::Create,
            Work::Update => IntentWork::Update,
            Work::Delete => IntentWork::Delete,
            Work::Read | Work::Forget => return,
        };
        let planned =
            token.and_then(|_| encode_planned(&operation.planned, &info.value_type, info.schema.version).ok());
        let intent = Intent {
            work,
            provider: self.plan.changes[operation.place as usize].provider.clone(),
            token: token.map_or("", |token| token).into(),
            planned: planned.map(Arc::new),
        };
        self.change_state(Change::Begin { id: operation.object.clone(), intent: Arc::new(intent) });
    }

    pub(super) fn random_hex(&self, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        self.context.host.random(&mut buffer);
        buffer.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Returns an operation as it begins: one that makes calls waits until the intent is durable.
fn begun<'a>(resource: &dyn AnyResource, operation: impl Future<Output = Report> + 'a) -> Begun<'a> {
    let operation = Box::pin(operation);
    if resource.is_local() { Begun::Running(operation) } else { Begun::Calling(operation) }
}

/// Returns what work of a type usually takes.
pub(crate) fn usual(timing: Timing, work: Work) -> Duration {
    let span = match work {
        Work::Create => timing.create,
        Work::Update => timing.update,
        Work::Delete => timing.delete,
        Work::Read | Work::Forget => return Duration::ZERO,
    };
    span.usual.and_then(parse_duration).unwrap_or(Duration::from_secs(1))
}

/// Returns a planned object with the values of write-only arguments, which only the call sees.
fn with_write_only(after: &Value, config: &Value, block: &landfall_value::schema::Block) -> Value {
    let write_only = block.attributes.iter().filter(|(_, attribute)| attribute.write_only);
    write_only.fold(after.clone(), |value, (name, _)| match config.get(name) {
        Some(part) if !part.is_null() => value.with_attribute(name, part.clone()),
        _ => value,
    })
}

fn inconsistent(change: &ResourceChange, path: &str) -> Diagnostic {
    Diagnostic::error(
        "Inconsistent final plan",
        format!(
            "With everything known, `{path}` of `{}` is not what the plan said. Nothing was changed. This is a bug in \
             landfall; please report it.",
            change.address
        ),
    )
    .about(change.address.clone())
}

impl crate::evaluate::Repetitions {
    /// Returns the repetition of an instance.
    pub(crate) fn find(&self, key: &landfall_addr::InstanceKey) -> Option<&Repetition> {
        use landfall_addr::InstanceKey;
        match key {
            InstanceKey::Index(index) => {
                self.each.get(usize::try_from(*index).ok()?).filter(|found| found.key() == *key)
            }
            InstanceKey::None => self.each.first().filter(|found| found.key() == *key),
            InstanceKey::Name(name) => {
                let place = self.each.binary_search_by(|each| match each {
                    Repetition::Each(other, _) => other.cmp(name),
                    _ => std::cmp::Ordering::Less,
                });
                place.ok().and_then(|place| self.each.get(place))
            }
        }
    }
}
