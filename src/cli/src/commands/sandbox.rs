//! `sandbox show|reset|serve`: what is in the sandbox, an empty one, and the same cloud for other tools.

use landfall_diag::Diagnostic;
use landfall_sandbox::serve::Server;
use landfall_sandbox::{ACCESS_KEY, Item};
use serde_json::json;

use super::Outcome;
use crate::args::SandboxArgs;
use crate::exit::Exit;
use crate::sandbox::Settings;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &SandboxArgs) -> Outcome {
    let settings = Settings::of(&session.sandbox_flags, &session.environment)?;
    match args {
        SandboxArgs::Show { json } => show(session, &settings, *json),
        SandboxArgs::Reset => reset(session, &settings),
        SandboxArgs::Serve { port } => serve(session, &settings, *port),
    }
}

fn show(session: &Session, settings: &Settings, as_json: bool) -> Outcome {
    let items = if settings.file.exists() {
        let items = settings.open()?.inventory();
        items.map_err(|error| Diagnostic::error("The sandbox cannot be read", format!("{error}.")))?
    } else {
        Vec::new()
    };
    if as_json {
        let items = items.iter().map(|item| {
            json!({
                "account": item.account,
                "region": item.region,
                "kind": item.kind,
                "id": item.id,
                "name": item.name,
                "state": item.state,
            })
        });
        let all = json!({ "format_version": "1.0", "items": items.collect::<Vec<_>>() });
        session.print(&format!("{all}\n"));
    } else if items.is_empty() {
        session.print("The sandbox is empty.\n");
    } else {
        session.print(&table(&items));
    }
    Ok(Exit::Done)
}

fn table(items: &[Item]) -> String {
    let head = ["REGION", "KIND", "ID", "NAME", "STATE"].map(str::to_owned);
    let row = |item: &Item| {
        [item.region.clone(), item.kind.to_owned(), item.id.clone(), item.name.clone(), item.state.clone()]
    };
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(items.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    let line = |row: &[String; 5]| {
        let cells = widths.iter().zip(row).map(|(width, cell)| format!("{cell:<width$}  "));
        format!("{}{}", cells.collect::<String>(), row[4]).trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn reset(session: &Session, settings: &Settings) -> Outcome {
    let path = settings.file.display();
    match landfall_sandbox::world::file::remove(&settings.file) {
        Ok(true) => session.print(&format!("The sandbox `{path}` is gone. The next run begins with an empty one.\n")),
        Ok(false) => session.print(&format!("There was no sandbox `{path}`.\n")),
        Err(error) => return Err(Diagnostic::error("The sandbox stays", format!("`{path}`: {error}.")).into()),
    }
    Ok(Exit::Done)
}

fn serve(session: &Session, settings: &Settings, port: u16) -> Outcome {
    let failed =
        |error: std::io::Error| Diagnostic::error("Cannot serve", format!("Port {port} of 127.0.0.1: {error}."));
    let server = Server::open(settings.open()?, port).map_err(failed)?;
    let address = server.address().map_err(failed)?;
    session.print(&format!("http://{address}\n"));
    session.say(&format!(
        "The sandbox answers until it is interrupted. In another shell:\n\n    \
         export AWS_ENDPOINT_URL=http://{address} AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY=sandbox\n\n"
    ));
    server.run().map_err(failed)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_columns() {
        let item = |kind: &'static str, id: &str, state: &str| Item {
            account: "1".to_owned(),
            region: "eu-central-1".to_owned(),
            kind,
            id: id.to_owned(),
            name: String::new(),
            state: state.to_owned(),
        };
        let text = table(&[item("VPC", "vpc-1", "10.0.0.0/16"), item("subnet", "subnet-12", "")]);
        let expected = "\
REGION        KIND    ID         NAME  STATE
eu-central-1  VPC     vpc-1            10.0.0.0/16
eu-central-1  subnet  subnet-12
";
        assert_eq!(text, expected);
    }
}
