//! `output`: values of the root module's outputs.

use landfall_diag::Diagnostic;
use landfall_state::{OutputState, State};
use landfall_value::json::{to_json, type_to_json};
use landfall_value::{Kind, Type, Value, convert};
use serde_json::{Map, Value as Json, json};

use super::Outcome;
use crate::args::{OutputArgs, OutputFormat, StateFileArgs};
use crate::exit::Exit;
use crate::project;
use crate::session::Session;
use crate::views;

pub(super) fn run(session: &mut Session, args: &OutputArgs) -> Outcome {
    let state =
        project::read_current(session, &StateFileArgs { state: args.state.clone(), ..StateFileArgs::default() })?;
    let Some(name) = &args.name else {
        match args.format {
            OutputFormat::Json => session.print(&format!("{}\n", pretty(&all_json(&state)))),
            OutputFormat::Human | OutputFormat::Raw if state.outputs().is_empty() => {
                session.report(&no_outputs().into());
            }
            OutputFormat::Human | OutputFormat::Raw => session.print(&listing(&state)),
        }
        return Ok(Exit::Done);
    };
    let Some(output) = state.outputs().get(name.as_str()) else {
        let detail = "The output variable requested could not be found in the state file. If you recently added this to \
                      your configuration, be sure to run `landfall apply`, since the state won't be updated with new \
                      output variables until that command is run.";
        return Err(Diagnostic::error(format!("Output \"{name}\" not found"), detail).into());
    };
    match args.format {
        OutputFormat::Json => session.print(&format!("{}\n", to_json(&output.value).unwrap_or_default())),
        OutputFormat::Human => session.print(&format!("{}\n", views::literal(&output.value))),
        OutputFormat::Raw => session.print(&raw(name, &output.value)?),
    }
    Ok(Exit::Done)
}

fn no_outputs() -> Diagnostic {
    let detail = "The state file either has no outputs defined, or all the defined outputs are empty. Please define an \
                  output in your configuration with the `output` keyword and run `landfall refresh` for it to become \
                  available.";
    Diagnostic::warning("No outputs found", detail)
}

fn raw(name: &str, value: &Value) -> Result<String, Diagnostic> {
    let unsupported = |what: &str| {
        let detail = format!(
            "The -raw option only supports strings, numbers, and boolean values, but output value \"{name}\" is {what}.\n\n\
             Use the -json option for machine-readable representations of output values that have complex types."
        );
        Diagnostic::error("Unsupported value for raw output", detail)
    };
    let text = convert(value, &Type::String).map_err(|_| unsupported(&value.r#type().friendly_name()))?;
    match text.kind() {
        Kind::String(text) => Ok(text.to_string()),
        _ => Err(unsupported("null")),
    }
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).expect("JSON in memory has a text")
}

fn all_json(state: &State) -> Json {
    let form = |output: &OutputState| {
        json!({
            "sensitive": output.sensitive,
            "type": type_to_json(&output.value.r#type()),
            "value": to_json(&output.value).unwrap_or_default(),
        })
    };
    Json::Object(state.outputs().iter().map(|(name, output)| (name.to_string(), form(output))).collect::<Map<_, _>>())
}

/// Returns all outputs, one after the other; sensitive ones are hidden.
pub(super) fn listing(state: &State) -> String {
    let line = |(name, output): (&std::sync::Arc<str>, &OutputState)| match output.sensitive {
        true => format!("{name} = <sensitive>\n"),
        false => format!("{name} = {}\n", views::literal(&output.value)),
    };
    state.outputs().iter().map(line).collect()
}
