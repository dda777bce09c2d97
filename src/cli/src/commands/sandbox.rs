//! `sandbox show|reset|serve`: what is in the sandbox, an empty one, and the same cloud for other tools.

use landfall_diag::Diagnostic;
use landfall_sandbox::serve::Server;
use landfall_sandbox::{ACCESS_KEY, Flaw, Item, Node, Origin, Verdict};
use serde_json::json;

use super::Outcome;
use crate::args::SandboxArgs;
use crate::exit::Exit;
use crate::sandbox::Settings;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &SandboxArgs) -> Outcome {
    let settings = Settings::of(&session.sandbox_flags, &session.environment)?;
    match args {
        SandboxArgs::Show { json, calls: true } => show_calls(session, &settings, *json),
        SandboxArgs::Show { json, calls: false } => show(session, &settings, *json),
        SandboxArgs::Reset => reset(session, &settings),
        SandboxArgs::Serve { port } => serve(session, &settings, *port),
    }
}

fn show(session: &Session, settings: &Settings, as_json: bool) -> Outcome {
    let (items, nodes) = if settings.file.exists() {
        let sandbox = settings.open()?;
        let unreadable = |error| Diagnostic::error("The sandbox cannot be read", format!("{error}."));
        (sandbox.inventory().map_err(unreadable)?, sandbox.nodes().map_err(unreadable)?)
    } else {
        (Vec::new(), Vec::new())
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
        let items: Vec<_> = items.collect();
        let nodes: Vec<_> = nodes.iter().map(node_json).collect();
        let all = json!({ "format_version": "1.0", "items": items, "nodes": nodes });
        session.print(&format!("{all}\n"));
    } else if items.is_empty() {
        session.print("The sandbox is empty.\n");
    } else {
        session.print(&table(&items));
        if !nodes.is_empty() {
            session.print(&format!("\n{}", node_table(&nodes)));
        }
    }
    Ok(Exit::Done)
}

fn table(items: &[Item]) -> String {
    let head = ["REGION", "KIND", "ID", "NAME", "STATE"];
    let row = |item: &Item| {
        [item.region.clone(), item.kind.to_owned(), item.id.clone(), item.name.clone(), item.state.clone()]
    };
    columns(head, items.iter().map(row))
}

/// Returns the nodes of clusters as a table, with those that are none and why.
pub(super) fn node_table(nodes: &[Node]) -> String {
    let head = ["CLUSTER", "INSTANCE", "MADE BY", "TYPE", "ZONE", "VERSION", "NODE"];
    let row = |node: &Node| {
        let market = if node.is_spot { " spot" } else { "" };
        [
            node.cluster.clone(),
            node.instance_id.clone(),
            origin(node),
            format!("{}{market}", node.instance_type),
            node.zone.clone(),
            node.version.unwrap_or("-").to_owned(),
            verdict(&node.verdict),
        ]
    };
    columns(head, nodes.iter().map(row))
}

fn origin(node: &Node) -> String {
    match &node.origin {
        Origin::NodeGroup(name) => format!("node group {name}"),
        Origin::AutoScalingGroup(name) => format!("Auto Scaling group {name}"),
        Origin::SpotFleet(id) => format!("spot fleet {}", id.get(..12).unwrap_or(id)),
        Origin::Alone => "hand".to_owned(),
    }
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Starting => "starting".to_owned(),
        Verdict::Joined { since, flaws } => {
            let flaws: String = flaws.iter().map(|flaw| format!("; {flaw}")).collect();
            format!("joined {since}{flaws}")
        }
        Verdict::NotReady { cause, .. } => format!("not ready: {cause}"),
        Verdict::NotJoined { cause } => format!("not joined: {cause}"),
    }
}

/// Returns what does not work on a node that has joined.
fn flaws(verdict: &Verdict) -> &[Flaw] {
    if let Verdict::Joined { flaws, .. } = verdict { flaws } else { &[] }
}

fn node_json(node: &Node) -> serde_json::Value {
    let (state, since, cause) = match &node.verdict {
        Verdict::Starting => ("starting", None, None),
        Verdict::Joined { since, .. } => ("joined", Some(since), None),
        Verdict::NotReady { since, cause } => ("not ready", Some(since), Some(cause)),
        Verdict::NotJoined { cause } => ("not joined", None, Some(cause)),
    };
    json!({
        "account": node.account,
        "region": node.region,
        "cluster": node.cluster,
        "instance": node.instance_id,
        "made_by": origin(node),
        "instance_type": node.instance_type,
        "spot": node.is_spot,
        "zone": node.zone,
        "version": node.version,
        "state": state,
        "since": since.map(ToString::to_string),
        "cause": cause.map(ToString::to_string),
        "flaws": flaws(&node.verdict).iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Returns rows under a head, in columns as wide as they need.
fn columns<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = widths.iter().zip(row).map(|(width, cell)| format!("{cell:<width$}  "));
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Shows how often the last process that called the sandbox called each operation.
fn show_calls(session: &Session, settings: &Settings, as_json: bool) -> Outcome {
    let last = if settings.file.exists() {
        let last = settings.open()?.look(|world| world.runs.iter().next_back().map(|run| run.calls.clone()));
        last.map_err(|error| Diagnostic::error("The sandbox cannot be read", format!("{error}.")))?
    } else {
        None
    };
    let calls = last.unwrap_or_default();
    if as_json {
        let calls = calls.iter().map(|(service, operation, count)| {
            json!({ "service": service, "operation": operation, "calls": count.calls, "failed": count.failed })
        });
        let calls: Vec<_> = calls.collect();
        session.print(&format!("{}\n", json!({ "format_version": "1.0", "calls": calls })));
    } else {
        let total = calls.total();
        session.print(&format!("{calls}{} calls in all, {} failed\n", total.calls, total.failed));
    }
    Ok(Exit::Done)
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
