//! The examples live their whole lives: applied, planned again, changed, destroyed to nothing.

use crate::Sandboxed;

const PLAN: [&str; 2] = ["plan", "-detailed-exitcode"];

/// Applies an example; so many nodes have to join.
#[track_caller]
fn born(name: &str, nodes: usize) -> Sandboxed {
    let sandboxed = Sandboxed::example(name);
    sandboxed.init();
    sandboxed.expect(0, &["apply", "-auto-approve"]);
    let all = sandboxed.nodes();
    assert_eq!(all.len(), nodes, "{all:?}");
    assert!(all.iter().all(|node| node["state"] == "joined"), "{all:?}");
    sandboxed
}

/// Changes the cluster in place.
#[track_caller]
fn changes(sandboxed: &Sandboxed) {
    let module = "source = \"../../modules/cluster\"\n";
    sandboxed.edit("main.tf", module, &format!("{module}  support_type = \"STANDARD\"\n"));
    sandboxed.expect(2, &PLAN);
    sandboxed.expect(0, &["apply", "-auto-approve"]);
}

/// Destroys everything; nothing may be left.
#[track_caller]
fn dies(sandboxed: &Sandboxed) {
    sandboxed.expect(0, &["destroy", "-auto-approve"]);
    let left = sandboxed.live();
    assert!(left.is_empty(), "{left:?}");
}

/// Runs an example's life.
#[track_caller]
fn lives(name: &str, nodes: usize) {
    let sandboxed = born(name, nodes);
    sandboxed.expect(0, &PLAN);
    changes(&sandboxed);
    sandboxed.expect(0, &PLAN);
    dies(&sandboxed);
}

#[test]
fn the_quickstart_lives() {
    lives("quickstart", 4);
}

#[test]
fn autoscaling_lives() {
    lives("autoscaling", 2);
}

#[test]
fn managed_lives() {
    lives("managed", 2);
}

#[test]
fn spot_fleet_lives() {
    lives("spot-fleet", 3);
}

#[test]
fn fargate_lives() {
    lives("fargate", 0);
}

#[test]
fn nodes_by_hand_live() {
    lives("nodes-by-hand", 2);
}
