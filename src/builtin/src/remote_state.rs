//! `terraform_remote_state`: the outputs of another configuration, from its state.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use landfall_provider::{AnyDataSource, Args, Attrs, BoxFuture, CallError, CallResult, Client, Fields, Within};
use landfall_state::{LocalStore, StateError, StateStore};
use landfall_value::Value;
use landfall_value::schema::Schema;

/// Opens states of other backends than the local one.
pub trait RemoteStates: Send + Sync {
    /// Returns the store of a workspace's state; none where there is no such backend.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    fn open(
        &self,
        backend: &str,
        config: Option<&Value>,
        workspace: &str,
    ) -> Option<Result<Box<dyn StateStore>, String>>;
}

/// The data source. It has no `id`, unlike all others.
#[derive(Default)]
pub struct RemoteState {
    schema: OnceLock<Schema>,
    states: Option<Arc<dyn RemoteStates>>,
}

impl RemoteState {
    /// Returns the data source, which also reads these states.
    pub fn new(states: Option<Arc<dyn RemoteStates>>) -> Self {
        Self { states, ..Self::default() }
    }
}

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework)]
struct RemoteStateArgs {
    /// The backend that keeps the state; `local` or `s3`.
    backend: String,
    /// Arguments of the backend.
    config: Option<Value>,
    /// Values of outputs that the state lacks.
    defaults: Option<Value>,
    /// The workspace whose state is read.
    workspace: Option<String>,
}

/// What is read.
#[derive(Clone, Attrs)]
#[attrs(framework)]
struct RemoteStateAttrs {
    /// An object of all outputs of the root module.
    outputs: Value,
}

impl AnyDataSource for RemoteState {
    fn r#type(&self) -> &'static str {
        "terraform_remote_state"
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| {
            let mut block = RemoteStateArgs::block();
            block.attributes.extend(RemoteStateAttrs::block().attributes);
            Schema { version: 0, block }
        })
    }

    fn service(&self) -> &'static str {
        ""
    }

    fn read<'a>(&'a self, _client: &'a Client, config: &'a Value) -> BoxFuture<'a, CallResult<Value>> {
        Box::pin(async move {
            let args = RemoteStateArgs::read(config).map_err(|error| invalid_backend(error.to_string()))?;
            let states = self.states.clone();
            // A bucket may take its time: others are read meanwhile.
            let read = tokio::task::spawn_blocking(move || outputs(&args, states.as_deref())).await;
            let outputs = read.map_err(|error| titled("Error loading state error", error.to_string()))??;
            Ok(config.with_attribute("outputs", outputs))
        })
    }

    fn retry(&self, _error: &CallError) -> Option<Within> {
        None
    }
}

fn outputs(args: &RemoteStateArgs, states: Option<&dyn RemoteStates>) -> CallResult<Value> {
    let store = store(args, states)?;
    let mut outputs = defaults(args.defaults.as_ref())?;
    let failed = |error: StateError| titled("Error loading state error", error.told());
    let Some(state) = store.read().map_err(failed)? else {
        let message = "no stored state was found for the given workspace in the given backend";
        return Err(titled("Unable to find remote state", message));
    };
    outputs.extend(state.outputs().iter().map(|(name, output)| (name.clone(), output.value.clone())));
    Ok(Value::object(outputs))
}

fn store(args: &RemoteStateArgs, states: Option<&dyn RemoteStates>) -> CallResult<Box<dyn StateStore>> {
    if args.backend == "local" {
        let path = state_file(args.config.as_ref(), args.workspace.as_deref())?;
        return Ok(Box::new(LocalStore::new(path)));
    }
    let workspace = args.workspace.as_deref().filter(|name| !name.is_empty()).unwrap_or("default");
    match states.and_then(|states| states.open(&args.backend, args.config.as_ref(), workspace)) {
        Some(store) => store.map_err(invalid_backend),
        None => Err(invalid_backend(format!(
            "landfall reads states of the backends \"local\" and \"s3\", not of \"{}\"",
            args.backend
        ))),
    }
}

fn defaults(defaults: Option<&Value>) -> CallResult<BTreeMap<Arc<str>, Value>> {
    match defaults.filter(|defaults| !defaults.is_null()) {
        None => Ok(BTreeMap::new()),
        Some(defaults) => defaults
            .as_map()
            .cloned()
            .ok_or_else(|| titled("Invalid default values", "defaults must be given in an object value")),
    }
}

/// Returns the file that the local backend keeps a workspace's state in.
fn state_file(config: Option<&Value>, workspace: Option<&str>) -> CallResult<PathBuf> {
    let given = |message: String| {
        invalid_backend(format!("the given configuration is not valid for backend \"local\": {message}"))
    };
    let (mut path, mut directory) = (PathBuf::from("terraform.tfstate"), PathBuf::from("terraform.tfstate.d"));
    if let Some(config) = config.filter(|config| !config.is_null()) {
        let attributes = config.as_map().ok_or_else(|| given("an object is required".to_owned()))?;
        for (name, value) in attributes {
            let target = match &**name {
                "path" => &mut path,
                "workspace_dir" => &mut directory,
                _ => return Err(given(format!("unexpected attribute \"{name}\""))),
            };
            if !value.is_null() {
                let text = value.as_str().ok_or_else(|| given(format!("attribute \"{name}\": string required")))?;
                *target = text.into();
            }
        }
    }
    Ok(match workspace {
        None | Some("" | "default") => path,
        Some(workspace) => directory.join(workspace).join("terraform.tfstate"),
    })
}

fn invalid_backend(message: String) -> CallError {
    titled("Invalid backend configuration", message)
}

/// Returns an error with a title: the operation of an error that names no service.
fn titled(title: &str, message: impl Into<String>) -> CallError {
    CallError { operation: title.to_owned(), ..CallError::local("state", message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(members: &[(&str, &str)]) -> Value {
        Value::object_of(members.iter().map(|(name, value)| (*name, Value::from(*value))))
    }

    #[test]
    fn workspaces_have_files_of_their_own() {
        let file = |config: &Value, workspace| state_file(Some(config), workspace).unwrap();
        assert_eq!(file(&config(&[("path", "a.tfstate")]), None), PathBuf::from("a.tfstate"));
        assert_eq!(file(&config(&[]), Some("w")), PathBuf::from("terraform.tfstate.d/w/terraform.tfstate"));
        let elsewhere = config(&[("workspace_dir", "d")]);
        assert_eq!(file(&elsewhere, Some("w")), PathBuf::from("d/w/terraform.tfstate"));
    }

    #[test]
    fn what_the_backend_does_not_know_is_refused() {
        assert!(state_file(Some(&config(&[("bucket", "b")])), None).is_err());
        assert!(state_file(Some(&"x".into()), None).is_err());
        let args = RemoteStateArgs { backend: "gcs".into(), config: None, defaults: None, workspace: None };
        assert_eq!(outputs(&args, None).unwrap_err().operation, "Invalid backend configuration");
    }
}
