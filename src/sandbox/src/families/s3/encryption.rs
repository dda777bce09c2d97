//! How objects are encrypted: said in the request, or by the bucket. Nothing is: it is only what is told.

use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::denied;
use crate::families::kms::arn_of_service;
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::tree::Tree;

/// The members of inputs that have to do with encryption.
pub const MEMBERS: [&str; 7] = [
    "ServerSideEncryption",
    "ServerSideEncryptionAwsKmsKeyId",
    "ServerSideEncryptionBucketKeyEnabled",
    "ServerSideEncryptionContext",
    "ServerSideEncryptionCustomerAlgorithm",
    "ServerSideEncryptionCustomerKey",
    "ServerSideEncryptionCustomerKeyMd5",
];

/// How an object is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// `AES256` or `aws:kms`; nothing with a key of the customer's.
    pub algorithm: Option<String>,
    /// ARN of the key of KMS.
    pub key: Option<String>,
    /// Digest of the customer's own key.
    pub customer_key_md5: Option<String>,
}

impl Encryption {
    /// Returns whether an ETag is the digest of the body.
    pub fn is_plain(&self) -> bool {
        self.algorithm.as_deref() == Some("AES256")
    }

    /// Writes it into an answer.
    #[must_use]
    pub fn on(&self, answer: Answer) -> Answer {
        let customer = self.customer_key_md5.as_deref();
        answer
            .header("x-amz-server-side-encryption", self.algorithm.as_deref())
            .header("x-amz-server-side-encryption-aws-kms-key-id", self.key.as_deref())
            .header("x-amz-server-side-encryption-customer-algorithm", customer.map(|_| "AES256"))
            .header("x-amz-server-side-encryption-customer-key-MD5", customer)
    }

    /// Checks that a read has the key of the write.
    pub fn check(&self, input: &Tree) -> Result<(), Fault> {
        match (self.customer_key_md5.as_deref(), input.text("ServerSideEncryptionCustomerKeyMd5")?) {
            (None, None) => Ok(()),
            (Some(own), Some(given)) if own == given => Ok(()),
            (Some(_), Some(_)) => Err(denied()),
            (Some(_), None) => {
                let message = "The object was stored using a form of Server Side Encryption. The correct parameters \
                               must be provided to retrieve the object.";
                Err(Fault::new("InvalidRequest", message))
            }
            (None, Some(_)) => {
                let message = "The encryption parameters are not applicable to this object.";
                Err(Fault::new("InvalidRequest", message))
            }
        }
    }
}

/// Returns how a write is encrypted.
///
/// # Errors
/// When what it says does not go together, or the key is not there.
pub fn of(scope: &Scope<'_>, bucket: &Bucket, input: &Tree) -> Result<Encryption, Fault> {
    if let Some(algorithm) = input.text("ServerSideEncryptionCustomerAlgorithm")? {
        if algorithm != "AES256" {
            return Err(Fault::new(
                "InvalidEncryptionAlgorithmError",
                "The encryption request you specified is not valid.",
            ));
        }
        let digest = input.text("ServerSideEncryptionCustomerKeyMd5")?;
        let message = "Requests specifying Server Side Encryption with Customer provided keys must provide the client \
                       calculated MD5 of the secret key.";
        let digest = digest.ok_or_else(|| Fault::new("InvalidArgument", message))?;
        return Ok(Encryption { customer_key_md5: Some(digest.to_owned()), ..Encryption::default() });
    }
    let usual = bucket.settings.get("encryption").and_then(|setting| setting.at("Rule"));
    let usual = usual.and_then(|rules| rules.items().first().or(Some(rules)));
    let usual = usual.and_then(|rule| rule.at("ApplyServerSideEncryptionByDefault"));
    let of_bucket = |name: &str| usual.and_then(|usual| usual.at(name)).and_then(Tree::as_text);
    let asked = input.text("ServerSideEncryption")?;
    let algorithm = asked.or_else(|| of_bucket("SSEAlgorithm")).unwrap_or("AES256");
    let key = input.text("ServerSideEncryptionAwsKmsKeyId")?;
    let key = key.or_else(|| of_bucket("KMSMasterKeyID").filter(|_| asked.is_none_or(|asked| asked == "aws:kms")));
    match algorithm {
        "AES256" => Ok(Encryption { algorithm: Some("AES256".to_owned()), ..Encryption::default() }),
        "aws:kms" | "aws:kms:dsse" => {
            let key = match key {
                Some(key) => known_key(scope, key)?,
                None => arn_of_service(scope, "s3"),
            };
            Ok(Encryption { algorithm: Some(algorithm.to_owned()), key: Some(key), customer_key_md5: None })
        }
        other => {
            let message = "The encryption method specified is not supported";
            Err(super::invalid_argument(message, "x-amz-server-side-encryption", other))
        }
    }
}

fn known_key(scope: &Scope<'_>, key: &str) -> Result<String, Fault> {
    let of_service = arn_of_service(scope, "s3");
    if key.ends_with("alias/aws/s3") || key == of_service {
        return Ok(of_service);
    }
    let found = scope.kms_key(key).map(|(id, _)| scope.kms_key_arn(id));
    found.map_err(|fault| match fault.worded("kms") {
        Fault::Coded { code, message, .. } => Fault::new(&format!("KMS.{code}"), message),
        other => other,
    })
}
