//! From a call to its handler: what is due happens first, then luck, limits, and the handler.

use crate::families::ec2::filters::judged;
use crate::families::eks::join::{self, Node};
use crate::families::{self, Handler, Operation, sts};
use crate::faults::{self, Faults, Kind};
use crate::inventory::{Inventory, Item};
use crate::protocol::Call;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree::Tree;
use crate::world::World;
use crate::world::ids::hashed;

/// What becomes of a call.
#[derive(Debug)]
pub enum Outcome {
    /// It is answered.
    Answer(Result<Tree, Fault>),
    /// It was not carried out, and there is no answer.
    Timeout,
    /// It was carried out, and there is no answer.
    LostReply,
}

/// The world, and what happens to calls on the way to it.
#[derive(Debug)]
pub struct Cloud {
    pub world: World,
    pub faults: Faults,
    /// How the world was before the last change, where a rule asks for that.
    before: Option<Box<World>>,
    /// Whether the world has changed since it was saved.
    pub is_changed: bool,
}

impl Cloud {
    pub fn new(world: World, faults: Faults) -> Self {
        Self { world, faults, before: None, is_changed: false }
    }

    /// Carries out a call of an account.
    pub fn call(&mut self, account: &str, call: &Call, now: Timestamp) -> Outcome {
        self.catch_up(account, &call.region, now);
        if let Some(fault) = sts::ended(&self.world, account, call, now) {
            return refused(fault);
        }
        let cause = call.cause(account);
        self.begin(cause);
        let strike = self.faults.strike(&mut self.world.luck, call);
        self.is_changed |= strike.is_some();
        match strike {
            Some(Kind::Throttle) => return refused(faults::throttled(&call.service)),
            Some(Kind::InternalError) => return refused(faults::failed(&call.service)),
            Some(Kind::Unavailable) => return refused(faults::unavailable(&call.service)),
            Some(Kind::Timeout) => return Outcome::Timeout,
            Some(Kind::LostReply | Kind::StaleRead | Kind::Outcome(_)) | None => {}
        }
        if self.faults.buckets.as_mut().is_some_and(|buckets| !buckets.take(account, call, now)) {
            return refused(faults::throttled(&call.service));
        }
        let result = operation_of(call).and_then(|operation| self.run(operation, account, call, now, strike.as_ref()));
        if strike == Some(Kind::LostReply) { Outcome::LostReply } else { Outcome::Answer(result) }
    }

    /// Says what happens next: identifiers and luck depend on it, and on nothing that happens at the same time.
    fn begin(&mut self, cause: u64) {
        self.world.ids.begin(cause);
        self.faults.begin(cause);
    }

    /// Makes the region, where it is new, and lets time pass.
    fn catch_up(&mut self, account: &str, region: &str, now: Timestamp) {
        if self.world.open(account, region) {
            self.is_changed = true;
            self.begin(hashed([account, region]));
            let mut scope =
                Scope { world: &mut self.world, now, account, region, access_key: "", faults: &mut self.faults };
            families::open_region(&mut scope);
        }
        self.let_time_pass(now);
    }

    /// Lets everything happen that is due by now, in order, each at its own moment.
    pub fn let_time_pass(&mut self, now: Timestamp) {
        while let Some(due) = self.world.agenda.take_due(now) {
            self.is_changed = true;
            self.begin(hashed([&due.account, &due.region, &due.event, &due.subject].map(String::as_str)));
            let mut scope = Scope {
                world: &mut self.world,
                now: due.at,
                account: &due.account,
                region: &due.region,
                access_key: "",
                faults: &mut self.faults,
            };
            families::happen(&mut scope, &due.event, &due.subject);
        }
    }

    /// Lists what exists.
    pub fn inventory(&mut self, now: Timestamp) -> Vec<Item> {
        self.let_time_pass(now);
        let homes = self.world.accounts();
        let places: Vec<(String, Vec<String>)> =
            homes.map(|(account, home)| (account.to_owned(), home.regions.keys().cloned().collect())).collect();
        let Self { world, faults, .. } = self;
        let mut items = Vec::new();
        for (account, regions) in &places {
            for (index, region) in regions.iter().enumerate() {
                let scope = Scope { world, now, account, region, access_key: "", faults };
                if index == 0 {
                    let mut inventory = Inventory::new(&scope, "global");
                    families::show_account(&mut inventory);
                    items.extend(inventory.into_items());
                }
                let mut inventory = Inventory::new(&scope, region);
                families::show_region(&mut inventory);
                items.extend(inventory.into_items());
            }
        }
        items
    }

    /// Lists the nodes of all clusters.
    pub fn nodes(&mut self, now: Timestamp) -> Vec<Node> {
        self.let_time_pass(now);
        let homes = self.world.accounts();
        let places: Vec<(String, String)> = homes
            .flat_map(|(account, home)| home.regions.keys().map(|region| (account.to_owned(), region.clone())))
            .collect();
        let Self { world, faults, .. } = self;
        let of_place = |(account, region): &(String, String)| {
            join::nodes(&Scope { world, now, account, region, access_key: "", faults })
        };
        places.iter().flat_map(of_place).collect()
    }

    fn run(
        &mut self,
        operation: &Operation,
        account: &str,
        call: &Call,
        now: Timestamp,
        strike: Option<&Kind>,
    ) -> Result<Tree, Fault> {
        if matches!(operation.handler, Handler::Write(_)) {
            self.is_changed = true;
            self.before = self.faults.remembers().then(|| Box::new(self.world.clone()));
        }
        let is_stale = strike == Some(&Kind::StaleRead) && matches!(operation.handler, Handler::Read(_));
        let world = match &mut self.before {
            Some(before) if is_stale => before,
            _ => &mut self.world,
        };
        world.open(account, &call.region);
        let (region, access_key) = (call.region.as_str(), call.access_key.as_str());
        let mut scope = Scope { world, now, account, region, access_key, faults: &mut self.faults };
        match operation.handler {
            Handler::Read(handler) if call.service == "ec2" => {
                judged(&call.operation, &call.input, handler(&scope, &call.input))
            }
            Handler::Read(handler) => handler(&scope, &call.input),
            Handler::Write(handler) => handler(&mut scope, &call.input),
        }
    }
}

fn refused(fault: Fault) -> Outcome {
    Outcome::Answer(Err(fault))
}

/// Returns the operation, where the sandbox has it with all members that the input has.
fn operation_of(call: &Call) -> Result<&'static Operation, Fault> {
    let Call { service, operation: name, input, .. } = call;
    let operation = families::operation(service, name);
    let operation = operation.ok_or_else(|| Fault::not_modelled(format!("the operation `{service} {name}`")))?;
    let is_known = |member: &str| operation.members.contains(&member) || (service == "ec2" && member == "DryRun");
    if let Some((unknown, _)) = input.members().find(|(member, _)| !is_known(member)) {
        return Err(Fault::not_modelled(format!("the member `{unknown}` of `{service} {name}`")));
    }
    if service == "ec2" && input.bool("DryRun")? == Some(true) {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(Fault::with_status(412, "DryRunOperation", message));
    }
    Ok(operation)
}
