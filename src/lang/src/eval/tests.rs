//! What expressions evaluate to, and what is said of those that fail.

use std::time::{Duration, Instant};

use landfall_diag::{Diagnostic, Diagnostics, SourceMap};
use landfall_value::{Marks, Refinement, Type, Value};

use crate::{Expr, Host, NoHost, Reference, Referent, Scope, syntax};

/// Variables by name: `known` objects, `unknown` values, `secret` ones.
struct TestScope;

impl Scope for TestScope {
    fn lookup(&self, referent: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        let Referent::Variable(name) = referent else {
            return Err(Diagnostic::error("Reference to nothing", "").at(reference.span));
        };
        Ok(match &**name {
            "n" => Value::from(2),
            "s" => Value::from("text"),
            "null" => Value::NULL,
            "list" => Value::list(Type::String, vec!["a".into(), "b".into()]),
            "object" => Value::object_of([("a", Value::from(1)), ("b", Value::tuple(vec![Value::TRUE]))]),
            "map" => Value::map(Type::Number, [("x".into(), Value::from(1)), ("y".into(), Value::from(2))].into()),
            "unknown" => Value::unknown(Type::String),
            "id" => Value::refined(Type::String, Refinement::NOT_NULL),
            "anything" => Value::unknown(Type::Dynamic),
            "unknown_list" => Value::unknown(Type::list(Type::String)),
            "secret" => Value::from("hush").with_marks(Marks::SENSITIVE),
            _ => return Err(Diagnostic::error("No such variable", "").at(reference.span)),
        })
    }

    fn host(&self) -> &dyn Host {
        &NoHost
    }
}

