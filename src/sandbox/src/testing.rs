//! A cloud for tests: virtual time, no rate limits, calls through the wire forms or straight to the handlers.

use std::time::Duration;

use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{ACCESS_KEY, Call, Clock, Fault, Faults, Options, Reply, Sandbox, Tree, protocol, tree};

/// The region of tests.
pub const REGION: &str = "eu-central-1";

/// A sandbox, and short ways to call it.
pub struct Cloud(pub Sandbox);

impl Cloud {
    /// Returns an empty cloud without bad luck.
    pub fn new() -> Self {
        Self::with(Faults::none())
    }

    /// Returns an empty cloud with bad luck.
    pub fn with(faults: Faults) -> Self {
        let options = Options { seed: 1, clock: Clock::virtual_time(), faults, file: None };
        Self(Sandbox::open(options).unwrap())
    }

    /// Lets time pass.
    pub fn wait(&self, duration: Duration) {
        self.0.clock().advance(duration);
    }

    /// Calls a service without HTTP; the error is worded as the service does.
    pub fn call(&self, service: &str, operation: &str, input: Tree) -> Result<Tree, Fault> {
        let call = Call {
            service: service.to_owned(),
            region: REGION.to_owned(),
            access_key: ACCESS_KEY.to_owned(),
            operation: operation.to_owned(),
            input,
        };
        self.0.call(&call).map_err(|fault| fault.worded(service))
    }

    /// Calls EC2 without HTTP.
    pub fn ec2(&self, operation: &str, input: Tree) -> Result<Tree, Fault> {
        self.call("ec2", operation, input)
    }

    /// Calls a service of a query protocol by HTTP; returns the result, or the error as the wire has it.
    pub fn http(&self, service: &str, operation: &str, input: Tree) -> Result<Tree, Fault> {
        let Reply::Answer(response) = self.0.answer(&query_request(service, operation, &input)) else {
            return Err(Fault::with_status(504, "NoAnswer", "no answer"));
        };
        let (_, body) = protocol::read_xml(std::str::from_utf8(response.body()).unwrap()).unwrap();
        if response.status().is_success() {
            return Ok(body.at(&format!("{operation}Result")).cloned().unwrap_or(body));
        }
        let error = body.at("Errors.Error").or_else(|| body.at("Error")).unwrap();
        let status = response.status().as_u16();
        Err(Fault::with_status(status, error.need("Code")?, error.need("Message")?))
    }

    /// Makes a VPC and returns its id.
    pub fn vpc(&self, cidr: &str) -> String {
        self.ec2("CreateVpc", tree! { "CidrBlock": cidr }).unwrap().need("vpc.vpcId").unwrap().to_owned()
    }

    /// Makes a subnet and returns its id.
    pub fn subnet(&self, vpc: &str, cidr: &str, zone: &str) -> String {
        let input = tree! { "VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": zone };
        self.ec2("CreateSubnet", input).unwrap().need("subnet.subnetId").unwrap().to_owned()
    }

    /// Makes an internet gateway, attaches it, and returns its id.
    pub fn gateway(&self, vpc: &str) -> String {
        let made = self.ec2("CreateInternetGateway", tree! {}).unwrap();
        let id = made.need("internetGateway.internetGatewayId").unwrap();
        self.ec2("AttachInternetGateway", tree! { "InternetGatewayId": id, "VpcId": vpc }).unwrap();
        id.to_owned()
    }

    /// Makes a security group and returns its id.
    pub fn group(&self, vpc: &str, name: &str) -> String {
        let input = tree! { "VpcId": vpc, "GroupName": name, "GroupDescription": "a group" };
        self.ec2("CreateSecurityGroup", input).unwrap().need("groupId").unwrap().to_owned()
    }

    /// Makes an elastic address and returns its id.
    pub fn address(&self) -> String {
        self.ec2("AllocateAddress", tree! {}).unwrap().need("allocationId").unwrap().to_owned()
    }

    /// Makes a network interface and returns its id.
    pub fn interface(&self, subnet: &str) -> String {
        let made = self.ec2("CreateNetworkInterface", tree! { "SubnetId": subnet }).unwrap();
        made.need("networkInterface.networkInterfaceId").unwrap().to_owned()
    }
}

/// Returns the code of a refusal.
pub fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.unwrap_err().code("")
}

fn query_request(service: &str, operation: &str, input: &Tree) -> Request<Vec<u8>> {
    let mut body = format!("Action={operation}&Version=1");
    write_fields(&mut body, "", input, service == "ec2");
    let credential = format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20261102/{REGION}/{service}/aws4_request");
    Request::post("/").header("authorization", credential).body(body.into_bytes()).unwrap()
}

fn write_fields(body: &mut String, path: &str, tree: &Tree, is_ec2: bool) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match tree {
        Tree::Object(members) => {
            members.iter().for_each(|(name, value)| write_fields(body, &below(name), value, is_ec2));
        }
        Tree::List(items) => (1..).zip(items).for_each(|(number, item)| {
            let name = if is_ec2 { number.to_string() } else { format!("member.{number}") };
            write_fields(body, &below(&name), item, is_ec2);
        }),
        scalar => body.push_str(&format!("&{path}={}", utf8_percent_encode(&scalar.quoted(), NON_ALPHANUMERIC))),
    }
}
