//! Values from the command line and the environment.

use landfall_diag::{Diagnostics, SourceMap};
use landfall_value::Value;

use crate::config::Variable;
use crate::config::load::constant;
use crate::syntax;

/// Reads a text given by `-var` or `TF_VAR_…`. For variables of a primitive type, or of none, the text is the value;
/// otherwise it is an expression. `origin` says where it comes from, such as `<value for var.x>`.
pub fn parse_variable_text(
    variable: &Variable,
    text: &str,
    origin: &str,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    if variable.text_is_value {
        return Some(Value::from(text));
    }
    let source = sources.add(origin, text);
    let mut found = Diagnostics::new();
    let expr = syntax::parse_expression(sources, source, &mut found);
    let value = (!found.has_errors()).then(|| constant(&expr, &mut found));
    let failed = found.has_errors();
    diagnostics.extend(found);
    value.filter(|_| !failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::tests::load_text;

    #[track_caller]
    fn check(r#type: &str, text: &str, expected: &str) {
        let (config, _) = load_text(&format!("variable \"x\" {{\n{type}\n}}"));
        let mut diagnostics = Diagnostics::new();
        let mut sources = SourceMap::default();
        let value =
            parse_variable_text(&config.root.variables["x"], text, "<value for var.x>", &mut sources, &mut diagnostics);
        let found = match diagnostics.iter().next() {
            Some(problem) => problem.summary.clone(),
            None => format!("{:?}", value.unwrap()),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn text_is_an_expression_only_for_complex_types() {
        check("", "[1", r#""[1""#);
        check("type = string", "${x}", r#""${x}""#);
        check("type = list(number)", "[1, 2]", "[1, 2]");
        check("type = any", r#""a""#, r#""a""#);
        check("type = any", "a", "Variables not allowed");
    }
}
