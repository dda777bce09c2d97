//! Suggestions for misspelt names.

/// Returns ` Did you mean "…"?` for the candidate that is nearest to `given`, or nothing if none is near. Two letters in
/// the wrong order count as one mistake.
pub(crate) fn suggestion<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(given, candidate), candidate))
        .filter(|(distance, _)| *distance < 3)
        .min()
        .map_or_else(String::new, |(_, candidate)| format!(" Did you mean \"{candidate}\"?"))
}
