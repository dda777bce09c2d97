//! Addresses of packages that have to be fetched, in the one form that a manifest has: shorthands are written out.

use std::fmt;
use std::sync::Arc;

use crate::config::load::source::{SourceProblem, join};

/// A package that has to be fetched, and a directory in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteSource {
    /// Address of the package, such as `git::https://github.com/a/b.git?ref=v1`.
    pub package: Arc<str>,
    /// Directory inside the package; may hold `*`.
    pub subdirectory: Option<Arc<str>>,
}

impl RemoteSource {
    /// Reads an address, and writes its shorthand out.
    ///
    /// # Errors
    /// Summary and detail of what is wrong.
    pub fn parse(text: &str) -> Result<Self, SourceProblem> {
        let (package, outer) = split_subdirectory(text);
        if let Some(path) = outer.as_deref().filter(|path| leads_outside(path)) {
            return Err(invalid(&format!("subdirectory path \"{path}\" leads outside of the module package")));
        }
        let (package, inner) = split_subdirectory(&detect(&package, text)?);
        let subdirectory = match (inner, outer) {
            (Some(inner), Some(outer)) => Some(join(&inner, &outer)),
            (inner, outer) => inner.or(outer),
        };
        Ok(Self { package: package.into(), subdirectory: subdirectory.map(Arc::from) })
    }
}

impl fmt::Display for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.subdirectory, self.package.split_once('?')) {
            (None, _) => f.write_str(&self.package),
            (Some(path), Some((address, query))) => write!(f, "{address}//{path}?{query}"),
            (Some(path), None) => write!(f, "{}//{path}", self.package),
        }
    }
}

/// Splits the directory after `//` off, with what follows `?` left at the package. The directory is without `.` and
/// `..` as far as can be.
pub fn split_subdirectory(text: &str) -> (String, Option<String>) {
    let end = text.find('?').unwrap_or(text.len());
    let (address, query) = text.split_at(end);
    let start = address.find("://").map_or(0, |at| at + 3);
    let Some(at) = address[start..].find("//").map(|at| at + start) else { return (text.to_owned(), None) };
    let path = match &address[at + 2..] {
        "" => None,
        path => Some(join(".", path)),
    };
    (format!("{}{query}", &address[..at]), path)
}

pub(super) fn leads_outside(path: &str) -> bool {
    path == ".." || path.starts_with("../")
}

/// Splits the word before `::` off, which names the way to fetch.
pub fn split_getter(text: &str) -> (Option<&str>, &str) {
    match text.split_once("::") {
        Some((getter, rest))
            if !getter.is_empty() && !rest.is_empty() && getter.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            (Some(getter), rest)
        }
        _ => (None, text),
    }
}

pub(super) fn invalid(problem: &str) -> SourceProblem {
    ("Invalid module source address", format!("Failed to parse module source address: {problem}."))
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// Returns the address with its shorthand written out; `whole` is the text that the user wrote.
fn detect(package: &str, whole: &str) -> Result<String, SourceProblem> {
    let (getter, rest) = split_getter(package);
    if has_scheme(rest) {
        return Ok(package.to_owned());
    }
    let (address, query) = match rest.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (rest, None),
    };
    let with_query = |address: String| query.map_or(address.clone(), |query| format!("{address}?{query}"));
    let found = if address.starts_with("github.com/") {
        ("git", with_query(forge(address, "GitHub URLs should be github.com/username/repo")?))
    } else if let Some(url) = git_over_ssh(address, query) {
        ("git", url)
    } else if address.starts_with("bitbucket.org/") {
        ("git", with_query(forge(address, "BitBucket URLs should be bitbucket.org/username/repo")?))
    } else if address.contains("googleapis.com/") {
        ("gcs", format!("https://{rest}"))
    } else if address.contains(".amazonaws.com/") {
        ("s3", with_query(bucket(address).ok_or_else(|| invalid("URL is not a valid S3 URL"))?))
    } else if address.starts_with('/') {
        let url = format!("file://{rest}");
        return Ok(getter.map_or(url.clone(), |getter| format!("{getter}::{url}")));
    } else {
        return Err(no_method(whole));
    };
    Ok(format!("{}::{}", getter.unwrap_or(found.0), found.1))
}

fn no_method(text: &str) -> SourceProblem {
    let detail = format!(
        "Terraform failed to determine your intended installation method for remote module package \"{text}\".\n\nIf you \
         intended this as a path relative to the current module, use \"./{text}\" instead. The \"./\" prefix indicates \
         that the address is a relative filesystem path."
    );
    ("Invalid module source address", detail)
}

