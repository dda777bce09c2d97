//! Where names get their values.

use landfall_addr::ProviderSource;
use landfall_diag::Diagnostic;
use landfall_value::Value;

use crate::{Host, Reference, Referent};

/// The names that an expression sees. One implementation serves module scopes, another tests.
pub trait Scope: Send + Sync {
    /// Returns the value of what a reference names: of a resource with `count` a tuple, with `for_each` an object by
    /// key, of a module an object of its outputs. Called once per reference; the rest of the traversal is the
    /// evaluator's.
    ///
    /// # Errors
    /// When there is no such name here (`each.key` outside a repeated block), or its value failed.
    fn lookup(&self, referent: &Referent, reference: &Reference) -> Result<Value, Diagnostic>;

    /// Returns what functions may ask of the world.
    fn host(&self) -> &dyn Host;

    /// Returns the provider that a local name means here: whose functions `provider::NAME::…` are. `None` where the
    /// module does not require one of that name.
    fn provider(&self, name: &str) -> Option<ProviderSource> {
        (name == "terraform").then(ProviderSource::builtin)
    }

    /// Returns the directory that paths in `templatefile` and the like are relative to.
    fn base_directory(&self) -> &str {
        "."
    }
}
