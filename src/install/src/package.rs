//! The address of a package, understood: which way to fetch it, and with which arguments.

use std::path::PathBuf;

use landfall_lang::config::load::split_getter;
use url::Url;

use crate::archive::Format;
use crate::checksum::Checksum;
use crate::error::{FetchError, Fetched};

/// How a package is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Package {
    /// A repository.
    Git(Repository),
    /// A file to be unpacked, by HTTP.
    Archive(Archive),
    /// A page that tells the address.
    Page(Url),
    /// An archive in a bucket.
    Bucket { archive: Archive, region: String },
    /// A directory of this machine.
    Directory(PathBuf),
    /// An archive on this machine.
    File { path: PathBuf, format: Format, checksum: Option<Checksum> },
}

/// A git repository, and what to take of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    /// Address, as git takes it.
    pub url: String,
    /// Branch, tag or commit.
    pub reference: Option<String>,
    /// How many commits to fetch.
    pub depth: Option<u32>,
}

/// A file to be unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Archive {
    pub url: Url,
    pub format: Format,
    pub checksum: Option<Checksum>,
}

impl Package {
    /// Reads an address without subdirectory.
    pub fn parse(text: &str) -> Fetched<Self> {
        let (getter, address) = split_getter(text);
        let url = Url::parse(address)
            .map_err(|error| FetchError::Address(format!("`{address}` is not a valid address: {error}")))?;
        let url = match url.scheme() {
            "s3" | "http" | "https" | "ssh" | "file" | "git" => url,
            scheme if getter.is_none() => {
                return Err(FetchError::Address(format!("download not supported for scheme '{scheme}'")));
            }
            _ => url,
        };
        match getter.unwrap_or(url.scheme()) {
            "git" => repository(url).map(Self::Git),
            "http" | "https" => by_http(url),
            "s3" => bucket(url),
            "file" => file(url),
            "hg" => Err(FetchError::Address("Mercurial repositories are not supported".to_owned())),
            "gcs" => Err(FetchError::Address("buckets of Google Cloud Storage are not supported".to_owned())),
            other => Err(FetchError::Address(format!("download not supported for scheme '{other}'"))),
        }
    }
}

/// Takes an argument out of the query.
fn take(url: &mut Url, name: &str) -> Option<String> {
    let query = url.query()?.to_owned();
    let found = url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())?;
    let rest: Vec<&str> = query.split('&').filter(|pair| pair.split('=').next() != Some(name)).collect();
    url.set_query((!rest.is_empty()).then(|| rest.join("&")).as_deref());
    Some(found)
}

fn repository(mut url: Url) -> Fetched<Repository> {
    let reference = take(&mut url, "ref").filter(|text| !text.is_empty());
    let depth = take(&mut url, "depth").filter(|text| !text.is_empty());
    if take(&mut url, "sshkey").is_some() {
        let problem =
            "`sshkey` is not supported: keys do not belong into a configuration. Give the key to an ssh agent";
        return Err(FetchError::Address(problem.to_owned()));
    }
    if let Some(reference) = reference.as_deref().filter(|text| text.starts_with('-')) {
        return Err(FetchError::Address(format!("`{reference}` is not a branch, tag or commit")));
    }
    let depth = match depth.map(|text| text.parse::<u32>().map_err(|_| text)) {
        None | Some(Ok(0)) => None,
        Some(Ok(depth)) => Some(depth),
        Some(Err(text)) => return Err(FetchError::Address(format!("the depth `{text}` is not a whole number"))),
    };
    Ok(Repository { url: url.to_string(), reference, depth })
}

/// Takes format and checksum out of the query; the format is that of the name where it is not written.
fn archive_arguments(url: &mut Url) -> Fetched<(Option<Format>, Option<Checksum>)> {
    let checksum = take(url, "checksum").map(|text| Checksum::parse(&text)).transpose()?;
    let format = match take(url, "archive").filter(|text| !text.is_empty()) {
        Some(text) if matches!(text.as_str(), "false" | "False" | "FALSE" | "f" | "F" | "0") => None,
        Some(text) => Some(Format::named(&text).ok_or_else(|| {
            FetchError::Address(format!("the archive format `{text}` is not supported; these are: {}", Format::names()))
        })?),
        None => Format::of_name(url.path()),
    };
    if format.is_none() && checksum.is_some() {
        return Err(FetchError::Address("checksum cannot be specified for directory download".to_owned()));
    }
    Ok((format, checksum))
}

