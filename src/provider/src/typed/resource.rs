//! The erased twin of a resource type.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use landfall_value::schema::{Schema, hide_write_only};
use landfall_value::{AttributePath, Type, Value};

use crate::codec::Fields;
use crate::fields::planned_all;
use crate::typed::extras::{
    ClientRef, REGION, Regions, TIMEOUTS, add_id, add_region, add_timeouts, client_for, merged, region_of,
    region_value, undecodable, without_unknown,
};
use crate::typed::form::{has_forms, keep_form};
use crate::{
    AnyKnown, AnyObserved, AnyResource, BoxFuture, CallError, CallResult, Change, Client, Created, Facts, Goal, Known,
    Object, Observed, Operation, Overrides, Phase, Planned, Resource, Settled, Step, StoredObject, Timing, Token,
    Traced, Within,
};

/// A resource type as [`AnyResource`], with what its provider adds: `region` where the type is regional.
pub struct Typed<R: Resource> {
    prepared: OnceLock<Prepared>,
    regions: Option<Regions<R::Client>>,
    service: &'static str,
}

/// What follows from a type's structs, worked out once.
struct Prepared {
    schema: Schema,
    id: Arc<str>,
    /// Type of the value of `timeouts`, where the type has that block.
    timeouts: Option<Type>,
    /// Some attributes are never stored.
    has_write_only: bool,
    /// Some values can be written in more than one form.
    has_forms: bool,
}

impl<R: Resource> Typed<R> {
    /// Returns the twin of a type that knows no region.
    pub const fn new() -> Self {
        Self { prepared: OnceLock::new(), regions: None, service: "" }
    }

    /// Adds the argument `region`; calls go to the region that an object names.
    #[must_use]
    pub const fn regional(mut self, regions: Regions<R::Client>) -> Self {
        self.regions = Some(regions);
        self
    }

    /// Names the service by whose budget calls are counted.
    #[must_use]
    pub const fn service(mut self, service: &'static str) -> Self {
        self.service = service;
        self
    }

    fn prepared(&self) -> &Prepared {
        self.prepared.get_or_init(|| {
            let mut block = merged::<R::Args, R::Attrs>(R::TYPE);
            add_id(&mut block, R::ID, !R::Args::FRAMEWORK);
            if self.regions.is_some() {
                add_region(&mut block, true);
            }
            let timeouts = add_timeouts(&mut block, &R::TIMING);
            let has_write_only = block.any_attribute(&|attribute| attribute.write_only);
            let has_forms = has_forms(&block);
            let schema = Schema { version: R::VERSION, block };
            Prepared { schema, id: R::ID.into(), timeouts, has_write_only, has_forms }
        })
    }

