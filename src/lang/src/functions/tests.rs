use landfall_value::{Marks, Type, Value};

use super::*;

pub(super) struct Nowhere;

impl Host for Nowhere {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        match path {
            "./hello.txt" => Ok(b"hello\n"[..].into()),
            "./binary" => Ok([0xff][..].into()),
            _ => Err("no such file".into()),
        }
    }
    fn is_file(&self, path: &str) -> Result<bool, String> {
        Ok(path == "./hello.txt")
    }
    fn list_files(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(["a.txt", "b.tf", "sub/c.txt", "sub/deep/d.txt", ".hidden"].map(str::to_owned).to_vec())
    }
    fn absolute(&self, path: &str) -> String {
        format!("/work/{}", path.trim_start_matches("./"))
    }
    fn expand_home(&self, path: &str) -> String {
        path.replacen('~', "/home/user", 1)
    }
    fn now(&self) -> Option<i128> {
        None
    }
    fn plan_time(&self) -> i128 {
        0
    }
    fn random(&self, _: &mut [u8]) -> bool {
        false
    }
}

impl Templates for Nowhere {
    fn render(&self, _: &str, text: &str, _: &BTreeMap<Arc<str>, Value>) -> Result<Value, TemplateError> {
        Ok(text.into())
    }
}

fn attempt(name: &str, arguments: &[Value]) -> Outcome {
    let context = CallContext { host: &Nowhere, base_directory: ".", templates: &Nowhere, in_template: false };
    call(find(name).expect("a function"), arguments, &context)
}

/// Checks the debug form of a call's result.
#[track_caller]
pub(super) fn gives(name: &str, arguments: &[Value], expected: &str) {
    let result = attempt(name, arguments).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    assert_eq!(format!("{result:?}"), expected, "{name}");
}

/// Checks which argument a call blames, and its message.
#[track_caller]
pub(super) fn fails(name: &str, arguments: &[Value], argument: Option<usize>, message: &str) {
    let error = attempt(name, arguments).expect_err(name);
    assert_eq!((error.argument, error.message.as_str()), (argument, message), "{name}");
}

pub(super) fn tuple<const N: usize>(values: [Value; N]) -> Value {
    Value::tuple(values.to_vec())
}

#[test]
fn unknown_arguments_make_unknown_results() {
    let unknown = Value::unknown(Type::String);
    let result = attempt("upper", std::slice::from_ref(&unknown)).expect("a value");
    assert_eq!(result, Value::refined(Type::String, Refinement::NOT_NULL));
    gives("length", &[tuple([unknown])], "1");
}

#[test]
fn marks_spread_to_results() {
    let secret = Value::from("x").with_marks(Marks::SENSITIVE);
    assert!(attempt("upper", std::slice::from_ref(&secret)).expect("a value").is_sensitive());
    assert!(!attempt("length", &[tuple([secret.clone()])]).expect("a value").is_sensitive());
    assert!(attempt("keys", &[tuple([])]).is_err());
    let message = attempt("parseint", &[secret, 10.into()]).expect_err("no number").message;
    assert_eq!(message, "cannot parse (sensitive value) as a base 10 integer");
}

#[test]
fn null_is_refused_where_it_has_no_meaning() {
    fails("upper", &[Value::NULL], Some(0), "argument must not be null");
    fails("upper", &[tuple([])], Some(0), "string required");
}

#[test]
fn arity_is_checked_by_name() {
    let substr = find("core::substr").expect("a function");
    assert_eq!(substr.arity_error(3), None);
    assert!(substr.arity_error(1).expect("too few").1.contains("Missing value for `offset`"));
    assert_eq!(substr.arity_error(4).expect("too many").0, "Too many function arguments");
}

#[test]
fn numbers() {
    gives("parseint", &["aA".into(), 62.into()], "656");
    gives("log", &[50.into(), 10.into()], "1.6989700043360185");
    gives("range", &[(-3i64).into()], "[0, -1, -2]");
    gives("max", &[1.into(), "3".into()], "3");
    fails("max", &[], None, "must pass at least one number");
    fails("sum", &[tuple([])], Some(0), "cannot sum an empty list");
}

