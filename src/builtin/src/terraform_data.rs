//! `terraform_data`: keeps a value in the state.

use landfall_provider::{
    Args, Attrs, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned, Resource,
    Step, Token,
};
use landfall_value::{Refinement, Type, Value};
use uuid::Uuid;

pub struct TerraformData;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework)]
pub struct TerraformDataArgs {
    /// Value to keep.
    input: Option<Value>,
    /// A change of this value replaces the object.
    #[arg(replace)]
    triggers_replace: Option<Value>,
}

/// What follows from it.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct TerraformDataAttrs {
    /// The value of `input`.
    output: Option<Value>,
}

impl Resource for TerraformData {
    type Args = TerraformDataArgs;
    type Attrs = TerraformDataAttrs;
    type Client = ();
    const TYPE: &'static str = "terraform_data";
    const LOCAL: bool = true;

    /// The output is only known once it is computed, even where the input is known: its type must be that of the input.
    fn plan(_facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let null = Value::NULL;
        let input = planned.proposed.get("input").unwrap_or(&null);
        if planned.is_create() {
            let not_null = Refinement { not_null: true, ..Refinement::default() };
            overrides.set("id", Value::refined(Type::String, not_null));
        }
        if planned.is_create() && input.is_null() {
            overrides.set("output", input.clone());
        } else if planned.is_create() || planned.changes("input") {
            overrides.set("output", Value::unknown(input.r#type()));
        }
        overrides
    }

    async fn create(_client: &(), _args: &TerraformDataArgs, _token: &Token) -> CallResult<Created> {
        Ok(Created::with_id(Uuid::new_v4().to_string()))
    }

    async fn observe(_client: &(), known: &Known<Self>) -> CallResult<Observed<Self>> {
        let args = known.args().cloned().unwrap_or(TerraformDataArgs { input: None, triggers_replace: None });
        let attrs = TerraformDataAttrs { output: args.input.clone() };
        let object = Object { id: known.id().to_owned(), args, attrs, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(_client: &(), _change: &Change<'_, Self>, _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(_client: &(), _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }
}
