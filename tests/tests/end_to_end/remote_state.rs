//! States in a bucket of the emulator: how they get there, who may write them, and what a killed run leaves.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use landfall_tests::{Answer, Emulator, FaultyEndpoint, Project};

const BACKEND: &str = r#"
terraform {
  backend "s3" {
    bucket = "states"
    key    = "a/terraform.tfstate"
  }
}
"#;

const DATA: &str = r#"
resource "terraform_data" "a" { input = "x" }
output "a" { value = terraform_data.a.output }
"#;

const INIT: [&str; 2] = ["init", "-input=false"];
const APPLY: [&str; 3] = ["apply", "-input=false", "-auto-approve"];
const EMPTY: [&str; 3] = ["plan", "-input=false", "-detailed-exitcode"];

/// Returns an emulator with an empty bucket.
fn emulator() -> Emulator {
    let emulator = Emulator::start();
    emulator.account().put("s3", "/states", "");
    emulator
}

fn project(emulator: &Emulator, files: &[(&str, &str)]) -> Project {
    Project::with_files(files).on(emulator)
}

/// Returns the keys in the bucket.
fn keys(emulator: &Emulator) -> Vec<String> {
    let list = emulator.account().get("s3", "/states?list-type=2");
    let keys = list.split("<Key>").skip(1).filter_map(|part| Some(part.split_once("</Key>")?.0.to_owned()));
    keys.collect()
}

#[test]
fn a_state_in_a_bucket_is_applied_planned_and_destroyed() {
    let emulator = emulator();
    let project = project(&emulator, &[("backend.tf", BACKEND), ("main.tf", DATA)]);
    let run = project.run(EMPTY);
    assert_eq!(run.code, 1);
    assert!(run.text().contains("Backend initialization required"), "{}", run.text());
    project.succeed(INIT);
    project.succeed(APPLY);
    assert_eq!(keys(&emulator), ["a/terraform.tfstate"]);
    assert_eq!(project.run(EMPTY).code, 0);
    assert!(!project.directory().join("terraform.tfstate").exists());
    assert_eq!(project.succeed(["output", "-raw", "a"]).stdout, "x");
    assert_eq!(project.succeed(["state", "list"]).stdout, "terraform_data.a\n");
    project.succeed(["state", "mv", "terraform_data.a", "terraform_data.b"]);
    assert_eq!(project.succeed(["state", "list"]).stdout, "terraform_data.b\n");
    project.succeed(["destroy", "-input=false", "-auto-approve"]);
    assert_eq!(project.succeed(["state", "list"]).stdout, "");
}

#[test]
fn workspaces_have_keys_of_their_own() {
    let emulator = emulator();
    let project = project(&emulator, &[("backend.tf", BACKEND), ("main.tf", DATA)]);
    project.succeed(INIT);
    project.succeed(["workspace", "new", "test"]);
    project.succeed(APPLY);
    assert_eq!(keys(&emulator), ["env:/test/a/terraform.tfstate"]);
    assert!(project.succeed(["workspace", "list"]).stdout.contains("* test"));
    project.succeed(["workspace", "select", "default"]);
    let refused = project.run(["workspace", "delete", "test"]);
    assert!(refused.text().contains("still manages objects"), "{}", refused.text());
    project.succeed(["workspace", "delete", "-force", "test"]);
    assert_eq!(keys(&emulator), [""; 0]);
}

