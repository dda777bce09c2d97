//! What passes between the runtime and a resource type.

use std::fmt;
use std::ops::Deref;

use crate::Resource;

/// Client token of one creation: the service answers a repeated request with the same token with the same object.
/// Types whose service takes no token tag the object with `landfall:intent=<token>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(pub String);

impl Deref for Token {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&Token> for String {
    fn from(token: &Token) -> Self {
        token.0.clone()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Answer of a create call that the service accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Identifier, as it will be imported.
    pub id: String,
    /// What the service will not return again; kept in the state, not shown.
    pub private: Option<Vec<u8>>,
}

impl Created {
    /// Returns a created object with nothing private.
    pub fn with_id(id: impl Into<String>) -> Self {
        Self { id: id.into(), private: None }
    }
}

/// What became of a create call whose process ended before the answer was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traced {
    /// It made this object.
    Made(Created),
    /// It made nothing.
    Nothing,
    /// The service cannot tell.
    Unsure,
}

/// One object as it is.
pub struct Object<R: Resource + ?Sized> {
    /// Identifier.
    pub id: String,
    /// What users can configure, as the service has it.
    pub args: R::Args,
    /// What only the service decides.
    pub attrs: R::Attrs,
    /// Kept from creation.
    pub private: Option<Vec<u8>>,
}

/// What is known of an object before it is observed.
pub enum Known<R: Resource + ?Sized> {
    /// It was seen before.
    Prior(Object<R>),
    /// A user gave its id.
    Import {
        /// Identifier in the form of the type's import.
        id: String,
    },
    /// It was just created: what was asked for, and what the call answered.
    New {
        /// Arguments of the creation.
        args: R::Args,
        /// Answer of the call.
        created: Created,
    },
}

impl<R: Resource + ?Sized> Known<R> {
    /// Returns the identifier.
    pub fn id(&self) -> &str {
        match self {
            Self::Prior(object) => &object.id,
            Self::Import { id } => id,
            Self::New { created, .. } => &created.id,
        }
    }

    /// Returns the arguments last known: what the service does not return is carried over from them.
    pub fn args(&self) -> Option<&R::Args> {
        match self {
            Self::Prior(object) => Some(&object.args),
            Self::Import { .. } => None,
            Self::New { args, .. } => Some(args),
        }
    }

    /// Returns the attributes last known.
    pub fn attrs(&self) -> Option<&R::Attrs> {
        match self {
            Self::Prior(object) => Some(&object.attrs),
            Self::Import { .. } | Self::New { .. } => None,
        }
    }

    /// Returns what was kept from creation.
    pub fn private(&self) -> Option<&[u8]> {
        match self {
            Self::Prior(object) => object.private.as_deref(),
            Self::Import { .. } => None,
            Self::New { created, .. } => created.private.as_deref(),
        }
    }
}

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It can be used.
    Ready,
    /// The service is at work; its word for it.
    Pending(String),
    /// The service gave up; why.
    Failed(String),
}

/// What is there.
pub enum Observed<R: Resource + ?Sized> {
    /// Nothing.
    Gone,
    /// An object.
    There {
        /// How far it is.
        phase: Phase,
        /// What the service has now.
        object: Object<R>,
    },
}

/// What the runtime is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A new object.
    Create,
    /// Other arguments.
    Update,
    /// No object.
    Delete,
}

/// What an operation must reach before it is done.
pub struct Goal<'a, R: Resource + ?Sized> {
    /// The operation.
    pub operation: Operation,
    /// What there was before an update; `None` for other operations.
    pub prior: Option<&'a R::Args>,
    /// What was asked for.
    pub planned: &'a R::Args,
    /// How long it has been going on.
    pub elapsed: std::time::Duration,
}

/// Whether a goal is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is.
    Yes,
    /// Not yet; what it waits for, for people to read: `3 of 5 instances in service`.
    Waiting(String),
    /// Not before this much time has passed, whatever is there; what for.
    Later(std::time::Duration, String),
    /// It never will be; why.
    Failed(String),
}

/// Arguments before and after an update. `prior` is `None` right after a create, for what the create call could not carry.
pub struct Change<'a, R: Resource + ?Sized> {
    /// Arguments before.
    pub prior: Option<&'a R::Args>,
    /// Arguments after.
    pub planned: &'a R::Args,
}

impl<R: Resource + ?Sized> Change<'_, R> {
    /// Returns whether a part of the arguments differs: `change.of(|args| &args.desired_size)`. Right after a create all do.
    pub fn of<T: PartialEq>(&self, part: impl Fn(&R::Args) -> &T) -> bool {
        self.prior.is_none_or(|prior| part(prior) != part(self.planned))
    }

    /// Returns whether a part of the arguments differs, and the object does not have what is planned yet. An update of
    /// several calls asks so before each: what is done already is not done again.
    pub fn wants<T: PartialEq>(&self, there: &Object<R>, part: impl Fn(&R::Args) -> &T) -> bool {
        self.wants_unless(there, |one, other| part(one) == part(other))
    }

    /// As [`Self::wants`], for a part that is not a field: `same` tells whether two arguments are alike in it.
    pub fn wants_unless(&self, there: &Object<R>, same: impl Fn(&R::Args, &R::Args) -> bool) -> bool {
        self.prior.is_none_or(|prior| !same(prior, self.planned)) && !same(&there.args, self.planned)
    }
}

/// Answer of an update or delete call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing more to call: every call has been made.
    Done,
    /// The object cannot be removed, or is not to be: it stays, and is no longer ours. An answer of `delete` only.
    Left,
    /// Calls were made, and more are needed once the object is ready again and shows what they did.
    More,
    /// More calls may be needed once this operation of the service has ended; the type's `operation` polls it.
    Running(String),
}
