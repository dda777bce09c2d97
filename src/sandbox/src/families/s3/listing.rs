//! Lists of objects and of their versions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::object::Version;
use super::{bucket, invalid_argument, owner};
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "s3",
    operations: &[
        read(
            "ListObjects",
            &[
                "Bucket",
                "Prefix",
                "Delimiter",
                "Marker",
                "MaxKeys",
                "EncodingType",
                "ExpectedBucketOwner",
                "RequestPayer",
            ],
            first_form,
        ),
        read(
            "ListObjectsV2",
            &[
                "Bucket",
                "Prefix",
                "Delimiter",
                "StartAfter",
                "ContinuationToken",
                "MaxKeys",
                "EncodingType",
                "FetchOwner",
                "ExpectedBucketOwner",
                "RequestPayer",
            ],
            second_form,
        ),
        read(
            "ListObjectVersions",
            &[
                "Bucket",
                "Prefix",
                "Delimiter",
                "KeyMarker",
                "VersionIdMarker",
                "MaxKeys",
                "EncodingType",
                "ExpectedBucketOwner",
                "RequestPayer",
            ],
            versions,
        ),
    ],
    events: &[],
};

/// How many entries a list has at most.
const MOST: i64 = 1000;
/// What stays as it is in keys that are encoded.
const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

/// What is asked of a list.
struct Asked<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    most: usize,
    is_encoded: bool,
}

impl<'a> Asked<'a> {
    fn of(input: &'a Tree) -> Result<Self, Fault> {
        let malformed =
            |text: &str| invalid_argument("Provided max-keys not an integer or within integer range", "max-keys", text);
        let most = match input.text("MaxKeys") {
            Ok(Some(text)) => text.parse::<i64>().map_err(|_| malformed(text))?,
            _ => input.int("MaxKeys")?.unwrap_or(MOST),
        };
        if most < 0 {
            let message = "Argument maxKeys must be an integer between 0 and 2147483647";
            return Err(invalid_argument(message, "maxKeys", &most.to_string()));
        }
        let encoding = input.text("EncodingType")?;
        if let Some(other) = encoding.filter(|encoding| *encoding != "url") {
            return Err(invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", other));
        }
        Ok(Self {
            prefix: input.text("Prefix")?.unwrap_or_default(),
            delimiter: input.text("Delimiter")?.unwrap_or_default(),
            most: usize::try_from(most.min(MOST)).unwrap_or(0),
            is_encoded: encoding.is_some(),
        })
    }

    fn key(&self, key: &str) -> String {
        if self.is_encoded { encoded(key) } else { key.to_owned() }
    }

    /// Returns the common prefix that stands for a key in the list, where one does.
    fn common(&self, key: &str) -> Option<String> {
        let rest = key.strip_prefix(self.prefix)?;
        let end = rest.find(self.delimiter).filter(|_| !self.delimiter.is_empty())?;
        Some(format!("{}{}", self.prefix, &rest[..end + self.delimiter.len()]))
    }

    /// What all forms of lists say about themselves.
    fn head(&self, bucket: &str, is_truncated: bool) -> Tree {
        tree! {
            "Name": bucket,
            "Prefix": self.key(self.prefix),
            "MaxKeys": self.most,
            "Delimiter": Some(self.delimiter).filter(|delimiter| !delimiter.is_empty()).map(|text| self.key(text)),
            "EncodingType": self.is_encoded.then_some("url"),
            "IsTruncated": is_truncated,
        }
    }
}

/// Returns a key as lists in the encoding `url` have it.
pub fn encoded(key: &str) -> String {
    utf8_percent_encode(key, UNRESERVED).to_string()
}

/// A page of a list.
struct Page<'a> {
    entries: Vec<(&'a str, &'a Version)>,
    prefixes: Vec<String>,
    /// The last key or common prefix, where there are more.
    next: Option<String>,
}

