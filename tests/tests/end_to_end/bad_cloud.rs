//! A cloud that refuses, throttles or is not there: what the user reads, and what is kept.

use std::time::Instant;

use landfall_tests::{Answer, Emulator, FaultyEndpoint, Project, Request};

/// Five log groups in a chain, so that they are made one after the other.
const FIVE_GROUPS: &str = r#"
resource "aws_cloudwatch_log_group" "one" { name = "one" }
resource "aws_cloudwatch_log_group" "two" { name = "${aws_cloudwatch_log_group.one.name}-two" }
resource "aws_cloudwatch_log_group" "three" { name = "${aws_cloudwatch_log_group.two.name}-three" }
resource "aws_cloudwatch_log_group" "four" { name = "${aws_cloudwatch_log_group.three.name}-four" }
resource "aws_cloudwatch_log_group" "free" { name = "free" }
"#;

fn makes(request: &Request, name: &str) -> bool {
    request.calls("CreateLogGroup") && request.body.contains(&format!("\"logGroupName\":\"{name}\""))
}

#[test]
fn wrong_credentials_name_the_call_and_what_to_do() {
    let endpoint = FaultyEndpoint::start(None, |_| {
        Some(Answer::query_error(403, "InvalidClientTokenId", "The security token included in the request is invalid."))
    });
    let project = Project::with_files(&[("main.tf", FIVE_GROUPS)]).at(endpoint.url());
    let run = project.run(["plan", "-input=false"]);
    assert_eq!(run.code, 1, "{}", run.text());
    for text in ["InvalidClientTokenId", "credentials", "GetCallerIdentity"] {
        assert!(run.text().contains(text), "`{text}` is not in:\n{}", run.text());
    }
}

#[test]
fn missing_credentials_are_explained() {
    let project = Project::with_files(&[("main.tf", FIVE_GROUPS)]).with_environment("AWS_REGION", "us-east-1");
    let run = project.run(["plan", "-input=false"]);
    assert_eq!(run.code, 1, "{}", run.text());
    assert!(run.text().contains("credentials"), "{}", run.text());
}

#[test]
fn unreachable_endpoint_is_named() {
    let project = Project::with_files(&[("main.tf", FIVE_GROUPS)]).at("http://127.0.0.1:9");
    let run = project.run(["plan", "-input=false"]);
    assert_eq!(run.code, 1, "{}", run.text());
    assert!(run.text().contains("127.0.0.1:9"), "{}", run.text());
}

#[test]
fn access_denied_on_one_resource_keeps_the_others() {
    let emulator = Emulator::start();
    let endpoint = FaultyEndpoint::start(Some(&emulator), |request| {
        makes(request, "one-two-three").then(|| {
            Answer::json_error(
                400,
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/dev is not authorized",
            )
        })
    });
    let project = Project::with_files(&[("main.tf", FIVE_GROUPS)]).at(endpoint.url());
    let run = project.run(["apply", "-input=false", "-auto-approve"]);
    assert_eq!(run.code, 1, "{}", run.text());
    for text in ["AccessDeniedException", "aws_cloudwatch_log_group.three", "not authorized", "main.tf line 4"] {
        assert!(run.text().contains(text), "`{text}` is not in:\n{}", run.text());
    }
    let kept = "aws_cloudwatch_log_group.free\naws_cloudwatch_log_group.one\naws_cloudwatch_log_group.two\n";
    assert_eq!(project.succeed(["state", "list"]).stdout, kept);

    let project = project.on(&emulator);
    let run = project.succeed(["apply", "-input=false", "-auto-approve"]);
    assert!(run.stdout.contains("2 added, 0 changed, 0 destroyed"), "{}", run.stdout);
}

#[test]
fn throttling_is_waited_out() {
    let emulator = Emulator::start();
    let mut refusals = 3;
    let endpoint = FaultyEndpoint::start(Some(&emulator), move |request| {
        let refuse = makes(request, "one") && refusals > 0;
        refusals -= i32::from(refuse);
        refuse.then(|| Answer::json_error(400, "ThrottlingException", "Rate exceeded"))
    });
    let project = Project::with_files(&[("main.tf", FIVE_GROUPS)]).at(endpoint.url());
    let start = Instant::now();
    project.succeed(["apply", "-input=false", "-auto-approve"]);
    assert_eq!(endpoint.calls("CreateLogGroup"), 5 + 3);
    assert!(start.elapsed().as_secs() < 60, "throttling was waited out in {:?}", start.elapsed());
}