fn by_http(mut url: Url) -> Fetched<Package> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Address(format!("`{url}` is neither at http nor at https")));
    }
    let (format, checksum) = archive_arguments(&mut url)?;
    Ok(match format {
        Some(format) => Package::Archive(Archive { url, format, checksum }),
        None => Package::Page(url),
    })
}

fn bucket(mut url: Url) -> Fetched<Package> {
    if url.scheme() == "s3" {
        let problem = "an address in S3 is written `s3::https://s3-REGION.amazonaws.com/BUCKET/KEY`";
        return Err(FetchError::Address(problem.to_owned()));
    }
    for name in ["aws_access_key_id", "aws_access_key_secret", "aws_access_token"] {
        if take(&mut url, name).is_some() {
            let problem = format!("`{name}` is not supported: keys do not belong into a configuration");
            return Err(FetchError::Address(problem));
        }
    }
    let given = take(&mut url, "region");
    let version = take(&mut url, "version");
    let (format, checksum) = archive_arguments(&mut url)?;
    let Some(format) = format else {
        let problem = format!("only archives are fetched from buckets, and the name tells none of {}", Format::names());
        return Err(FetchError::Address(problem));
    };
    if let Some(version) = version {
        url.query_pairs_mut().append_pair("versionId", &version);
    }
    let region = given.unwrap_or_else(|| region_of(url.host_str().unwrap_or_default()));
    Ok(Package::Bucket { archive: Archive { url, format, checksum }, region })
}

/// Returns the region that a host of S3 is in; `us-east-1` where it does not say.
fn region_of(host: &str) -> String {
    let service = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"));
    let labels: Vec<&str> = service.unwrap_or_default().split('.').collect();
    let found = labels.iter().enumerate().find_map(|(at, label)| match label.strip_prefix("s3-") {
        Some(region) => Some(region),
        None if *label == "s3" => labels.get(at + 1).copied(),
        None => None,
    });
    found.filter(|region| !region.is_empty()).unwrap_or("us-east-1").to_owned()
}

fn file(mut url: Url) -> Fetched<Package> {
    let (format, checksum) = archive_arguments(&mut url)?;
    let path = url.to_file_path().map_err(|()| FetchError::Address(format!("`{url}` is not an absolute path")))?;
    if path.is_dir() {
        return Ok(Package::Directory(path));
    }
    match format {
        Some(format) => Ok(Package::File { path, format, checksum }),
        None => Err(FetchError::Address(format!("there is no directory `{}`", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_have_arguments() {
        let Ok(Package::Git(found)) = Package::parse("git::https://h/a.git?depth=1&ref=v1") else { panic!("not git") };
        let expected =
            Repository { url: "https://h/a.git".to_owned(), reference: Some("v1".to_owned()), depth: Some(1) };
        assert_eq!(found, expected);
        assert!(Package::parse("git::https://h/a.git?ref=--upload-pack=x").is_err());
        assert!(Package::parse("git::https://h/a.git?depth=x").is_err());
    }

    #[test]
    fn archives_are_known_by_name_or_argument() {
        let format = |text| match Package::parse(text).unwrap() {
            Package::Archive(archive) => Some((archive.format, archive.url.to_string())),
            _ => None,
        };
        assert_eq!(format("https://h/a.zip"), Some((Format::Zip, "https://h/a.zip".to_owned())));
        assert_eq!(format("https://h/a?x=1&archive=tar.gz"), Some((Format::TarGz, "https://h/a?x=1".to_owned())));
        assert_eq!(format("https://h/a.zip?archive=false"), None);
        assert_eq!(format("https://h/a"), None);
        assert!(Package::parse("https://h/a?archive=rar").is_err());
        assert!(Package::parse("https://h/a?checksum=md5:00000000000000000000000000000000").is_err());
    }

    #[test]
    fn buckets_have_regions() {
        for (host, region) in [
            ("s3.amazonaws.com", "us-east-1"),
            ("s3-eu-west-1.amazonaws.com", "eu-west-1"),
            ("s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ("b.s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ("b.s3-eu-west-1.amazonaws.com", "eu-west-1"),
            ("minio.example.com", "us-east-1"),
        ] {
            assert_eq!(region_of(host), region, "{host}");
        }
        assert!(Package::parse("s3::https://s3.amazonaws.com/b/directory").is_err());
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for text in ["hg::http://h/x", "gcs::https://h/x", "foo::http://h/x", "localhost:80/a", "ftp://h/a.zip"] {
            assert!(matches!(Package::parse(text), Err(FetchError::Address(_))), "{text}");
        }
    }
}
