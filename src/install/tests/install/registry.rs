//! Modules of registries.

use landfall_install::Event;

use crate::server::{ok, status};
use crate::world::{World, tar_gz};

const VPC: &str = "registry.example.com/acme/vpc/aws";

fn versions(list: &[&str]) -> String {
    let entries: Vec<String> = list.iter().map(|version| format!("{{\"version\": \"{version}\"}}")).collect();
    format!("{{\"modules\": [{{\"versions\": [{}]}}]}}", entries.join(","))
}

fn with_versions(list: &[&str]) -> World {
    let world = World::new();
    world.server.page("/m/acme/vpc/aws/versions", ok(versions(list)));
    world
}

#[test]
fn takes_the_newest_allowed_version() {
    let world = with_versions(&["1.0.0", "1.4.0", "2.0.0", "3.0.0-beta1"]);
    let archive = tar_gz(&[("top/main.tf", "# vpc"), ("top/modules/a/main.tf", "# a")]);
    world
        .server
        .page("/m/acme/vpc/aws/1.4.0/download", status(204).with("X-Terraform-Get", "/vpc//*?archive=tar.gz"))
        .page("/m/acme/vpc/aws/2.0.0/download", ok("{\"location\": \"../../../../../two.tgz//top\"}"))
        .page("/vpc", ok(archive.clone()))
        .page("/two.tgz", ok(archive));
    let (outcome, events) = world.install(VPC, Some("~> 1.0"));
    let installed = outcome.unwrap();
    assert_eq!(installed.version.unwrap().to_string(), "1.4.0");
    assert!(installed.directory.ends_with("modules/m/top"), "{}", installed.directory);
    let package = VPC.to_owned();
    let version = "1.4.0".parse().ok();
    assert_eq!(events[0], Event::Downloading { key: "m".to_owned(), package, version });
    assert_eq!(world.main_of(&format!("{VPC}//modules/a"), None), "# a");
    let asked = &world.server.asked("/m/acme/vpc/aws/versions")[0].headers;
    assert_eq!(asked["authorization"], "Bearer sesame");
    assert_eq!(asked["x-terraform-version"], "1.11.4");
    // The token is for the registry, not for those who have the archives.
    assert!(!world.server.asked("/vpc")[0].headers.contains_key("authorization"));
}

#[test]
fn a_version_is_downloaded_once() {
    let world = with_versions(&["1.0.0"]);
    world
        .server
        .page("/m/acme/vpc/aws/1.0.0/download", status(204).with("X-Terraform-Get", "/vpc.tgz"))
        .page("/vpc.tgz", ok(tar_gz(&[("main.tf", "# vpc")])));
    assert_eq!(world.main_of(VPC, None), "# vpc");
    assert_eq!(world.main_of(VPC, None), "# vpc");
    assert_eq!(world.server.asked("/vpc.tgz").len(), 1);
    // What was changed in the cache is fetched again.
    for entry in std::fs::read_dir(world.path("cache/archives")).unwrap().flatten() {
        if entry.path().extension().is_none() {
            std::fs::write(entry.path(), "other").unwrap();
        }
    }
    assert_eq!(world.main_of(VPC, None), "# vpc");
    assert_eq!(world.server.asked("/vpc.tgz").len(), 2);
}

#[test]
fn failures_that_pass_are_tried_again() {
    let world = World::new();
    world
        .server
        .page("/m/acme/vpc/aws/versions", status(503))
        .page("/m/acme/vpc/aws/versions", ok(versions(&["1.0.0"])))
        .page("/m/acme/vpc/aws/1.0.0/download", status(204).with("X-Terraform-Get", "/vpc.tgz"))
        .page("/vpc.tgz", ok(tar_gz(&[("main.tf", "# vpc")])));
    assert_eq!(world.main_of(VPC, None), "# vpc");
}

#[track_caller]
fn check(world: &World, source: &str, version: Option<&str>, expected: &str) {
    let problem = world.problem(source, version).replace(&world.server.address, "http://loopback");
    assert_eq!(problem, expected);
}

#[test]
fn what_is_wrong_with_a_registry_is_told() {
    let world = with_versions(&["1.0.0", "1.1.0", "nonsense"]);
    world
        .server
        .page("/m/acme/none/aws/versions", ok(versions(&[])))
        .page("/m/acme/vpc/aws/1.0.0/download", status(204).with("X-Terraform-Get", "acme/other/aws"))
        .page("/m/acme/vpc/aws/1.1.0/download", status(404))
        .page("/m/acme/json/aws/versions", ok("<html>"));
    check(
        &world,
        VPC,
        Some(">= 2"),
        "Unresolvable module version constraint [Version] There is no available version of module \
         \"registry.example.com/acme/vpc/aws\" which matches the given version constraint. The newest available \
         versions are 1.1.0, 1.0.0.",
    );
    check(
        &world,
        "registry.example.com/acme/nope/aws",
        None,
        "Module not found [Source] Module \"m\" cannot be found in the module registry at registry.example.com: it has \
         no `acme/nope/aws`, as http://loopback/m/acme/nope/aws/versions says.",
    );
    check(
        &world,
        "registry.example.com/acme/none/aws",
        None,
        "Module has no versions [Source] Module \"registry.example.com/acme/none/aws\" has no versions available on \
         registry.example.com.",
    );
    check(
        &world,
        VPC,
        Some("1.1.0"),
        "Error accessing remote module registry [Source] Failed to retrieve a download URL for \
         registry.example.com/acme/vpc/aws 1.1.0 from registry.example.com: \
         http://loopback/m/acme/vpc/aws/1.1.0/download: the server answered 404 (not found).",
    );
    check(
        &world,
        VPC,
        Some("1.0.0"),
        "Invalid package location from module registry [Source] Module registry registry.example.com returned invalid \
         source location \"acme/other/aws\" for registry.example.com/acme/vpc/aws 1.0.0: must be a direct remote package \
         address.",
    );
    check(
        &world,
        "empty.example.com/acme/vpc/aws",
        None,
        "Error accessing remote module registry [Source] Failed to retrieve available versions for module \"m\" from \
         empty.example.com: host empty.example.com does not provide a modules service.",
    );
    let problem = world.problem("registry.example.com/acme/json/aws", None);
    assert!(problem.contains("the list of versions is not valid JSON"), "{problem}");
}

#[test]
fn versions_that_are_none_are_warned_of() {
    let world = with_versions(&["1.0.0", "nonsense"]);
    world
        .server
        .page("/m/acme/vpc/aws/1.0.0/download", status(204).with("X-Terraform-Get", "/vpc.tgz"))
        .page("/vpc.tgz", ok(tar_gz(&[("main.tf", "# vpc")])));
    let installed = world.install(VPC, None).0.unwrap();
    assert_eq!(installed.warnings.len(), 1);
    assert!(installed.warnings[0].detail.contains("\"nonsense\""));
}
