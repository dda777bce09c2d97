use std::collections::BTreeMap;

use landfall_diag::{Diagnostic, Diagnostics, SourceMap};

use super::{Manifest, ModuleRequest, SourceReader, load, place};
use crate::Config;

/// Files in memory, by path. Local modules need no manifest.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) manifest: Option<Manifest>,
}

impl Files {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { texts, manifest: None }
    }
}

impl SourceReader for Files {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        let split = |path: &str| match path.rsplit_once('/') {
            Some((directory, name)) => (directory.to_owned(), name.to_owned()),
            None => (".".to_owned(), path.to_owned()),
        };
        let mut found = Vec::new();
        for (path, text) in &self.texts {
            let (parent, name) = split(path);
            if parent == directory && (name.ends_with(".tf") || name.ends_with(".tf.json")) {
                found.push((name, text.clone()));
            }
        }
        if found.is_empty() { Err("no such file or directory".to_owned()) } else { Ok(found) }
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        match (&self.manifest, request.local_directory()) {
            (None, Some(directory)) => Ok(directory),
            (manifest, _) => manifest.clone().unwrap_or_default().resolve(request),
        }
    }
}

/// Loads one file.
pub(crate) fn load_text(text: &str) -> (Config, Diagnostics) {
    load(&Files::new(&[("main.tf", text)]), &mut SourceMap::default(), ".")
}

/// Loads files and compares findings: `PLACE SUMMARY`, sorted.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    check_reader(&Files::new(files), expected);
}

