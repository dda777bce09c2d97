//! The process is killed between a call and its answer; the next one goes on.

use std::process::Stdio;
use std::time::{Duration, Instant};

use landfall_tests::{Account, Answer, Emulator, FaultyEndpoint, Project};

/// No route tables, instances and the like: the emulator does not heed client tokens, by which AWS makes nothing twice.
const NETWORK: &str = r#"
provider "aws" {}
resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "a" {
  count      = 3
  vpc_id     = aws_vpc.a.id
  cidr_block = cidrsubnet(aws_vpc.a.cidr_block, 8, count.index)
}
resource "aws_security_group" "a" {
  name   = "a"
  vpc_id = aws_vpc.a.id
}
resource "aws_eip" "a" { domain = "vpc" }
"#;

const APPLY: [&str; 3] = ["apply", "-input=false", "-auto-approve"];

/// Returns how often a text is in what EC2 tells of everything outside the default VPC.
fn count(account: &Account, action: &str, text: &str) -> usize {
    account.query("ec2", action, "2016-11-15").matches(text).count()
}

/// Applies, and kills the process once the service has carried `operation` out and before it has answered.
fn kill_at(project: &Project, endpoint: &FaultyEndpoint, operation: &str) {
    let mut command = project.command(APPLY);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
    let deadline = Instant::now() + Duration::from_secs(60);
    while endpoint.carried_out(operation) == 0 {
        assert!(Instant::now() < deadline, "{operation} was not called");
        assert!(child.try_wait().expect("a child").is_none(), "the apply ended before {operation}");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("the child can be killed");
    child.wait().expect("the child ends");
}

#[test]
fn a_kill_between_call_and_answer_loses_and_doubles_nothing() {
    for operation in ["CreateVpc", "CreateSubnet", "CreateSecurityGroup", "AllocateAddress"] {
        let emulator = Emulator::start();
        let account = emulator.account();
        let default_subnets = count(&account, "DescribeSubnets", "<subnetId>");
        let asked = operation.to_owned();
        let endpoint = FaultyEndpoint::start(Some(&emulator), move |request| request.calls(&asked).then(Answer::lost));
        let project = Project::with_files(&[("main.tf", NETWORK)]).at(endpoint.url());
        kill_at(&project, &endpoint, operation);

        let project = project.on(&emulator);
        let run = project.succeed(APPLY);
        assert!(run.text().contains("A run that was cut off had begun"), "{operation}: {}", run.text());
        assert_eq!(count(&account, "DescribeSubnets", "<subnetId>") - default_subnets, 3, "{operation}");
        let ours = "DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=false";
        assert_eq!(count(&account, ours, "<vpcId>"), 1, "{operation}");
        assert_eq!(count(&account, "DescribeSecurityGroups", "<groupName>a</groupName>"), 1, "{operation}");
        assert_eq!(count(&account, "DescribeAddresses", "<allocationId>"), 1, "{operation}");
        let run = project.run(["plan", "-input=false", "-detailed-exitcode"]);
        assert_eq!(run.code, 0, "{operation}: {}", run.text());
        project.succeed(["destroy", "-input=false", "-auto-approve"]);
        assert_eq!(count(&account, ours, "<vpcId>"), 0, "{operation}");
        assert_eq!(count(&account, "DescribeAddresses", "<allocationId>"), 0, "{operation}");
    }
}
