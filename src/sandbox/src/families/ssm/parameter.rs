//! Parameters, and how they are named: by name or ARN, with a version behind a colon.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{not_found, public};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

/// A parameter of the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parameter {
    /// `Standard` or `Advanced`.
    pub tier: String,
    /// `text`.
    pub data_type: String,
    /// Its tags.
    pub tags: std::collections::BTreeMap<String, String>,
    /// Its versions, the oldest first; a hundred at most.
    pub versions: Vec<Version>,
}

/// A version of a parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub number: i64,
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    /// Its value.
    pub value: String,
    /// What it is for.
    pub description: Option<String>,
    /// Key of a secure one.
    pub key_id: Option<String>,
    /// When it was written.
    pub modified: Timestamp,
    /// Who wrote it.
    pub modified_by: String,
    /// Pattern that the value fits.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Names that it has for now.
    #[serde(default)]
    pub labels: std::collections::BTreeSet<String>,
}

impl Parameter {
    /// Returns the newest version.
    pub fn newest(&self) -> &Version {
        self.versions.last().expect("a parameter has a version from the start")
    }
}

/// A parameter that was asked for.
pub struct Found {
    /// Name without version.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// What follows the name, colon included.
    selector: Option<String>,
    data_type: String,
    /// The version.
    pub version: Version,
}

impl Found {
    /// Returns the value; a secure one can only be read decrypted.
    pub fn value(&self, is_decrypted: bool) -> String {
        secret(&self.version, is_decrypted)
    }

    /// Returns the parameter as answers have it.
    pub fn shown(&self, is_decrypted: bool) -> Tree {
        tree! {
            "Name": self.name.as_str(),
            "Type": self.version.kind.as_str(),
            "Value": self.value(is_decrypted),
            "Version": self.version.number,
            "Selector": self.selector.as_ref(),
            "LastModifiedDate": self.version.modified,
            "ARN": self.arn.as_str(),
            "DataType": self.data_type.as_str(),
        }
    }
}

/// Returns the value of a version, or what it looks like encrypted.
pub fn secret(version: &Version, is_decrypted: bool) -> String {
    if is_decrypted || version.kind != "SecureString" {
        return version.value.clone();
    }
    let masked: Vec<u8> = version.value.bytes().map(|byte| byte ^ 0x5a).collect();
    format!("AQICAHh{}", STANDARD.encode([&[0; 48][..], &masked].concat()))
}

/// Returns the ARN of a parameter.
pub fn arn(scope: &Scope<'_>, name: &str) -> String {
    let separator = if name.starts_with('/') { "" } else { "/" };
    scope.arn("ssm", &format!("parameter{separator}{name}"))
}

/// Returns the parameter that a name means: `name`, `name:3`, or an ARN of either.
///
/// # Errors
/// When it is not there.
pub fn find(scope: &Scope<'_>, text: &str) -> Result<Found, Fault> {
    let (name, selector) = split(scope, text);
    if let Some(found) = public::value(scope, &name)? {
        if selector.is_some() {
            return Err(Fault::not_modelled("versions of public parameters"));
        }
        let arn = format!("arn:{}:ssm:{}::parameter{name}", scope.partition(), scope.region);
        return Ok(Found { arn, name, selector: None, data_type: "text".to_owned(), version: found });
    }
    let parameter = scope.ssm().parameters.get(&name).ok_or_else(not_found)?;
    let version = match &selector {
        None => parameter.newest(),
        Some(selector) => {
            let number = selector.trim_start_matches(':');
            let is_meant = |version: &&Version| version.number.to_string() == number || version.labels.contains(number);
            let found = parameter.versions.iter().find(is_meant);
            let missing = || {
                let message = format!(
                    "Systems Manager could not find version {number} of {name}. Verify the version and try again."
                );
                Fault::new("ParameterVersionNotFound", message)
            };
            found.ok_or_else(missing)?
        }
    };
    let (arn, data_type) = (arn(scope, &name), parameter.data_type.clone());
    Ok(Found { arn, name, selector, data_type, version: version.clone() })
}

/// Returns name, and the version with its colon.
fn split(scope: &Scope<'_>, text: &str) -> (String, Option<String>) {
    let path = if text.starts_with("arn:") { text.splitn(6, ':').nth(5).unwrap_or(text) } else { text };
    let path = path.strip_prefix("parameter").filter(|_| text.starts_with("arn:")).unwrap_or(path);
    let (name, selector) = match path.rsplit_once(':') {
        Some((name, version)) => (name, Some(format!(":{version}"))),
        None => (path, None),
    };
    // The ARN of a name without a slash has one.
    let bare = name.trim_start_matches('/');
    let is_bare = text.starts_with("arn:") && scope.ssm().parameters.contains_key(bare);
    (if is_bare { bare } else { name }.to_owned(), selector)
}
