//! `yamlencode` and `yamldecode`.

mod decode;
mod encode;

use landfall_value::Value;

use super::FunctionError;
use super::signature::{Constraint, Function, Returns, any, text};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("yamldecode", &[text("src")], Returns::Fixed(Constraint::Any), |a| {
        decode::decode(a.text(0)).map_err(FunctionError::new)
    })
    .may_be_null(),
    Function::text("yamlencode", &[any("value").null().unknown().dynamic()], |a| {
        let value: &Value = a.value(0);
        if value.is_wholly_known() { Ok(encode::encode(value).into()) } else { Ok(a.unknown()) }
    }),
];
