//! States of other configurations, for `terraform_remote_state`.

use landfall_backend::{Access, Problem, S3, Settings};
use landfall_builtin::RemoteStates;
use landfall_state::{Encryption, StateStore};
use landfall_value::Value;

/// Opens states in buckets.
pub(crate) struct OtherStates {
    /// How buckets are reached.
    pub access: Access,
}

impl RemoteStates for OtherStates {
    fn open(
        &self,
        backend: &str,
        config: Option<&Value>,
        workspace: &str,
    ) -> Option<Result<Box<dyn StateStore>, String>> {
        (backend == "s3").then(|| open(&self.access, config, workspace))
    }
}

fn open(access: &Access, config: Option<&Value>, workspace: &str) -> Result<Box<dyn StateStore>, String> {
    let config = config.map(landfall_value::json::to_json).transpose().map_err(|error| error.to_string())?;
    let given = config.unwrap_or_default().as_object().cloned().unwrap_or_default().into_iter().collect();
    let told = |problems: Vec<Problem>| {
        let each = problems.iter().map(|problem| problem.detail.trim_end_matches('.').to_owned());
        format!("the given configuration is not valid for backend \"s3\": {}", each.collect::<Vec<_>>().join("; "))
    };
    let settings = Settings::of(&given).map_err(told)?;
    let s3 = S3::open(&settings, access, Encryption::none()).map_err(told)?;
    Ok(Box::new(s3.store(workspace).map_err(|problem| told(vec![problem]))?))
}
