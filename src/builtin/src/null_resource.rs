//! `null_resource`: does nothing, again whenever its triggers change.

use std::collections::BTreeMap;

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Step, Token,
};
use landfall_value::{AttributePath, Value};

pub struct NullResource;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework)]
pub struct NullResourceArgs {
    /// Values whose change replaces the object.
    #[arg(replace)]
    triggers: Option<BTreeMap<String, Option<String>>>,
}

/// Nothing but the identifier.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct NullResourceAttrs {}

impl Resource for NullResource {
    type Args = NullResourceArgs;
    type Attrs = NullResourceAttrs;
    type Client = ();
    const TYPE: &'static str = "null_resource";
    const LOCAL: bool = true;

    /// Triggers that come or go as null do not replace the object.
    fn plan(_facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let (prior, proposed) = (planned.prior.get("triggers"), planned.proposed.get("triggers"));
        let known = proposed.is_some_and(Value::is_known);
        let had_some = prior.is_some_and(|prior| !prior.is_null());
        if known && had_some && without_nulls(prior) == without_nulls(proposed) {
            overrides.keep.push(AttributePath::root().attribute("triggers"));
        }
        overrides
    }

    async fn create(_client: &(), _args: &NullResourceArgs, _token: &Token) -> CallResult<Created> {
        let number = getrandom::u64().map_err(|error| CallError::local("random", error.to_string()))?;
        Ok(Created::with_id((number >> 1).to_string()))
    }

    async fn observe(_client: &(), known: &Known<Self>) -> CallResult<Observed<Self>> {
        let Some(args) = known.args() else {
            return Err(CallError::local("import", "a null_resource cannot be imported"));
        };
        let object =
            Object { id: known.id().to_owned(), args: args.clone(), attrs: NullResourceAttrs {}, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(_client: &(), _change: &Change<'_, Self>, _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(_client: &(), _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }
}

fn without_nulls(triggers: Option<&Value>) -> Vec<(&str, &Value)> {
    let members = triggers.and_then(Value::as_map).into_iter().flatten();
    members.filter(|(_, value)| !value.is_null()).map(|(key, value)| (&**key, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_value::Type;

    fn keeps(prior: &[(&str, Option<&str>)], proposed: &[(&str, Option<&str>)]) -> bool {
        let object = |triggers: &[(&str, Option<&str>)]| {
            let value = |value: &Option<&str>| value.map_or_else(|| Value::null(Type::String), Value::from);
            let members = triggers.iter().map(|(key, text)| ((*key).into(), value(text))).collect();
            Value::object_of([("triggers", Value::map(Type::String, members))])
        };
        let (prior, proposed) = (object(prior), object(proposed));
        let planned = Planned { prior: &prior, config: &proposed, proposed: &proposed };
        !NullResource::plan(&Facts::default(), &planned).keep.is_empty()
    }

    #[test]
    fn triggers_that_come_as_null_do_not_replace() {
        assert!(keeps(&[("a", Some("1"))], &[("a", Some("1")), ("b", None)]));
        assert!(!keeps(&[("a", Some("1"))], &[("a", Some("1")), ("b", Some("2"))]));
        assert!(!keeps(&[("a", Some("1"))], &[]));
    }
}
