//! Rules of planning: what replaces an instance, and what is not known after it was stopped and started.

use landfall_provider::codec::Field;
use landfall_provider::value::{AttributePath, Type, Value};
use landfall_provider::{Overrides, Planned};
use sha1::{Digest, Sha1};

use super::devices::EbsBlockDevice;
use crate::convert::from_base64;
use crate::planning::{at, is_true_at, is_unknown_at, text_at};

/// Changes of these stop and start the instance.
const RESTARTING: &[&str] = &["instance_type", "cpu_options", "capacity_reservation_specification"];

/// Returns what planning adds.
pub fn overrides(planned: &Planned<'_>) -> Overrides {
    let mut overrides = Overrides::none();
    if planned.is_create() {
        return overrides;
    }
    let changes_user_data = plan_user_data(planned, &mut overrides);
    let (before, after) = (text_at(planned.prior, "instance_type"), text_at(planned.proposed, "instance_type"));
    if before.zip(after).is_some_and(|(before, after)| is_arm(before) != is_arm(after)) {
        overrides.replaces("instance_type");
    }
    if changes_user_data || RESTARTING.iter().any(|name| planned.changes(name)) {
        for name in ["public_dns", "public_ip", "instance_state"] {
            overrides.set(name, Value::unknown(Type::String));
        }
    }
    plan_ipv6(planned, &mut overrides);
    plan_root_volume(planned, &mut overrides);
    plan_volumes(planned, &mut overrides);
    overrides
}

/// Returns whether the user data change, and not only their form.
fn plan_user_data(planned: &Planned<'_>, overrides: &mut Overrides) -> bool {
    let names = ["user_data", "user_data_base64"];
    if !names.iter().any(|name| planned.changes(name)) {
        return false;
    }
    let content = |object| names.iter().find_map(|name| text_at(object, name)).map(from_base64);
    let (before, after) = (text_at(planned.prior, "user_data"), content(planned.proposed));
    if let Some((before, after)) = before.zip(after.as_ref())
        && is_hash(before, after)
    {
        overrides.set("user_data", before);
        return false;
    }
    let is_unknown = names.iter().any(|name| is_unknown_at(planned.proposed, name));
    if !is_unknown && content(planned.prior) == after {
        return false;
    }
    if is_true_at(planned.proposed, "user_data_replace_on_change") {
        for name in names.into_iter().filter(|name| planned.changes(name)) {
            overrides.replaces(name);
        }
    }
    true
}

/// Returns whether a text is the hash of some content, as Terraform's states have it.
pub fn is_hash(text: &str, content: &[u8]) -> bool {
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    text.len() == 40 && hex(&Sha1::digest(content)) == text
}

/// Returns whether a type has processors of ARM: a `g` behind the generation, or one of the first such families.
fn is_arm(instance_type: &str) -> bool {
    let family = instance_type.split('.').next().unwrap_or_default();
    let traits =
        family.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_start_matches(|c: char| c.is_ascii_digit());
    family == "a1" || family.starts_with("mac2") || (traits.starts_with('g') && !family.starts_with("u-"))
}

fn plan_ipv6(planned: &Planned<'_>, overrides: &mut Overrides) {
    if is_true_at(planned.prior, "enable_primary_ipv6") && !is_true_at(planned.proposed, "enable_primary_ipv6") {
        overrides.replaces("enable_primary_ipv6");
    }
    if planned.changes("ipv6_address_count") {
        overrides.set("ipv6_addresses", Value::unknown(Type::list(Type::String)));
    } else if planned.changes("ipv6_addresses") {
        overrides.replaces("ipv6_addresses");
    }
}

/// Operations and throughput that are not configured follow from kind and size of the volume.
fn plan_root_volume(planned: &Planned<'_>, overrides: &mut Overrides) {
    let part = |name: &str| format!("root_block_device.0.{name}");
    let changes = |name: &str| at(planned.prior, &part(name)) != at(planned.proposed, &part(name));
    let path = |name: &str| AttributePath::root().attribute("root_block_device").index(0i64).attribute(name);
    if changes("volume_type") || changes("volume_size") {
        for name in ["iops", "throughput"] {
            let is_open = at(planned.config, &part(name)).is_none() && !is_unknown_at(planned.config, &part(name));
            if is_open {
                overrides.values.push((path(name), Value::unknown(Type::Number)));
            }
        }
    }
    if changes("tags") {
        overrides.values.push((path("tags_all"), Value::unknown(Type::map(Type::String))));
    }
}

/// Volumes are told apart by their device: what is not configured stays, and other tags replace nothing.
fn plan_volumes(planned: &Planned<'_>, overrides: &mut Overrides) {
    const NAME: &str = "ebs_block_device";
    let (Some(before), Some(after)) = (planned.prior.get(NAME), planned.proposed.get(NAME)) else { return };
    let (Some(old), Some(new)) = (before.as_slice(), after.as_slice()) else { return };
    if before == after || old.len() != new.len() {
        return;
    }
    let pair = |new: &Value| {
        let old = old.iter().find(|old| old.get("device_name") == new.get("device_name"))?;
        with_rest_of(old, new)
    };
    if let Some(volumes) = new.iter().map(pair).collect::<Option<Vec<_>>>() {
        overrides.keep.push(AttributePath::root().attribute(NAME));
        overrides.set(NAME, Value::set(EbsBlockDevice::r#type(), volumes));
    }
}

/// Returns a volume as it is configured and otherwise as it is; nothing where more than its tags differs.
fn with_rest_of(old: &Value, new: &Value) -> Option<Value> {
    let mut parts = new.as_map()?.clone();
    let changes_tags = old.get("tags") != new.get("tags");
    for (name, value) in &mut parts {
        let before = old.get(name)?;
        match &**name {
            "tags" => {}
            "tags_all" if changes_tags => *value = Value::unknown(Type::map(Type::String)),
            _ if !value.is_known() => *value = before.clone(),
            _ if value != before => return None,
            _ => {}
        }
    }
    Some(Value::object(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arm_is_told_by_the_name_of_the_type() {
        for name in [
            "m6g.large",
            "c7gn.large",
            "t4g.nano",
            "x2gd.large",
            "im4gn.large",
            "is4gen.large",
            "a1.large",
            "g5g.xlarge",
        ] {
            assert!(is_arm(name), "{name}");
        }
        for name in ["m6i.large", "g4dn.xlarge", "g5.xlarge", "t3.nano", "u-6tb1.metal", "mac1.metal", "x1e.large"] {
            assert!(!is_arm(name), "{name}");
        }
    }

    #[test]
    fn hashes_of_terraform_are_known() {
        assert!(is_hash("a9993e364706816aba3e25717850c26c9cd0d89d", b"abc"));
        assert!(!is_hash("abc", b"abc"));
    }
}
