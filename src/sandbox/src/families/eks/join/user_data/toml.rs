//! Settings of Bottlerocket: as much TOML as they need.

use super::Told;

/// Returns whether a text is meant to be settings.
pub fn is_likely(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| line.starts_with("[settings") || line.starts_with("settings."))
}

/// Returns what settings tell.
///
/// # Errors
/// When a line is not TOML.
pub fn told(text: &str) -> Result<Told, String> {
    let mut told = Told::default();
    let mut table = String::new();
    // How many brackets, or whether three quotes, a value still waits for.
    let mut open: Option<Open> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if let Some(still) = open.take() {
            open = still.after(line);
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            table = key(header).ok_or_else(|| malformed(number, line))?;
            continue;
        }
        let (name, value) = line.split_once('=').ok_or_else(|| malformed(number, line))?;
        let name = key(name).ok_or_else(|| malformed(number, line))?;
        let path = if table.is_empty() { name } else { format!("{table}.{name}") };
        open = Open::of(value.trim());
        let value = open.is_none().then(|| scalar(value.trim())).flatten();
        let place = match path.as_str() {
            "settings.kubernetes.cluster-name" => &mut told.name,
            "settings.kubernetes.api-server" => &mut told.endpoint,
            "settings.kubernetes.cluster-certificate" => &mut told.certificate,
            _ => continue,
        };
        *place = Some(value.ok_or_else(|| malformed(number, line))?).filter(|text| !text.is_empty());
    }
    Ok(told)
}

fn malformed(number: usize, line: &str) -> String {
    format!("line {number} of its TOML cannot be read: `{line}`")
}

/// What a value over several lines waits for.
enum Open {
    Brackets(usize),
    Quotes,
}

impl Open {
    fn of(value: &str) -> Option<Self> {
        if value.starts_with("\"\"\"") {
            return if value.len() >= 6 && value.ends_with("\"\"\"") { None } else { Some(Self::Quotes) };
        }
        if value.starts_with(['[', '{']) { Self::Brackets(0).after(value) } else { None }
    }

    fn after(self, line: &str) -> Option<Self> {
        match self {
            Self::Quotes if line.contains("\"\"\"") => None,
            Self::Quotes => Some(self),
            Self::Brackets(depth) => {
                let opened = line.matches(['[', '{']).count();
                let depth = (depth + opened).saturating_sub(line.matches([']', '}']).count());
                (depth > 0).then_some(Self::Brackets(depth))
            }
        }
    }
}

/// Returns a dotted key without its quotes; nothing where quotes stand in quotes.
fn key(text: &str) -> Option<String> {
    let text = text.trim();
    let is_balanced = text.matches('"').count().is_multiple_of(2) && !text.contains("\"\"");
    (is_balanced && !text.is_empty()).then(|| text.replace(['"', ' '], ""))
}

/// Returns a text, a number or a truth as text.
fn scalar(text: &str) -> Option<String> {
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split_once(quote).map(|(text, _)| text.to_owned());
        }
    }
    let bare = text.split('#').next().unwrap_or_default().trim();
    let is_bare = bare.parse::<f64>().is_ok() || bare == "true" || bare == "false";
    is_bare.then(|| bare.to_owned())
}
