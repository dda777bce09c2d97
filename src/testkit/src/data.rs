//! The data source `test_thing`: a thing by its name.

use landfall_provider::{Args, Attrs, CallError, CallResult, DataSource, Read};

use crate::cloud::{Call, TestCloud};

pub struct ThingData;

/// Which thing.
#[derive(Clone, Args)]
pub struct ThingDataArgs {
    /// Name of the thing.
    name: String,
}

/// What is read.
#[derive(Clone, Attrs)]
pub struct ThingDataAttrs {
    /// How large it is.
    size: i64,
    /// Any text.
    note: Option<String>,
}

impl DataSource for ThingData {
    type Args = ThingDataArgs;
    type Attrs = ThingDataAttrs;
    type Client = TestCloud;
    const TYPE: &'static str = "test_thing";

    async fn read(cloud: &TestCloud, args: &ThingDataArgs) -> CallResult<Read<Self>> {
        cloud.call(Call::Read, Self::TYPE, &args.name).await?;
        let Some((id, thing)) = cloud.find(&args.name) else {
            return Err(CallError::local("NotFound", format!("there is no thing `{}`", args.name)));
        };
        let attrs = ThingDataAttrs { size: thing.args.size, note: thing.args.note };
        Ok(Read { id, args: args.clone(), attrs })
    }
}