    fn client<'a>(&self, client: &'a Client, object: &Value) -> CallResult<ClientRef<'a, R::Client>> {
        client_for(client, self.regions.as_ref(), region_of(object))
    }

    fn args(value: &Value) -> CallResult<R::Args> {
        R::Args::read(value).map_err(|error| undecodable(R::TYPE, &error))
    }

    fn object(stored: &StoredObject) -> CallResult<Object<R>> {
        Ok(Object {
            id: stored.value.get(R::ID).and_then(Value::as_str).unwrap_or_default().to_owned(),
            args: Self::args(&stored.value)?,
            attrs: R::Attrs::read(&stored.value).map_err(|error| undecodable(R::TYPE, &error))?,
            private: stored.private.clone(),
        })
    }

    fn known(&self, known: AnyKnown<'_>) -> CallResult<Known<R>> {
        Ok(match known {
            AnyKnown::Prior(stored) => Known::Prior(Self::object(stored)?),
            AnyKnown::Import(id) => Known::Import { id: self.import_id(id).0.to_owned() },
            AnyKnown::New(planned, created) => Known::New { args: Self::args(planned)?, created: created.clone() },
        })
    }

    /// Splits `ID@REGION`, the import id of an object in another region than the provider's.
    fn import_id<'i>(&self, id: &'i str) -> (&'i str, Option<&'i str>) {
        match id.rsplit_once('@') {
            Some((id, region)) if self.regions.is_some() && is_region(region) => (id, Some(region)),
            Some(_) | None => (id, None),
        }
    }

    fn region<'k>(&self, known: AnyKnown<'k>) -> Option<&'k str> {
        match known {
            _ if self.regions.is_none() => None,
            AnyKnown::Prior(stored) => region_of(&stored.value),
            AnyKnown::New(planned, _) => region_of(planned),
            AnyKnown::Import(id) => self.import_id(id).1,
        }
    }

    /// Returns an observed object as values; what no service returns comes from `known`.
    fn stored(&self, client: &R::Client, object: &Object<R>, known: AnyKnown<'_>) -> StoredObject {
        let prepared = self.prepared();
        let base = match known {
            AnyKnown::Prior(stored) => Some(&stored.value),
            AnyKnown::New(planned, _) => Some(planned),
            AnyKnown::Import(_) => None,
        };
        let mut attributes = BTreeMap::new();
        object.args.write(&mut attributes);
        object.attrs.write(&mut attributes);
        attributes.entry(prepared.id.clone()).or_insert_with(|| Value::string(object.id.as_str()));
        if let Some(regions) = &self.regions {
            attributes.insert(REGION.clone(), region_value(regions, client));
        }
        if let Some(r#type) = &prepared.timeouts {
            let timeouts = base.and_then(|base| base.get("timeouts")).cloned();
            attributes.insert(TIMEOUTS.clone(), timeouts.unwrap_or_else(|| Value::null(r#type.clone())));
        }
        let value = self.without_write_only(Value::object(attributes));
        let value = match base {
            Some(base) if prepared.has_forms => keep_form(&prepared.schema.block, base, &value),
            Some(_) | None => value,
        };
        StoredObject { value, private: object.private.clone() }
    }

    fn without_write_only(&self, value: Value) -> Value {
        let prepared = self.prepared();
        if prepared.has_write_only { hide_write_only(&prepared.schema.block, &value) } else { value }
    }

    fn observed(&self, client: &R::Client, observed: Observed<R>, known: AnyKnown<'_>) -> AnyObserved {
        match observed {
            Observed::Gone => AnyObserved::Gone,
            Observed::There { phase, object } => AnyObserved::There(phase, self.stored(client, &object, known)),
        }
    }

    /// Observes objects of one region.
    async fn observe_region(
        &self,
        client: &Client,
        region: Option<&str>,
        known: &[AnyKnown<'_>],
    ) -> Vec<CallResult<AnyObserved>> {
        let client = match client_for(client, self.regions.as_ref(), region) {
            Ok(client) => client,
            Err(error) => return known.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut typed = Vec::with_capacity(known.len());
        let mut errors = Vec::with_capacity(known.len());
        for known in known {
            match self.known(*known) {
                Ok(known) => {
                    typed.push(known);
                    errors.push(None);
                }
                Err(error) => errors.push(Some(error)),
            }
        }
        let mut answers = match typed.as_slice() {
            [] => Vec::new(),
            [one] => vec![R::observe(&client, one).await],
            many => R::observe_many(&client, many).await,
        }
        .into_iter();
        let answer = |(error, known): (Option<CallError>, &AnyKnown<'_>)| match error {
            Some(error) => Err(error),
            None => match answers.next() {
                Some(answer) => answer.map(|observed| self.observed(&client, observed, *known)),
                None => Err(CallError::local("internal", "a read of many objects lost one; this is a bug in landfall")),
            },
        };
        errors.into_iter().zip(known).map(answer).collect()
    }
}

impl<R: Resource> Default for Typed<R> {
    fn default() -> Self {
        Self::new()
    }
}

/// Plans the provider's region where none is configured. An object of which no region is stored (by a version that knew
/// none) is in that region: learning so does not replace it.
fn plan_region(facts: &Facts, planned: &Planned<'_>, overrides: &mut Overrides) {
    let unset = |object: &Value| object.get("region").is_none_or(Value::is_null);
    if !planned.is_create() && unset(planned.prior) {
        overrides.keep.push(AttributePath::root().attribute(REGION.clone()));
    } else if let (Some(region), true) = (&facts.region, unset(planned.config)) {
        overrides.set("region", region.as_str());
    }
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3 && parts.last().is_some_and(|last| last.parse::<u8>().is_ok())
}

impl<R: Resource> AnyResource for Typed<R> {
    fn r#type(&self) -> &'static str {
        R::TYPE
    }

    fn schema(&self) -> &Schema {
        &self.prepared().schema
    }

    fn timing(&self) -> Timing {
        R::TIMING
    }

    fn serial_by(&self) -> Option<&'static str> {
        R::SERIAL_BY
    }

    fn is_local(&self) -> bool {
        R::LOCAL
    }

    fn patience(&self) -> Option<&'static str> {
        R::PATIENCE
    }

    fn create_is_whole(&self) -> bool {
        R::CREATE_IS_WHOLE
    }

    fn create_repeats(&self) -> bool {
        R::CREATE_REPEATS
    }

    fn read_at_once(&self) -> usize {
        if R::LOCAL { usize::MAX } else { R::READ_AT_ONCE }
    }

    fn service(&self) -> &'static str {
        self.service
    }

    fn half_made(&self, planned: &Value, created: &Created) -> StoredObject {
        let value = without_unknown(planned).with_attribute(R::ID, Value::string(created.id.as_str()));
        StoredObject { value: self.without_write_only(value), private: created.private.clone() }
    }

    fn id<'v>(&self, object: &'v Value) -> Option<&'v str> {
        object.get(R::ID).and_then(Value::as_str)
    }

    fn plan(&self, facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = R::plan(facts, planned);
        let attributes = &self.prepared().schema.block.attributes;
        if attributes.contains_key("tags_all") {
            overrides.set("tags_all", planned_all(facts, planned.proposed));
        }
        if self.regions.is_some() {
            plan_region(facts, planned, &mut overrides);
        }
        overrides
    }

    fn create<'a>(
        &'a self,
        client: &'a Client,
        planned: &'a Value,
        token: &'a Token,
    ) -> BoxFuture<'a, CallResult<Created>> {
        Box::pin(async move {
            let client = self.client(client, planned)?;
            let args = Self::args(planned)?;
            R::create(&client, &args, token).await
        })
    }

    fn trace<'a>(
        &'a self,
        client: &'a Client,
        planned: &'a Value,
        token: &'a Token,
    ) -> BoxFuture<'a, CallResult<Traced>> {
        Box::pin(async move {
            let client = self.client(client, planned)?;
            let args = Self::args(planned)?;
            R::trace(&client, &args, token).await
        })
    }

    fn observe_many<'a>(
        &'a self,
        client: &'a Client,
        known: &'a [AnyKnown<'a>],
    ) -> BoxFuture<'a, Vec<CallResult<AnyObserved>>> {
        Box::pin(async move {
            let mut regions: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
            for (index, known) in known.iter().enumerate() {
                regions.entry(self.region(*known)).or_default().push(index);
            }
            if let [(region, _)] = regions.iter().collect::<Vec<_>>().as_slice() {
                return self.observe_region(client, **region, known).await;
            }
            let mut answers: BTreeMap<usize, CallResult<AnyObserved>> = BTreeMap::new();
            for (region, indices) in regions {
                let group: Vec<_> = indices.iter().map(|index| known[*index]).collect();
                let observed = self.observe_region(client, region, &group).await;
                answers.extend(indices.into_iter().zip(observed));
            }
            answers.into_values().collect()
        })
    }

    fn update<'a>(
        &'a self,
        client: &'a Client,
        prior: Option<&'a Value>,
        planned: &'a Value,
        there: &'a StoredObject,
    ) -> BoxFuture<'a, CallResult<Step>> {
        Box::pin(async move {
            let client = self.client(client, &there.value)?;
            let prior = prior.map(Self::args).transpose()?;
            let planned = Self::args(planned)?;
            let there = Self::object(there)?;
            R::update(&client, &Change { prior: prior.as_ref(), planned: &planned }, &there).await
        })
    }

    fn delete<'a>(&'a self, client: &'a Client, there: &'a StoredObject) -> BoxFuture<'a, CallResult<Step>> {
        Box::pin(async move {
            let client = self.client(client, &there.value)?;
            R::delete(&client, &Self::object(there)?).await
        })
    }

    fn operation<'a>(
        &'a self,
        client: &'a Client,
        there: &'a StoredObject,
        handle: &'a str,
    ) -> BoxFuture<'a, CallResult<Phase>> {
        Box::pin(async move {
            let client = self.client(client, &there.value)?;
            R::operation(&client, &Self::object(there)?, handle).await
        })
    }

    fn settled(
        &self,
        operation: Operation,
        prior: Option<&Value>,
        planned: &Value,
        elapsed: Duration,
        there: &StoredObject,
    ) -> Settled {
        let read = || Ok((prior.map(Self::args).transpose()?, Self::args(planned)?, Self::object(there)?));
        match read() {
            Ok((prior, planned, there)) => {
                R::settled(&Goal { operation, prior: prior.as_ref(), planned: &planned, elapsed }, &there)
            }
            Err(error) => {
                let error: CallError = error;
                Settled::Failed(error.message)
            }
        }
    }

    fn retry(&self, error: &CallError) -> Option<Within> {
        R::retry(error)
    }
}
