//! States in local files when something goes wrong: a full disk, a torn journal, Terraform at the same time.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use landfall_tests::Project;

const APPLY: [&str; 3] = ["apply", "-input=false", "-auto-approve"];

fn many(count: u32) -> String {
    format!("resource \"terraform_data\" \"a\" {{\n  count = {count}\n  input = count.index\n}}\n")
}

#[test]
fn a_full_disk_leaves_the_state_and_the_next_run_goes_on() {
    let project = Project::with_files(&[("main.tf", &many(1))]);
    project.succeed(APPLY);
    let before = project.read("terraform.tfstate");
    project.write("main.tf", &many(200));
    // No file may be longer than 4 KiB: writes beyond that fail as on a full disk.
    let landfall = project.command(APPLY);
    let mut limited = Command::new("bash");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\""])
        .arg(landfall.get_program())
        .args(landfall.get_args())
        .current_dir(project.directory())
        .env_clear()
        .envs(landfall.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null());
    let output = limited.output().expect("there is bash");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("Failed to"), "{text}");
    assert_eq!(project.read("terraform.tfstate"), before);
    project.succeed(APPLY);
    assert_eq!(project.succeed(["state", "list"]).stdout.lines().count(), 200);
    assert_eq!(project.run(["plan", "-detailed-exitcode"]).code, 0);
}

/// User id of nobody.
const NOBODY: u32 = 65534;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("the mode can be set");
}

#[test]
fn a_read_only_directory_is_told_and_nothing_is_changed() {
    let project = Project::with_files(&[("main.tf", &many(1))]);
    project.succeed(APPLY);
    let before = project.read("terraform.tfstate");
    project.write("main.tf", &many(2));
    let home = project.directory().parent().expect("a project has a home");
    let binary = home.join("landfall");
    fs::copy(project.command(APPLY).get_program(), &binary).expect("the binary can be copied");
    [home, &binary, project.directory()].into_iter().for_each(|path| set_mode(path, 0o555));
    // Root may write everywhere.
    let is_root = fs::metadata(home).expect("it is there").uid() == 0;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&binary);
        command.args(arguments).current_dir(project.directory()).env_clear().stdin(Stdio::null());
        let command = if is_root { command.uid(NOBODY) } else { &mut command };
        let output = command.output().expect("the binary can be started");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for lock in ["-lock=true", "-lock=false"] {
        let (code, text) = run(&["apply", "-input=false", "-auto-approve", lock]);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("Permission denied"), "{text}");
    }
    // Looking is free.
    assert_eq!(run(&["plan", "-lock=false", "-detailed-exitcode"]).0, Some(2));
    [home, project.directory()].into_iter().for_each(|path| set_mode(path, 0o755));
    assert_eq!(project.read("terraform.tfstate"), before);
    project.succeed(APPLY);
}

#[test]
fn a_journal_that_was_cut_in_a_record_is_read_up_to_there() {
    let project = Project::with_files(&[("main.tf", &many(2))]);
    project.succeed(APPLY);
    let state: serde_json::Value = serde_json::from_str(&project.read("terraform.tfstate")).expect("JSON");
    let header = serde_json::json!({"landfall_steps": 1, "lineage": state["lineage"], "serial": state["serial"]});
    let removed = |index: u32| format!(r#"{{"step":{{"kind":"remove","address":"terraform_data.a[{index}]"}}}}"#);
    let torn = &removed(1)[..30];
    project.write("terraform.tfstate.steps", &format!("{header}\n{}\n{torn}", removed(0)));
    assert_eq!(project.succeed(["state", "list"]).stdout, "terraform_data.a[1]\n");
    project.succeed(APPLY);
    assert_eq!(project.succeed(["state", "list"]).stdout.lines().count(), 2);
    assert!(!project.directory().join("terraform.tfstate.steps").exists());
}

#[test]
fn terraform_and_landfall_at_the_same_time_lose_nothing() {
    let project = Project::with_files(&[("main.tf", &many(1))]);
    let terraform = |arguments: &[&str]| {
        let mut command = Command::new("terraform");
        command.args(arguments).current_dir(project.directory()).stdin(Stdio::null()).stdout(Stdio::piped());
        command.envs([("TF_CLI_CONFIG_FILE", "/dev/null"), ("CHECKPOINT_DISABLE", "1")]).stderr(Stdio::piped());
        command
    };
    if terraform(&["init", "-input=false"]).output().is_err() {
        eprintln!("SKIPPED: there is no terraform on PATH");
        return;
    }
    project.succeed(APPLY);
    for round in 1..=4_u32 {
        // Each adds its own by its own configuration, which the other one then keeps or removes, but never forgets.
        project.write("main.tf", &many(1 + round));
        let both = ["apply", "-auto-approve", "-input=false", "-lock-timeout=60s"];
        let theirs = terraform(&both).spawn().expect("terraform runs");
        let ours = project.command(both).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("landfall runs");
        let (ours, theirs) = (ours.wait_with_output().expect("it ends"), theirs.wait_with_output().expect("it ends"));
        let text = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(ours.status.success() && theirs.status.success(), "{}{}", text(&ours), text(&theirs));
        // Exactly one of them made the new object: the second one found it.
        let made = [&ours, &theirs].into_iter().filter(|output| text(output).contains("1 added")).count();
        assert_eq!(made, 1, "{}{}", text(&ours), text(&theirs));
        assert_eq!(project.run(["plan", "-detailed-exitcode"]).code, 0);
    }
}
