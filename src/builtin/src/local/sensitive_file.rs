//! `local_sensitive_file`: a file whose content is not shown.

use landfall_provider::{Args, CallResult, Change, Created, Known, Object, Observed, Resource, Sensitive, Step, Token};

use super::checksums::Checksums;
use super::file::{Content, Modes, create, delete, observe};

pub struct LocalSensitiveFile;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework, exactly_one("content", "content_base64", "source"))]
pub struct LocalSensitiveFileArgs {
    /// Path of the file; directories that are missing are made, and a file that is there is overwritten.
    #[arg(replace)]
    filename: String,
    /// Text to store.
    #[arg(replace)]
    content: Option<Sensitive<String>>,
    /// Bytes to store, as base64.
    #[arg(replace)]
    content_base64: Option<Sensitive<String>>,
    /// File whose content is stored.
    #[arg(replace)]
    source: Option<String>,
    /// Mode of the file before the umask, in octal digits.
    #[arg(replace, default = "0700", pattern("^0?[0-7]{3}$", "must be a mode in octal digits, such as 0600"))]
    file_permission: String,
    /// Mode of directories that are made, before the umask, in octal digits.
    #[arg(replace, default = "0700", pattern("^0?[0-7]{3}$", "must be a mode in octal digits, such as 0700"))]
    directory_permission: String,
}

/// Its operations have an effect on the disk, so it is not `LOCAL`.
impl Resource for LocalSensitiveFile {
    type Args = LocalSensitiveFileArgs;
    type Attrs = Checksums;
    type Client = ();
    const TYPE: &'static str = "local_sensitive_file";
    const CREATE_IS_WHOLE: bool = true;
    const CREATE_REPEATS: bool = true;

    async fn create(_client: &(), args: &LocalSensitiveFileArgs, _token: &Token) -> CallResult<Created> {
        let content = Content {
            text: args.content.as_ref().map(|text| text.expose().as_str()),
            base64: args.content_base64.as_ref().map(|text| text.expose().as_str()),
            source: args.source.as_deref(),
        };
        let modes = Modes { file: &args.file_permission, directory: &args.directory_permission };
        create(&args.filename, content, modes)
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
