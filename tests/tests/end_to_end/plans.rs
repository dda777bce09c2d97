//! Plans of examples as on AWS: what the emulator lacks is answered in front of it.

use landfall_tests::{Answer, Emulator, FaultyEndpoint, Project, Request};
use serde_json::{Value, json};

/// Returns the emulator with what planning asks of AWS and the emulator does not know: the recommended image.
pub fn aws(emulator: &Emulator) -> FaultyEndpoint {
    FaultyEndpoint::start(Some(emulator), |request| request.calls("GetParameter").then(|| image_parameter(request)))
}

fn image_parameter(request: &Request) -> Answer {
    let name: Value = serde_json::from_str(&request.body).expect("SSM is asked in JSON");
    let parameter = json!({ "Parameter": {
        "ARN": format!("arn:aws:ssm:us-east-1::parameter{}", name["Name"].as_str().unwrap_or_default()),
        "DataType": "text", "LastModifiedDate": 1_700_000_000, "Name": name["Name"], "Type": "String",
        "Value": "ami-0123456789abcdef0", "Version": 1,
    }});
    Answer::json(&parameter.to_string())
}

/// The JSON form of a plan.
pub struct Plan(Value);

impl Plan {
    /// Plans a project.
    #[track_caller]
    pub fn of(project: &Project) -> Self {
        project.succeed(["init", "-input=false"]);
        Self::with(project, &[])
    }

    /// Plans a project with further arguments.
    #[track_caller]
    pub fn with(project: &Project, more: &[&str]) -> Self {
        project.succeed(["plan", "-input=false", "-out=saved"].iter().chain(more));
        Self(project.succeed(["show", "-json", "saved"]).json())
    }

    /// Returns addresses and planned values of all resources of a type, in order.
    pub fn of_type(&self, r#type: &str) -> Vec<(&str, &Value)> {
        let changes = self.0["resource_changes"].as_array().expect("a plan has changes");
        let of_type = changes.iter().filter(|change| change["type"] == r#type && change["mode"] == "managed");
        of_type.map(|change| (change["address"].as_str().unwrap_or_default(), &change["change"]["after"])).collect()
    }

    /// Returns the addresses of all resources that would change, in order.
    pub fn changed(&self) -> Vec<&str> {
        let changes = self.0["resource_changes"].as_array().expect("a plan has changes");
        let changed = changes.iter().filter(|change| change["change"]["actions"][0] != "no-op");
        changed.map(|change| change["address"].as_str().unwrap_or_default()).collect()
    }

    /// Returns the planned values of one resource.
    #[track_caller]
    pub fn one(&self, address: &str) -> &Value {
        let changes = self.0["resource_changes"].as_array().expect("a plan has changes");
        let change = changes.iter().find(|change| change["address"] == address);
        &change.unwrap_or_else(|| panic!("{address} is planned"))["change"]["after"]
    }
}

/// Each example that shows one way of running nodes, with the type that it is about.
const EXAMPLES: [(&str, &str); 5] = [
    ("autoscaling", "aws_autoscaling_group"),
    ("spot-fleet", "aws_spot_fleet_request"),
    ("managed", "aws_eks_node_group"),
    ("fargate", "aws_eks_fargate_profile"),
    ("nodes-by-hand", "aws_instance"),
];

#[test]
fn every_example_plans_from_nothing() {
    let emulator = Emulator::start();
    for (name, r#type) in EXAMPLES {
        let aws = aws(&emulator);
        let plan = Plan::of(&Project::with_example(name).at(aws.url()));
        assert!(!plan.of_type(r#type).is_empty(), "{name} makes {type}");
        assert_eq!(plan.of_type("aws_eks_cluster").len(), 1, "{name}");
    }
}
