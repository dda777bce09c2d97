//! CompleteMultipartUpload: parts become an object.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{LEAST, Part, Upload, upload_of};
use crate::families::s3::checksum::{self, Checksum, Kind, md5_hex};
use crate::families::s3::object::{ObjectPart, Version, add};
use crate::families::s3::{bucket, bucket_mut, condition};
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::{Answer, malformed};
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const COMPLETE: Operation = write(
    "CompleteMultipartUpload",
    checksum::members!(
        "Bucket",
        "Key",
        "UploadId",
        "CompleteMultipartUpload",
        "ExpectedBucketOwner",
        "RequestPayer",
        "IfMatch",
        "IfNoneMatch",
        "MpObjectSize",
        "ChecksumType"
    ),
    complete,
);

fn refused(message: impl Into<String>) -> Fault {
    Fault::new("InvalidRequest", message)
}

fn complete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, found) = bucket(scope, input)?;
    let name = name.to_owned();
    let (id, upload) = upload_of(found, input)?;
    let (id, upload) = (id.to_owned(), upload.clone());
    condition::of_write(input, found.current(&upload.key))?;
    let parts = listed(&upload, input)?;
    let (mut bytes, mut digests) = (Vec::new(), Vec::new());
    for (_, part) in &parts {
        digests.extend((0..16).filter_map(|at| u8::from_str_radix(part.etag.get(at * 2..at * 2 + 2)?, 16).ok()));
        bytes.extend(STANDARD.decode(&part.body).unwrap_or_default());
    }
    if let Some(size) = input.int("MpObjectSize")?.filter(|size| usize::try_from(*size) != Ok(bytes.len())) {
        let message = format!(
            "The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {}",
            bytes.len()
        );
        return Err(refused(message));
    }
    let checksum = whole(&upload, input, &bytes, &parts)?;
    let etag = format!("{}-{}", md5_hex(&digests), parts.len());
    let version = Version {
        etag: etag.clone(),
        size: bytes.len(),
        body: STANDARD.encode(&bytes),
        checksum: Some(checksum.clone()),
        parts: parts
            .iter()
            .map(|(number, part)| {
                let checksum = upload.algorithm.as_ref().and(part.checksum.clone());
                ObjectPart { number: *number, size: part.size, checksum }
            })
            .collect(),
        modified: scope.now,
        ..upload.version
    };
    let answer = version.encryption.on(Answer::empty());
    let version_id = add(scope, input, &upload.key, version)?;
    bucket_mut(scope, input)?.uploads.remove(&id);
    let location = format!("https://{name}.s3.{}.amazonaws.com/{}", scope.region, upload.key);
    let content = tree! {
        "Location": location,
        "Bucket": name,
        "Key": upload.key,
        "ETag": format!("\"{etag}\""),
        "ChecksumType": checksum.kind.name(),
    };
    let content = checksum.shown_in(content);
    let mut tree = answer.header("x-amz-version-id", version_id).into_tree();
    tree.set("body", Answer::document("CompleteMultipartUploadResult", content).into_tree().at("body"));
    Ok(tree)
}

/// Returns the parts that a request lists, each as it was uploaded.
fn listed<'a>(upload: &'a Upload, input: &Tree) -> Result<Vec<(i64, &'a Part)>, Fault> {
    let listed = input.list_at("CompleteMultipartUpload.Part");
    if listed.is_empty() {
        return Err(malformed());
    }
    let numbers: Vec<Option<i64>> = listed.iter().map(|part| part.int("PartNumber")).collect::<Result<_, _>>()?;
    if !numbers.is_sorted_by(|one, next| one < next) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(Fault::new("InvalidPartOrder", message));
    }
    let mut parts = Vec::new();
    for (index, own) in listed.iter().enumerate() {
        let number = own.int("PartNumber")?.ok_or_else(malformed)?;
        let etag = own.text("ETag")?.unwrap_or_default().trim_matches('"');
        let part = upload.parts.get(&number).filter(|part| part.etag == etag && has_checksum(part, own));
        let part = part.ok_or_else(|| {
            let message = "One or more of the specified parts could not be found.  The part may not have been \
                           uploaded, or the specified entity tag may not match the part's entity tag.";
            Fault::new("InvalidPart", message).member("PartNumber", number)
        })?;
        if part.size < LEAST && index + 1 < listed.len() {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Fault::new("EntityTooSmall", message).member("PartNumber", number));
        }
        let told = upload.algorithm.as_ref().map(|algorithm| own.has(&format!("Checksum{algorithm}")));
        if upload.kind == Kind::Composite && told == Some(false) {
            let algorithm = upload.algorithm.as_deref().unwrap_or_default().to_lowercase();
            return Err(refused(format!(
                "The upload was created using a {algorithm} checksum. The complete request must include the checksum for \
                 each part. It was missing for part {number} in the request."
            )));
        }
        parts.push((number, part));
    }
    Ok(parts)
}

/// Returns whether a part has the checksum that is listed of it; what was not asked for at first does not count.
fn has_checksum(part: &Part, listed: &Tree) -> bool {
    part.checksum.as_ref().is_none_or(|own| {
        let told = listed.at(&format!("Checksum{}", own.algorithm)).and_then(Tree::as_text);
        told.is_none_or(|told| told == own.value)
    })
}

/// Returns the checksum of the object, which is the one that the request says, where it says one.
fn whole(upload: &Upload, input: &Tree, bytes: &[u8], parts: &[(i64, &Part)]) -> Result<Checksum, Fault> {
    let kind = input.text("ChecksumType")?;
    if kind.is_some_and(|kind| kind != upload.kind.name()) {
        let message = format!(
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            upload.kind.name()
        );
        return Err(refused(message));
    }
    let checksum = match (upload.kind, upload.algorithm.as_deref()) {
        (Kind::Composite, Some(algorithm)) => {
            Checksum::of_parts(algorithm, parts.iter().filter_map(|(_, part)| part.checksum.as_ref()))
        }
        (_, algorithm) => Checksum::of_all(algorithm.unwrap_or(checksum::USUAL), bytes),
    };
    match checksum::given(input)? {
        Some((algorithm, value)) if algorithm == checksum.algorithm && value != checksum.value => {
            Err(checksum::differs(algorithm))
        }
        _ => Ok(checksum),
    }
}
