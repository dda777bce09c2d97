//! `get`: notes where modules are.

use super::Outcome;
use crate::exit::Exit;
use crate::project;
use crate::session::Session;

pub(super) fn run(session: &mut Session) -> Outcome {
    let data_directory = session.environment.data_directory();
    let (_, modules, found) = project::install_modules(&data_directory, &mut session.sources);
    for (key, directory) in &modules {
        session.print(&format!("- {key} in {directory}\n"));
    }
    let ((), found) = found.into_result(())?;
    session.report(&found);
    Ok(Exit::Done)
}
