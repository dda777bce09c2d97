//! How many nodes: the wanted number is where a group begins; later it is an autoscaler's, within the bounds.

use landfall_provider::value::{AttributePath, Value};
use landfall_provider::{Overrides, Planned};

use crate::planning::at;

const NAME: &str = "scaling_config";

/// Plans that an existing group follows its bounds: EKS takes none that its wanted number is outside of. A new group
/// begins within them.
pub fn plan(planned: &Planned<'_>, overrides: &mut Overrides) {
    let size = |name: &str| at(planned.proposed, &format!("{NAME}.0.{name}"))?.as_number()?.to_i64();
    let (Some(least), Some(most), Some(wanted)) = (size("min_size"), size("max_size"), size("desired_size")) else {
        return;
    };
    if least > most {
        overrides.error(NAME, format!("`min_size`, {least}, is above `max_size`, {most}"));
        return;
    }
    let possible = wanted.clamp(least, most);
    if possible == wanted {
        return;
    }
    if planned.is_create() {
        overrides.error(NAME, format!("`desired_size`, {wanted}, is not between {least} and {most}"));
        return;
    }
    let path = AttributePath::root().attribute(NAME).index(0i64).attribute("desired_size");
    overrides.values.push((path, Value::from(possible)));
}
