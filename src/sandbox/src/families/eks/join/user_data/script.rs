//! Scripts that start a node: as much of a shell as their calls need.

use std::collections::BTreeMap;

use super::Told;

/// Returns what a script hands to `/etc/eks/bootstrap.sh`; nothing where it does not call it.
pub fn bootstrap(text: &str) -> Option<Told> {
    let joined = text.replace("\\\n", " ");
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for line in joined.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let words = words(line);
        let assigned = words.iter().map(|word| word.strip_prefix("export ").unwrap_or(word));
        for (name, value) in assigned.filter_map(|word| word.split_once('=')) {
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                let value = filled(value, &variables);
                variables.insert(name.to_owned(), value);
            }
        }
        if let Some(at) = words.iter().position(|word| word == "/etc/eks/bootstrap.sh") {
            let words: Vec<String> = words[at + 1..].iter().map(|word| filled(word, &variables)).collect();
            return Some(of_words(&words));
        }
    }
    None
}

fn of_words(words: &[String]) -> Told {
    let mut told = Told::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
            _ if word.starts_with("--") => (word.as_str(), rest.next().cloned()),
            _ if ["&&", "||", ";", "|", ">", ">>", "2>&1"].contains(&word.as_str()) => break,
            _ => ("", Some(word.clone())),
        };
        let value = value.filter(|value| !value.is_empty());
        match flag {
            "" => told.name = told.name.or(value),
            "--apiserver-endpoint" => told.endpoint = value,
            "--b64-cluster-ca" => told.certificate = value,
            "--service-ipv4-cidr" => told.cidr = value,
            _ => {}
        }
    }
    told
}

/// Returns what a script hands to `Start-EKSBootstrap.ps1`; nothing where it does not call it.
pub fn power_shell(text: &str) -> Option<Told> {
    let joined = text.replace("`\n", " ");
    let line =
        joined.lines().find(|line| line.contains("EKSClusterName") || line.contains("EKSBootstrapScriptFile"))?;
    let words = words(line);
    let after = |name: &str| {
        let at = words.iter().position(|word| word.eq_ignore_ascii_case(name))?;
        words.get(at + 1).cloned()
    };
    Some(Told {
        name: after("-EKSClusterName"),
        endpoint: after("-APIServerEndpoint"),
        certificate: after("-Base64ClusterCA"),
        cidr: after("-ServiceCIDR"),
    })
}

/// Splits a line at white space outside quotes, and takes the quotes away.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, character) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// Puts in the values of `$NAME` and `${NAME}`.
fn filled(word: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = word.to_owned();
    for (name, value) in variables.iter().rev() {
        text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    text
}