/// Returns the entries after a key or common prefix, in order.
fn page<'a>(entries: impl Iterator<Item = (&'a str, &'a Version)>, asked: &Asked<'_>, after: &str) -> Page<'a> {
    let mut page = Page { entries: Vec::new(), prefixes: Vec::new(), next: None };
    let mut last = None;
    for (key, version) in entries.filter(|(key, _)| key.starts_with(asked.prefix) && *key > after) {
        let common = asked.common(key);
        if common
            .as_deref()
            .is_some_and(|common| page.prefixes.last().is_some_and(|last| last == common) || common == after)
        {
            continue;
        }
        if page.entries.len() + page.prefixes.len() == asked.most {
            page.next = last;
            return page;
        }
        last = Some(common.clone().unwrap_or_else(|| key.to_owned()));
        match common {
            Some(common) => page.prefixes.push(common),
            None => page.entries.push((key, version)),
        }
    }
    page
}

fn current<'a>(
    scope: &'a Scope<'_>,
    input: &Tree,
) -> Result<(&'a str, impl Iterator<Item = (&'a str, &'a Version)>), Fault> {
    let (name, bucket) = bucket(scope, input)?;
    let objects = bucket.objects.keys().filter_map(|key| Some((key.as_str(), bucket.current(key)?)));
    Ok((name, objects))
}

fn shown(asked: &Asked<'_>, key: &str, version: &Version, owner: Option<Tree>) -> Tree {
    tree! {
        "Key": asked.key(key),
        "LastModified": version.modified,
        "ETag": format!("\"{}\"", version.etag),
        "ChecksumAlgorithm": version.checksum.as_ref().map(|checksum| checksum.algorithm.as_str()),
        "ChecksumType": version.checksum.as_ref().map(|checksum| checksum.kind.name()),
        "Size": version.size,
        "Owner": owner,
        "StorageClass": version.storage_class.as_str(),
    }
}

fn prefixes(asked: &Asked<'_>, page: &Page<'_>) -> Tree {
    Tree::list(page.prefixes.iter().map(|prefix| tree! { "Prefix": asked.key(prefix) }))
}

fn first_form(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let asked = Asked::of(input)?;
    let marker = input.text("Marker")?.unwrap_or_default();
    let (name, objects) = current(scope, input)?;
    let page = page(objects, &asked, marker);
    let entries = page.entries.iter().map(|(key, version)| shown(&asked, key, version, Some(owner(scope))));
    // Without a delimiter, the last key of the list is where the next one begins.
    let next = page.next.as_deref().filter(|_| !asked.delimiter.is_empty()).map(|next| asked.key(next));
    let content = asked.head(name, page.next.is_some()).with("Marker", asked.key(marker)).with("NextMarker", next);
    let content = content.with("Contents", Tree::list(entries)).with("CommonPrefixes", prefixes(&asked, &page));
    Ok(Answer::document("ListBucketResult", content).into_tree())
}

fn second_form(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let asked = Asked::of(input)?;
    let token = input.text("ContinuationToken")?;
    let start = input.text("StartAfter")?;
    let wrong =
        |token: &str| invalid_argument("The continuation token provided is incorrect", "continuation-token", token);
    let after = match token {
        Some(token) => {
            let decoded = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            decoded.and_then(|text| text.strip_prefix("after=").map(str::to_owned)).ok_or_else(|| wrong(token))?
        }
        None => start.unwrap_or_default().to_owned(),
    };
    let has_owner = input.bool("FetchOwner")? == Some(true);
    let (name, objects) = current(scope, input)?;
    let page = page(objects, &asked, &after);
    let entries = page.entries.iter();
    let entries = entries.map(|(key, version)| shown(&asked, key, version, has_owner.then(|| owner(scope))));
    let content = asked.head(name, page.next.is_some());
    let content = content
        .with("KeyCount", page.entries.len() + page.prefixes.len())
        .with("ContinuationToken", token)
        .with("StartAfter", start.map(|start| asked.key(start)))
        .with("NextContinuationToken", page.next.as_ref().map(|next| STANDARD.encode(format!("after={next}"))));
    let content = content.with("Contents", Tree::list(entries)).with("CommonPrefixes", prefixes(&asked, &page));
    Ok(Answer::document("ListBucketResult", content).into_tree())
}

