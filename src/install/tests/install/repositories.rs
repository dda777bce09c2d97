//! Git repositories.

use crate::world::World;

#[test]
fn branches_tags_and_commits_are_checked_out() {
    let world = World::new();
    let url = world.repository();
    let commit = world.git(&["rev-parse", "v1"]);
    assert_eq!(world.main_of(&url, None), "# head");
    assert_eq!(world.main_of(&format!("{url}?ref=v1"), None), "# one");
    assert_eq!(world.main_of(&format!("{url}?ref={commit}"), None), "# one");
    assert_eq!(world.main_of(&format!("{url}?ref=main"), None), "# head");
    assert_eq!(world.main_of(&format!("{url}?depth=1&ref=v2"), None), "# two");
    assert_eq!(world.main_of(&format!("{url}//modules/a?ref=v1"), None), "# a");
    assert_eq!(world.main_of(&format!("{url}//mod*/a"), None), "# a");
    assert!(!world.path("modules/m/.git").exists());
}

#[test]
fn new_commits_are_seen() {
    let world = World::new();
    let url = world.repository();
    assert_eq!(world.main_of(&url, None), "# head");
    std::fs::write(world.path("repository/main.tf"), "# new").unwrap();
    world.commit("v3");
    assert_eq!(world.main_of(&url, None), "# new");
    assert_eq!(world.main_of(&format!("{url}?ref=v3"), None), "# new");
}

#[test]
fn a_named_commit_needs_no_server_twice() {
    let world = World::new();
    let url = world.repository();
    let pinned = format!("{url}?ref={}", world.git(&["rev-parse", "v1"]));
    assert_eq!(world.main_of(&pinned, None), "# one");
    std::fs::rename(world.path("repository"), world.path("gone")).unwrap();
    assert_eq!(world.main_of(&pinned, None), "# one");
}

#[test]
fn what_is_wrong_with_a_repository_is_told() {
    let world = World::new();
    let url = world.repository();
    let problem = world.problem(&format!("{url}?ref=v9"), None);
    assert!(problem.contains("has no branch, tag or commit `v9`; its newest tags are v2, v1."), "{problem}");
    let problem = world.problem(&format!("{url}//nope?ref=v1"), None);
    assert!(problem.starts_with("Unreadable module subdirectory [Source]"), "{problem}");
    let gone = format!("git::file://{}", world.path("nope").display());
    let problem = world.problem(&gone, None);
    assert!(problem.contains("`git fetch` failed:\nfatal: "), "{problem}");
    assert!(!world.path("modules/m").exists());
}

#[test]
fn directories_of_this_machine_are_linked() {
    let world = World::new();
    world.repository();
    let source = format!("{}//modules/a", world.path("repository").display());
    assert_eq!(world.main_of(&source, None), "# a");
    let problem = world.problem(&world.path("nope").display().to_string(), None);
    assert!(problem.contains("there is no directory"), "{problem}");
}