#[test]
fn states_are_copied_to_a_bucket_and_back() {
    let emulator = emulator();
    let project = project(&emulator, &[("main.tf", DATA)]);
    project.succeed(INIT);
    project.succeed(APPLY);
    let before = project.succeed(["state", "pull"]).stdout;
    project.write("backend.tf", BACKEND);
    let refused = project.run(INIT);
    assert!(refused.text().contains("Can't ask approval for state migration"), "{}", refused.text());
    project.succeed(["init", "-input=false", "-migrate-state", "-force-copy"]);
    assert!(!project.directory().join("terraform.tfstate").exists());
    assert_eq!(project.succeed(["state", "pull"]).stdout, before);
    assert_eq!(project.run(EMPTY).code, 0);

    project.write("backend.tf", &BACKEND.replace("a/terraform", "b/terraform"));
    let changed = project.run(EMPTY);
    assert!(changed.text().contains("Backend configuration block has changed"), "{}", changed.text());
    let refused = project.run(INIT);
    assert!(refused.text().contains("Backend configuration changed"), "{}", refused.text());
    project.succeed(["init", "-migrate-state", "-force-copy"]);
    assert_eq!(keys(&emulator), ["a/terraform.tfstate", "b/terraform.tfstate"]);

    project.write("backend.tf", "");
    project.succeed(["init", "-migrate-state", "-force-copy"]);
    assert_eq!(project.succeed(["state", "pull"]).stdout, before);
    assert_eq!(project.run(EMPTY).code, 0);
}

#[test]
fn a_part_of_the_settings_may_come_from_the_command_line() {
    let emulator = emulator();
    let files = [("backend.tf", "terraform {\n  backend \"s3\" {\n  }\n}\n"), ("main.tf", DATA)];
    let project = project(&emulator, &files);
    let missing = project.run(INIT);
    assert!(missing.text().contains("Missing \"bucket\" value"), "{}", missing.text());
    project.write("settings", "bucket = \"states\"\n");
    project.succeed(["init", "-backend-config=settings", "-backend-config=key=c/terraform.tfstate"]);
    project.succeed(APPLY);
    assert_eq!(keys(&emulator), ["c/terraform.tfstate"]);
    project.succeed(INIT);
    project.write("backend.tf", "terraform {\n  backend \"s3\" {\n    bukket = 1\n  }\n}\n");
    let unknown = project.run(INIT);
    assert!(unknown.text().contains("backend.tf line 3"), "{}", unknown.text());
}

