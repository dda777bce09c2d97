//! Archives, and pages that name them.

use sha2::{Digest, Sha256};

use crate::server::{ok, status};
use crate::world::{World, tar_gz};

#[test]
fn archives_are_unpacked() {
    let world = World::new();
    let archive = tar_gz(&[("main.tf", "# root"), ("a/main.tf", "# a")]);
    let digest: String = Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
    world.server.page("/m.tgz", ok(archive.clone())).page("/m?x=1", ok(archive));
    let address = &world.server.address;
    assert_eq!(world.main_of(&format!("{address}/m.tgz"), None), "# root");
    assert_eq!(world.main_of(&format!("{address}/m.tgz//a?checksum=sha256:{digest}"), None), "# a");
    assert_eq!(world.main_of(&format!("{address}/m?archive=tgz&x=1"), None), "# root");
    let problem = world.problem(&format!("{address}/m.tgz?checksum=md5:{}", "0".repeat(32)), None);
    assert!(problem.contains("md5 checksum is") && problem.contains(&"0".repeat(32)), "{problem}");
}

#[test]
fn an_unchanged_archive_is_not_sent_again() {
    let world = World::new();
    let archive = tar_gz(&[("main.tf", "# root")]);
    world.server.page("/m.tgz", ok(archive).with("ETag", "\"1\"")).page("/m.tgz", status(304));
    let source = format!("{}/m.tgz", world.server.address);
    assert_eq!(world.main_of(&source, None), "# root");
    assert_eq!(world.main_of(&source, None), "# root");
    let asked = world.server.asked("/m.tgz");
    assert_eq!(asked[1].headers["if-none-match"], "\"1\"");
}

#[test]
fn pages_name_packages_by_header_or_element() {
    let world = World::new();
    let address = &world.server.address;
    let element = format!("<html><head><meta name=\"terraform-get\" content=\"{address}/m.tgz//a\"></head></html>");
    world
        .server
        .page("/m.tgz", ok(tar_gz(&[("main.tf", "# root"), ("a/main.tf", "# a"), ("a/b/main.tf", "# b")])))
        .page("/header?terraform-get=1", status(204).with("X-Terraform-Get", "/m.tgz"))
        .page("/element?terraform-get=1", ok(element))
        .page("/nothing?terraform-get=1", ok("hello"))
        .page("/moved?terraform-get=1", status(302).with("Location", "/header?terraform-get=1"))
        .page("/loop?terraform-get=1", status(204).with("X-Terraform-Get", "/loop"));
    assert_eq!(world.main_of(&format!("{address}/header"), None), "# root");
    assert_eq!(world.main_of(&format!("{address}/moved"), None), "# root");
    assert_eq!(world.main_of(&format!("{address}/element"), None), "# a");
    assert_eq!(world.main_of(&format!("{address}/element//b"), None), "# b");
    assert!(world.problem(&format!("{address}/nothing"), None).contains("names no package in `X-Terraform-Get`"));
    assert!(world.problem(&format!("{address}/loop"), None).contains("leads from page to page"));
}

#[test]
fn what_is_wrong_with_an_archive_is_told() {
    let world = World::new();
    let address = &world.server.address;
    world.server.page("/m.tgz", ok(tar_gz(&[("main.tf", "")]))).page("/no.zip", ok("no zip"));
    let problem = |path: &str| world.problem(&format!("{address}/{path}"), None);
    assert!(problem("gone.zip").contains("the server answered 404 (not found)"));
    assert!(problem("no.zip").contains("the archive cannot be unpacked"));
    assert!(problem("m.tgz//nope").starts_with("Unreadable module subdirectory [Source]"));
    assert!(!world.path("modules/m.package").exists());
    let refused = world.problem("http://127.0.0.1:1/m.zip", None);
    assert!(refused.contains("http://127.0.0.1:1/m.zip: "), "{refused}");
}
