//! Data sources of AWS, read for a command.

use landfall_addr::ProviderSource;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::schema::{Block, Nesting};
use landfall_value::{Type, Value};

use crate::operation::Engine;

/// Which account and region.
pub(super) struct Account<'a> {
    pub region: Option<&'a str>,
    pub profile: Option<&'a str>,
    pub role: Option<&'a str>,
}

impl Account<'_> {
    fn arguments(&self, block: &Block) -> Value {
        let text = |value: Option<&str>| value.map_or(Value::null(Type::String), Value::from);
        let mut config = filled(block);
        for (name, value) in [("region", self.region), ("profile", self.profile)] {
            config = config.with_attribute(name, text(value));
        }
        // Neither command needs to know the account, so that no call is made for it.
        for name in ["skip_credentials_validation", "skip_requesting_account_id"] {
            if block.attributes.contains_key(name) {
                config = config.with_attribute(name, Value::TRUE);
            }
        }
        if let (Some(role), Some(nested)) = (self.role, block.blocks.get("assume_role")) {
            let assumed = filled(&nested.block).with_attribute("role_arn", Value::from(role));
            config = config.with_attribute("assume_role", Value::list(nested.block.value_type(), vec![assumed]));
        }
        config
    }
}

/// Returns the value of a block in which nothing is written.
fn filled(block: &Block) -> Value {
    let attributes =
        block.attributes.iter().map(|(name, attribute)| (name.clone(), Value::null(attribute.r#type.value_type())));
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let element = nested.block.value_type();
        let empty = match nested.nesting {
            Nesting::Single => Value::null(element),
            Nesting::List => Value::list(element, Vec::new()),
            Nesting::Set => Value::set(element, Vec::new()),
            Nesting::Map => Value::map(element, std::collections::BTreeMap::new()),
        };
        (name.clone(), empty)
    });
    Value::object(attributes.chain(blocks).collect())
}

/// Reads a data source about a cluster of this name.
///
/// # Errors
/// What is wrong with the credentials, or what the service answered.
pub(super) fn read_cluster_data(
    engine: &Engine,
    account: &Account<'_>,
    data_type: &str,
    cluster: &str,
) -> Result<Value, Diagnostics> {
    let provider = engine.providers.get(&ProviderSource::official("aws"));
    let data = provider.and_then(|provider| Some((provider, provider.data_source(data_type)?)));
    let Some((provider, data)) = data else {
        let detail = format!("landfall has no data source `{data_type}`. This is a bug in landfall.");
        return Err(Diagnostic::error("Unknown data source", detail).into());
    };
    let config = account.arguments(&provider.schema().block);
    let arguments = filled(&data.schema().block).with_attribute("name", Value::from(cluster));
    engine.read_data(provider.as_ref(), data, &config, &arguments)
}

/// Returns an attribute that is a text.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}
