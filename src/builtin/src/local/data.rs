//! `local_file` and `local_sensitive_file` as data sources: a file that is there.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall_provider::{Args, Attrs, CallError, CallResult, DataSource, Read, Sensitive};

use super::checksums::Checksums;

pub struct FileData;

pub struct SensitiveFileData;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework)]
pub struct FileDataArgs {
    /// Path of the file.
    filename: String,
}

/// What is read.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct FileDataAttrs {
    /// The content as text; bytes that are not UTF-8 are replaced.
    content: String,
    /// The content as base64.
    content_base64: String,
    /// MD5 of the content, in hexadecimal digits.
    content_md5: String,
    /// SHA-1 of the content, in hexadecimal digits.
    content_sha1: String,
    /// SHA-256 of the content, in hexadecimal digits.
    content_sha256: String,
    /// SHA-256 of the content, as base64.
    content_base64sha256: String,
    /// SHA-512 of the content, in hexadecimal digits.
    content_sha512: String,
    /// SHA-512 of the content, as base64.
    content_base64sha512: String,
}

/// What is read and not shown.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct SensitiveFileDataAttrs {
    /// The content as text; bytes that are not UTF-8 are replaced.
    content: Sensitive<String>,
    /// The content as base64.
    content_base64: Sensitive<String>,
    /// MD5 of the content, in hexadecimal digits.
    content_md5: String,
    /// SHA-1 of the content, in hexadecimal digits.
    content_sha1: String,
    /// SHA-256 of the content, in hexadecimal digits.
    content_sha256: String,
    /// SHA-256 of the content, as base64.
    content_base64sha256: String,
    /// SHA-512 of the content, in hexadecimal digits.
    content_sha512: String,
    /// SHA-512 of the content, as base64.
    content_base64sha512: String,
}

impl DataSource for FileData {
    type Args = FileDataArgs;
    type Attrs = FileDataAttrs;
    type Client = ();
    const TYPE: &'static str = "local_file";

    async fn read(_client: &(), args: &FileDataArgs) -> CallResult<Read<Self>> {
        let content = content(&args.filename)?;
        let sums = Checksums::of(&content);
        let attrs = FileDataAttrs {
            content: String::from_utf8_lossy(&content).into_owned(),
            content_base64: STANDARD.encode(&content),
            content_md5: sums.content_md5,
            content_sha1: sums.content_sha1.clone(),
            content_sha256: sums.content_sha256,
            content_base64sha256: sums.content_base64sha256,
            content_sha512: sums.content_sha512,
            content_base64sha512: sums.content_base64sha512,
        };
        Ok(Read { id: sums.content_sha1, args: args.clone(), attrs })
    }
}

impl DataSource for SensitiveFileData {
    type Args = FileDataArgs;
    type Attrs = SensitiveFileDataAttrs;
    type Client = ();
    const TYPE: &'static str = "local_sensitive_file";

    async fn read(client: &(), args: &FileDataArgs) -> CallResult<Read<Self>> {
        let Read { id, args, attrs } = FileData::read(client, args).await?;
        let attrs = SensitiveFileDataAttrs {
            content: attrs.content.into(),
            content_base64: attrs.content_base64.into(),
            content_md5: attrs.content_md5,
            content_sha1: attrs.content_sha1,
            content_sha256: attrs.content_sha256,
            content_base64sha256: attrs.content_base64sha256,
            content_sha512: attrs.content_sha512,
            content_base64sha512: attrs.content_base64sha512,
        };
        Ok(Read { id, args, attrs })
    }
}

fn content(filename: &str) -> CallResult<Vec<u8>> {
    fs::read(filename).map_err(|error| {
        CallError::local("file", format!("the file at the given path cannot be read: {filename}: {error}"))
    })
}