/// All versions: by key, the newest first.
fn versions(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let asked = Asked::of(input)?;
    let marker = input.text("KeyMarker")?.unwrap_or_default();
    let id_marker = input.text("VersionIdMarker")?;
    let (name, bucket) = bucket(scope, input)?;
    let mut versions = Vec::new();
    let mut markers = Vec::new();
    let mut common: Vec<String> = Vec::new();
    let mut last: Option<(String, Option<String>)> = None;
    let mut next = None;
    let mut is_after = id_marker.is_none();
    let all = bucket.objects.iter().flat_map(|(key, list)| list.iter().rev().map(move |version| (key, list, version)));
    for (key, list, version) in all {
        if !key.starts_with(asked.prefix) || key.as_str() < marker || (key == marker && is_after && id_marker.is_none())
        {
            continue;
        }
        if key == marker && !is_after {
            is_after = Some(version.id.as_str()) == id_marker;
            continue;
        }
        let prefix = asked.common(key);
        if prefix.as_ref().is_some_and(|prefix| common.last() == Some(prefix) || prefix == marker) {
            continue;
        }
        if versions.len() + markers.len() + common.len() == asked.most {
            next.clone_from(&last);
            break;
        }
        last = Some((prefix.clone().unwrap_or_else(|| key.clone()), prefix.is_none().then(|| version.id.clone())));
        if let Some(prefix) = prefix {
            common.push(prefix);
            continue;
        }
        let is_latest = list.last().is_some_and(|newest| newest.id == version.id);
        let ids = tree! { "VersionId": version.id.as_str(), "IsLatest": is_latest };
        if version.is_marker {
            let shown = tree! { "Key": asked.key(key), "LastModified": version.modified, "Owner": owner(scope) };
            markers.push(merged(shown, &ids));
        } else {
            versions.push(merged(shown(&asked, key, version, Some(owner(scope))), &ids));
        }
    }
    let head = asked.head(name, next.is_some()).with("KeyMarker", asked.key(marker)).with("VersionIdMarker", id_marker);
    let head = head.with("NextKeyMarker", next.as_ref().map(|(key, _)| asked.key(key)));
    let head = head.with("NextVersionIdMarker", next.and_then(|(_, id)| id));
    let common = Tree::list(common.iter().map(|prefix| tree! { "Prefix": asked.key(prefix) }));
    let content = head.with("Version", versions).with("DeleteMarker", markers).with("CommonPrefixes", common);
    Ok(Answer::document("ListVersionsResult", content).into_tree())
}

fn merged(mut tree: Tree, more: &Tree) -> Tree {
    more.members().for_each(|(name, value)| tree.set(name, value));
    tree
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::Cloud;

    #[test]
    fn lists_come_in_pages_and_folders() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        for key in ["a", "dir/1", "dir/2", "dir2/x", "z"] {
            cloud.call("s3", "PutObject", tree! { "Bucket": "bucket", "Key": key, "Body": "" }).unwrap();
        }
        let list = |more: Tree| {
            let mut input = tree! { "Bucket": "bucket" };
            more.members().for_each(|(name, value)| input.set(name, value));
            let answer = cloud.call("s3", "ListObjectsV2", input).unwrap();
            let content = answer.at("body.content").unwrap();
            let texts = |list: &str, member: &str| {
                let items = content.list_at(list).iter().map(|item| item.need(member).unwrap().to_owned());
                items.collect::<Vec<_>>().join(" ")
            };
            let next = content.text("NextContinuationToken").unwrap().map(str::to_owned);
            (texts("Contents", "Key"), texts("CommonPrefixes", "Prefix"), next)
        };
        let (keys, prefixes, next) = list(tree! { "Delimiter": "/" });
        assert_eq!((keys.as_str(), prefixes.as_str(), next), ("a z", "dir/ dir2/", None));
        let (keys, prefixes, next) = list(tree! { "Delimiter": "/", "MaxKeys": "2" });
        assert_eq!((keys.as_str(), prefixes.as_str()), ("a", "dir/"));
        let (keys, prefixes, next) = list(tree! { "Delimiter": "/", "ContinuationToken": next });
        assert_eq!((keys.as_str(), prefixes.as_str(), next), ("z", "dir2/", None));
        let (keys, ..) = list(tree! { "Prefix": "dir/", "StartAfter": "dir/1" });
        assert_eq!(keys, "dir/2");
    }
}