fn parse(text: &str) -> Expr {
    let mut sources = SourceMap::default();
    let source = sources.add("test", text);
    let mut diagnostics = Diagnostics::new();
    let expr = syntax::parse_expression(&sources, source, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    expr
}

/// Checks the value of an expression, as `Debug` shows it.
#[track_caller]
fn check(text: &str, expected: &str) {
    let mut diagnostics = Diagnostics::new();
    let value = parse(text).evaluate(&TestScope, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    assert_eq!(format!("{value:?}"), expected, "{text}");
}

/// Checks the first failure of an expression: its summary and the text that it points at.
#[track_caller]
fn check_failure(text: &str, summary: &str, at: &str) -> Diagnostic {
    let mut diagnostics = Diagnostics::new();
    parse(text).evaluate(&TestScope, &mut diagnostics);
    let first = diagnostics.into_iter().next().expect("a failure");
    assert_eq!(first.summary, summary, "{text}");
    let span = first.subject.expect("a place");
    assert_eq!(&text[span.start as usize..span.end as usize], at, "{text}");
    first
}

#[test]
fn operators_bind_as_in_terraform() {
    check("1 + 2 * 3 - 4 / 2", "5");
    check("-2 + 5 % 3", "0");
    check("1 < 2 && 2 >= 2 || false", "true");
    check("!false == true", "true");
    check("1 == \"1\"", "false");
    check("true ? 1 : \"a\"", "\"1\"");
}

#[test]
fn both_sides_of_a_logical_operator_must_not_fail() {
    check_failure("true || var.null.x", "Attempt to get attribute from null value", ".x");
    check("var.unknown == \"x\" || true", "unknown(Bool)");
}

#[test]
fn template_of_one_interpolation_keeps_the_type() {
    check("\"${var.n}\"", "2");
    check("\"a${var.n}\"", "\"a2\"");
    check("\"%{ for x in var.list ~} ${x} %{ endfor ~} \"", "\"a b \"");
    check("\"%{ if var.n > 1 }many%{ else }one%{ endif }\"", "\"many\"");
}

#[test]
fn heredoc_loses_the_least_indentation() {
    check("<<-EOT\n    a\n      b\n\n    c\n  EOT\n", "\"a\\n  b\\n\\nc\\n\"");
}

#[test]
fn for_makes_tuples_objects_and_groups() {
    check("[for i, x in var.list : \"${i}${x}\" if x != \"a\"]", "[\"1b\"]");
    check("{ for k, v in var.map : v => k }", "{\"1\": \"x\", \"2\": \"y\"}");
    check("{ for x in [\"a\", \"b\", \"a\"] : x => 1... }", "{\"a\": [1, 1], \"b\": [1]}");
    check("[for x in var.list : [for y in var.list : \"${x}${y}\"]]", "[[\"aa\", \"ab\"], [\"ba\", \"bb\"]]");
    check_failure("{ for x in [1, 1] : x => x }", "Duplicate object key", "x");
}

#[test]
fn splat_takes_single_values_as_sequences_and_null_as_none() {
    check("[{ a = 1 }, { a = 2 }][*].a", "[1, 2]");
    check("[{ a = [1] }, { a = [2] }].*.a[0]", "[1]");
    check("var.object[*].a", "[1]");
    check("var.null[*]", "[]");
    check("[[{ a = 1 }], [{ a = 2 }]][*][*].a", "[[1], [2]]");
    check("var.unknown_list[*]", "unknown(List(String))");
}

#[test]
fn unknown_values_keep_shape_and_what_is_known() {
    check("[var.unknown, 1]", "[unknown(String), 1]");
    check("{ (var.unknown) = 1 }", "unknown(Dynamic)");
    check("var.id == null", "false");
    check("var.unknown == null", "unknown(Bool)");
    check("\"x-${var.unknown}\" == \"y\"", "false");
    check("var.anything.a[0].b", "unknown(Dynamic)");
    check("var.unknown == \"a\" ? [1] : [2]", "unknown(Tuple([Number]))");
}

#[test]
fn marks_spread() {
    check("\"a${var.secret}\"", "(sensitive)");
    check("[var.secret, 1]", "[(sensitive), 1]");
    check("var.secret == \"x\" ? 1 : 2", "(sensitive)");
    check("{ (var.secret) = 1 }", "(sensitive)");
}

#[test]
fn try_and_can_take_what_fails() {
    check("try(var.object.c, var.object.a, 3)", "1");
    check("can(var.object.c)", "false");
    check("can(var.unknown)", "unknown(Bool)");
    check_failure("try(var.nothing, 1)", "No such variable", "var.nothing");
    check_failure("try(var.object.c)", "Error in function call", "try(");
}

#[test]
fn what_took_part_can_be_told_of_what_does_not_fail() {
    let values = parse("var.n == 3 && var.secret != var.object.b[0]").took_part(&TestScope);
    let told: Vec<_> = values.iter().map(|part| format!("{} {}", part.traversal, part.statement)).collect();
    assert_eq!(told, ["var.n is 2", "var.object.b[0] is true", "var.secret has a sensitive value"]);
}

#[test]
fn failures_point_at_the_text_and_say_what_took_part() {
    let failure = check_failure("var.object[var.s].x", "Invalid index", "[var.s]");
    let values: Vec<_> = failure.values.iter().map(|part| format!("{} {}", part.traversal, part.statement)).collect();
    assert_eq!(values, ["var.object is object with 2 attributes", "var.s is \"text\""]);
    let failure = check_failure("var.secret + 1", "Invalid operand", "var.secret");
    assert_eq!(failure.values[0].statement, "has a sensitive value");
    check_failure("[for x in var.list : x.y]", "Unsupported attribute", ".y");
    check_failure("nothing.at.all", "Reference to nothing", "nothing.at");
    check_failure("var", "Invalid reference", "var");
}

#[test]
fn long_chains_and_deep_nesting_evaluate() {
    check(&format!("1{}", " + 1".repeat(5_000)), "5001");
    let deep = parse(&format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000)));
    assert!(deep.evaluate(&TestScope, &mut Diagnostics::new()).is_known());
    let deep = parse(&format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000)));
    assert_eq!(deep.evaluate(&TestScope, &mut Diagnostics::new()), Value::from(1));
    let deep = parse(&format!("{}1{}", "\"${".repeat(500), "}\"".repeat(500)));
    assert_eq!(deep.evaluate(&TestScope, &mut Diagnostics::new()), Value::from(1));
}

#[test]
fn one_compiled_expression_evaluates_many_times_a_second() {
    let expr = parse("\"${var.object.a}-${var.n + 1}-${var.list[0]}\"");
    let start = Instant::now();
    for _ in 0..10_000 {
        expr.evaluate(&TestScope, &mut Diagnostics::new());
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn every_argument_that_does_not_fit_is_reported() {
    let mut diagnostics = Diagnostics::new();
    parse("min(\"a\", [], null)").evaluate(&TestScope, &mut diagnostics);
    assert_eq!(diagnostics.iter().count(), 2);
    check_failure("nothing(null...)", "Call to unknown function", "nothing");
}

#[test]
fn what_is_not_known_is_not_refused_for_its_type() {
    check("contains(\"a\", var.unknown)", "unknown(Bool)");
    check("flatten({ a = var.unknown })", "[unknown(String)]");
    check("reverse(toset([var.unknown]))", "[unknown(String)]");
    check_failure("jsondecode(\"xy${var.unknown}\")", "Invalid function argument", "\"xy${var.unknown}\"");
    check_failure("coalescelist([1], \"a\")", "Error in function call", "coalescelist(");
}

#[test]
fn values_of_different_types_are_not_equal() {
    check("[null] == [\"a\"]", "false");
    check("tolist([]) == tolist([1])", "false");
    check("[var.anything, 1] == [2, 3]", "unknown(Bool)");
    check("[var.unknown] == var.id", "false");
}
