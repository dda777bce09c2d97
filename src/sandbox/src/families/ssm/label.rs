//! Labels of versions: names that move from one version to another.

use super::not_found;
use crate::families::constraints::length;
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ssm",
    operations: &[
        write("LabelParameterVersion", &["Name", "ParameterVersion", "Labels"], label),
        write("UnlabelParameterVersion", &["Name", "ParameterVersion", "Labels"], unlabel),
    ],
    events: &[],
};

/// How many labels a version may have.
const MOST: usize = 10;

fn is_label(text: &str) -> bool {
    let lower = text.to_lowercase();
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let starts = text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    starts && text.len() <= 100 && text.bytes().all(is_fine) && !lower.starts_with("aws") && !lower.starts_with("ssm")
}

/// Returns name, number of the version, the newest where none is named, and labels.
fn named<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<(&'a str, i64, Vec<&'a str>), Fault> {
    let name = length(1, 2048).need(input, "Name")?;
    let labels = input.texts("Labels");
    if labels.is_empty() {
        return Err(Fault::missing("Labels"));
    }
    let parameter = scope.ssm().parameters.get(name).ok_or_else(not_found)?;
    let number = input.int("ParameterVersion")?.unwrap_or(parameter.newest().number);
    if !parameter.versions.iter().any(|version| version.number == number) {
        let message =
            format!("Systems Manager could not find version {number} of {name}. Verify the version and try again.");
        return Err(Fault::new("ParameterVersionNotFound", message));
    }
    Ok((name, number, labels))
}

/// What cannot be a label is listed apart.
fn label(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, number, labels) = named(scope, input)?;
    let (fine, invalid): (Vec<&str>, Vec<&str>) = labels.into_iter().partition(|label| is_label(label));
    let parameter = scope.ssm_mut().parameters.get_mut(name).ok_or_else(not_found)?;
    let present = parameter.versions.iter().find(|version| version.number == number);
    let further = |label: &&&str| present.is_none_or(|version| !version.labels.contains(**label));
    if present.map_or(0, |version| version.labels.len()) + fine.iter().filter(further).count() > MOST {
        let message = format!("A parameter version can have maximum {MOST} labels.");
        return Err(Fault::new("ParameterVersionLabelLimitExceeded", message));
    }
    for version in &mut parameter.versions {
        version.labels.retain(|label| !fine.contains(&label.as_str()));
        if version.number == number {
            version.labels.extend(fine.iter().map(|label| (*label).to_owned()));
        }
    }
    Ok(tree! { "InvalidLabels": Tree::list(invalid), "ParameterVersion": number })
}

fn unlabel(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    if input.int("ParameterVersion")?.is_none() {
        return Err(Fault::missing("ParameterVersion"));
    }
    let (name, number, labels) = named(scope, input)?;
    let parameter = scope.ssm_mut().parameters.get_mut(name).ok_or_else(not_found)?;
    let version = parameter.versions.iter_mut().find(|version| version.number == number).ok_or_else(not_found)?;
    let (gone, invalid): (Vec<&str>, Vec<&str>) = labels.into_iter().partition(|label| version.labels.remove(*label));
    Ok(tree! { "RemovedLabels": Tree::list(gone), "InvalidLabels": Tree::list(invalid) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn labels_move_between_versions() {
        let cloud = Cloud::new();
        for value in ["one", "two"] {
            let input = tree! { "Name": "/a", "Type": "String", "Value": value, "Overwrite": true };
            cloud.call("ssm", "PutParameter", input).unwrap();
        }
        let label = |number: i64, labels: &[&str]| {
            let labels = Tree::list(labels.iter().copied());
            let input = tree! { "Name": "/a", "ParameterVersion": number, "Labels": labels };
            cloud.call("ssm", "LabelParameterVersion", input)
        };
        let get = |name: &str| cloud.call("ssm", "GetParameter", tree! { "Name": name });
        assert_eq!(label(1, &["live", "1st"]).unwrap().texts("InvalidLabels"), ["1st"]);
        assert_eq!(get("/a:live").unwrap().need("Parameter.Value"), Ok("one"));
        label(2, &["live"]).unwrap();
        assert_eq!(get("/a:live").unwrap().need("Parameter.Value"), Ok("two"));
        assert_eq!(code(label(3, &["live"])), "ParameterVersionNotFound");
        let input = tree! { "Name": "/a", "ParameterVersion": 2, "Labels": vec!["live", "other"] };
        let removed = cloud.call("ssm", "UnlabelParameterVersion", input).unwrap();
        assert_eq!((removed.texts("RemovedLabels"), removed.texts("InvalidLabels")), (vec!["live"], vec!["other"]));
        assert_eq!(code(get("/a:live")), "ParameterVersionNotFound");
    }
}