#[test]
fn texts_are_cut_by_what_readers_see() {
    gives("substr", &["e\u{301}x".into(), 0.into(), 1.into()], "\"é\"");
    gives("strrev", &["🇩🇪a".into()], "\"a🇩🇪\"");
    gives("upper", &["ßa".into()], "\"ßA\"");
    gives("title", &["o'neil x2y".into()], "\"O'Neil X2y\"");
    gives("split", &["".into(), "ab".into()], r#"["a", "b"]"#);
    gives("indent", &[2.into(), "a\nb".into()], "\"a\\n  b\"");
}

#[test]
fn collections() {
    gives("merge", &[Value::object_of([("a", 1.into())]), Value::NULL], r#"{"a": 1}"#);
    gives("coalesce", &["".into(), 2.into()], "\"2\"");
    gives("flatten", &[tuple([tuple(["a".into()]), Value::NULL])], r#"["a", null]"#);
    gives("lookup", &[Value::object_of([("a", 1.into())]), "b".into(), "x".into()], "\"x\"");
    gives("setproduct", &[tuple([1.into()]), tuple(["a".into()])], r#"[[1, "a"]]"#);
    gives("setsubtract", &[tuple([1.into(), 2.into()]), tuple(["2".into()])], r#"{"1"}"#);
    gives("element", &[tuple(["a".into(), "b".into()]), 3.into()], "\"b\"");
    gives("element", &[Value::list(Type::String, vec!["a".into(), "b".into()]), (-1i64).into()], "\"b\"");
    fails(
        "element",
        &[tuple([1.into(), 2.into(), 3.into()]), (-1i64).into()],
        None,
        "cannot use element function with a negative index",
    );
    fails(
        "one",
        &[tuple([1.into(), 2.into()])],
        Some(0),
        "must be a list, set, or tuple value with either zero or one elements",
    );
    fails(
        "slice",
        &[tuple([1.into()]), 0.into(), 2.into()],
        Some(2),
        "end index must not be greater than the length of the list",
    );
}

#[test]
fn conversions() {
    fails(
        "tonumber",
        &["a".into()],
        Some(0),
        "cannot convert \"a\" to number; given string must be a decimal representation of a number",
    );
    fails("tolist", &[tuple([1.into(), true.into()])], Some(0), "cannot convert tuple to list of any single type");
    gives("toset", &[tuple(["b".into(), "a".into(), "b".into()])], r#"{"a", "b"}"#);
    gives("tostring", &[Value::NULL], "null");
}

#[test]
fn formats() {
    gives(
        "format",
        &["%08.3f|%+d|%x|%q".into(), "-3.14159".into(), 42.into(), 255.into(), "a\"".into()],
        "\"-003.142|+42|ff|\\\"a\\\\\\\"\\\"\"",
    );
    gives("format", &["%[2]s %s %v".into(), "a".into(), "b".into(), "c".into(), tuple([1.into()])], "\"b c [1]\"");
    gives(
        "format",
        &["%.3g %e %v".into(), "12345.678".into(), "12345.678".into(), 1_000_000.into()],
        "\"1.23e+04 1.234568e+04 1e+06\"",
    );
    fails("format", &["a".into(), "b".into()], Some(1), "too many arguments; no verbs in format string");
    gives("formatlist", &["%s-%s".into(), "x".into(), tuple(["a".into(), "b".into()])], r#"["x-a", "x-b"]"#);
}

#[test]
fn patterns() {
    gives("regex", &["(?P<a>x)?y".into(), "y".into()], r#"{"a": null}"#);
    gives("regexall", &["\\d".into(), "1٣".into()], r#"["1"]"#);
    gives("replace", &["hello".into(), "/(?P<first>h)/".into(), "${first}x$1x$$".into()], "\"hx$ello\"");
    fails(
        "regex",
        &["(?P<a>a)|(b)".into(), "b".into()],
        Some(0),
        "invalid regexp pattern: cannot mix both named and unnamed capture groups",
    );
}

#[test]
fn encodings() {
    gives("jsonencode", &[Value::object_of([("<", 3.into())])], "\"{\\\"\\\\u003c\\\":3}\"");
    gives("base64gzip", &["hello".into()], "\"H4sIAAAAAAAA/8pIzcnJBwAAAP//AQAA//+GphA2BQAAAA==\"");
    gives("textencodebase64", &["hi".into(), "UTF-16LE".into()], "\"aABpAA==\"");
    gives("urlencode", &["a b/é".into()], "\"a+b%2F%C3%A9\"");
    gives("csvdecode", &["a,b\n1,2".into()], r#"[{"a": "1", "b": "2"}]"#);
    gives("uuidv5", &["url".into(), "x".into()], "\"4cd605e7-afa2-5360-b5b9-c5e9fb5c76f4\"");
    gives("uuid", &[], "unknown(String)");
}

#[test]
fn dates() {
    gives(
        "formatdate",
        &["EEE, DD MMM 'o''clock' HH:mmaa ZZZ".into(), "2018-01-02T23:12:01Z".into()],
        "\"Tue, 02 Jan o'clock 11:12pm UTC\"",
    );
    gives("timeadd", &["2016-02-28T23:59:59Z".into(), "1s".into()], "\"2016-02-29T00:00:00Z\"");
    fails(
        "formatdate",
        &["YYYY".into(), "x".into()],
        Some(1),
        "not a valid RFC3339 timestamp: cannot use \"x\" as year",
    );
    gives("timestamp", &[], "unknown(String)");
}

#[test]
fn networks() {
    gives("cidrhost", &["10.0.0.17/24".into(), (-2i64).into()], "\"10.0.0.254\"");
    gives("cidrsubnet", &["::/0".into(), 64.into(), 5.into()], "\"0:0:0:5::/64\"");
    gives("cidrsubnet", &["010.1.2.3/16".into(), 8.into(), 1.into()], "\"10.1.1.0/24\"");
    gives(
        "cidrsubnets",
        &["10.0.0.0/16".into(), 8.into(), 2.into(), 8.into()],
        r#"["10.0.0.0/24", "10.0.64.0/18", "10.0.128.0/24"]"#,
    );
    fails(
        "cidrsubnets",
        &["10.0.0.0/24".into(), 1.into(), 1.into(), 1.into()],
        Some(3),
        "not enough remaining address space for a subnet with a prefix of 25 bits after 10.0.0.128/25",
    );
}

#[test]
fn files() {
    gives("file", &["hello.txt".into()], "\"hello\\n\"");
    gives("fileset", &[".".into(), "**/*.{txt,tf}".into()], r#"{"a.txt", "b.tf", "sub/c.txt", "sub/deep/d.txt"}"#);
    gives("dirname", &["a/../b/c".into()], "\"b\"");
    gives("pathexpand", &["~/x".into()], "\"/home/user/x\"");
    assert!(attempt("file", &["binary".into()]).expect_err("no text").message.contains("not valid UTF-8"));
    assert!(attempt("file", &["none".into()]).expect_err("no file").message.starts_with("no file exists at \"none\""));
    fails(
        "templatefile",
        &["hello.txt".into(), Value::object_of([("1x", 1.into())])],
        Some(1),
        "invalid template variable name \"1x\": must start with a letter, followed by zero or more letters, digits, and underscores",
    );
}

#[test]
fn expressions_of_values() {
    let value =
        Value::object_of([("a", 1.into()), ("long", "${x}".into()), ("o", Value::object_of([("b c", tuple([]))]))]);
    let made = attempt("provider::terraform::encode_tfvars", std::slice::from_ref(&value)).expect("a text");
    assert_eq!(made.as_str(), Some("a    = 1\nlong = \"$${x}\"\no = {\n  \"b c\" = []\n}\n"));
    assert_eq!(attempt("provider::terraform::decode_tfvars", &[made]), Ok(value));
}

#[test]
fn errors_do_not_quote_secrets() {
    let secret = || Value::from("%!hush").with_marks(Marks::SENSITIVE);
    for (name, arguments) in [
        ("textencodebase64", vec![Value::from("a"), secret()]),
        ("textdecodebase64", vec![Value::from("YQ=="), secret()]),
        ("format", vec![secret()]),
        ("formatlist", vec![secret()]),
    ] {
        let error = attempt(name, &arguments).expect_err(name);
        assert!(!error.message.contains('!'), "{name}: {}", error.message);
    }
}

#[test]
fn file_patterns_may_lead_out_of_the_directory() {
    gives("fileset", &["sub".into(), "../*.txt".into()], r#"{"../a.txt"}"#);
    gives("fileset", &["sub".into(), "../**/*.txt".into()], r#"{"../a.txt", "c.txt", "deep/d.txt"}"#);
    gives("fileset", &[".".into(), "sub/../*.tf".into()], r#"{"b.tf"}"#);
    fails("fileset", &[".".into(), "{a,sub/b}".into()], None, "failed to glob pattern \"{a,sub/b}\"");
}

#[test]
fn what_ends_without_a_line_end_has_none() {
    gives("yamldecode", &["a: |\n  x\n  y".into()], r#"{"a": "x\ny"}"#);
    gives("yamldecode", &["a: |\n  x\nb: 1".into()], r#"{"a": "x\n", "b": 1}"#);
}

#[test]
fn subnets_do_not_begin_at_zero() {
    fails(
        "cidrsubnets",
        &["0.0.0.0/8".into(), 1.into()],
        Some(1),
        "not enough remaining address space for a subnet with a prefix of 9 bits after 255.128.0.0/9",
    );
}
