//! Waste nothing: how many calls a refresh makes, and how long an apply takes, against what there is at the least to call
//! and to wait for. Every answer of the cloud takes 50 ms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use landfall_addr::ConfigResource;
use landfall_engine::{Event, PlanMode, Work};
use landfall_sandbox::Sandbox;
use landfall_state::State;

use crate::machine::{Machine, values};

const LATENCY: Duration = Duration::from_millis(50);

/// Calls by operation.
type Calls = BTreeMap<String, u64>;

fn calls(sandbox: &Sandbox) -> Calls {
    sandbox.calls().iter().map(|(service, name, count)| (format!("{service} {name}"), count.calls)).collect()
}

/// Returns the calls since.
fn since(sandbox: &Sandbox, before: &Calls) -> Calls {
    let new = |(name, count): (String, u64)| {
        let more = count - before.get(&name).copied().unwrap_or_default();
        (more > 0).then_some((name, more))
    };
    calls(sandbox).into_iter().filter_map(new).collect()
}

fn slow_machine(configuration: &str) -> Machine {
    let mut machine = Machine::new(configuration, 1);
    machine.latency = LATENCY;
    machine
}

#[test]
fn a_refresh_of_a_thousand_takes_few_calls_all_at_once() {
    let machine = slow_machine("tests/tests/simulation/many");
    let values = values("");
    machine.must_apply(&values, PlanMode::Normal);
    assert_eq!(machine.state().objects().count(), 1000);
    let before = calls(&machine.sandbox);
    let began = machine.sandbox.clock().now();
    assert_eq!(machine.plan(&values, PlanMode::Normal).expect("a plan"), Vec::<String>::new());
    let took = machine.sandbox.clock().now().since(began);
    // 200 objects a call, by type; then what each of the 30 others takes, as docs/performance.md lists it.
    let wanted = [
        ("ec2 DescribeInternetGateways", 1),
        ("ec2 DescribeRouteTables", 1 + 1 + 1),
        ("ec2 DescribeSecurityGroupRules", 3 + 1),
        ("ec2 DescribeSecurityGroups", 1 + 1),
        ("ec2 DescribeSubnets", 1),
        ("ec2 DescribeNetworkAcls", 1),
        ("ec2 DescribeVpcAttribute", 3),
        ("ec2 DescribeVpcs", 1),
        ("iam GetPolicy", 9),
        ("iam GetPolicyVersion", 9),
        ("iam GetRole", 10),
        ("iam ListAttachedRolePolicies", 10),
        ("iam ListRolePolicies", 10),
        ("logs DescribeLogGroups", 10),
        ("logs ListTagsForResource", 10),
        ("sts GetCallerIdentity", 1),
    ];
    let wanted: Calls = wanted.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    assert_eq!(since(&machine.sandbox, &before), wanted);
    assert!(took <= LATENCY * 5, "the calls did not go out at once: {took:?}");
}

/// What the sandbox's cloud itself takes to make the things that take long, in seconds.
const CLOUD: [(&str, u64); 5] = [
    ("aws_eks_addon", 60),
    ("aws_eks_cluster", 540),
    ("aws_eks_fargate_profile", 90),
    ("aws_eks_node_group", 150),
    ("aws_nat_gateway", 90),
];

/// Returns how long the longest path through the objects of a state takes: for what takes long, the cloud's own time;
/// for the rest, what it took.
fn longest_path(state: &State, took: &BTreeMap<ConfigResource, Duration>) -> Duration {
    let mut dependencies: BTreeMap<ConfigResource, BTreeSet<ConfigResource>> = BTreeMap::new();
    for (id, _, object) in state.objects() {
        dependencies.entry(id.address.config()).or_default().extend(object.dependencies.iter().cloned());
    }
    let own = |resource: &ConfigResource| {
        let measured = took.get(resource).copied().unwrap_or_default();
        match CLOUD.iter().find(|(name, _)| *name == &*resource.resource.r#type) {
            Some((_, seconds)) => {
                let cloud = Duration::from_secs(*seconds);
                assert!(measured >= cloud, "{resource} took {measured:?}, and the cloud takes {cloud:?}");
                cloud
            }
            None => measured,
        }
    };
    let mut done: BTreeMap<ConfigResource, Duration> = BTreeMap::new();
    while done.len() < dependencies.len() {
        for (resource, before) in &dependencies {
            let mut ends = before.iter().filter(|one| dependencies.contains_key(one)).map(|one| done.get(one).copied());
            let latest = ends.try_fold(Duration::ZERO, |latest, end| Some(latest.max(end?)));
            if let (Some(latest), false) = (latest, done.contains_key(resource)) {
                done.insert(resource.clone(), latest + own(resource));
            }
        }
    }
    done.into_values().max().unwrap_or_default()
}

#[test]
fn an_apply_takes_what_its_longest_path_takes() {
    let took: Arc<Mutex<BTreeMap<ConfigResource, Duration>>> = Arc::default();
    let told = took.clone();
    let mut machine = slow_machine("examples/quickstart");
    machine.events = Some(Box::new(move |event| {
        if let Event::ApplyCompleted { object, work: Work::Create, elapsed, .. } = event {
            let mut took = told.lock().expect("no panic");
            let longest = took.entry(object.address.config()).or_default();
            *longest = elapsed.max(*longest);
        }
    }));
    let began = machine.sandbox.clock().now();
    machine.must_apply(&values(""), PlanMode::Normal);
    let whole = machine.sandbox.clock().now().since(began);
    let path = longest_path(&machine.state(), &took.lock().expect("no panic"));
    let calls = machine.sandbox.calls().total().calls;
    println!("the apply took {whole:?} and {calls} calls; its longest path takes {path:?}");
    assert!(whole <= path.mul_f64(1.05), "{whole:?} for a longest path of {path:?}");
}
