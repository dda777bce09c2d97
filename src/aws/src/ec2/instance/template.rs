//! Launch template of an instance.

use aws_sdk_ec2::types::{Instance as Remote, LaunchTemplateSpecification};
use landfall_provider::{Args, CallResult, Filled};

use crate::client::Aws;
use crate::convert::text;
use crate::error::{Answer, Fault, Unless, fault};

const GONE: &[Fault] = &[
    fault("InvalidLaunchTemplateId.Malformed"),
    fault("InvalidLaunchTemplateId.NotFound"),
    fault("InvalidLaunchTemplateId.VersionNotFound"),
    fault("InvalidLaunchTemplateName.NotFoundException"),
];
/// Version that follows the template's default.
const DEFAULT: &str = "$Default";
/// Version that follows the newest one.
const LATEST: &str = "$Latest";

/// A version of a template.
#[derive(Args, Clone, PartialEq)]
pub struct LaunchTemplate {
    /// Id.
    #[arg(
        replace,
        min_len = 1,
        max_len = 255,
        pattern(r"^lt\-[0-9a-z]+$", "must be the id of a launch template"),
        exactly_one("name")
    )]
    id: Filled<String>,
    /// Name.
    #[arg(
        replace,
        min_len = 3,
        max_len = 99,
        pattern(r"^[0-9A-Za-z()./_\-]+$", "must be the name of a launch template")
    )]
    name: Filled<String>,
    /// Version.
    #[arg(default = "$Default", min_len = 1, max_len = 255)]
    version: String,
}

impl LaunchTemplate {
    /// Returns the request, with id or name: EC2 refuses both.
    pub fn request(&self) -> LaunchTemplateSpecification {
        let name = if self.id.is_set() { None } else { self.name.to_option() };
        LaunchTemplateSpecification::builder()
            .set_launch_template_id(self.id.to_option())
            .set_launch_template_name(name)
            .version(&self.version)
            .build()
    }

    /// Returns the image that the version names.
    ///
    /// # Errors
    /// What DescribeLaunchTemplateVersions failed with.
    pub async fn image(&self, aws: &Aws) -> CallResult<Option<String>> {
        let name = if self.id.is_set() { None } else { self.name.to_option() };
        let request = aws
            .ec2()
            .describe_launch_template_versions()
            .set_launch_template_id(self.id.to_option())
            .set_launch_template_name(name)
            .versions(&self.version)
            .resolve_alias(true);
        let answer = request.send().await.answer()?;
        let version = answer.launch_template_versions().first();
        Ok(version.and_then(|version| version.launch_template_data.as_ref()?.image_id.clone()))
    }

    /// Returns the template that an instance came from, by the tags that EC2 gave it. A version by word stays as long as
    /// it means the instance's: a newer one shows as a difference.
    ///
    /// # Errors
    /// What DescribeLaunchTemplates failed with.
    pub async fn observed(aws: &Aws, known: Option<&Self>, remote: &Remote) -> CallResult<Option<Self>> {
        let tag = |key: &str| remote.tags().iter().find(|tag| tag.key.as_deref() == Some(key))?.value.clone();
        let (Some(id), Some(version)) = (tag("aws:ec2launchtemplate:id"), tag("aws:ec2launchtemplate:version")) else {
            return Ok(known.cloned());
        };
        let Some(known) = known else { return Ok(Some(Self { id: id.into(), name: Filled::unset(), version })) };
        let version = match known.version.as_str() {
            word @ (DEFAULT | LATEST) => match number_of(aws, &id, word).await? {
                Some(number) if number != version => version,
                _ => word.to_owned(),
            },
            _ => version,
        };
        Ok(Some(Self { id: id.into(), name: known.name.clone(), version }))
    }
}

/// Returns the number that a word means; nothing of a template that is gone.
async fn number_of(aws: &Aws, id: &str, word: &str) -> CallResult<Option<String>> {
    let request = aws.ec2().describe_launch_templates().launch_template_ids(id);
    let answer = request.send().await.answer().unless(GONE)?;
    let template = answer.as_ref().and_then(|answer| answer.launch_templates().first());
    let number = |template: &aws_sdk_ec2::types::LaunchTemplate| match word {
        LATEST => template.latest_version_number,
        _ => template.default_version_number,
    };
    Ok(template.and_then(number).map(|number| number.to_string()))
}

/// Returns the name of an instance profile from its ARN.
pub fn profile_name(remote: &Remote) -> Option<String> {
    let arn = text(remote.iam_instance_profile.as_ref()?.arn.as_ref())?;
    arn.rsplit('/').next().map(str::to_owned)
}