#[track_caller]
fn check_reader(files: &Files, expected: &[&str]) {
    let mut sources = SourceMap::default();
    let (config, mut diagnostics) = load(files, &mut sources, ".");
    if !diagnostics.has_errors() {
        diagnostics.extend(config.deferred);
    }
    let mut found: Vec<String> = diagnostics
        .iter()
        .map(|problem| match problem.subject {
            Some(span) => format!("{} {}", place(&sources, span), problem.summary),
            None => problem.summary.clone(),
        })
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn all_block_types_load() {
    let text = r#"
        terraform {
          required_version = ">= 1.3"
          required_providers {
            aws = {
              source                = "hashicorp/aws"
              version               = "~> 6.0"
              configuration_aliases = [aws.west]
            }
          }
          backend "local" {
            path = "x"
          }
          provider_meta "aws" {
            user_agent = ["x"]
          }
        }
        provider "aws" {
          region = "eu-west-1"
        }
        variable "size" {
          type    = object({ a = optional(number, 1), b = string })
          default = { b = 2 }
          validation {
            condition     = var.size.a > 0
            error_message = "No."
          }
        }
        locals {
          x = 1
        }
        output "o" {
          value      = local.x
          depends_on = [aws_vpc.v]
        }
        resource "aws_vpc" "v" {
          count    = 1
          provider = aws.west
          cidr     = "x"
          lifecycle {
            ignore_changes        = [tags["a"], cidr]
            create_before_destroy = true
            replace_triggered_by  = [aws_vpc.w[count.index].id]
          }
          provisioner "local-exec" {
            command = "x"
            when    = destroy
            connection {
              host = self.ip
            }
          }
        }
        data "aws_region" "r" {}
        check "c" {
          data "aws_region" "s" {}
          assert {
            condition     = data.aws_region.s.name != ""
            error_message = "No."
          }
        }
        moved {
          from = module.a[0].aws_vpc.v
          to   = aws_vpc.v["x"]
        }
        removed {
          from = aws_vpc.gone
          lifecycle {
            destroy = false
          }
        }
        import {
          for_each = {}
          to       = aws_vpc.v[each.key]
          id       = each.value
        }
    "#;
    let (config, problems) = load_text(text);
    assert!(problems.is_empty(), "{problems:?}");
    let root = config.root;
    let size = &root.variables["size"];
    assert_eq!(format!("{:?}", size.default.as_ref().unwrap()), r#"{"a": 1, "b": "2"}"#);
    let vpc = &root.resources[&landfall_addr::Resource::managed("aws_vpc", "v")];
    assert_eq!(vpc.provider.as_ref().unwrap().1.as_deref(), Some("west"));
    assert_eq!(vpc.body.attributes.keys().map(|name| &**name).collect::<Vec<_>>(), ["cidr"]);
    assert!(vpc.provisioners[0].on_destroy && vpc.provisioners[0].connection.is_some());
    let crate::config::IgnoreChanges::Paths(paths) = &vpc.lifecycle.ignore_changes else { panic!("paths expected") };
    assert_eq!(paths.iter().map(|(path, _)| path.to_string()).collect::<Vec<_>>(), ["tags[\"a\"]", "cidr"]);
    assert_eq!(root.moved[0].from.to_string(), "module.a[0].aws_vpc.v");
    assert_eq!(root.moved[0].to.to_string(), "aws_vpc.v[\"x\"]");
    assert!(!root.removed[0].destroy);
    assert!(root.imports[0].to_key.is_some());
    assert_eq!(root.required_providers["aws"].aliases.len(), 1);
    assert_eq!(root.outputs["o"].depends_on.len(), 1);
}

#[test]
fn many_errors_are_reported_at_once() {
    check(
        &[(
            "main.tf",
            "variable \"a\" {\n  tipe = string\n}\noutput \"o\" {\n}\nresorce \"x\" \"y\" {\n}\nresource \"x\" {\n}\n",
        )],
        &[
            "main.tf:2,3-7 Unsupported argument",
            "main.tf:4,12-13 Missing required argument",
            "main.tf:6,1-8 Unsupported block type",
            "main.tf:8,14-15 Missing name for resource",
        ],
    );
}

#[test]
fn doubles_are_refused_across_files() {
    check(
        &[
            ("a.tf", "locals {\n  x = 1\n}\noutput \"o\" { value = 1 }\n"),
            ("b.tf", "locals {\n  x = 2\n}\noutput \"o\" { value = 1 }\n"),
        ],
        &["b.tf:2,3-8 Duplicate local value definition", "b.tf:4,1-11 Duplicate output definition"],
    );
}

#[test]
fn override_files_replace_arguments_and_nested_blocks() {
    let main = "variable \"v\" {\n  type = string\n  default = \"a\"\n}\nresource \"x\" \"y\" {\n  a = 1\n  b = 2\n  rule {\n    n = 1\n  }\n  \
                rule {\n    n = 2\n  }\n  lifecycle {\n    prevent_destroy = true\n  }\n}\nlocals {\n  l = 1\n}\n";
    let over = "variable \"v\" {\n  default = \"b\"\n}\nresource \"x\" \"y\" {\n  b = 3\n  dynamic \"rule\" {\n    for_each = []\n    content {\n    }\n  }\n  lifecycle {\n    create_before_destroy = true\n  }\n}\nlocals {\n  l = 2\n}\n";
    let files = Files::new(&[("main.tf", main), ("override.tf", over)]);
    let (config, problems) = load(&files, &mut SourceMap::default(), ".");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(config.root.variables["v"].default, Some("b".into()));
    assert_eq!(config.root.variables["v"].r#type, landfall_value::Type::String);
    let resource = config.root.resources.values().next().unwrap();
    assert_eq!(resource.body.blocks.len(), 1);
    assert_eq!(&*resource.body.blocks[0].r#type, "dynamic");
    assert!(resource.lifecycle.prevent_destroy && resource.lifecycle.create_before_destroy == Some(true));
    check(
        &[("main.tf", "locals {\n}\n"), ("x_override.tf", "variable \"n\" {\n}\n")],
        &["x_override.tf:1,1-13 Missing base variable declaration to override"],
    );
}

#[test]
fn modules_load_from_local_directories() {
    let files = Files::new(&[
        ("main.tf", "module \"m\" {\n  source = \"./m\"\n  a = 1\n}\n"),
        ("m/main.tf", "variable \"a\" {\n}\nmodule \"n\" {\n  source = \"../n\"\n}\n"),
        ("n/main.tf", "locals {\n  x = 1\n}\n"),
    ]);
    let (config, problems) = load(&files, &mut SourceMap::default(), ".");
    assert!(problems.is_empty(), "{problems:?}");
    let n = config.module(&["m".into(), "n".into()].into_iter().collect()).unwrap();
    assert_eq!((&*n.directory, n.path.to_string()), ("n", "module.m.module.n".to_owned()));
}

#[test]
fn modules_that_are_not_there_are_reported() {
    let call = "module \"m\" {\n  source = \"./m\"\n}\n";
    check(&[("main.tf", call)], &["Unreadable module directory"]);
    check(&[("main.tf", "module \"m\" {\n  source = \"a/b/c\"\n}\n")], &["main.tf:1,1-11 Module not installed"]);
    let mut files = Files::new(&[("main.tf", call)]);
    let manifest = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"./other","Dir":"other"}]}"#;
    files.manifest = Some(Manifest::parse(manifest).unwrap());
    check_reader(&files, &["main.tf:2,12-17 Module source has changed"]);
}

#[test]
fn an_object_is_imported_once() {
    let import = |to: &str| format!("import {{\n  to = terraform_data.{to}\n  id = \"x\"\n}}\n");
    check(
        &[("main.tf", &[import("a"), import("a[0]"), import("a")].concat())],
        &["main.tf:10,8-24 Duplicate import configuration for \"terraform_data.a\""],
    );
}

#[test]
fn a_module_cannot_call_itself() {
    let m = "module \"n\" {\n  source = \"../m\"\n}\n";
    check(
        &[("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"), ("m/main.tf", m)],
        &["m/main.tf:2,12-18 Module calls itself"],
    );
}

#[test]
fn versions_that_we_do_not_speak_are_refused() {
    check(
        &[("main.tf", "terraform {\n  required_version = \">= 99.0\"\n}\n")],
        &["main.tf:2,3-31 Unsupported Terraform Core version"],
    );
}

#[test]
fn provider_aliases_must_be_there() {
    check(
        &[("main.tf", "resource \"aws_vpc\" \"v\" {\n  provider = aws.west\n}\n")],
        &["Provider configuration not present"],
    );
    let child = "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n      \
                 configuration_aliases = [aws.b]\n    }\n  }\n}\n";
    check(
        &[("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"), ("m/main.tf", child)],
        &["main.tf:1,1-11 Missing required provider configuration"],
    );
}

#[test]
fn passed_providers_are_those_that_the_child_means() {
    let child = |source: &str| {
        format!("terraform {{\n  required_providers {{\n    p = {{ source = \"{source}\" }}\n  }}\n}}\n")
    };
    let root = format!("{}module \"m\" {{\n  source = \"./m\"\n  providers = {{ p = p }}\n}}\n", child("a/p"));
    check(&[("main.tf", &root), ("m/main.tf", &child("a/p"))], &[]);
    check(&[("main.tf", &root), ("m/main.tf", &child("b/p"))], &["main.tf:8,17-18 Provider type mismatch"]);
    // What is not declared is the official one of that name.
    check(
        &[("main.tf", &root), ("m/main.tf", "locals {}\n")],
        &["main.tf:8,17-18 Provider type mismatch", "main.tf:8,17-18 Reference to undefined provider"],
    );
}

#[test]
fn required_providers_are_texts_or_objects() {
    let check_entry = |entry: &str, expected: &[&str]| {
        check(&[("main.tf", &format!("terraform {{\n  required_providers {{\n    p = {entry}\n  }}\n}}\n"))], expected);
    };
    check_entry("\">= 1\"", &[]);
    check_entry("{ source = \"localhost/a/p\", version = \"~> 2.0\" }", &[]);
    check_entry("x.y", &["main.tf:3,9-12 Invalid required_providers object"]);
    check_entry("{ version = 1 }", &["main.tf:3,21-22 Invalid version constraint"]);
    check_entry("{ source = upper(\"a/p\") }", &["main.tf:3,20-32 Invalid source"]);
    check_entry("{ source = \"a_b/p\" }", &["main.tf:3,20-27 Invalid provider namespace"]);
    check_entry("{ source = \"a/-p\" }", &["main.tf:3,20-26 Invalid provider type"]);
    check_entry("{ source = \"h:x/a/p\" }", &["main.tf:3,20-29 Invalid provider source hostname"]);
    check_entry("{ source = \"a//p\" }", &["main.tf:3,20-26 Invalid provider source string"]);
    check_entry("{ 1 = 2 }", &["main.tf:3,11-12 Invalid Attribute"]);
}

#[test]
fn destroying_needs_no_other_object() {
    let check_command = |command: &str, expected: &[&str]| {
        let text = format!(
            "resource \"a\" \"b\" {{\n  provisioner \"local-exec\" {{\n    when = destroy\n    command = {command}\n  }}\n}}\n"
        );
        check(&[("main.tf", &text)], expected);
    };
    check_command("self.x", &[]);
    check_command("path.module", &[]);
    check_command("var.x", &["main.tf:4,15-20 Invalid reference from destroy provisioner"]);
    check_command("word", &["main.tf:4,15-19 Invalid reference from destroy provisioner"]);
}

#[test]
fn depends_on_takes_whole_objects_and_outputs_of_modules() {
    let text = "resource \"a\" \"b\" {\n  depends_on = [module.m.out, c.d, c.d.id]\n}\n";
    check(&[("main.tf", text)], &["main.tf:2,39-42 Invalid depends_on reference"]);
}

#[test]
fn json_files_hold_the_same_blocks() {
    let text = r#"{
      "//": "a remark",
      "variable": {"n": {"type": "list(number)", "default": [1]}},
      "locals": {"a": "x${var.n[0]}"}, "output": {"o": {"value": "$${a}", "depends_on": ["local.a"]}},
      "resource": {"aws_vpc": {"v": [{"count": 1, "provider": "aws.west", "lifecycle": {"ignore_changes": ["tags"]}, "cidr": 1}]}},
      "provider": {"aws": [{"alias": "west"}]}
    }"#;
    let (config, problems) = load(&Files::new(&[("main.tf.json", text)]), &mut SourceMap::default(), ".");
    assert!(problems.is_empty(), "{problems:?}");
    let root = config.root;
    assert_eq!(root.variables["n"].r#type, landfall_value::Type::list(landfall_value::Type::Number));
    assert_eq!(root.locals["a"].expr.references().len(), 1);
    assert_eq!(root.outputs["o"].depends_on.len(), 1);
    let vpc = root.resources.values().next().unwrap();
    assert_eq!(vpc.body.attributes.keys().map(|name| &**name).collect::<Vec<_>>(), ["cidr"]);
    assert_eq!(vpc.provider.as_ref().unwrap().1.as_deref(), Some("west"));
    check(&[("main.tf.json", "{\"resorce\": {}}")], &["main.tf.json:1,2-11 Extraneous JSON object property"]);
}
