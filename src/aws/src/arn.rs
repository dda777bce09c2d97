//! Amazon resource names.

use std::fmt;
use std::str::FromStr;

/// `arn:partition:service:region:account:resource`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn {
    /// Such as `aws`.
    pub partition: String,
    /// Such as `eks`.
    pub service: String,
    /// Empty for global services.
    pub region: String,
    /// Empty where names are global; `aws` for what AWS owns.
    pub account: String,
    /// The rest, with its own separators.
    pub resource: String,
}

/// A text that is not an ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN")]
pub struct NotAnArn(String);

impl Arn {
    /// Returns the part of the resource after its last slash: the name in `role/path/name`.
    pub fn name(&self) -> &str {
        self.resource.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", partition, service, region, account, resource]
                if !partition.is_empty() && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Self {
                    partition: partition.to_owned(),
                    service: service.to_owned(),
                    region: region.to_owned(),
                    account: account.to_owned(),
                    resource: resource.to_owned(),
                })
            }
            _ => Err(NotAnArn(text.to_owned())),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_parse_back() {
        for text in ["arn:aws:iam::123456789012:role/path/name", "arn:aws-cn:logs:cn-north-1:1:log-group:/a:*"] {
            assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
        }
        assert_eq!("arn:aws:iam::1:role/path/name".parse::<Arn>().unwrap().name(), "name");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "arn:aws:iam", "arn:aws:iam::1:", "urn:aws:iam::1:x"] {
            assert!(text.parse::<Arn>().is_err(), "{text}");
        }
    }
}
