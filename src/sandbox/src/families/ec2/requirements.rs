//! Instance types by what they have, where a request names no types.

use crate::facts::{self, InstanceType};
use crate::faults::matches;
use crate::tree::Tree;

/// Returns the types of an architecture that meet requirements, the smallest first. The members have other names in
/// requests of EC2 than in those of Auto Scaling; both are read.
pub fn matching(wanted: &Tree, architecture: &str) -> Vec<&'static str> {
    let all = facts::instance_types().iter();
    let mut found: Vec<_> = all.filter(|(name, own)| meets(wanted, name, own, architecture)).collect();
    found.sort_by_key(|(name, own)| (own.cpus, own.memory_mib, name.as_str()));
    found.into_iter().map(|(name, _)| name.as_str()).collect()
}

fn meets(wanted: &Tree, name: &str, own: &InstanceType, architecture: &str) -> bool {
    let within = |member: &str, value: i64| {
        let bound = |which: &str| wanted.int(&format!("{member}.{which}")).ok().flatten();
        bound("Min").is_none_or(|least| value >= least) && bound("Max").is_none_or(|most| value <= most)
    };
    let allows = |member: &str, is_so: bool| match wanted.text(member).ok().flatten().unwrap_or("excluded") {
        "included" => true,
        "required" => is_so,
        _ => !is_so,
    };
    let listed = |members: &[&str]| -> Vec<String> {
        let texts = members.iter().flat_map(|member| wanted.texts(member));
        texts.map(ToOwned::to_owned).collect()
    };
    let fits = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
    let allowed = listed(&["AllowedInstanceTypes", "AllowedInstanceType", "AllowedInstanceTypeSet"]);
    let excluded = listed(&["ExcludedInstanceTypes", "ExcludedInstanceType", "ExcludedInstanceTypeSet"]);
    let generations = listed(&["InstanceGenerations", "InstanceGeneration", "InstanceGenerationSet"]);
    let generation = if own.is_current { "current" } else { "previous" };
    let wants_gpu = wanted.int("AcceleratorCount.Min").ok().flatten().is_some_and(|least| least > 0);
    own.architectures.iter().any(|own| own == architecture)
        && within("VCpuCount", own.cpus.into())
        && within("MemoryMiB", i64::try_from(own.memory_mib).unwrap_or(i64::MAX))
        && within("AcceleratorCount", (own.gpus + own.neuron_devices).into())
        && (wants_gpu || own.gpus + own.neuron_devices == 0)
        && allows("BareMetal", own.is_metal)
        && allows("BurstablePerformance", name.starts_with('t') && !name.starts_with("trn"))
        && (generations.is_empty() || generations.iter().any(|wanted| wanted == generation))
        && (allowed.is_empty() || fits(&allowed))
        && !fits(&excluded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn types_are_found_by_what_they_have() {
        let wanted = tree! {
            "VCpuCount": tree! { "Min": "2", "Max": "2" },
            "MemoryMiB": tree! { "Min": "8192", "Max": "8192" },
            "AllowedInstanceTypes": vec!["m5*", "m6i*", "t3*", "m6g*"],
        };
        assert_eq!(matching(&wanted, "arm64"), ["m6g.large", "m6gd.large"]);
        let intel = matching(&wanted, "x86_64");
        assert!(intel.contains(&"m5.large") && !intel.contains(&"t3.large"), "{intel:?}");
    }
}
