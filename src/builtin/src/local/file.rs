//! `local_file`: a file with a given content.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall_provider::{
    Args, CallError, CallResult, Change, Created, Known, Object, Observed, Phase, Resource, Sensitive, Step, Token,
};

use super::checksums::{Checksums, identifier};

pub struct LocalFile;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework, exactly_one("content", "sensitive_content", "content_base64", "source"))]
pub struct LocalFileArgs {
    /// Path of the file; directories that are missing are made, and a file that is there is overwritten.
    #[arg(replace)]
    filename: String,
    /// Text to store.
    #[arg(replace)]
    content: Option<String>,
    /// Bytes to store, as base64.
    #[arg(replace)]
    content_base64: Option<String>,
    /// Text to store that is not shown.
    #[arg(replace, deprecated = "Use the `local_sensitive_file` resource instead")]
    sensitive_content: Option<Sensitive<String>>,
    /// File whose content is stored.
    #[arg(replace)]
    source: Option<String>,
    /// Mode of the file before the umask, in octal digits.
    #[arg(replace, default = "0777", pattern("^0?[0-7]{3}$", "must be a mode in octal digits, such as 0644"))]
    file_permission: String,
    /// Mode of directories that are made, before the umask, in octal digits.
    #[arg(replace, default = "0777", pattern("^0?[0-7]{3}$", "must be a mode in octal digits, such as 0755"))]
    directory_permission: String,
}

impl LocalFileArgs {
    fn content(&self) -> Content<'_> {
        Content {
            text: self.sensitive_content.as_ref().map(Sensitive::expose).or(self.content.as_ref()).map(String::as_str),
            base64: self.content_base64.as_deref(),
            source: self.source.as_deref(),
        }
    }
}

/// Its operations have an effect on the disk, so it is not `LOCAL`.
impl Resource for LocalFile {
    type Args = LocalFileArgs;
    type Attrs = Checksums;
    type Client = ();
    const TYPE: &'static str = "local_file";
    const CREATE_IS_WHOLE: bool = true;
    const CREATE_REPEATS: bool = true;

    async fn create(_client: &(), args: &LocalFileArgs, _token: &Token) -> CallResult<Created> {
        let modes = Modes { file: &args.file_permission, directory: &args.directory_permission };
        create(&args.filename, args.content(), modes)
    }

    async fn observe(_client: &(), known: &Known<Self>) -> CallResult<Observed<Self>> {
        observe(known, |args| &args.filename)
    }

    async fn update(_client: &(), _change: &Change<'_, Self>, _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(_client: &(), there: &Object<Self>) -> CallResult<Step> {
        delete(&there.args.filename)
    }
}

/// Where the content of a file comes from; one of them is set.
pub(super) struct Content<'a> {
    pub text: Option<&'a str>,
    pub base64: Option<&'a str>,
    pub source: Option<&'a str>,
}

/// Modes in octal digits.
pub(super) struct Modes<'a> {
    pub file: &'a str,
    pub directory: &'a str,
}

/// Writes a file.
pub(super) fn create(filename: &str, content: Content<'_>, modes: Modes<'_>) -> CallResult<Created> {
    let content = match content {
        Content { text: Some(text), .. } => text.as_bytes().to_vec(),
        Content { base64: Some(text), .. } => STANDARD
            .decode(text)
            .map_err(|error| CallError::local("content", format!("content_base64 is not base64: {error}")))?,
        Content { source: Some(path), .. } => {
            fs::read(path).map_err(|error| failed("the source file cannot be read", path, &error))?
        }
        Content { .. } => Vec::new(),
    };
    let path = Path::new(filename);
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty())
        && !directory.exists()
    {
        let made = DirBuilder::new().recursive(true).mode(mode(modes.directory)).create(directory);
        made.map_err(|error| failed("the directory cannot be made", &directory.to_string_lossy(), &error))?;
    }
    let options = OpenOptions::new().write(true).create(true).truncate(true).mode(mode(modes.file)).to_owned();
    let written = options.open(path).and_then(|mut file| file.write_all(&content));
    written.map_err(|error| failed("the file cannot be written", filename, &error))?;
    Ok(Created::with_id(identifier(&content)))
}

/// Tells whether the file is there with the content that it was made with.
pub(super) fn observe<R: Resource<Attrs = Checksums>>(
    known: &Known<R>,
    filename: impl Fn(&R::Args) -> &str,
) -> CallResult<Observed<R>> {
    let no_import = || CallError::local("import", format!("a {} cannot be imported", R::TYPE));
    let args = known.args().ok_or_else(no_import)?;
    let filename = filename(args);
    let attrs = match fs::read(filename) {
        Ok(content) => Checksums::of(&content),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Observed::Gone),
        Err(error) => return Err(failed("the file cannot be read", filename, &error)),
    };
    if attrs.content_sha1 != known.id() {
        return Ok(Observed::Gone);
    }
    let object = Object { id: known.id().to_owned(), args: args.clone(), attrs, private: None };
    Ok(Observed::There { phase: Phase::Ready, object })
}

/// Removes a file. What cannot be removed stays, as with the original provider: it is no longer managed.
pub(super) fn delete(filename: &str) -> CallResult<Step> {
    match fs::remove_file(filename) {
        Ok(()) => Ok(Step::Done),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Step::Done),
        Err(_) => Ok(Step::Left),
    }
}

fn failed(what: &str, path: &str, error: &std::io::Error) -> CallError {
    CallError::local("file", format!("{what}: {path}: {error}"))
}

fn mode(digits: &str) -> u32 {
    u32::from_str_radix(digits, 8).unwrap_or(0o777)
}
