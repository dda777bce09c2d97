//! `get`: installs modules.

use super::Outcome;
use crate::args::GetArgs;
use crate::exit::Exit;
use crate::project::{self, Modules};
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: GetArgs) -> Outcome {
    let modules = if args.update { Modules::Upgrade } else { Modules::Keep };
    let announce = |line: &str| session.print(&format!("{line}\n"));
    let (_, sources, found) = project::install_modules(&session.environment, modules, &announce);
    session.sources = sources;
    let ((), found) = found.into_result(())?;
    session.report(&found);
    Ok(Exit::Done)
}
