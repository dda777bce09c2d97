//! What `-help` prints.

/// Commands of general use, then the others, each with a line.
const MAIN: &[(&str, &str)] = &[
    ("init", "Prepare your working directory for other commands"),
    ("validate", "Check whether the configuration is valid"),
    ("plan", "Show changes required by the current configuration"),
    ("apply", "Create or update infrastructure"),
    ("destroy", "Destroy previously-created infrastructure"),
];

const OTHER: &[(&str, &str)] = &[
    ("console", "Try expressions at an interactive command prompt"),
    ("demo", "See a cluster go up in the sandbox, without an account"),
    ("fmt", "Reformat your configuration in the standard style"),
    ("force-unlock", "Release a stuck lock on the current workspace"),
    ("get", "Install or upgrade modules"),
    ("graph", "Generate a Graphviz graph of the resources"),
    ("import", "Associate existing infrastructure with a resource"),
    ("kubeconfig", "Write a kubeconfig entry for an EKS cluster"),
    ("output", "Show output values from your root module"),
    ("providers", "Show the providers required for this configuration"),
    ("recover", "Settle what a run that was cut off had begun"),
    ("refresh", "Update the state to match remote systems"),
    ("sandbox", "The AWS inside landfall"),
    ("show", "Show the current state or a saved plan"),
    ("state", "Advanced state management"),
    ("taint", "Mark a resource instance as not fully functional"),
    ("token", "Print a token for an EKS cluster, for kubectl"),
    ("untaint", "Remove the 'tainted' state from a resource instance"),
    ("version", "Show the current version"),
    ("workspace", "Workspace management"),
];

/// Returns whether there is a command or group of this name.
pub(crate) fn is_command(name: &str) -> bool {
    commands().any(|(command, _)| command == name)
}

/// Returns the command whose name is nearest to what was written.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let distance = |command: &str| strsim::damerau_levenshtein(command, name);
    commands()
        .map(|(command, _)| command)
        .min_by_key(|command| distance(command))
        .filter(|command| distance(command) < 3)
}

fn commands() -> impl Iterator<Item = (&'static str, &'static str)> {
    MAIN.iter().chain(OTHER).copied()
}

/// Returns the list of commands.
pub(crate) fn general() -> String {
    let list = |commands: &[(&str, &str)]| {
        commands.iter().map(|(name, line)| format!("  {name:<14}{line}\n")).collect::<String>()
    };
    format!(
        "Usage: landfall [global options] <subcommand> [args]\n\n\
         landfall provisions Amazon EKS, and what it stands on, from Terraform's language.\n\n\
         Main commands:\n{}\nAll other commands:\n{}\n\
         Global options (use these before the subcommand, if any):\n  \
         -chdir=DIR    Switch to a different working directory before executing the\n                \
         given subcommand.\n  \
         -help         Show this help output, or the help for a specified subcommand.\n  \
         -version      An alias for the \"version\" subcommand.\n\n\
         The sandbox (options of any command, also after it):\n  \
         -sandbox[=FILE]       Call the AWS inside landfall, kept in FILE.\n  \
         -sandbox-faults=FILE  What goes wrong there, one rule a line: SERVICE OPERATION\n                        \
         KIND [count=N] [after=N] [probability=P], or limit NAME NUMBER.\n  \
         -sandbox-fault=RULE   One more rule; may be repeated.\n  \
         -sandbox-seed=N       Where its identifiers and its luck come from.\n  \
         -sandbox-start=TIME   When its time starts, as 2026-11-02T09:00:00Z; else now.\n  \
         -time-scale=N         How many times as fast its time passes; \"virtual\" for no\n                        \
         waiting.\n",
        list(MAIN),
        list(OTHER)
    )
}

