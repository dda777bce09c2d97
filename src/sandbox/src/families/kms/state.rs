//! Keys that may be used, and keys that may not for now.

use super::{existing_mut, lasting};
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write("EnableKey", &["KeyId"], |scope, input| set(scope, input, true)),
        write("DisableKey", &["KeyId"], |scope, input| set(scope, input, false)),
    ],
    events: &[],
};

fn set(scope: &mut Scope<'_>, input: &Tree, is_enabled: bool) -> Result<Tree, Fault> {
    lasting(scope, input, "KeyId")?;
    existing_mut(scope, input)?.is_enabled = is_enabled;
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use crate::families::kms::key::tests::key;
    use crate::testing::Cloud;
    use crate::tree;

    #[test]
    fn keys_are_disabled_and_enabled() {
        let cloud = Cloud::new();
        let named = tree! { "KeyId": key(&cloud) };
        let state = || {
            let shown = cloud.call("kms", "DescribeKey", named.clone()).unwrap();
            (shown.need("KeyMetadata.KeyState").unwrap().to_owned(), shown.bool("KeyMetadata.Enabled").unwrap())
        };
        cloud.call("kms", "DisableKey", named.clone()).unwrap();
        assert_eq!(state(), ("Disabled".to_owned(), Some(false)));
        cloud.call("kms", "EnableKey", named.clone()).unwrap();
        assert_eq!(state(), ("Enabled".to_owned(), Some(true)));
    }
}
