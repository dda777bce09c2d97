//! The sandbox: requests in, answers out.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use http::{Request, Response};
use thiserror::Error;

use crate::call_log::{CallLog, Run};
use crate::clock::Clock;
use crate::dispatch::{Cloud, Outcome};
use crate::families::eks::join::Node;
use crate::families::sts;
use crate::faults::Faults;
use crate::inventory::Item;
use crate::protocol::fault::Fault;
use crate::protocol::{self, Call};
use crate::timestamp::Timestamp;
use crate::tree::Tree;
use crate::world::file::WorldFile;
use crate::world::{Ids, World};

/// The account whose calls are signed with any key that the sandbox has not given out.
pub const ACCOUNT: &str = "111122223333";
/// An access key of that account.
pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// How many sandboxes this process has opened.
static OPENED: AtomicU32 = AtomicU32::new(0);

/// A cloud in the process; clones are the same cloud.
#[derive(Clone, Debug)]
pub struct Sandbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    /// Held for the whole of a call: calls happen one after the other.
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    cloud: Cloud,
    file: Option<WorldFile>,
    log: CallLog,
    /// When this process began to call, by the machine's time.
    began: Timestamp,
    /// Number of this process, and of the sandbox in it.
    opened: (u32, u32),
    /// How much of the log the file has.
    kept: u64,
    request_ids: Ids,
}

impl Drop for Shared {
    /// What was only read has not changed the file: that it was asked is still to be told.
    fn drop(&mut self) {
        let clock = self.clock.clone();
        let inside = self.inside.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Nothing but the log is lost where this fails.
        _ = inside.keep_log(&clock);
    }
}

/// What a sandbox is made of.
#[derive(Debug)]
pub struct Options {
    /// What identifiers follow from.
    pub seed: u64,
    /// Its time.
    pub clock: Clock,
    /// Its bad luck.
    pub faults: Faults,
    /// Where it is kept; only in memory where this is nothing.
    pub file: Option<PathBuf>,
}

/// Why a sandbox cannot be opened.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// Its file cannot be read or written.
    #[error("the sandbox's file `{path}` cannot be used")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What comes back from a request.
#[derive(Debug)]
pub enum Reply {
    /// An answer.
    Answer(Response<Vec<u8>>),
    /// Nothing, and nothing was done.
    Timeout,
    /// Nothing, though the call was carried out.
    LostReply,
}

impl Default for Options {
    /// In memory, in real time, with rate limits and without other bad luck.
    fn default() -> Self {
        Self { seed: 0, clock: Clock::real(), faults: Faults::new(0, []), file: None }
    }
}

