//! Patterns of `fileset`: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of directories.

/// A pattern.
pub(super) struct Glob {
    /// One for each combination of the alternatives.
    alternatives: Vec<Vec<String>>,
}

impl Glob {
    /// Reads a pattern; `None` if a bracket is not closed within a name.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        if pattern.split('/').any(|part| expand(part, &mut Vec::new()).is_none()) {
            return None;
        }
        let mut plain = Vec::new();
        expand(pattern, &mut plain)?;
        let well_formed = |part: &str| matches_part(part, "\0").is_some();
        let split = |pattern: String| pattern.split('/').map(str::to_owned).collect::<Vec<_>>();
        let alternatives: Vec<Vec<String>> = plain.into_iter().map(split).collect();
        alternatives.iter().flatten().all(|part| well_formed(part)).then_some(Self { alternatives })
    }

    /// Returns whether a path with `/` matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        self.alternatives.iter().any(|pattern| matches_parts(pattern, &parts))
    }
}

/// Replaces `{a,b}` by each of its alternatives.
fn expand(pattern: &str, into: &mut Vec<String>) -> Option<()> {
    let mut depth = 0;
    let mut start = None;
    let mut cuts = Vec::new();
    let mut escaped = false;
    for (at, c) in pattern.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => {
                if depth == 0 {
                    start = Some(at);
                }
                depth += 1;
            }
            ',' if depth == 1 => cuts.push(at),
            '}' if depth > 0 => {
                depth -= 1;
                let Some(open) = start.filter(|_| depth == 0) else { continue };
                let mut from = open + 1;
                for end in cuts.into_iter().chain([at]) {
                    expand(&format!("{}{}{}", &pattern[..open], &pattern[from..end], &pattern[at + 1..]), into)?;
                    from = end + 1;
                }
                return Some(());
            }
            _ => {}
        }
    }
    if depth > 0 {
        return None;
    }
    into.push(pattern.to_owned());
    Some(())
}

fn matches_parts(pattern: &[String], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            // At the end it takes every file below.
            if rest.is_empty() { !path.is_empty() } else { (0..=path.len()).any(|n| matches_parts(rest, &path[n..])) }
        }
        (Some((first, rest)), Some((name, below))) => {
            matches_part(first, name) == Some(true) && matches_parts(rest, below)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Matches one name; `None` if the pattern is malformed.
fn matches_part(pattern: &str, name: &str) -> Option<bool> {
    let Some(c) = pattern.chars().next() else { return Some(name.is_empty()) };
    let rest = &pattern[c.len_utf8()..];
    let mut letters = name.chars();
    let letter = letters.next();
    let after = letters.as_str();
    match c {
        '*' => {
            let rest = rest.trim_start_matches('*');
            let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            let mut found = matches_part(rest, "")? && name.is_empty();
            found |= ends.any(|at| matches_part(rest, &name[at..]) == Some(true));
            Some(found)
        }
        '?' => Some(matches_part(rest, after)? && letter.is_some()),
        '[' => {
            let (class, rest) = Class::parse(rest)?;
            Some(matches_part(rest, after)? && letter.is_some_and(|letter| class.contains(letter)))
        }
        '\\' => {
            let literal = rest.chars().next()?;
            Some(matches_part(&rest[literal.len_utf8()..], after)? && letter == Some(literal))
        }
        _ => Some(matches_part(rest, after)? && letter == Some(c)),
    }
}

struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (negated, mut rest) = match text.strip_prefix('^') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut ranges = Vec::new();
        loop {
            if let Some(after) = rest.strip_prefix(']').filter(|_| !ranges.is_empty()) {
                return Some((Self { negated, ranges }, after));
            }
            let (low, after) = letter(rest)?;
            (rest, ranges) = match after.strip_prefix('-').filter(|after| !after.starts_with(']')) {
                Some(after) => {
                    let (high, after) = letter(after)?;
                    ranges.push((low, high));
                    (after, ranges)
                }
                None => {
                    ranges.push((low, low));
                    (after, ranges)
                }
            };
        }
    }

    fn contains(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.negated
    }
}

fn letter(text: &str) -> Option<(char, &str)> {
    let text = text.strip_prefix('\\').unwrap_or(text);
    let c = text.chars().next()?;
    Some((c, &text[c.len_utf8()..]))
}

#[cfg(test)]
mod tests {
    use super::Glob;

    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let glob = Glob::parse(pattern).expect("a pattern");
        yes.iter().for_each(|path| assert!(glob.matches(path), "{pattern} {path}"));
        no.iter().for_each(|path| assert!(!glob.matches(path), "{pattern} {path}"));
    }

    #[test]
    fn patterns_match_names_and_directories() {
        check("*.txt", &["a.txt", ".txt"], &["a.tf", "d/a.txt"]);
        check("**", &["a", "d/a"], &[]);
        check("**/*.txt", &["a.txt", "d/e/a.txt"], &["a.tf"]);
        check("*.{txt,t{f,fpl}}", &["a.txt", "a.tf", "a.tfpl"], &["a.md"]);
        check("[^a-c]?", &["dx"], &["ax", "d"]);
        check("[!a]", &["!", "a"], &["b"]);
        check("d/**/f", &["d/f", "d/x/y/f"], &["f"]);
    }

    #[test]
    fn refuses_open_brackets() {
        assert!(
            Glob::parse("{a,b/c}").is_none()
                && Glob::parse("[").is_none()
                && Glob::parse("{a,b").is_none()
                && Glob::parse("a[b").is_none()
        );
    }
}
