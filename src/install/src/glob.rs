//! The directory of a module in its package, which may hold `*`, `?` and `[…]`.

use std::fs;
use std::path::Path;

/// Returns the one path under `root` that a pattern means.
///
/// # Errors
/// A fragment that says that there is none, or that there are several.
pub(crate) fn expand(root: &Path, pattern: &str) -> Result<String, String> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let mut found = Vec::new();
    collect(root, &parts, String::new(), &mut found);
    match found.as_slice() {
        [path] => Ok(path.clone()),
        [] => Err(format!("the package has no directory `{pattern}`")),
        [first, second, ..] => Err(format!(
            "`{pattern}` means several directories of the package, such as `{first}` and `{second}`; it has to mean one"
        )),
    }
}

fn collect(directory: &Path, parts: &[&str], path: String, found: &mut Vec<String>) {
    let Some((part, rest)) = parts.split_first() else {
        if directory.is_dir() {
            found.push(path);
        }
        return;
    };
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    if !part.contains(['*', '?', '[']) {
        collect(&directory.join(part), rest, below(part), found);
        return;
    }
    let mut names: Vec<String> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| matches(part, name))
        .collect();
    names.sort();
    for name in names {
        collect(&directory.join(&name), rest, below(&name), found);
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches_from(&pattern, &name)
}

fn matches_from(pattern: &[char], name: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|skipped| matches_from(rest, &name[skipped..])),
        ['?', rest @ ..] => !name.is_empty() && matches_from(rest, &name[1..]),
        ['[', rest @ ..] => {
            let (Some(end), Some(first)) = (rest.iter().position(|c| *c == ']'), name.first()) else { return false };
            let (negated, class) = match &rest[..end] {
                ['^', class @ ..] => (true, class),
                class => (false, class),
            };
            in_class(class, *first) != negated && matches_from(&rest[end + 1..], &name[1..])
        }
        [c, rest @ ..] => name.first() == Some(c) && matches_from(rest, &name[1..]),
    }
}

fn in_class(class: &[char], c: char) -> bool {
    match class {
        [] => false,
        [low, '-', high, rest @ ..] => (*low..=*high).contains(&c) || in_class(rest, c),
        [one, rest @ ..] => *one == c || in_class(rest, c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_directory_has_to_match() {
        let root = tempfile::tempdir().unwrap();
        for path in ["repo-abc/modules/a", "repo-abc/modules/b"] {
            fs::create_dir_all(root.path().join(path)).unwrap();
        }
        fs::write(root.path().join("file"), "").unwrap();
        assert_eq!(expand(root.path(), "*").unwrap(), "repo-abc");
        assert_eq!(expand(root.path(), "repo-???/modules/[b-z]").unwrap(), "repo-abc/modules/b");
        assert!(expand(root.path(), "*/modules/*").unwrap_err().contains("several"));
        assert!(expand(root.path(), "nope").unwrap_err().contains("no directory `nope`"));
        assert!(expand(root.path(), "file").is_err());
    }
}
