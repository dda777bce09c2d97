//! The arguments of a module call against the variables of the module.

use landfall_diag::Diagnostics;

use crate::config::load::{missing_argument, unsupported_argument, unsupported_block};
use crate::config::{Module, ModuleCall};

/// Checks that every argument is a variable of the child, and that every required variable is given.
pub(super) fn check_call(call: &ModuleCall, child: &Module, diagnostics: &mut Diagnostics) {
    for attribute in call.body.attributes.values() {
        if !child.variables.contains_key(&attribute.name) {
            let free = child.variables.keys().filter(|name| !call.body.attributes.contains_key(*name));
            diagnostics.push(unsupported_argument(attribute, free.map(|name| &**name), []));
        }
    }
    for variable in child.variables.values() {
        if variable.default.is_none() && !call.body.attributes.contains_key(&variable.name) {
            diagnostics.push(missing_argument(&variable.name, &call.body));
        }
    }
    for block in &call.body.blocks {
        let is_variable = child.variables.contains_key(&block.r#type);
        diagnostics.push(unsupported_block(&block.r#type, block.type_span, [], is_variable));
    }
}
