//! From the address of a package to a directory with its files.

use std::path::Path;

use landfall_lang::config::load::{join, split_subdirectory};
use url::Url;

use crate::archive::{self, Format};
use crate::cache::{Cache, Lasting};
use crate::error::{FetchError, Fetched};
use crate::git;
use crate::glob;
use crate::package::{Archive, Package};
use crate::s3;
use crate::web::{Headers, Web, shown};

/// Pages that name other pages.
const MOST_PAGES: usize = 5;

/// What fetching needs.
pub(crate) struct Fetcher {
    pub web: Web,
    pub cache: Cache,
}

impl Fetcher {
    /// Puts a package into a directory that does not exist yet.
    pub async fn fetch(&self, address: &str, lasting: &Lasting, directory: &Path) -> Fetched<()> {
        let mut package = Package::parse(address)?;
        let mut inner: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let Package::Page(url) = &package else {
                let Some(path) = inner else { return self.fetch_package(&package, lasting, directory).await };
                return self.fetch_part(&package, lasting, &path, directory).await;
            };
            let named = self.named_by_page(url).await?;
            let (next, path) = split_subdirectory(&named);
            package = Package::parse(&next)?;
            inner = match (path, inner) {
                (Some(path), Some(inner)) => Some(join(&path, &inner)),
                (path, inner) => path.or(inner),
            };
        }
        Err(FetchError::Address(format!("`{address}` leads from page to page, and to no package")))
    }

    async fn fetch_package(&self, package: &Package, lasting: &Lasting, directory: &Path) -> Fetched<()> {
        match package {
            Package::Git(repository) => git::check_out(&self.cache, repository, directory).await.map(|_| ()),
            Package::Archive(archive) => self.fetch_archive(archive, &Headers::new(), lasting, directory).await,
            Package::Bucket { archive, region } => {
                let headers = s3::signed_headers(&archive.url, region).await?;
                self.fetch_archive(archive, &headers, lasting, directory).await
            }
            Package::Directory(path) => std::os::unix::fs::symlink(path, directory).map_err(FetchError::at(directory)),
            Package::File { path, format, checksum } => {
                if let Some(checksum) = checksum {
                    checksum.verify(path)?;
                }
                unpack(path, *format, directory).await
            }
            Package::Page(url) => Err(FetchError::Address(format!("`{}` is no package", shown(url)))),
        }
    }

    async fn fetch_archive(
        &self,
        archive: &Archive,
        headers: &Headers,
        lasting: &Lasting,
        directory: &Path,
    ) -> Fetched<()> {
        let file = self.cache.archive(&self.web, &archive.url, headers, lasting).await?;
        if let Some(checksum) = &archive.checksum {
            checksum.verify(&file)?;
        }
        unpack(&file, archive.format, directory).await
    }

    /// Puts a directory of a package into `directory`.
    async fn fetch_part(&self, package: &Package, lasting: &Lasting, path: &str, directory: &Path) -> Fetched<()> {
        let mut whole = directory.as_os_str().to_owned();
        whole.push(".package");
        let whole = Path::new(&whole);
        // What is not there needs no removal.
        let _ = tokio::fs::remove_dir_all(whole).await;
        self.fetch_package(package, lasting, whole).await?;
        let part = glob::expand(whole, path).map_err(FetchError::Address)?;
        let moved = tokio::fs::rename(whole.join(part), directory).await.map_err(FetchError::at(directory));
        tokio::fs::remove_dir_all(whole).await.map_err(FetchError::at(whole))?;
        moved
    }

    /// Returns the address that a page names in a header, or in a `meta` element.
    async fn named_by_page(&self, url: &Url) -> Fetched<String> {
        let mut asked = url.clone();
        asked.query_pairs_mut().append_pair("terraform-get", "1");
        let answer = self.web.get(&asked, &Headers::new()).await?;
        let place = answer.url.clone();
        let header = answer.header("x-terraform-get").map(str::to_owned).filter(|text| !text.is_empty());
        let named = match header {
            Some(address) => Some(address),
            None => meta_content(&answer.text().await?),
        };
        let nothing = || FetchError::Answer {
            url: shown(url),
            why: format!(
                "the address ends in none of {}, and the page names no package in `X-Terraform-Get`",
                Format::names()
            ),
        };
        let named = named.ok_or_else(nothing)?;
        if !["/", "./", "../"].iter().any(|prefix| named.starts_with(prefix)) {
            return Ok(named);
        }
        let joined = place.join(&named).map_err(|error| FetchError::Address(format!("`{named}`: {error}")))?;
        Ok(joined.to_string())
    }
}

async fn unpack(file: &Path, format: Format, directory: &Path) -> Fetched<()> {
    let (file, directory) = (file.to_owned(), directory.to_owned());
    let work = tokio::task::spawn_blocking(move || archive::unpack(&file, format, &directory));
    work.await.expect("unpacking does not panic")
}

/// Returns the content of `<meta name="terraform-get" content="…">`.
fn meta_content(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    lower.match_indices("<meta").find_map(|(start, _)| {
        let end = start + lower[start..].find('>')?;
        let tag = &page[start..end];
        (attribute(tag, "name")? == "terraform-get").then(|| attribute(tag, "content")).flatten()
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower[from..].find(name).map(|at| at + from) {
        from = at + name.len();
        let is_word = tag[..at].ends_with(|c: char| c.is_whitespace());
        if let Some(value) = tag[from..].trim_start().strip_prefix('=').filter(|_| is_word) {
            let value = value.trim_start();
            let value = match value.chars().next()? {
                quote @ ('"' | '\'') => value[1..].split(quote).next()?,
                _ => value.split(|c: char| c.is_whitespace() || c == '/').next()?,
            };
            return Some(value.replace("&amp;", "&"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_name_packages() {
        let page = r#"<html><META charset=utf-8><meta content='https://h/a.zip?x=1&amp;y=2' name="terraform-get"/>"#;
        assert_eq!(meta_content(page).as_deref(), Some("https://h/a.zip?x=1&y=2"));
        assert_eq!(meta_content(r#"<meta name="other" content="x">"#), None);
    }
}
