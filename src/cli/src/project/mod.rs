//! What lies in the working directory: configuration, values of variables, state, saved plans.

mod backend;
mod encryption;
mod extra;
mod files;
mod host;
mod install;
mod load;
mod state;
mod variables;
mod workspace;

pub(crate) use backend::{Backend, Choice, Kept, OtherStates, Overrides, Store, access};
pub(crate) use encryption::Encryptions;
pub(crate) use extra::load_with;
pub(crate) use files::{is_ignored_file, reason};
pub(crate) use host::OsHost;
pub(crate) use install::{Modules, install_modules};
pub(crate) use load::{empty_directory, load, load_root};
pub(crate) use state::{
    current_backend, current_encryptions, encryptions, lock, open_current_store, open_store, open_store_for_change,
    read_current, read_state, state_problem,
};
pub(crate) use variables::{Asking, Values, collect as collect_variables};
pub(crate) use workspace::{
    DEFAULT as DEFAULT_WORKSPACE, current as current_workspace, is_valid_name as is_valid_workspace_name,
    select as select_workspace,
};
