//! `ignore_changes`: the configuration with what the object has where changes are ignored.

use landfall_lang::config::IgnoreChanges;
use landfall_value::Value;

use super::path::update_at;

/// Returns the configuration with the prior object's values where changes are ignored.
pub(super) fn ignoring(config: &Value, prior: &Value, ignored: &IgnoreChanges) -> Value {
    if prior.is_null() {
        return config.clone();
    }
    match ignored {
        IgnoreChanges::Nothing => config.clone(),
        IgnoreChanges::All => prior.clone(),
        IgnoreChanges::Paths(paths) => paths.iter().fold(config.clone(), |config, (path, _)| {
            let kept = path.get(prior).cloned();
            update_at(&config, &path.0, &mut |_| kept.clone())
        }),
    }
}
