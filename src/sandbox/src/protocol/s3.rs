//! S3: the operation is in method, address, query and headers; bodies are XML or bytes.
//!
//! Members of an input are named after what carries them: the header `x-amz-copy-source` is `CopySource`, the parameter
//! `max-keys` is `MaxKeys`, `x-amz-meta-owner` is `owner` in `Metadata`. An XML body is a member with the name of its
//! root, bytes are the member `Body` in base64, so that they can be kept in a [`Tree`].

mod answer;
mod chunked;
mod routes;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use percent_encoding::percent_decode_str;

pub use answer::{Answer, encode};

use self::routes::{Level, Payload};
use super::fault::Fault;
use super::{query, xml};
use crate::tree::Tree;

/// Headers of HTTP that are members of inputs.
const STANDARD_HEADERS: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
];
/// Headers of S3 that say how a request is sent, not what is asked.
const OF_TRANSPORT: &[&str] = &[
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-security-token",
    "x-amz-te",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// The operations for which a canned list of grantees means something.
const TAKE_ACL: &[&str] =
    &["CopyObject", "CreateBucket", "CreateMultipartUpload", "PutBucketAcl", "PutObject", "PutObjectAcl"];

/// Returns operation and input.
pub fn decode(request: &Request<Vec<u8>>) -> Result<(String, Tree), Fault> {
    let (bucket, key) = address(request);
    let parameters = query::pairs(request.uri().query().unwrap_or_default());
    let mut input = Tree::object();
    let level = match (&bucket, &key) {
        (None, _) => Level::Service,
        (Some(_), None) => Level::Bucket,
        (Some(_), Some(_)) => Level::Object,
    };
    input.set("Bucket", bucket);
    input.set("Key", key);
    let is_copy = request.headers().contains_key("x-amz-copy-source");
    let named = |name: &str| parameters.iter().any(|(parameter, _)| parameter == name);
    let method = request.method().as_str();
    let Some(route) = routes::find(method, level, is_copy, named) else {
        let message = "The specified method is not allowed against this resource.";
        return Err(Fault::with_status(405, "MethodNotAllowed", message));
    };
    for (name, value) in parameters {
        // The marker of the operation, names of operations that SDKs add, and the signature of presigned addresses.
        if name != route.marker && name != "x-id" && !name.to_ascii_lowercase().starts_with("x-amz-") {
            input.set(&member(&name), value);
        }
    }
    let mut trailers = Vec::new();
    let body = if chunked::is_it(request) {
        chunked::decode(request.body(), &mut trailers).ok_or_else(incomplete)?
    } else {
        request.body().clone()
    };
    headers(request, &trailers, &mut input);
    if !TAKE_ACL.contains(&route.operation) {
        // S3 does not look at it elsewhere, and some clients send it with every request.
        input.set("Acl", Tree::Null);
    }
    // Handlers compare a document with what is said of its bytes.
    let is_checked =
        |input: &Tree| input.members().any(|(name, _)| name == "ContentMd5" || name.starts_with("Checksum"));
    if matches!(route.payload, Payload::Xml | Payload::Text(_)) && !body.is_empty() && is_checked(&input) {
        input.set("Body", STANDARD.encode(&body));
    }
    match route.payload {
        Payload::None => {}
        Payload::Bytes => input.set("Body", STANDARD.encode(body)),
        Payload::Text(name) => input.set(name, String::from_utf8_lossy(&body).into_owned()),
        Payload::Xml => {
            let text = String::from_utf8_lossy(&body);
            if !text.trim().is_empty() {
                let (root, tree) = xml::read(&text).ok_or_else(malformed)?;
                input.set(&root, tree);
            }
        }
    }
    Ok((route.operation.to_owned(), input))
}

/// Returns S3's refusal of a document.
pub fn malformed() -> Fault {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    Fault::new("MalformedXML", message)
}

fn incomplete() -> Fault {
    Fault::new("IncompleteBody", "The request body terminated unexpectedly")
}

fn headers(request: &Request<Vec<u8>>, trailers: &[(String, String)], input: &mut Tree) {
    let own = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let all = own.chain(trailers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut metadata = Tree::object();
    for (name, value) in all {
        if let Some(name) = name.strip_prefix("x-amz-meta-") {
            metadata.set(name, value);
        } else if let Some(rest) = name.strip_prefix("x-amz-").filter(|_| !OF_TRANSPORT.contains(&name)) {
            input.set(&member(rest), value);
        } else if name == "content-encoding" {
            let encodings = value.split(',').map(str::trim).filter(|encoding| *encoding != "aws-chunked");
            let encodings = encodings.collect::<Vec<_>>().join(",");
            input.set(&member(name), Some(encodings).filter(|encodings| !encodings.is_empty()));
        } else if STANDARD_HEADERS.contains(&name) {
            input.set(&member(name), value);
        }
    }
    if metadata != Tree::object() {
        input.set("Metadata", metadata);
    }
}

/// Returns the name of a member: `max-keys` is `MaxKeys`.
fn member(name: &str) -> String {
    let mut is_first = true;
    let mut member = String::new();
    for character in name.chars() {
        match character {
            '-' => is_first = true,
            _ if is_first => {
                member.extend(character.to_uppercase());
                is_first = false;
            }
            other => member.push(other),
        }
    }
    member
}

/// Returns bucket and key, from the host (`bucket.s3.eu-central-1.amazonaws.com`) or from the path.
fn address(request: &Request<Vec<u8>>) -> (Option<String>, Option<String>) {
    let header = request.headers().get("host").and_then(|value| value.to_str().ok());
    let host = request.uri().host().or(header).unwrap_or_default();
    let path = request.uri().path().strip_prefix('/').unwrap_or_default();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let present = |text: &str| Some(decoded(text)).filter(|text| !text.is_empty());
    if let Some(bucket) = bucket_of(host) {
        return (Some(bucket.to_owned()), present(path));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (present(bucket), present(key))
}

fn bucket_of(host: &str) -> Option<&str> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if let Some(bucket) = host.strip_suffix(".localhost") {
        return Some(bucket);
    }
    let host = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    let (bucket, _) = host
        .rsplit_once(".s3.")
        .or_else(|| host.rsplit_once(".s3-"))
        .or_else(|| host.strip_suffix(".s3").map(|bucket| (bucket, "")))?;
    Some(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: http::request::Builder, body: &str, expected: &str) {
        let (operation, input) = decode(&request.body(body.as_bytes().to_vec()).unwrap()).unwrap();
        assert_eq!(format!("{operation} {}", input.to_json()), expected);
    }

    #[test]
    fn buckets_are_in_the_path_or_in_the_host() {
        let get = |uri: &str, host: &str| Request::get(uri).header("host", host);
        let expected = r#"GetObject {"Bucket":"b.c","Key":"d/e f"}"#;
        check(get("/b.c/d/e%20f?x-id=GetObject", "127.0.0.1:4500"), "", expected);
        check(get("/d/e%20f", "b.c.s3.eu-central-1.amazonaws.com"), "", expected);
        check(get("/d/e%20f", "b.c.s3.amazonaws.com"), "", expected);
        check(get("/d/e%20f", "b.c.localhost:4500"), "", expected);
        check(get("/", "s3.eu-central-1.amazonaws.com"), "", "ListBuckets {}");
        check(get("/b/k", "localhost:1").header("x-amz-acl", "private"), "", r#"GetObject {"Bucket":"b","Key":"k"}"#);
        check(get("/b?list-type=2&max-keys=5", "localhost:1"), "", r#"ListObjectsV2 {"Bucket":"b","MaxKeys":"5"}"#);
    }

    #[test]
    fn bodies_are_documents_or_bytes() {
        let put = Request::put("/b/k").header("x-amz-meta-a", "1").header("if-none-match", "*");
        let expected = r#"PutObject {"Bucket":"b","Key":"k","IfNoneMatch":"*","Metadata":{"a":"1"},"Body":"eA=="}"#;
        check(put, "x", expected);
        check(
            Request::put("/b?versioning"),
            "<VersioningConfiguration xmlns=\"urn:x\"><Status>Enabled</Status></VersioningConfiguration>",
            r#"PutBucketVersioning {"Bucket":"b","VersioningConfiguration":{"Status":"Enabled"}}"#,
        );
    }
}
