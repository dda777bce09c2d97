//! Bad input: what the user reads, and the exit code. Never a panic, never a lost object.

use landfall_tests::{Project, Run};

#[track_caller]
fn check_fails(run: &Run, texts: &[&str]) {
    let all = run.text();
    assert_eq!(run.code, 1, "{all}");
    for text in texts {
        assert!(all.contains(text), "`{text}` is not in:\n{all}");
    }
    assert!(!all.contains("panicked"), "{all}");
}

#[track_caller]
fn check_plan_fails(main: &str, texts: &[&str]) {
    let project = Project::with_files(&[("main.tf", main)]);
    check_fails(&project.run(["plan", "-input=false"]), texts);
    assert!(!project.directory().join("terraform.tfstate").exists());
}

#[test]
fn syntax_error_is_located() {
    check_plan_fails("resource \"terraform_data\" \"a\" {\n  input = [1, 2\n}\n", &["Error: ", "main.tf line "]);
}

#[test]
fn reference_to_something_undeclared_suggests_a_name() {
    check_plan_fails(
        "variable \"region\" { default = 1 }\noutput \"x\" {\n  value = var.regoin\n}\n",
        &["Reference to undeclared input variable", "main.tf line 3", "Did you mean", "region"],
    );
}

#[test]
fn several_mistakes_are_reported_together() {
    check_plan_fails(
        "output \"x\" {\n  value = var.nothing\n}\noutput \"y\" {\n  value = local.nothing\n}\n",
        &["Reference to undeclared input variable", "Reference to undeclared local value"],
    );
}

#[test]
fn cycle_names_its_members() {
    check_plan_fails(
        "resource \"terraform_data\" \"a\" {\n  input = terraform_data.b.output\n}\n\
         resource \"terraform_data\" \"b\" {\n  input = terraform_data.a.output\n}\n",
        &["Cycle: ", "terraform_data.a", "terraform_data.b"],
    );
}

#[test]
fn type_mismatch_says_what_is_required() {
    check_plan_fails(
        "variable \"n\" {\n  type    = number\n  default = \"many\"\n}\n",
        &["Invalid default value for variable", "main.tf line 3", "number"],
    );
}

#[test]
fn missing_variable_without_input_is_an_error() {
    check_plan_fails("variable \"name\" {\n  type = string\n}\n", &["No value for required variable", "name"]);
}

#[test]
fn unknown_resource_type_is_named() {
    check_plan_fails("resource \"aws_vcp\" \"a\" {\n}\n", &["Invalid resource type", "aws_vcp", "aws_vpc"]);
}

#[test]
fn unsupported_argument_suggests_a_name() {
    check_plan_fails(
        "resource \"aws_vpc\" \"a\" {\n  cidr_blok = \"10.0.0.0/16\"\n}\n",
        &["Unsupported argument", "main.tf line 2", "cidr_block"],
    );
}

const TWO: &str = "resource \"terraform_data\" \"a\" {\n  input = \"one\"\n}\n";

fn applied() -> Project {
    let project = Project::with_files(&[("main.tf", TWO)]);
    project.succeed(["apply", "-input=false", "-auto-approve"]);
    project
}

#[test]
fn state_from_the_future_is_left_alone() {
    let project = applied();
    let future = project.read("terraform.tfstate").replace("\"version\": 4", "\"version\": 5");
    project.write("terraform.tfstate", &future);
    check_fails(&project.run(["plan", "-input=false"]), &["Error: ", "terraform.tfstate", "version"]);
    assert_eq!(project.read("terraform.tfstate"), future);
}

#[test]
fn state_that_is_cut_off_is_left_alone() {
    let project = applied();
    let state = project.read("terraform.tfstate");
    let cut = &state[..state.len() / 2];
    project.write("terraform.tfstate", cut);
    check_fails(&project.run(["apply", "-input=false", "-auto-approve"]), &["Error: ", "terraform.tfstate"]);
    assert_eq!(project.read("terraform.tfstate"), cut);
}

#[test]
fn saved_plan_is_refused_after_the_state_moved() {
    let project = applied();
    project.write("main.tf", &TWO.replace("one", "two"));
    project.succeed(["plan", "-input=false", "-out=saved"]);
    project.succeed(["apply", "-input=false", "-auto-approve"]);
    let before = project.read("terraform.tfstate");
    check_fails(&project.run(["apply", "-input=false", "saved"]), &["Saved plan is stale"]);
    assert_eq!(project.read("terraform.tfstate"), before);
}

#[test]
fn saved_plan_is_refused_on_a_state_of_another_lineage() {
    let project = applied();
    project.write("main.tf", &TWO.replace("one", "two"));
    project.succeed(["plan", "-input=false", "-out=saved"]);
    let other = applied().read("terraform.tfstate");
    project.write("terraform.tfstate", &other);
    check_fails(&project.run(["apply", "-input=false", "saved"]), &["Saved plan does not match the given state"]);
    assert_eq!(project.read("terraform.tfstate"), other);
}

#[test]
fn two_applies_at_once_exclude_each_other() {
    let slow = "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"touch started; while [ ! -e go ]; do sleep 0.05; done\"\n  }\n}\n";
    let project = Project::with_files(&[("main.tf", slow)]);
    let first = project.command(["apply", "-input=false", "-auto-approve"]).spawn().unwrap();
    while !project.directory().join("started").exists() {
        std::thread::yield_now();
    }
    let second = project.run(["apply", "-input=false", "-auto-approve"]);
    project.write("go", "");
    assert!(first.wait_with_output().unwrap().status.success());
    check_fails(&second, &["Error acquiring the state lock", "Lock Info", "OperationTypeApply"]);
    assert_eq!(project.succeed(["state", "list"]).stdout, "terraform_data.a\n");
}

#[test]
fn failed_plan_is_shown_and_saved_to_be_looked_at_and_not_applied() {
    let project = Project::with_files(&[(
        "main.tf",
        "resource \"terraform_data\" \"a\" { input = 1 }\n\
         resource \"terraform_data\" \"b\" { input = tolist([])[terraform_data.a.input] }\n",
    )]);
    let texts =
        ["but then encountered a problem", "terraform_data.a will be created", "Plan: 1 to add", "Invalid index"];
    check_fails(&project.run(["plan", "-input=false", "-out=partial"]), &texts);
    let shown: serde_json::Value = serde_json::from_str(&project.run(["show", "-json", "partial"]).stdout).unwrap();
    assert_eq!([&shown["errored"], &shown["complete"], &shown["applyable"]], [true, false, false]);
    assert_eq!(shown["resource_changes"].as_array().map(Vec::len), Some(1));
    check_fails(&project.run(["apply", "-input=false", "partial"]), &["Cannot apply incomplete plan"]);
    assert!(!project.directory().join("terraform.tfstate").exists());
}
