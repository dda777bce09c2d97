//! Identifiers of what belongs to a cluster: `CLUSTER:NAME`.

/// Returns the identifier of something of a cluster.
pub fn join(cluster: &str, name: &str) -> String {
    format!("{cluster}:{name}")
}

/// Returns cluster and name; the name is empty where the identifier has no colon. ARNs as names keep their colons.
pub fn split(id: &str) -> (&str, &str) {
    id.split_once(':').unwrap_or((id, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colon_divides() {
        assert_eq!(split(&join("c", "arn:aws:iam::1:role/a")), ("c", "arn:aws:iam::1:role/a"));
        assert_eq!(split("c"), ("c", ""));
    }
}
