//! `data.aws_ssm_parameter`: a value of the parameter store, such as the image that AWS recommends for nodes.

use aws_sdk_ssm::types::ParameterType;
use landfall_provider::{Args, Attrs, CallResult, DataSource, Read, Sensitive};

use crate::client::Aws;
use crate::error::{Answer, incomplete};

/// A value of the parameter store.
pub struct Parameter;

/// What a user may write.
#[derive(Args, Clone)]
pub struct ParameterArgs {
    /// Name, or ARN.
    name: String,
    /// Decrypts a secure string.
    #[arg(default = true)]
    with_decryption: bool,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct ParameterAttrs {
    /// ARN.
    arn: String,
    /// The value, where it is no secure string.
    insecure_value: Option<String>,
    /// Kind of value.
    r#type: String,
    /// The value.
    value: Sensitive<String>,
    /// Version.
    version: i64,
}

impl DataSource for Parameter {
    type Args = ParameterArgs;
    type Attrs = ParameterAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_ssm_parameter";

    async fn read(aws: &Aws, args: &ParameterArgs) -> CallResult<Read<Self>> {
        let request = aws.ssm().get_parameter().name(&args.name).with_decryption(args.with_decryption);
        let answer = request.send().await.answer()?;
        let parameter = answer.parameter.ok_or_else(|| incomplete("GetParameter", "parameter"))?;
        let value = parameter.value.unwrap_or_default();
        let is_secure = parameter.r#type == Some(ParameterType::SecureString);
        let attrs = ParameterAttrs {
            arn: parameter.arn.unwrap_or_default(),
            insecure_value: (!is_secure).then(|| value.clone()),
            r#type: parameter.r#type.as_ref().map_or("", ParameterType::as_str).to_owned(),
            value: value.into(),
            version: parameter.version,
        };
        Ok(Read { id: args.name.clone(), args: args.clone(), attrs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    fn read(kind: &str) -> ParameterAttrs {
        let args = read_args(r#"{"name": "/a", "with_decryption": true}"#);
        let request = r#"ssm GetParameter {"Name":"/a","WithDecryption":true}"#;
        let answer = ok(format!(r#"{{"Parameter": {{"Name": "/a", "Type": "{kind}", "Value": "v", "Version": 3}}}}"#));
        check_requests(&[(request, answer)], async |aws| Parameter::read(aws, &args).await).unwrap().attrs
    }

    #[test]
    fn only_what_is_no_secret_is_readable() {
        assert_eq!(read("String").insecure_value.as_deref(), Some("v"));
        assert_eq!(read("SecureString").insecure_value, None);
        assert_eq!(read("SecureString").value.expose(), "v");
    }
}
