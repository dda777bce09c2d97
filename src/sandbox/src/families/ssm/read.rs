//! Reading parameters.

use super::filter::Filters;
use super::parameter::{Version, arn, find, secret};
use super::{Parameter, listed, names, not_found, public, validation};
use crate::families::constraints::length;
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ssm",
    operations: &[
        read("GetParameter", &["Name", "WithDecryption"], get),
        read("GetParameters", &["Names", "WithDecryption"], get_several),
        read(
            "GetParametersByPath",
            &["Path", "Recursive", "ParameterFilters", "WithDecryption", "MaxResults", "NextToken"],
            get_by_path,
        ),
        read("GetParameterHistory", &["Name", "WithDecryption", "MaxResults", "NextToken"], history),
        read("DescribeParameters", &["Filters", "ParameterFilters", "MaxResults", "NextToken"], describe),
    ],
    events: &[],
};

fn decrypts(input: &Tree) -> Result<bool, Fault> {
    Ok(input.bool("WithDecryption")?.unwrap_or_default())
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = length(1, 2048).need(input, "Name")?;
    Ok(tree! { "Parameter": find(scope, name)?.shown(decrypts(input)?) })
}

/// Names that are not there are listed apart.
fn get_several(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let names = names(input)?;
    let is_decrypted = decrypts(input)?;
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        match find(scope, name) {
            Ok(parameter) => found.push(parameter.shown(is_decrypted)),
            Err(fault @ Fault::NotModelled { .. }) => return Err(fault),
            Err(_) => invalid.push(name),
        }
    }
    Ok(tree! { "Parameters": found, "InvalidParameters": Tree::list(invalid) })
}

fn get_by_path(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let path = length(1, 2048).need(input, "Path")?;
    if !path.starts_with('/') {
        let message = format!(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward \
             slash \"/\". Name: {path}"
        );
        return Err(validation(message));
    }
    let filters = Filters::by_path(input)?;
    let is_recursive = input.bool("Recursive")?.unwrap_or_default();
    let is_decrypted = decrypts(input)?;
    let below = format!("{}/", path.trim_end_matches('/'));
    let own = scope.ssm().parameters.keys().filter(|name| name.starts_with(&below)).cloned();
    let names = own.chain(if path.starts_with("/aws/") { public::below(&below) } else { vec![] });
    let mut rows = Vec::new();
    for name in names.filter(|name| is_recursive || !name[below.len()..].contains('/')) {
        let found = find(scope, &name)?;
        if filters.accept_version(&found.version) {
            rows.push(found.shown(is_decrypted));
        }
    }
    listed(input, 10, rows)
}

fn history(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = length(1, 2048).need(input, "Name")?;
    let is_decrypted = decrypts(input)?;
    let parameter = scope.ssm().parameters.get(name).ok_or_else(not_found)?;
    let rows = parameter.versions.iter().map(|version| {
        let row = described(name, parameter, version).with("Labels", Tree::list(&version.labels));
        row.with("Value", secret(version, is_decrypted))
    });
    listed(input, 50, rows.collect())
}

fn described(name: &str, parameter: &Parameter, version: &Version) -> Tree {
    tree! {
        "Name": name,
        "Type": version.kind.as_str(),
        "KeyId": version.key_id.as_ref(),
        "LastModifiedDate": version.modified,
        "LastModifiedUser": version.modified_by.as_str(),
        "Description": version.description.as_ref(),
        "AllowedPattern": version.pattern.as_ref(),
        "Version": version.number,
        "Tier": parameter.tier.as_str(),
        "Policies": Tree::List(vec![]),
        "DataType": parameter.data_type.as_str(),
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let filters = Filters::read(input)?;
    let wanted = scope.ssm().parameters.iter().filter(|(name, parameter)| filters.accept(name, parameter));
    let rows = wanted
        .map(|(name, parameter)| described(name, parameter, parameter.newest()).with("ARN", arn(scope, name)))
        .collect();
    listed(input, 50, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;
    use crate::testing::{Cloud, REGION, code};

    fn value(cloud: &Cloud, name: &str) -> Result<String, Fault> {
        let answer = cloud.call("ssm", "GetParameter", tree! { "Name": name })?;
        Ok(answer.need("Parameter.Value").unwrap().to_owned())
    }

    #[test]
    fn public_parameters_name_the_images_of_the_region() {
        let cloud = Cloud::new();
        let folder = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/arm64/standard/recommended";
        let id = value(&cloud, &format!("{folder}/image_id")).unwrap();
        let image = facts::image(REGION, &id).unwrap();
        assert_eq!((image.architecture, image.kubernetes), ("arm64", Some("1.33")));
        assert_eq!(value(&cloud, &format!("{folder}/release_version")).ok(), image.release);
        assert!(value(&cloud, folder).unwrap().contains(&format!(r#""image_id":"{id}""#)));
        let bottlerocket = "/aws/service/bottlerocket/aws-k8s-1.33/x86_64/latest/image_id";
        assert!(facts::image(REGION, &value(&cloud, bottlerocket).unwrap()).is_some());
        assert_eq!(code(value(&cloud, &folder.replace("1.33", "1.99"))), "ParameterNotFound");
        assert_eq!(code(value(&cloud, "/aws/service/global-infrastructure/version")), "NotImplemented");
    }

    #[test]
    fn several_are_read_at_once_and_by_path() {
        let cloud = Cloud::new();
        for name in ["/app/a", "/app/deep/b", "/other"] {
            cloud.call("ssm", "PutParameter", tree! { "Name": name, "Type": "String", "Value": "v" }).unwrap();
        }
        let both = cloud.call("ssm", "GetParameters", tree! { "Names": vec!["/app/a", "/absent"] }).unwrap();
        assert_eq!((both.list_at("Parameters").len(), both.texts("InvalidParameters")), (1, vec!["/absent"]));
        let by_path = |is_recursive: bool| {
            let input = tree! { "Path": "/app", "Recursive": is_recursive };
            cloud.call("ssm", "GetParametersByPath", input).unwrap().list_at("Parameters").len()
        };
        assert_eq!((by_path(false), by_path(true)), (1, 2));
        let filter = tree! { "Key": "Name", "Option": "BeginsWith", "Values": vec!["/app/"] };
        let found = cloud.call("ssm", "DescribeParameters", tree! { "ParameterFilters": vec![filter] }).unwrap();
        assert_eq!(found.list_at("Parameters").len(), 2);
        let images = tree! { "Path": "/aws/service/eks/optimized-ami/1.33", "Recursive": true };
        let images = cloud.call("ssm", "GetParametersByPath", images).unwrap();
        assert!(images.list_at("Parameters").len() == 10 && images.has("NextToken"));
    }
}