/// Subcommands of groups, each with its arguments and a line.
const SUBCOMMANDS: &[(&str, &str, &str)] = &[
    ("providers schema", "-json", "Show schemas for the providers used in the configuration"),
    ("sandbox reset", "", "Begin with an empty sandbox"),
    ("sandbox serve", "[options]", "Answer the AWS CLI and other tools on 127.0.0.1"),
    ("sandbox show", "[options]", "List what is in the sandbox"),
    ("state list", "[options] [ADDRESS...]", "List resources in the state"),
    ("state mv", "[options] SOURCE DESTINATION", "Move an item in the state"),
    ("state pull", "[options]", "Pull current state and output to stdout"),
    ("state push", "[options] PATH", "Update the state from a local state file"),
    ("state replace-provider", "[options] FROM TO", "Replace provider in the state"),
    ("state rm", "[options] ADDRESS...", "Remove instances from the state"),
    ("state show", "[options] ADDRESS", "Show a resource in the state"),
    ("workspace delete", "[options] NAME", "Delete a workspace"),
    ("workspace list", "", "List workspaces"),
    ("workspace new", "[options] NAME", "Create a new workspace"),
    ("workspace select", "[options] NAME", "Select a workspace"),
    ("workspace show", "", "Show the name of the current workspace"),
];

/// Returns what a command does and which flags it has. The name is that of a command, a group or a subcommand.
pub(crate) fn of(name: &str) -> String {
    if let Some((_, arguments, line)) = SUBCOMMANDS.iter().find(|(subcommand, ..)| *subcommand == name) {
        return text(name, arguments, line, subcommand_options(name));
    }
    let Some((_, line)) = commands().find(|(command, _)| *command == name) else {
        return commands()
            .find(|(command, _)| Some(*command) == name.split(' ').next())
            .map_or_else(general, |(group, _)| of(group));
    };
    let below: String = SUBCOMMANDS
        .iter()
        .filter_map(|(subcommand, _, line)| {
            let (group, subcommand) = subcommand.split_once(' ')?;
            (group == name).then(|| format!("    {subcommand:<20}{line}\n"))
        })
        .collect();
    if below.is_empty() {
        let (arguments, options) = usage(name);
        return text(name, arguments, line, &[options]);
    }
    let arguments = if name == "providers" { "[<subcommand>] [options]" } else { "<subcommand> [options] [args]" };
    format!("{}\nSubcommands:\n{below}", text(name, arguments, line, &[]))
}

fn text(name: &str, arguments: &str, line: &str, options: &[Options]) -> String {
    let options: String =
        options.iter().copied().flatten().map(|(flag, text)| format!("  {flag:<24}{text}\n")).collect();
    let options = if options.is_empty() { options } else { format!("\nOptions:\n\n{options}") };
    format!("{}\n\n  {line}.\n{options}", format!("Usage: landfall [global options] {name} {arguments}").trim_end())
}

type Options = &'static [(&'static str, &'static str)];

const OPERATION: Options = &[
    ("-compact-warnings", "Show warnings as a list of their summaries."),
    ("-destroy", "Plan to destroy all objects."),
    ("-detailed-exitcode", "plan: exit with 2 when there are changes."),
    ("-auto-approve", "apply, destroy: do not ask for approval."),
    ("-exclude=ADDRESS", "All but this and what depends on it."),
    ("-generate-config-out=FILE", "plan: write blocks for imported objects that have none."),
    ("-input=false", "Do not ask for missing variables."),
    ("-json", "Write a stream of JSON objects."),
    ("-lock=false", "Do not take the lock of the state."),
    ("-lock-timeout=0s", "How long to try for the lock."),
    ("-no-color", "Write no colours."),
    ("-out=FILE", "plan: save the plan."),
    ("-parallelism=N", "Greatest number of operations at a time."),
    ("-refresh=false", "Trust the state, do not look at every object."),
    ("-refresh-only", "Only bring the state up to date."),
    ("-replace=ADDRESS", "Replace this resource instance."),
    ("-state=FILE", "File of the state."),
    ("-target=ADDRESS", "Only this and what it depends on."),
    ("-var 'NAME=VALUE'", "Value of a variable."),
    ("-var-file=FILE", "File with values of variables."),
];

const LOCK: Options =
    &[("-lock=false", "Do not take the lock of the state."), ("-lock-timeout=0s", "How long to try for the lock.")];
const STATE_FILE: Options = &[("-state=FILE", "File of the state.")];

