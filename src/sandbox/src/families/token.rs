//! Client tokens: a request that is made twice has one effect, and one answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Requests that were carried out, by operation and token.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Store(BTreeMap<String, Done>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Done {
    input: Tree,
    output: Tree,
}

/// Carries a request out, where its token is new; else returns the first answer. Requests without token are always new.
///
/// # Errors
/// When `run` refuses, or `mismatch` for a token that came with another request.
pub fn once(
    scope: &mut Scope<'_>,
    operation: &str,
    input: &Tree,
    member: &str,
    mismatch: fn(&str) -> Fault,
    run: impl FnOnce(&mut Scope<'_>) -> Result<Tree, Fault>,
) -> Result<Tree, Fault> {
    let Some(token) = input.text(member)?.filter(|token| !token.is_empty()) else { return run(scope) };
    let key = format!("{operation} {token}");
    if let Some(done) = scope.here().tokens.0.get(&key) {
        return if done.input == *input { Ok(done.output.clone()) } else { Err(mismatch(token)) };
    }
    let output = run(scope)?;
    scope.here_mut().tokens.0.insert(key, Done { input: input.clone(), output: output.clone() });
    Ok(output)
}

/// Returns EC2's error for a token that came with another request.
pub fn ec2_mismatch(_: &str) -> Fault {
    let message = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
    Fault::new("IdempotentParameterMismatch", message)
}
