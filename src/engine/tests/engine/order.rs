//! Whatever the configuration was and becomes: nothing is created before what it needs, nothing is destroyed before what
//! needs it, and a second plan is empty.

use std::collections::BTreeMap;

use landfall_engine::PlanOptions;
use proptest::prelude::*;

use crate::world::World;

/// One resource: what it refers to (places before it), which version of it, and how it is replaced.
#[derive(Clone, Debug)]
struct Thing {
    needs: Vec<usize>,
    version: u8,
    create_before_destroy: bool,
    there: bool,
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    let one = (proptest::collection::vec(0..8_usize, 0..3), 0..3_u8, any::<bool>(), prop::bool::weighted(0.8));
    proptest::collection::vec(one, 1..8).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(place, (needs, version, create_before_destroy, there))| Thing {
                needs: needs.into_iter().filter(|need| *need < place).collect(),
                version,
                create_before_destroy,
                there,
            })
            .collect()
    })
}

fn text(things: &[Thing]) -> String {
    let mut text = String::new();
    for (place, thing) in things.iter().enumerate().filter(|(_, thing)| thing.there) {
        let needs: Vec<String> = needs(things, place).iter().map(|need| format!("test_thing.t{need}.id")).collect();
        text.push_str(&format!(
            "resource \"test_thing\" \"t{place}\" {{\n  name = \"t{place}v{}\"\n  note = join(\",\", [{}])\n  \
             lifecycle {{ create_before_destroy = {} }}\n}}\n",
            thing.version,
            needs.join(", "),
            thing.create_before_destroy
        ));
    }
    text
}

fn needs(things: &[Thing], place: usize) -> Vec<usize> {
    things[place].needs.iter().copied().filter(|need| things[*need].there).collect()
}

/// Applies a configuration, and checks the order of the calls against what was and what is needed.
fn step(world: &mut World, before: &[Thing], after: &[Thing]) -> Result<(), TestCaseError> {
    world.root(&text(after));
    let ids: BTreeMap<String, usize> = world
        .state
        .objects()
        .map(|(id, _, object)| {
            let value: serde_json::Value = serde_json::from_str(object.attributes.as_str()).unwrap();
            (value["id"].as_str().unwrap().to_owned(), id.address.resource.name[1..].parse().unwrap())
        })
        .collect();
    world.cloud.forget_calls();
    let applied = world.try_apply(PlanOptions::default());
    prop_assert!(!applied.diagnostics.has_errors(), "{:?}", applied.diagnostics);
    let calls = world.cloud.changes();
    let mut created = BTreeMap::new();
    let mut deleted = BTreeMap::new();
    for (at, call) in calls.iter().enumerate() {
        let about = call.rsplit(' ').next().unwrap();
        if call.starts_with("create") {
            let (place, _) = about[1..].split_once('v').unwrap();
            created.insert(place.parse::<usize>().unwrap(), at);
        } else if call.starts_with("delete") {
            deleted.insert(ids[about], at);
        }
    }
    for (place, at) in &created {
        for need in needs(after, *place) {
            prop_assert!(created.get(&need).is_none_or(|needed| needed < at), "t{place} before t{need}: {calls:?}");
        }
    }
    for (place, at) in &deleted {
        for need in needs(before, *place) {
            prop_assert!(deleted.get(&need).is_none_or(|needed| needed > at), "t{need} before t{place}: {calls:?}");
        }
    }
    prop_assert!(!world.plan().has_changes(), "a second plan is not empty");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dependencies_hold_through_every_change(first in things(), second in things(), third in things()) {
        let mut world = World::new("");
        step(&mut world, &[], &first)?;
        step(&mut world, &first, &second)?;
        step(&mut world, &second, &third)?;
        world.destroy();
        prop_assert!(world.state.is_empty());
        prop_assert!(world.cloud.ids().is_empty());
    }
}
