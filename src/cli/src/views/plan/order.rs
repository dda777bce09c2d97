//! The order in which changes are shown.

use std::cmp::Ordering;

use landfall_engine::ResourceChange;

/// Returns changes by depth of their modules, then by address, current objects before deposed ones.
pub(crate) fn in_order(changes: &[ResourceChange]) -> impl Iterator<Item = &ResourceChange> {
    let mut sorted: Vec<&ResourceChange> = changes.iter().collect();
    sorted.sort_by(|a, b| compare(a, b));
    sorted.into_iter()
}

fn compare(a: &ResourceChange, b: &ResourceChange) -> Ordering {
    let depth = |change: &ResourceChange| change.address.module.steps().len();
    depth(a).cmp(&depth(b)).then_with(|| a.address.cmp(&b.address)).then_with(|| a.deposed.cmp(&b.deposed))
}
