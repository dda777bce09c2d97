//! Launch templates by id or name, and versions of them.

use aws_sdk_autoscaling::types::LaunchTemplateSpecification as Remote;
use landfall_provider::value::{AttributePath, Step, Type, Value};
use landfall_provider::{Args, Filled, Overrides, Planned};

use crate::planning::at;

/// A launch template: by id or by name.
#[derive(Args, Clone, PartialEq)]
#[args(conflicts("id", "name"))]
pub struct LaunchTemplate {
    /// Id.
    #[arg(min_len = 1, max_len = 255, pattern(r"^lt-[0-9a-z]+$", "must begin with lt-"))]
    pub id: Filled<String>,
    /// Name.
    #[arg(min_len = 3, max_len = 99, pattern(r"^[0-9A-Za-z()./_\-]+$", "must be letters, digits and any of ()./_-"))]
    pub name: Filled<String>,
    /// Number, `$Latest` or `$Default`.
    #[arg(min_len = 1, max_len = 255)]
    pub version: Filled<String>,
}

impl LaunchTemplate {
    pub fn request(&self) -> Remote {
        request(self.id.as_deref(), self.name.as_deref(), self.version.as_deref())
    }

    pub fn observed(remote: &Remote) -> Self {
        Self {
            id: remote.launch_template_id.clone().into(),
            name: remote.launch_template_name.clone().into(),
            version: remote.version.clone().into(),
        }
    }
}

/// A launch template of a mixed instances policy: by id or by name.
#[derive(Args, Clone, PartialEq)]
pub struct LaunchTemplateSpecification {
    /// Id.
    pub launch_template_id: Filled<String>,
    /// Name.
    pub launch_template_name: Filled<String>,
    /// Number, `$Latest` or `$Default`.
    pub version: Filled<String>,
}

impl LaunchTemplateSpecification {
    pub fn request(&self) -> Remote {
        request(self.launch_template_id.as_deref(), self.launch_template_name.as_deref(), self.version.as_deref())
    }

    pub fn observed(remote: &Remote) -> Self {
        Self {
            launch_template_id: remote.launch_template_id.clone().into(),
            launch_template_name: remote.launch_template_name.clone().into(),
            version: remote.version.clone().into(),
        }
    }
}

/// The service takes id or name, not both.
fn request(id: Option<&str>, name: Option<&str>, version: Option<&str>) -> Remote {
    let name = name.filter(|_| id.is_none());
    Remote::builder()
        .set_launch_template_id(id.map(Into::into))
        .set_launch_template_name(name.map(Into::into))
        .set_version(version.map(Into::into))
        .build()
}

/// Where a template's id or name changes, the other one that was read before is out of date.
pub fn forget_stale_names(overrides: &mut Overrides, planned: &Planned<'_>) {
    let mixed = ["mixed_instances_policy", "0", "launch_template", "0"];
    forget(overrides, planned, &["launch_template", "0"], ["id", "name"]);
    let names = ["launch_template_id", "launch_template_name"];
    forget(overrides, planned, &[&mixed[..], &["launch_template_specification", "0"]].concat(), names);
    let overriding = at(planned.proposed, &[&mixed[..], &["override"]].concat().join("."));
    for index in 0..overriding.and_then(Value::len).unwrap_or(0) {
        let index = index.to_string();
        let path = [&mixed[..], &["override", &index, "launch_template_specification", "0"]].concat();
        forget(overrides, planned, &path, names);
    }
}

fn forget(overrides: &mut Overrides, planned: &Planned<'_>, path: &[&str], [one, other]: [&str; 2]) {
    if planned.is_create() {
        return;
    }
    let text = |object: &Value, name: &str| at(object, &[path, &[name]].concat().join(".")).cloned();
    for (changed, stale) in [(one, other), (other, one)] {
        let is_written = |name: &str| text(planned.config, name).is_some();
        let has_changed = text(planned.prior, changed) != text(planned.proposed, changed);
        if is_written(changed) && has_changed && !is_written(stale) {
            overrides.values.push((attribute_path(&[path, &[stale]].concat()), Value::unknown(Type::String)));
        }
    }
}

fn attribute_path(steps: &[&str]) -> AttributePath {
    let step = |step: &&str| match step.parse::<i64>() {
        Ok(index) => Step::Index(Value::from(index)),
        Err(_) => Step::Attribute((*step).into()),
    };
    AttributePath(steps.iter().map(step).collect())
}
