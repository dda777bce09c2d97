//! The resource types: alike in their arguments, different in how the cloud takes them.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Planned,
    Resource, Sensitive, Set, Step, Tags, Timing, Token, Traced, Within, usually, within,
};

use crate::cloud::{Call, TestCloud, Thing as CloudThing};

/// How the cloud takes a type.
pub trait Kind: Send + Sync + 'static {
    /// Name of the type.
    const TYPE: &'static str;
    /// Deadlines.
    const TIMING: Timing = Timing::new();
    /// See [`Resource::SERIAL_BY`].
    const SERIAL_BY: Option<&'static str> = None;
    /// See [`Resource::CREATE_REPEATS`].
    const CREATE_REPEATS: bool = false;
    /// An object can be found by the token of its creation.
    const TRACES: bool = true;
    /// The create call only takes names; each update call takes one argument.
    const STEPWISE: bool = false;
}

/// `test_thing`: there at once.
pub struct Plain;

/// `test_slow`: takes its time.
pub struct Slow;

/// `test_steps`: made in small steps.
pub struct Steps;

/// `test_serial`: one at a time in each group.
pub struct Serial;

impl Kind for Plain {
    const TYPE: &'static str = "test_thing";
}

impl Kind for Slow {
    const TYPE: &'static str = "test_slow";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing =
        Timing::new().create("10m", usually("2m")).update("10m", usually("1m")).delete("10m", usually("1m"));
}

impl Kind for Steps {
    const TYPE: &'static str = "test_steps";
    const STEPWISE: bool = true;
}

impl Kind for Serial {
    const TYPE: &'static str = "test_serial";
    const TRACES: bool = false;
    const TIMING: Timing = Timing::new().create("10m", usually("10s")).delete("10m", usually("10s")).fixed();
    const SERIAL_BY: Option<&'static str> = Some("group");
}

/// A resource type of some kind.
pub struct ThingResource<K>(PhantomData<K>);

/// What a user may write.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ThingArgs {
    /// Name of the thing.
    #[arg(replace, min_len = 1)]
    pub name: String,
    /// Group that the thing belongs to.
    #[arg(replace)]
    pub group: Option<String>,
    /// How large it is.
    #[arg(default = 1, min = 0, max = 100)]
    pub size: i64,
    /// Any text; where other objects' values go.
    pub note: Option<String>,
    /// Any texts.
    pub labels: Option<BTreeMap<String, String>>,
    /// Filled by the cloud.
    pub version: Filled<String>,
    /// Never shown.
    #[arg(conflicts("note"))]
    pub secret: Option<Sensitive<String>>,
    /// Known to us only: the cloud does not return it.
    #[arg(default = false)]
    pub force: bool,
    /// Never stored.
    #[arg(write_only)]
    pub passphrase: Option<String>,
    /// Who may come in.
    #[arg(block)]
    pub rule: Set<Rule>,
    /// Tags.
    pub tags: Tags,
}

/// Who may come in.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct Rule {
    /// By which door.
    pub port: i64,
    /// From where.
    pub from: Option<String>,
}

/// What only the cloud decides.
#[derive(Clone, Debug, PartialEq, Attrs)]
pub struct ThingAttrs {
    /// Name of the thing in the world; known before it is there.
    pub arn: String,
    /// How often it was changed.
    pub updates: i64,
}

impl<K: Kind> Resource for ThingResource<K> {
    type Args = ThingArgs;
    type Attrs = ThingAttrs;
    type Client = TestCloud;
    const TYPE: &'static str = K::TYPE;
    const TIMING: Timing = K::TIMING;
    const SERIAL_BY: Option<&'static str> = K::SERIAL_BY;
    const CREATE_IS_WHOLE: bool = !K::STEPWISE;
    const CREATE_REPEATS: bool = K::CREATE_REPEATS;

    fn plan(_facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let name = planned.proposed.get("name").and_then(|name| name.as_str());
        if let (true, Some(name)) = (planned.is_create(), name) {
            overrides.set("arn", arn(name));
        }
        if planned.is_create() || planned.prior != planned.proposed {
            overrides.set("updates", landfall_value::Value::unknown(landfall_value::Type::Number));
        }
        overrides
    }

