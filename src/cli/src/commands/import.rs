//! `import`: takes an existing object into the state.

use std::collections::BTreeMap;

use landfall_diag::Diagnostic;
use landfall_engine::PlanMode;

use super::{Outcome, steps};
use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::operation::Engine;
use crate::project;
use crate::session::Session;
use crate::ui::Progress;

pub(super) fn run(session: &mut Session, args: &ImportArgs) -> Outcome {
    steps::speak(session, args.view);
    let config = steps::load(session, "Import", PlanMode::Normal)?;
    let store = project::open_store(session, &config.root, &args.state)?;
    let (variables, found) = steps::variables(session, &config, &args.variables, args.input)?;
    session.report(&found);
    let imports = BTreeMap::from([(args.address.clone(), args.id.clone())]);
    let _lock = project::lock(session, &*store, args.lock, "OperationTypeImport")?;
    let state = project::read_state(&*store)?;
    if state.current(&args.address).is_some() {
        let detail = format!(
            "landfall is already managing a remote object for {0}. To import to this address you must first remove the \
             existing object from the state:\n    landfall state rm '{0}'",
            args.address
        );
        return Err(Diagnostic::error("Resource already managed by landfall", detail).into());
    }
    let engine = Engine::new(session)?;
    let progress = Progress::start(session.voice);
    let imported = engine.import(&config, state, &imports, &variables, &progress);
    drop(progress);
    let (mut state, found) = imported?;
    session.report(&found);
    steps::write(&*store, &mut state)?;
    session.print(
        "\nImport successful!\n\nThe resources that were imported are shown by `landfall state list`. They are now in\nyour \
         state and will henceforth be managed by landfall.\n",
    );
    Ok(Exit::Done)
}