/// Starts an apply that has the lock while it waits for approval.
fn ask(project: &Project) -> Child {
    let mut command = project.command(["apply", "-no-color"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs")
}

#[test]
fn of_twelve_processes_one_gets_the_lock_each_time() {
    let emulator = emulator();
    let project = project(&emulator, &[("backend.tf", BACKEND), ("main.tf", DATA)]);
    project.succeed(INIT);
    for round in 0..3 {
        project.write("main.tf", &DATA.replace("\"x\"", &format!("\"{round}\"")));
        let mut asking: Vec<Child> = (0..12).map(|_| ask(&project)).collect();
        let deadline = Instant::now() + Duration::from_secs(120);
        while asking.len() > 1 {
            assert!(Instant::now() < deadline, "{} processes have the lock", asking.len());
            asking.retain_mut(|child| match child.try_wait().expect("a child") {
                None => true,
                Some(status) => {
                    assert_eq!(status.code(), Some(1));
                    false
                }
            });
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut winner = asking.pop().expect("not all were refused");
        winner.stdin.take().expect("its input is piped").write_all(b"yes\n").expect("it reads");
        assert!(winner.wait().expect("it ends").success());
        assert_eq!(project.run(EMPTY).code, 0);
        assert_eq!(keys(&emulator), ["a/terraform.tfstate"]);
    }
}

#[test]
fn the_lock_of_a_killed_run_is_taken_over_and_said_so() {
    let emulator = emulator();
    let project = project(&emulator, &[("backend.tf", BACKEND), ("main.tf", DATA)]);
    project.succeed(INIT);
    let mut holder = ask(&project);
    while !keys(&emulator).iter().any(|key| key.ends_with(".tflock")) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let refused = project.run(EMPTY);
    assert!(refused.text().contains("Error acquiring the state lock"), "{}", refused.text());
    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
    let run = project.succeed(APPLY);
    assert!(run.text().contains("It was taken over"), "{}", run.text());
    assert_eq!(keys(&emulator), ["a/terraform.tfstate"]);
}

const NETWORK: &str = r#"
provider "aws" {}
resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "a" {
  count      = 3
  vpc_id     = aws_vpc.a.id
  cidr_block = cidrsubnet(aws_vpc.a.cidr_block, 8, count.index)
}
"#;

#[test]
fn a_killed_apply_is_settled_from_the_journal_in_the_bucket() {
    let emulator = emulator();
    let account = emulator.account();
    let count = |action: &str, text: &str| account.query("ec2", action, "2016-11-15").matches(text).count();
    let default_subnets = count("DescribeSubnets", "<subnetId>");
    let endpoint = FaultyEndpoint::start(Some(&emulator), |request| request.calls("CreateSubnet").then(Answer::lost));
    let files = [("backend.tf", BACKEND), ("main.tf", NETWORK)];
    let project = Project::with_files(&files).at(endpoint.url());
    project.succeed(INIT);
    let mut command = project.command(APPLY);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
    let deadline = Instant::now() + Duration::from_secs(60);
    while endpoint.carried_out("CreateSubnet") == 0 {
        assert!(Instant::now() < deadline, "CreateSubnet was not called");
        assert!(child.try_wait().expect("a child").is_none(), "the apply ended early");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("the child can be killed");
    child.wait().expect("the child ends");
    assert!(keys(&emulator).iter().any(|key| key.starts_with("a/terraform.tfstate.steps/")));

    // Another directory, as on another machine.
    let other = Project::with_files(&files).on(&emulator);
    other.succeed(INIT);
    let run = other.succeed(APPLY);
    assert!(run.text().contains("A run that was cut off had begun"), "{}", run.text());
    assert_eq!(count("DescribeSubnets", "<subnetId>") - default_subnets, 3);
    assert_eq!(other.run(EMPTY).code, 0);
    assert_eq!(keys(&emulator), ["a/terraform.tfstate"]);
}

#[test]
fn a_stale_writer_is_fenced_and_what_it_did_is_saved() {
    let emulator = emulator();
    let project = project(&emulator, &[("backend.tf", BACKEND), ("main.tf", DATA)]);
    project.succeed(INIT);
    project.succeed(APPLY);
    let before = project.succeed(["state", "pull"]).stdout;
    let slow = "resource \"terraform_data\" \"b\" {\n  provisioner \"local-exec\" { command = \"sleep 3\" }\n}\n";
    project.write("main.tf", &format!("{DATA}{slow}"));
    let mut command = project.command(["apply", "-auto-approve", "-lock=false"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    std::thread::sleep(Duration::from_millis(1500));
    // Somebody who does not lock either.
    let changed = before.replace("\"serial\": 1", "\"serial\": 2");
    assert_ne!(changed, before);
    emulator.account().put("s3", "/states/a/terraform.tfstate", &changed);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(text.contains("was changed by someone else"), "{text}");
    assert!(project.read("errored.tfstate").contains("\"name\": \"b\""));
    assert_eq!(emulator.account().get("s3", "/states/a/terraform.tfstate"), changed);
    // Nobody goes on over that by accident.
    let refused = project.run(EMPTY);
    assert!(refused.text().contains("Log of finished steps does not match"), "{}", refused.text());
    project.succeed(["state", "push", "-force", "errored.tfstate"]);
    assert_eq!(project.run(EMPTY).code, 0);
    assert_eq!(keys(&emulator), ["a/terraform.tfstate"]);
}

#[test]
fn a_table_holds_the_lock_and_the_checksum() {
    let emulator = emulator();
    let account = emulator.account();
    let table = r#"{"TableName":"locks","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"LockID",
        "KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"LockID","AttributeType":"S"}]}"#;
    account.json_of("dynamodb", "DynamoDB_20120810.CreateTable", table);
    let item = |id: &str| {
        let key = format!(r#"{{"TableName":"locks","Key":{{"LockID":{{"S":"{id}"}}}}}}"#);
        account.json_of("dynamodb", "DynamoDB_20120810.GetItem", &key)
    };
    let backend = BACKEND.replace("key ", "dynamodb_table = \"locks\"\n    use_lockfile = false\n    key ");
    let project = project(&emulator, &[("backend.tf", &backend), ("main.tf", DATA)]);
    project.succeed(INIT);
    project.succeed(APPLY);
    assert!(item("states/a/terraform.tfstate-md5").contains("Digest"));
    project.write("main.tf", &DATA.replace("\"x\"", "\"y\""));
    let mut holder = ask(&project);
    while !item("states/a/terraform.tfstate").contains("Info") {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(project.run(APPLY).text().contains("Error acquiring the state lock"));
    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
    assert!(project.succeed(APPLY).text().contains("It was taken over"));
    assert!(!item("states/a/terraform.tfstate").contains("Info"));
    let settings =
        "skip_credentials_validation = true\n    skip_requesting_account_id = true\n    use_path_style = true\n";
    project.write("backend.tf", &backend.replace("    key ", &format!("    {settings}    key ")));
    project.succeed(["init", "-reconfigure"]);
    let Some(plan) = terraform(&project, &emulator, &["plan", "-no-color", "-input=false"]) else { return };
    assert!(plan.contains("No changes."), "{plan}");
}

#[test]
fn the_outputs_of_another_state_are_read() {
    let emulator = emulator();
    let one = project(&emulator, &[("backend.tf", BACKEND), ("main.tf", DATA)]);
    one.succeed(INIT);
    one.succeed(APPLY);
    let reader = r#"
data "terraform_remote_state" "one" {
  backend = "s3"
  config  = { bucket = "states", key = "a/terraform.tfstate" }
}
output "theirs" { value = data.terraform_remote_state.one.outputs.a }
"#;
    let other = project(&emulator, &[("main.tf", reader)]);
    other.succeed(APPLY);
    assert_eq!(other.succeed(["output", "-raw", "theirs"]).stdout, "x");
}

/// Returns Terraform in the directory of a project, if it is installed.
fn terraform(project: &Project, emulator: &Emulator, arguments: &[&str]) -> Option<String> {
    let output = Command::new("terraform")
        .args(arguments)
        .current_dir(project.directory())
        .envs([("AWS_ENDPOINT_URL", emulator.url()), ("TF_CLI_CONFIG_FILE", "/dev/null"), ("AWS_REGION", "us-east-1")])
        .envs([("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("CHECKPOINT_DISABLE", "1")])
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) => Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()),
        Err(_) => {
            eprintln!("SKIPPED: there is no terraform on PATH");
            None
        }
    }
}

#[test]
fn terraform_and_landfall_share_a_directory_its_states_and_its_locks() {
    let emulator = emulator();
    let settings = "use_path_style              = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    key ";
    let backend = BACKEND.replace("key ", settings);
    let files = [("backend.tf", backend.as_str()), ("main.tf", DATA)];
    let project = project(&emulator, &files);
    project.succeed(INIT);
    project.succeed(APPLY);
    let Some(plan) = terraform(&project, &emulator, &["plan", "-no-color", "-input=false"]) else { return };
    assert!(plan.contains("No changes."), "{plan}");
    project.write("main.tf", &DATA.replace("\"x\"", "\"y\""));
    let mut holder = ask(&project);
    while !keys(&emulator).iter().any(|key| key.ends_with(".tflock")) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let refused = terraform(&project, &emulator, &["apply", "-no-color", "-auto-approve"]).expect("it is there");
    assert!(refused.contains("Error acquiring the state lock"), "{refused}");
    assert!(refused.contains("OperationTypeApply"), "{refused}");
    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
    project.succeed(APPLY);
    let plan = terraform(&project, &emulator, &["plan", "-no-color", "-input=false"]).expect("it is there");
    assert!(plan.contains("No changes."), "{plan}");
    assert!(terraform(&project, &emulator, &["init", "-no-color", "-input=false"]).is_some());
    assert_eq!(project.run(EMPTY).code, 0);
}