/// Returns the address of a repository `host/owner/name[/directory]`.
fn forge(address: &str, problem: &str) -> Result<String, SourceProblem> {
    let parts: Vec<&str> = address.splitn(4, '/').collect();
    let [host, owner, name, rest @ ..] = parts.as_slice() else { return Err(invalid(problem)) };
    if owner.is_empty() || name.is_empty() {
        return Err(invalid(problem));
    }
    let extension = if name.ends_with(".git") { "" } else { ".git" };
    let inside = rest.first().filter(|path| !path.is_empty()).map(|path| format!("//{path}")).unwrap_or_default();
    Ok(format!("https://{host}/{owner}/{name}{extension}{inside}"))
}

/// Returns the address of `git@host:path`.
fn git_over_ssh(address: &str, query: Option<&str>) -> Option<String> {
    let (host, path) = address.strip_prefix("git@")?.split_once(':')?;
    let path = path.strip_prefix('/').unwrap_or(path);
    if host.is_empty() || path.is_empty() {
        return None;
    }
    // Written anew by Terraform, so that names are in order.
    let mut arguments: Vec<&str> = query.into_iter().flat_map(|query| query.split('&')).collect();
    arguments.sort_by_key(|argument| argument.split('=').next());
    let query = if arguments.is_empty() { String::new() } else { format!("?{}", arguments.join("&")) };
    Some(format!("ssh://git@{host}/{path}{query}"))
}

/// Returns the address of an object in a bucket, with the bucket in the path.
fn bucket(address: &str) -> Option<String> {
    let (host, path) = address.split_once('/')?;
    match host.split('.').collect::<Vec<_>>().as_slice() {
        [region, "amazonaws", "com"] => Some(format!("https://{region}.amazonaws.com/{path}")),
        [bucket, region, "amazonaws", "com"] => Some(format!("https://{region}.amazonaws.com/{bucket}/{path}")),
        [bucket, "s3", region, "amazonaws", "com"] => {
            Some(format!("https://s3.{region}.amazonaws.com/{bucket}/{path}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = RemoteSource::parse(text).map_or_else(|(_, detail)| detail, |source| source.to_string());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn shorthands_are_written_out() {
        check("github.com/a/b", "git::https://github.com/a/b.git");
        check("github.com/a/b.git?ref=v1", "git::https://github.com/a/b.git?ref=v1");
        check("github.com/a/b/c/d?ref=1", "git::https://github.com/a/b.git//c/d?ref=1");
        check("github.com/a/b//c?ref=1", "git::https://github.com/a/b.git//c?ref=1");
        check("git::github.com/a/b", "git::https://github.com/a/b.git");
        check("bitbucket.org/a/b", "git::https://bitbucket.org/a/b.git");
        check("git@h:a/b.git//sub?ref=1&depth=1", "git::ssh://git@h/a/b.git//sub?depth=1&ref=1");
        check("/srv/m//x", "file:///srv/m//x");
        check("s3-eu-west-1.amazonaws.com/b/m.zip", "s3::https://s3-eu-west-1.amazonaws.com/b/m.zip");
        check("b.s3-eu-west-1.amazonaws.com/m.zip", "s3::https://s3-eu-west-1.amazonaws.com/b/m.zip");
        check("b.s3.eu-west-1.amazonaws.com/m.zip", "s3::https://s3.eu-west-1.amazonaws.com/b/m.zip");
    }

    #[test]
    fn addresses_with_a_scheme_stay() {
        for text in [
            "git::https://example.com/a.git//x/y?ref=v1&depth=1",
            "https://example.com/a.zip//x?archive=zip",
            "git::ssh://git@example.com:22/a.git",
            "http://127.0.0.1/x?u=http://h//y",
        ] {
            check(text, text);
        }
        check("git::https://h/a.git//x/../y/?ref=1", "git::https://h/a.git//y?ref=1");
    }

    #[test]
    fn what_cannot_be_fetched_is_told() {
        check(
            "git::file:///r//../x",
            "Failed to parse module source address: subdirectory path \"../x\" leads outside of the module package.",
        );
        check("github.com/a", "Failed to parse module source address: GitHub URLs should be github.com/username/repo.");
        assert!(RemoteSource::parse("m").is_err_and(|(_, detail)| detail.contains("use \"./m\" instead")));
    }
}