impl Sandbox {
    /// Opens a sandbox: the file's, or an empty one.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn open(options: Options) -> Result<Self, SandboxError> {
        let Options { seed, clock, faults, file } = options;
        let inside = Inside {
            cloud: Cloud::new(World::new(seed), faults),
            file: file.map(WorldFile::new),
            log: CallLog::default(),
            began: Timestamp::of_machine(),
            opened: (std::process::id(), OPENED.fetch_add(1, Ordering::Relaxed)),
            kept: 0,
            request_ids: Ids::new(!seed),
        };
        let sandbox = Self(Arc::new(Shared { clock, inside: Mutex::new(inside) }));
        sandbox.inside().load(&sandbox.0.clock)?;
        Ok(sandbox)
    }

    /// Returns an HTTP client for the SDK whose requests are answered here.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Changes the luck of the calls to come.
    pub fn set_faults(&self, faults: Faults) {
        self.inside().cloud.faults = faults;
    }

    /// Returns how often each operation was called in this process.
    pub fn calls(&self) -> CallLog {
        self.inside().log.clone()
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request<Vec<u8>>) -> Reply {
        let (form, call) = protocol::decode(request);
        let outcome = match &call {
            Ok(call) => self.outcome(call),
            Err(fault) => Outcome::Answer(Err(fault.clone())),
        };
        let request_id = self.inside().request_ids.uuid();
        match outcome {
            Outcome::Answer(result) => Reply::Answer(protocol::encode(&form, &request_id, result)),
            Outcome::Timeout => Reply::Timeout,
            Outcome::LostReply => Reply::LostReply,
        }
    }

    /// Carries out a call that is already understood, without HTTP. Calls that get no answer have the code `NoAnswer`.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn call(&self, call: &Call) -> Result<Tree, Fault> {
        match self.outcome(call) {
            Outcome::Answer(result) => result,
            Outcome::Timeout | Outcome::LostReply => Err(Fault::with_status(504, "NoAnswer", "no answer")),
        }
    }

    /// Lists what exists now, everything that is due having happened. What comes with a new account is left out.
    ///
    /// # Errors
    /// When the sandbox's file cannot be read.
    pub fn inventory(&self) -> Result<Vec<Item>, SandboxError> {
        let mut inside = self.inside();
        inside.load(&self.0.clock)?;
        Ok(inside.cloud.inventory(self.0.clock.now()))
    }

    /// Lists the nodes of all clusters, and the instances that were meant to be some, with why they are not.
    ///
    /// # Errors
    /// When the sandbox's file cannot be read.
    pub fn nodes(&self) -> Result<Vec<Node>, SandboxError> {
        let mut inside = self.inside();
        inside.load(&self.0.clock)?;
        Ok(inside.cloud.nodes(self.0.clock.now()))
    }

    /// Looks at the world as it is now, everything that is due having happened.
    ///
    /// # Errors
    /// When the sandbox's file cannot be read.
    pub fn look<T>(&self, at: impl FnOnce(&World) -> T) -> Result<T, SandboxError> {
        let mut inside = self.inside();
        inside.load(&self.0.clock)?;
        inside.cloud.let_time_pass(self.0.clock.now());
        Ok(at(&inside.cloud.world))
    }

    fn outcome(&self, call: &Call) -> Outcome {
        let mut inside = self.inside();
        let outcome = inside.kept(&self.0.clock, call);
        let is_failed = !matches!(outcome, Outcome::Answer(Ok(_)));
        inside.log.add(&call.service, &call.operation, is_failed);
        outcome
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Carries out a call on the world as the file has it, and puts it back.
    fn kept(&mut self, clock: &Clock, call: &Call) -> Outcome {
        let held = self.file.as_ref().map(WorldFile::hold);
        let loaded = match &held {
            Some(Err(error)) => Err(error.to_string()),
            _ => self.load(clock).map_err(|error| error.to_string()),
        };
        if let Err(error) = loaded {
            return unusable(&error);
        }
        let now = clock.now();
        let account = sts::account_of(&self.cloud.world, &call.access_key).to_owned();
        let outcome = self.cloud.call(&account, call, now);
        match self.save(clock) {
            Ok(()) => outcome,
            Err(error) => unusable(&error.to_string()),
        }
    }

    fn load(&mut self, clock: &Clock) -> Result<(), SandboxError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let loaded = file.load().map_err(|source| SandboxError::File { path: file.path().to_owned(), source })?;
        if let Some(loaded) = loaded {
            self.cloud.world = loaded.world;
            // Virtual time does not pass between processes.
            let passed = if clock.scale() > 0.0 { loaded.elsewhere } else { Duration::ZERO };
            clock.not_before(loaded.now + passed);
        }
        Ok(())
    }

    /// Brings the log into the file, where it is not there yet.
    fn keep_log(&mut self, clock: &Clock) -> Result<(), SandboxError> {
        let Some(file) = self.file.as_ref().filter(|file| file.path().exists()) else { return Ok(()) };
        if self.log.total().calls == self.kept {
            return Ok(());
        }
        let path = file.path().to_owned();
        let failed = |source| SandboxError::File { path: path.clone(), source };
        let _held = file.hold().map_err(failed)?;
        self.load(clock)?;
        self.cloud.is_changed = true;
        self.save(clock).map_err(failed)
    }

    fn save(&mut self, clock: &Clock) -> io::Result<()> {
        if let (Some(file), true) = (&mut self.file, self.cloud.is_changed) {
            let calls = self.log.clone();
            self.kept = calls.total().calls;
            self.cloud.world.runs.put(Run { began: self.began, opened: self.opened, calls });
            file.save(&self.cloud.world, clock.now())?;
        }
        self.cloud.is_changed = false;
        Ok(())
    }
}