fn subcommand_options(name: &str) -> &'static [Options] {
    const DRY_RUN: Options = &[("-dry-run", "Say what would be done only.")];
    match name {
        "providers schema" => &[&[("-json", "Write JSON; required.")]],
        "sandbox serve" => &[&[("-port=4500", "Port; 0 for any that is free.")]],
        "sandbox show" => &[&[("-calls", "How often the last run called each operation."), ("-json", "Write JSON.")]],
        "state list" => &[&[("-id=ID", "Only objects with this identifier.")], STATE_FILE],
        "state mv" | "state rm" => &[DRY_RUN, LOCK, STATE_FILE],
        "state push" => &[&[("-force", "Whatever lineage and serial are.")], LOCK],
        "state replace-provider" => &[&[("-auto-approve", "Do not ask for approval.")], LOCK, STATE_FILE],
        "state show" | "state pull" => &[STATE_FILE],
        "workspace select" => &[&[("-or-create", "Create it if there is none.")]],
        "workspace delete" => &[&[("-force", "Even if it manages objects.")], LOCK],
        "workspace new" => &[&[("-state=FILE", "Copy this state into it.")], LOCK],
        _ => &[],
    }
}

fn usage(name: &str) -> (&'static str, Options) {
    const JSON: Options = &[("-json", "Write JSON."), ("-no-color", "Write no colours.")];
    const STATE: Options = &[("-state=FILE", "File of the state."), ("-lock=false", "Do not take the lock.")];
    match name {
        "console" => (
            "[options]",
            &[
                ("-plan", "Values of a new plan instead of those of the state."),
                ("-state=FILE", "File of the state."),
                ("-var 'NAME=VALUE'", "Value of a variable."),
                ("-var-file=FILE", "File with values of variables."),
            ],
        ),
        "plan" | "destroy" | "refresh" => ("[options]", OPERATION),
        "apply" => ("[options] [PLAN]", OPERATION),
        "recover" => ("[options]", &[("-forget=ADDRESS", "Say that this creation was not carried out.")]),
        "import" => ("[options] ADDRESS ID", OPERATION),
        "demo" => ("[DIRECTORY]", &[]),
        "init" => (
            "[options]",
            &[
                ("-backend=false", "Leave the backend as it is."),
                ("-backend-config=X", "A setting of the backend, NAME=VALUE, or a file with settings."),
                ("-force-copy", "Copy states to a new backend without a question."),
                ("-migrate-state", "Copy states to a new backend."),
                ("-reconfigure", "Take a new backend and leave the states where they are."),
                ("-upgrade", "Install modules again."),
                ("-json", "Write JSON."),
            ],
        ),
        "validate" => ("[options]", JSON),
        "version" => ("[options]", JSON),
        "output" => ("[options] [NAME]", &[("-json", "Write JSON."), ("-raw", "Write the text of one output.")]),
        "show" => ("[options] [FILE]", JSON),
        "taint" | "untaint" => ("[options] ADDRESS", STATE),
        "fmt" => (
            "[options] [FILE|DIRECTORY|-]...",
            &[
                ("-check", "Change nothing; exit with 3 where something would change."),
                ("-diff", "Show what changes."),
                ("-list=false", "Do not name the files that change."),
                ("-recursive", "Go into the directories of a directory."),
                ("-write=false", "Do not write the files that change."),
            ],
        ),
        "force-unlock" => ("[options] LOCK_ID", &[("-force", "Do not ask for approval.")]),
        "graph" => ("[options]", &[("-plan=FILE", "Graph of a saved plan.")]),
        "kubeconfig" => (
            "[options] CLUSTER",
            &[
                ("-region=REGION", "Region of the cluster."),
                ("-profile=NAME", "AWS profile, also for tokens."),
                ("-role-arn=ARN", "Role to assume for tokens."),
                ("-alias=NAME", "Name of the context."),
                ("-kubeconfig=FILE", "File to write; - for standard output."),
            ],
        ),
        "token" => (
            "[options] CLUSTER",
            &[
                ("-region=REGION", "Region of the cluster."),
                ("-profile=NAME", "AWS profile."),
                ("-role-arn=ARN", "Role to assume."),
            ],
        ),
        _ => ("[options]", &[]),
    }
}