    async fn create(cloud: &TestCloud, args: &ThingArgs, token: &Token) -> CallResult<Created> {
        cloud.call(Call::Create, K::TYPE, &args.name).await?;
        let taken = if K::STEPWISE { bare(args) } else { args.clone() };
        let again = cloud.made_with(token).filter(|_| K::CREATE_REPEATS);
        let id = again.unwrap_or_else(|| cloud.insert(K::TYPE, taken, token));
        cloud.answer(Created::with_id(id)).await
    }

    async fn trace(cloud: &TestCloud, _args: &ThingArgs, token: &Token) -> CallResult<Traced> {
        Ok(match cloud.made_with(token) {
            _ if !K::TRACES => Traced::Unsure,
            Some(id) => Traced::Made(Created::with_id(id)),
            None => Traced::Nothing,
        })
    }

    async fn observe(cloud: &TestCloud, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let id = known.id();
        cloud.call(Call::Observe, K::TYPE, id).await?;
        let Some((phase, thing)) = cloud.look(id) else { return Ok(Observed::Gone) };
        let CloudThing { mut args, updates, .. } = thing;
        args.force = known.args().is_some_and(|known| known.force);
        let attrs = ThingAttrs { arn: arn(&args.name), updates };
        Ok(Observed::There { phase, object: Object { id: id.to_owned(), args, attrs, private: None } })
    }

    async fn update(cloud: &TestCloud, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        if K::STEPWISE {
            return step(cloud, K::TYPE, change, there).await;
        }
        cloud.call(Call::Update, K::TYPE, &there.id).await?;
        cloud.change(&there.id, |args| {
            let version = if planned.version.is_set() { planned.version.clone() } else { args.version.clone() };
            *args = ThingArgs { version, ..planned.clone() };
        });
        cloud.answer(Step::Done).await
    }

    async fn delete(cloud: &TestCloud, there: &Object<Self>) -> CallResult<Step> {
        cloud.call(Call::Delete, K::TYPE, &there.id).await?;
        cloud.leave(&there.id);
        cloud.answer(Step::Done).await
    }

    fn retry(error: &CallError) -> Option<Within> {
        error.has("NotYet", "").then_some(within("2m"))
    }
}

fn arn(name: &str) -> String {
    format!("arn:test:thing/{name}")
}

/// Returns what the create call of a stepwise type takes.
fn bare(args: &ThingArgs) -> ThingArgs {
    ThingArgs {
        name: args.name.clone(),
        group: args.group.clone(),
        size: 1,
        note: None,
        labels: None,
        version: args.version.clone(),
        secret: None,
        force: args.force,
        passphrase: None,
        rule: Set::new(),
        tags: Tags::default(),
    }
}

/// A call of a stepwise type that is due: what it changes, and how.
type Due = (&'static str, fn(&mut ThingArgs, &ThingArgs));

/// Makes the next of the calls of a stepwise type.
async fn step<K: Kind>(
    cloud: &TestCloud,
    r#type: &str,
    change: &Change<'_, ThingResource<K>>,
    there: &Object<ThingResource<K>>,
) -> CallResult<Step> {
    let Some((what, apply)) = next_call(change, &there.args) else { return Ok(Step::Done) };
    cloud.call(Call::Update, r#type, &format!("{} {what}", there.id)).await?;
    cloud.change(&there.id, |args| apply(args, change.planned));
    let mut after = there.args.clone();
    apply(&mut after, change.planned);
    cloud.answer(if next_call(change, &after).is_some() { Step::More } else { Step::Done }).await
}

/// Returns the first call that is due while the object is like `now`.
fn next_call<K: Kind>(change: &Change<'_, ThingResource<K>>, now: &ThingArgs) -> Option<Due> {
    let planned = change.planned;
    if change.of(|args| &args.size) && planned.size != now.size {
        Some(("size", |args, planned| args.size = planned.size))
    } else if change.of(|args| &args.note) && planned.note != now.note {
        Some(("note", |args, planned| args.note = planned.note.clone()))
    } else if change.of(|args| &args.tags) && planned.tags != now.tags {
        Some(("tags", |args, planned| args.tags = planned.tags.clone()))
    } else {
        None
    }
}