fn unusable(error: &str) -> Outcome {
    Outcome::Answer(Err(Fault::with_status(501, "SandboxFile", format!("The sandbox's file cannot be used: {error}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};
    use crate::tree;

    fn with_rules(rules: &str) -> Cloud {
        Cloud::with(Faults::new(0, Faults::parse_rules(rules).unwrap()))
    }

    fn count(cloud: &Cloud) -> usize {
        let own = tree! { "Name": "is-default", "Value": vec!["false"] };
        let answer = cloud.http("ec2", "DescribeVpcs", tree! { "Filter": vec![own] });
        answer.unwrap().list_at("vpcSet").len()
    }

    #[test]
    fn refusals_have_the_form_of_the_protocol() {
        let cloud = Cloud::new();
        let refused = cloud.http("ec2", "DeleteVpc", tree! { "VpcId": "vpc-0123456789abcdef0" }).unwrap_err();
        let message = "The vpc ID 'vpc-0123456789abcdef0' does not exist";
        assert_eq!(refused, Fault::new("InvalidVpcID.NotFound", message));
        let unknown = cloud.http("iam", "DanceRole", tree! {}).unwrap_err();
        assert_eq!((unknown.code("iam").as_str(), status(&unknown)), ("NotImplemented", 501));
    }

    fn status(fault: &Fault) -> u16 {
        match fault {
            Fault::Coded { status, .. } => *status,
            _ => 0,
        }
    }

    #[test]
    fn unsigned_requests_are_refused() {
        let Reply::Answer(answer) = Cloud::new().0.answer(&Request::new(b"Action=DescribeVpcs".to_vec())) else {
            panic!("no answer");
        };
        assert_eq!(answer.status(), 403);
    }

    #[test]
    fn a_lost_reply_leaves_what_was_made() {
        let cloud = with_rules("ec2 CreateVpc lost-reply count=1\nec2 CreateVpc timeout count=1");
        let create = || cloud.http("ec2", "CreateVpc", tree! { "CidrBlock": "10.0.0.0/16" });
        assert_eq!((code(create()).as_str(), count(&cloud)), ("NoAnswer", 1));
        assert_eq!((code(create()).as_str(), count(&cloud)), ("NoAnswer", 1));
        assert!(create().is_ok());
        let calls = cloud.0.calls().of("ec2", "CreateVpc");
        assert_eq!((calls.calls, calls.failed), (3, 2));
    }

    #[test]
    fn a_stale_read_does_not_see_the_last_change() {
        let cloud = with_rules("ec2 DescribeVpcs stale-read count=1");
        cloud.vpc("10.0.0.0/16");
        assert_eq!((count(&cloud), count(&cloud)), (0, 1));
    }

    #[test]
    fn two_processes_see_one_cloud() {
        let path = std::env::temp_dir().join(format!("landfall-sandbox-test-{}", std::process::id()));
        let open = || {
            let clock = Clock::virtual_time();
            Cloud(Sandbox::open(Options { seed: 1, clock, faults: Faults::none(), file: Some(path.clone()) }).unwrap())
        };
        let (one, other) = (open(), open());
        let vpc = one.vpc("10.0.0.0/16");
        assert_eq!(count(&other), 1);
        other.ec2("DeleteVpc", tree! { "VpcId": vpc }).unwrap();
        assert_eq!((count(&one), count(&open())), (0, 0));
        drop(one);
        let runs = |cloud: &Cloud| {
            let runs = |world: &World| world.runs.iter().map(|run| run.calls.of("ec2", "DescribeVpcs").calls).collect();
            cloud.0.look(runs).unwrap()
        };
        let seen: Vec<u64> = runs(&other);
        assert_eq!(seen.iter().sum::<u64>(), 3, "{seen:?}");
        for extension in ["", ".lock"] {
            std::fs::remove_file(format!("{}{extension}", path.display())).unwrap();
        }
    }
}
