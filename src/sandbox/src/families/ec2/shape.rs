//! The shapes of EC2's large inputs as a table, `facts/ec2_shapes.txt`: the members they have, of what type, and how
//! answers name them. So what was written is checked, and given back, without code for each member.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// Data of a launch template.
pub const TEMPLATE_DATA: &str = "RequestLaunchTemplateData";
/// What a spot instance request launches.
pub const SPOT_SPECIFICATION: &str = "RequestSpotLaunchSpecification";
/// What a spot fleet is asked for with.
pub const SPOT_FLEET: &str = "SpotFleetRequestConfigData";

struct Member {
    shown: &'static str,
    kind: Kind,
}

enum Kind {
    Text,
    Truth,
    Whole,
    Number,
    Moment,
    OneOf(Vec<&'static str>),
    Object(&'static str),
    List(Box<Kind>),
}

type Shape = BTreeMap<&'static str, Member>;

static SHAPES: LazyLock<BTreeMap<&'static str, Shape>> =
    LazyLock::new(|| read(include_str!("../../../facts/ec2_shapes.txt")));

fn read(table: &'static str) -> BTreeMap<&'static str, Shape> {
    let mut shapes = BTreeMap::<_, Shape>::new();
    let mut name = "";
    for line in table.lines() {
        match line.strip_prefix(' ') {
            None => name = line,
            Some(member) => {
                let mut words = member.split(' ');
                let mut word = || words.next().expect("a member has a name, a shown name and a type");
                let (written, shown, kind) = (word(), word(), word());
                shapes.entry(name).or_default().insert(written, Member { shown, kind: Kind::read(kind) });
            }
        }
    }
    shapes
}

impl Kind {
    fn read(text: &'static str) -> Self {
        match text {
            "s" => Self::Text,
            "b" => Self::Truth,
            "i" => Self::Whole,
            "n" => Self::Number,
            "t" => Self::Moment,
            _ => {
                if let Some(item) = text.strip_prefix('[') {
                    Self::List(Box::new(Self::read(item)))
                } else if let Some(values) = text.strip_prefix("e:") {
                    Self::OneOf(values.split('|').collect())
                } else {
                    Self::Object(text)
                }
            }
        }
    }

    fn check(&self, owner: &Tree, name: &str, value: &Tree, path: &str) -> Result<(), Fault> {
        match self {
            Self::Text => owner.text(name).map(drop),
            Self::Truth => owner.bool(name).map(drop),
            Self::Whole => owner.int(name).map(drop),
            Self::Number => owner.number(name).map(drop),
            Self::Moment => owner.time(name).map(drop),
            Self::OneOf(values) => match owner.text(name)? {
                Some(other) if !values.contains(&other) => {
                    Err(Fault::invalid(name, other, &format!("Valid values are {}.", values.join(", "))))
                }
                _ => Ok(()),
            },
            Self::Object(shape) => check_at(shape, value, path),
            Self::List(item) => owner.list_at(name).iter().try_for_each(|value| {
                let alone = Tree::object().with(name, value);
                item.check(&alone, name, value, path)
            }),
        }
    }

    fn shown(&self, value: &Tree) -> Tree {
        match self {
            Self::Object(shape) => shown(shape, value),
            Self::List(item) => match value {
                Tree::List(items) => Tree::list(items.iter().map(|value| item.shown(value))),
                Tree::Text(text) if text.is_empty() => Tree::List(Vec::new()),
                single => Tree::list([item.shown(single)]),
            },
            Self::Moment => {
                let alone = Tree::object().with("t", value);
                alone.time("t").ok().flatten().map_or_else(|| value.clone(), Tree::Time)
            }
            Self::Text | Self::Truth | Self::Whole | Self::Number | Self::OneOf(_) => value.clone(),
        }
    }
}

/// Checks that a value has only members of its shape, each of its type.
///
/// # Errors
/// At the first one that has not.
pub fn check(shape: &str, value: &Tree) -> Result<(), Fault> {
    check_at(shape, value, shape)
}

fn check_at(shape: &str, value: &Tree, path: &str) -> Result<(), Fault> {
    let members = &SHAPES[shape];
    value.members().try_for_each(|(name, value_of)| {
        let path = format!("{path}.{name}");
        let member = members.get(name).ok_or_else(|| Fault::not_modelled(format!("the member `{path}`")))?;
        member.kind.check(value, name, value_of, &path)
    })
}

/// Returns a value as answers have it; what they never show is left out.
pub fn shown(shape: &str, value: &Tree) -> Tree {
    let members = &SHAPES[shape];
    let mut answer = Tree::object();
    for (name, value) in value.members() {
        if let Some(member) = members.get(name).filter(|member| member.shown != "-") {
            answer.set(member.shown, member.kind.shown(value));
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn every_shape_that_is_named_is_in_the_table() {
        fn target(kind: &Kind) -> Option<&'static str> {
            match kind {
                Kind::Object(shape) => Some(shape),
                Kind::List(item) => target(item),
                _ => None,
            }
        }
        for member in SHAPES.values().flat_map(BTreeMap::values) {
            assert!(target(&member.kind).is_none_or(|shape| SHAPES.contains_key(shape)));
        }
        for shape in [TEMPLATE_DATA, SPOT_SPECIFICATION, SPOT_FLEET] {
            assert!(SHAPES.contains_key(shape), "{shape}");
        }
    }

    #[test]
    fn what_is_written_is_checked_and_shown_by_the_names_of_answers() {
        let ebs = tree! { "VolumeSize": "20", "Encrypted": "true" };
        let data = tree! {
            "SecurityGroupId": Tree::list(["sg-1"]),
            "BlockDeviceMapping": vec![tree! { "DeviceName": "/dev/xvda", "Ebs": &ebs }],
        };
        assert_eq!(check(TEMPLATE_DATA, &data), Ok(()));
        let shown = shown(TEMPLATE_DATA, &data);
        assert_eq!(shown.texts("securityGroupIdSet"), ["sg-1"]);
        assert_eq!(shown.list_at("blockDeviceMappingSet")[0].int("ebs.volumeSize"), Ok(Some(20)));
        let wrong = ebs.with("VolumeSize", "big");
        let data = data.with("BlockDeviceMapping", vec![tree! { "Ebs": wrong }]);
        assert_eq!(check(TEMPLATE_DATA, &data).unwrap_err().code("ec2"), "InvalidParameterValue");
        let shutdown = tree! { "InstanceInitiatedShutdownBehavior": "explode" };
        assert_eq!(check(TEMPLATE_DATA, &shutdown).unwrap_err().code("ec2"), "InvalidParameterValue");
    }
}
