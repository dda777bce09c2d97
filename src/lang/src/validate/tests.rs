use landfall_addr::{Mode, ProviderSource};
use landfall_diag::{Diagnostic, SourceMap};
use landfall_value::schema::{Attribute, Block};
use landfall_value::{Type, Value};

use super::{Schemas, validate};
use crate::config::load::tests::Files;
use crate::config::load::{load, place};
use crate::{Host, NoHost, Reference, Referent, Scope};

/// A scope in which every name is unknown, of any type.
pub(crate) struct Names;

impl Scope for Names {
    fn lookup(&self, _referent: &Referent, _reference: &Reference) -> Result<Value, Diagnostic> {
        Ok(Value::unknown(Type::Dynamic))
    }

    fn host(&self) -> &dyn Host {
        &NoHost
    }
}

fn attribute(r#type: Type, required: bool, optional: bool) -> Attribute {
    let mut attribute = Attribute::plain(r#type);
    attribute.required = required;
    attribute.optional = optional;
    attribute
}

fn block(attributes: &[(&str, Attribute)]) -> Block {
    let attributes = attributes.iter().map(|(name, attribute)| ((*name).into(), attribute.clone())).collect();
    Block { attributes, ..Block::default() }
}

/// The provider that is part of Terraform, and its provisioners.
pub(crate) struct Builtin {
    provider: Block,
    data: Block,
    remote: Block,
    provisioner: Block,
    connection: Block,
}

impl Builtin {
    pub(crate) fn new() -> Self {
        let any = || attribute(Type::Dynamic, false, true);
        let text = || attribute(Type::String, false, true);
        let computed = |r#type| attribute(r#type, false, false);
        Self {
            provider: Block::default(),
            data: block(&[
                ("input", any()),
                ("triggers_replace", any()),
                ("id", computed(Type::String)),
                ("output", computed(Type::Dynamic)),
            ]),
            remote: block(&[
                ("backend", attribute(Type::String, true, false)),
                ("config", any()),
                ("defaults", any()),
                ("workspace", text()),
                ("outputs", computed(Type::Dynamic)),
            ]),
            provisioner: block(&[("command", text()), ("inline", any()), ("environment", any())]),
            connection: block(&[("host", attribute(Type::String, true, false)), ("type", text())]),
        }
    }
}

impl Schemas for Builtin {
    fn provider(&self, source: &ProviderSource) -> Option<&Block> {
        (*source == ProviderSource::builtin()).then_some(&self.provider)
    }

    fn resource(&self, _source: &ProviderSource, mode: Mode, r#type: &str) -> Option<&Block> {
        match (mode, r#type) {
            (Mode::Managed, "terraform_data") => Some(&self.data),
            (Mode::Data, "terraform_remote_state") => Some(&self.remote),
            _ => None,
        }
    }

    fn types(&self, _source: &ProviderSource, mode: Mode) -> Vec<String> {
        match mode {
            Mode::Managed => vec!["terraform_data".to_owned()],
            Mode::Data => vec!["terraform_remote_state".to_owned()],
            Mode::Ephemeral => Vec::new(),
        }
    }

    fn provisioner(&self, r#type: &str) -> Option<&Block> {
        matches!(r#type, "local-exec" | "remote-exec").then_some(&self.provisioner)
    }

    fn connection(&self) -> Option<&Block> {
        Some(&self.connection)
    }
}

/// Loads and validates files; compares findings as `PLACE SUMMARY: DETAIL`, cut after the first line.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let mut sources = SourceMap::default();
    let (config, problems) = load(&Files::new(files), &mut sources, ".");
    assert!(!problems.has_errors(), "{problems:?}");
    let found: Vec<String> = validate(&config, &Builtin::new())
        .iter()
        .map(|problem| {
            let detail = problem.detail.lines().next().unwrap_or_default();
            let at = problem.subject.map_or_else(|| "nowhere".to_owned(), |span| place(&sources, span));
            format!("{at} {}: {detail}", problem.summary)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn undeclared_names_are_reported_with_suggestions() {
    check(
        &[(
            "main.tf",
            "variable \"region\" {\n}\nlocals {\n  a = var.regoin\n  b = local.c\n  d = terraform_data.x.id\n  e = module.m.o\n}\n",
        )],
        &[
            "main.tf:4,7-17 Reference to undeclared input variable: An input variable with the name \"regoin\" has not \
             been declared. Did you mean \"region\"?",
            "main.tf:5,7-14 Reference to undeclared local value: A local value with the name \"c\" has not been \
             declared. Did you mean \"a\"?",
            "main.tf:6,7-23 Reference to undeclared resource: A managed resource \"terraform_data\" \"x\" has not been \
             declared in the root module.",
            "main.tf:7,7-17 Reference to undeclared module: No module call named \"m\" is declared in the root module.",
        ],
    );
}

#[test]
fn attributes_of_resources_and_modules_must_be_there() {
    check(
        &[
            (
                "main.tf",
                "module \"m\" {\n  source = \"./m\"\n}\nresource \"terraform_data\" \"a\" {\n  input = module.m.nme\n}\nlocals {\n  x = terraform_data.a.idd\n}\n",
            ),
            ("m/main.tf", "output \"name\" {\n  value = 1\n}\n"),
        ],
        &[
            "main.tf:8,23-27 Unsupported attribute: This object has no argument, nested block, or exported attribute \
             named \"idd\". Did you mean \"id\"?",
            "main.tf:5,19-23 Unsupported attribute: This object does not have an attribute named \"nme\". Did you mean \
             \"name\"?",
        ],
    );
}

#[test]
fn arguments_of_module_calls_are_its_variables() {
    check(
        &[
            ("main.tf", "module \"m\" {\n  source = \"./m\"\n  sise = 1\n}\n"),
            ("m/main.tf", "variable \"size\" {\n}\nvariable \"other\" {\n  default = 1\n}\n"),
        ],
        &[
            "main.tf:3,3-7 Unsupported argument: An argument named \"sise\" is not expected here. Did you mean \"size\"?",
            "main.tf:1,12-13 Missing required argument: The argument \"size\" is required, but no definition was found.",
        ],
    );
}

#[test]
fn repetition_names_belong_to_repeated_blocks() {
    check(
        &[(
            "main.tf",
            "resource \"terraform_data\" \"a\" {\n  count = 1\n  input = [count.index, each.key]\n}\nlocals {\n  x = terraform_data.a.id\n  y = \
             terraform_data.a[0].id\n  z = terraform_data.a[*].id\n}\n",
        )],
        &[
            "main.tf:6,7-23 Missing resource instance key: Because terraform_data.a has \"count\" set, its attributes must \
             be accessed on specific instances.",
            "main.tf:3,25-33 Reference to \"each\" in context without for_each: The \"each\" object can be used only in \
             \"module\" or \"resource\" blocks, and only when the \"for_each\" argument is set. This block has `count`: use \
             count.index.",
        ],
    );
}

#[test]
fn unknown_types_are_named() {
    check(
        &[("main.tf", "resource \"terraform_dat\" \"a\" {\n  input = local.nope\n}\n")],
        &[
            "main.tf:1,1-29 Invalid resource type: The provider terraform.io/builtin/terraform does not support resource \
             type \"terraform_dat\". Did you mean \"terraform_data\"?",
        ],
    );
}

#[test]
fn a_provider_that_is_missing_is_told_once() {
    check(
        &[(
            "main.tf",
            "resource \"aws_vpc\" \"v\" {\n}\nresource \"aws_vpc\" \"w\" {\n}\nlocals {\n  a = local.nope\n}\n",
        )],
        &[
            "main.tf:1,1-23 Missing required provider: landfall has no provider `registry.terraform.io/hashicorp/aws`: its \
             providers are part of the program. The configuration uses it in `aws_vpc.v`, `aws_vpc.w`.",
            "main.tf:6,7-17 Reference to undeclared local value: A local value with the name \"nope\" has not been declared.",
        ],
    );
}

#[test]
fn what_an_unknown_argument_refers_to_does_not_matter() {
    check(
        &[("main.tf", "resource \"terraform_data\" \"a\" {\n  inptu = local.nope\n}\n")],
        &[
            "main.tf:2,3-8 Unsupported argument: An argument named \"inptu\" is not expected here. Did you mean \"input\"?",
        ],
    );
}

#[test]
fn imports_go_where_the_target_is_repeated_so() {
    let import = |to: &str| format!("import {{\n  to = {to}\n  id = \"x\"\n}}\n");
    let blocks = "resource \"terraform_data\" \"a\" {\n}\nresource \"terraform_data\" \"b\" {\n  count = 1\n}\n";
    let check_to = |to: &str, expected: &[&str]| check(&[("main.tf", &format!("{}{blocks}", import(to)))], expected);
    check_to("terraform_data.a", &[]);
    check_to("terraform_data.b[0]", &[]);
    // A block may be about to be written for it.
    check_to("terraform_data.c", &[]);
    check_to(
        "terraform_data.a[\"x\"]",
        &["main.tf:2,8-29 Invalid import 'to' expression: The target resource does not use for_each."],
    );
    check_to(
        "terraform_data.b",
        &["main.tf:2,8-24 Invalid import 'to' expression: The target resource is using count."],
    );
    check_to(
        "terraform_data.c[0]",
        &["main.tf:2,8-27 Configuration for import target does not exist: The configuration does not declare \
             `terraform_data.c`. Add the block before the object is imported: one can be written for the import only \
             where the address is of the root module and has no key."],
    );
}

#[test]
fn words_in_conditions_are_no_variables() {
    check(
        &[(
            "main.tf",
            "output \"o\" {\n  value = 1\n  precondition {\n    condition = foo\n    error_message = \"x\"\n  }\n}\n",
        )],
        &[
            "main.tf:4,17-20 Invalid reference: A reference to a resource type must be followed by at least one attribute \
             access, specifying the resource name.",
            "main.tf:4,17-20 Unknown variable: There is no variable named \"foo\".",
        ],
    );
}

#[test]
fn iterators_are_names_and_not_references() {
    let text = "resource \"terraform_data\" \"a\" {\n  dynamic \"x\" {\n    for_each = []\n    iterator = it\n    content {\n      y = \
                it.value\n    }\n  }\n}\n";
    check(
        &[("main.tf", text)],
        &["main.tf:2,11-14 Unsupported block type: Blocks of type \"x\" are not expected here."],
    );
}

#[test]
fn a_local_value_is_not_made_of_itself() {
    check(
        &[("main.tf", "locals {\n  a = local.a\n}\n")],
        &["main.tf:2,7-14 Self-referencing local value: Local value local.a cannot use its own result as part of its \
           expression."],
    );
}
