//! The first command of the README.

use landfall_tests::Project;

#[test]
fn the_demo_ends_with_all_nodes_and_an_empty_plan() {
    let project = Project::with_files(&[]);
    let run = project.run(["demo", "there", "-time-scale=1000"]);
    assert_eq!(run.code, 0, "{}", run.text());
    for kind in ["Auto Scaling group landfall-quickstart-autoscaling", "spot fleet sfr-", "node group managed"] {
        assert!(run.stdout.contains(kind), "{kind}: {}", run.stdout);
    }
    assert_eq!(run.stdout.matches("  joined ").count(), 4, "{}", run.stdout);
    assert!(run.stdout.contains("No changes. Your infrastructure matches the configuration."), "{}", run.stdout);
    assert!(project.directory().join("there/main.tf").is_file());
    // It does not write over what is there.
    let again = project.run(["demo", "there"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("needs a new directory"), "{}", again.stderr);
}
