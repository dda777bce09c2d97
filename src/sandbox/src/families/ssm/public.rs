//! Public parameters: which image is the one to take.

use super::parameter::Version;
use crate::facts::{Image, image_of_parameter, images};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// What comes before the names of public parameters.
pub const PREFIX: &str = "/aws/service/";
/// Public parameters that are known here in full.
const KNOWN: &[&str] = &[
    "/aws/service/eks/optimized-ami/",
    "/aws/service/bottlerocket/aws-k8s-",
    "/aws/service/ami-windows-latest/",
    "/aws/service/ami-amazon-linux-latest/",
];

/// Returns a public parameter; nothing where the name is not that of one.
///
/// # Errors
/// When the sandbox does not have parameters of that kind.
pub fn value(scope: &Scope<'_>, name: &str) -> Result<Option<Version>, Fault> {
    if !name.starts_with(PREFIX) {
        return Ok(None);
    }
    let value = in_region(name, scope.region);
    if value.is_none() && !KNOWN.iter().any(|known| name.starts_with(known)) {
        return Err(Fault::not_modelled(format!("the public parameter `{name}`")));
    }
    Ok(value.map(|(image, value)| Version {
        number: 1,
        kind: "String".to_owned(),
        value,
        description: None,
        key_id: None,
        modified: Timestamp::parse(image.created).unwrap_or_default(),
        modified_by: String::new(),
        pattern: None,
        labels: std::collections::BTreeSet::new(),
    }))
}

fn in_region(name: &str, region: &str) -> Option<(&'static Image, String)> {
    if let Some(image) = image_of_parameter(name) {
        // Of Amazon Linux the folder is the id itself; of EKS it is all there is to know.
        let id = image.id(region);
        let is_id = name.starts_with("/aws/service/ami-amazon-linux-latest/");
        let value = if is_id { id } else { serde_json::Value::from(all(image, &id)).to_string() };
        return Some((image, value));
    }
    let (folder, leaf) = name.rsplit_once('/')?;
    let image = image_of_parameter(folder)?;
    let is_bottlerocket = folder.starts_with("/aws/service/bottlerocket/");
    let value = match leaf {
        "image_id" => image.id(region),
        "image_version" if is_bottlerocket => image.release.clone()?,
        "image_name" if !is_bottlerocket => image.name.clone(),
        "release_version" if !is_bottlerocket => image.release.clone()?,
        _ => return None,
    };
    Some((image, value))
}

fn all(image: &Image, id: &str) -> serde_json::Map<String, serde_json::Value> {
    let mut all = serde_json::Map::new();
    let release = image.release.as_deref();
    let members = [
        ("schema_version", Some("2")),
        ("image_id", Some(id)),
        ("image_name", Some(&*image.name)),
        ("release_version", release),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            all.insert(name.to_owned(), value.into());
        }
    }
    all
}

/// Returns the names of the public parameters below a path.
pub fn below(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for folder in images().iter().flat_map(|image| &image.parameters) {
        names.push(folder.clone());
        names.extend(
            ["image_id", "image_name", "image_version", "release_version"].map(|leaf| format!("{folder}/{leaf}")),
        );
    }
    names.retain(|name| name.starts_with(path) && in_region(name, "").is_some());
    names.sort();
    names
}
