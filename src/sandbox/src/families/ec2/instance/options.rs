//! Processors and reserved capacity of an instance that is stopped, and the password of one with Windows.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::facts::{self, System};
use crate::families::ec2::launch_template::data;
use crate::families::ec2::shape;
use crate::families::{Operation, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;
use crate::world::ids::hashed;

pub const MODIFY_CPU: Operation = write(
    "ModifyInstanceCpuOptions",
    &["InstanceId", "CoreCount", "ThreadsPerCore", "NestedVirtualization"],
    modify_cpu,
);
pub const MODIFY_RESERVATION: Operation = write(
    "ModifyInstanceCapacityReservationAttributes",
    &["InstanceId", "CapacityReservationSpecification"],
    modify_reservation,
);
pub const CONSOLE: Operation = read("GetConsoleOutput", &["InstanceId", "Latest"], console);
pub const PASSWORD: Operation = read("GetPasswordData", &["InstanceId"], password);

/// How long after its launch Windows has made its password.
const HAS_PASSWORD: Duration = Duration::from_secs(4 * 60);

/// How long after a start the output of the console is there.
const HAS_CONSOLE: Duration = Duration::from_secs(3 * 60);

fn check_stopped(scope: &Scope<'_>, id: &str) -> Result<(), Fault> {
    if scope.ec2().instance(id)?.state(scope.now) == "stopped" {
        return Ok(());
    }
    Err(Fault::new("IncorrectInstanceState", format!("The instance '{id}' is not in the 'stopped' state.")))
}

/// Returns options by their names in answers.
fn shown(name: &str, given: Tree) -> Result<Tree, Fault> {
    let wrapped = Tree::object().with(name, given);
    shape::check(shape::TEMPLATE_DATA, &wrapped)?;
    let shown = shape::shown(shape::TEMPLATE_DATA, &wrapped);
    let options = shown.members().next().map(|(_, value)| value.clone());
    Ok(options.unwrap_or_else(Tree::object))
}

fn modify_cpu(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let mut given = Tree::object();
    for name in ["CoreCount", "ThreadsPerCore", "NestedVirtualization"] {
        given.set(name, input.at(name).cloned().unwrap_or_default());
    }
    let given = shown("CpuOptions", given)?;
    let instance = scope.ec2().instance(id)?;
    check_stopped(scope, id)?;
    let nothing = Tree::object();
    let all = data::merged(instance.options.at("cpuOptions").unwrap_or(&nothing), &given);
    if let Some(machine) = facts::instance_types().get(&instance.instance_type) {
        let most_threads = if machine.architectures.iter().any(|own| own == "x86_64") { 2 } else { 1 };
        let (cores, threads) = (all.int("coreCount")?.unwrap_or(1), all.int("threadsPerCore")?.unwrap_or(1));
        if !(1..=most_threads).contains(&threads)
            || cores < 1
            || cores > (i64::from(machine.cpus) / most_threads).max(1)
        {
            let message = format!(
                "The CPU options with {cores} cores of {threads} threads are not supported for {}.",
                instance.instance_type
            );
            return Err(Fault::new("InvalidParameterValue", message));
        }
    }
    scope.ec2_mut().instance_mut(id)?.options.set("cpuOptions", &all);
    Ok(data::merged(&all, &tree! { "instanceId": id }))
}

/// The sandbox has no reservations, so none can be the target.
fn modify_reservation(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let given = input.at("CapacityReservationSpecification");
    let given = given.ok_or_else(|| Fault::missing("CapacityReservationSpecification"))?.clone();
    let given = shown("CapacityReservationSpecification", given)?;
    check_stopped(scope, id)?;
    let target = given.at("capacityReservationTarget");
    if target.is_some() && given.has("capacityReservationPreference") {
        let message = "You can specify a Capacity Reservation preference or a target, not both.";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    if let Some(absent) = target.map(|target| target.text("capacityReservationId")).transpose()?.flatten() {
        let message = format!("The capacity reservation ID '{absent}' does not exist");
        return Err(Fault::new("InvalidCapacityReservationId.NotFound", message));
    }
    scope.ec2_mut().instance_mut(id)?.options.set("capacityReservationSpecification", given);
    Ok(tree! { "return": true })
}

/// What the machine has written comes some minutes after its start; here it is the name of its image.
fn console(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let instance = scope.ec2().instance(id)?;
    let is_there = input.bool("Latest")? == Some(true) || scope.now.since(instance.launched) >= HAS_CONSOLE;
    let image = facts::image(scope.region, &instance.image_id).map_or("", |image| image.name.as_str());
    let output = is_there.then(|| STANDARD.encode(format!("{image} {id} login: ")));
    Ok(tree! { "instanceId": id, "timestamp": scope.now, "output": output })
}

/// Only Windows has one, sealed with the key of the instance. This one has the right form, and no key opens it.
fn password(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let instance = scope.ec2().instance(id)?;
    let is_windows = facts::image(scope.region, &instance.image_id).is_some_and(|own| own.system == System::Windows);
    let made = instance.launched + HAS_PASSWORD;
    let is_there = is_windows && instance.key_name.is_some() && made <= scope.now;
    let sealed = || {
        let bytes: Vec<u8> = (0..32).flat_map(|part| hashed([id, &part.to_string()]).to_be_bytes()).collect();
        format!("\r\n{}\r\n", STANDARD.encode(bytes))
    };
    Ok(tree! {
        "instanceId": id,
        "timestamp": if is_there { made } else { instance.launched },
        "passwordData": if is_there { sealed() } else { String::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::ec2::instance::tests::{network, request, run};
    use crate::families::ec2::instance::{PENDING, STOPPING};
    use crate::testing::{Cloud, REGION, code};

    #[test]
    fn options_of_a_stopped_instance_are_changed_and_given_back() {
        let cloud = Cloud::new();
        let (_, subnet) = network(&cloud);
        let instance = run(&cloud, request(&subnet).with("InstanceType", "m5.xlarge")).unwrap();
        let id = instance.need("instanceId").unwrap();
        cloud.wait(PENDING);
        let cpu = |cores: &str, threads: &str| {
            let input = tree! { "InstanceId": id, "CoreCount": cores, "ThreadsPerCore": threads };
            cloud.http("ec2", "ModifyInstanceCpuOptions", input)
        };
        let reserve = |specification: Tree| {
            let input = tree! { "InstanceId": id, "CapacityReservationSpecification": specification };
            cloud.http("ec2", "ModifyInstanceCapacityReservationAttributes", input)
        };
        let none = || tree! { "CapacityReservationPreference": "none" };
        assert_eq!(code(cpu("1", "1")), "IncorrectInstanceState");
        assert_eq!(code(reserve(none())), "IncorrectInstanceState");
        cloud.ec2("StopInstances", tree! { "InstanceId": vec![id] }).unwrap();
        cloud.wait(STOPPING);
        assert_eq!(code(cpu("3", "2")), "InvalidParameterValue");
        assert_eq!(code(cpu("1", "3")), "InvalidParameterValue");
        assert_eq!(cpu("1", "1").unwrap().int("coreCount"), Ok(Some(1)));
        let target = tree! { "CapacityReservationId": "cr-0123456789abcdef0" };
        let absent = reserve(tree! { "CapacityReservationTarget": target });
        assert_eq!(code(absent), "InvalidCapacityReservationId.NotFound");
        assert_eq!(code(reserve(tree! { "CapacityReservationPreference": "maybe" })), "InvalidParameterValue");
        reserve(none()).unwrap();
        let shown = cloud.ec2("DescribeInstances", tree! {}).unwrap();
        let shown = &shown.list_at("reservationSet")[0].list_at("instancesSet")[0];
        assert_eq!(
            (shown.int("cpuOptions.coreCount"), shown.int("cpuOptions.threadsPerCore")),
            (Ok(Some(1)), Ok(Some(1)))
        );
        assert_eq!(shown.need("capacityReservationSpecification.capacityReservationPreference"), Ok("none"));
    }

    #[test]
    fn only_windows_with_a_key_has_a_password_and_not_at_once() {
        let cloud = Cloud::new();
        let (_, subnet) = network(&cloud);
        cloud.ec2("CreateKeyPair", tree! { "KeyName": "k" }).unwrap();
        let windows = facts::image_of_parameter(
            "/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.33",
        );
        let input = request(&subnet).with("KeyName", "k");
        let with = |image: String| {
            let made = run(&cloud, input.clone().with("ImageId", image)).unwrap();
            made.need("instanceId").unwrap().to_owned()
        };
        let (windows, linux) = (with(windows.unwrap().id(REGION)), with(input.need("ImageId").unwrap().to_owned()));
        let password = |id: &str| {
            let answer = cloud.ec2("GetPasswordData", tree! { "InstanceId": id }).unwrap();
            answer.text("passwordData").unwrap().unwrap_or_default().trim().to_owned()
        };
        assert_eq!(password(&windows), "");
        cloud.wait(HAS_PASSWORD);
        assert_eq!(STANDARD.decode(password(&windows)).unwrap().len(), 256);
        assert_eq!(password(&linux), "");
        let written = cloud.ec2("GetConsoleOutput", tree! { "InstanceId": &linux }).unwrap();
        assert!(STANDARD.decode(written.need("output").unwrap()).unwrap().ends_with(b"login: "));
        assert_eq!(
            code(cloud.ec2("GetPasswordData", tree! { "InstanceId": "i-0123456789abcdef0" })),
            "InvalidInstanceID.NotFound"
        );
    }
}
