//! `cloudinit_config` as a data source: a rendered configuration.

use landfall_provider::{Args, Attrs, CallResult, DataSource, Filled, Read};

use super::mime::{BOUNDARY, CONTENT_TYPE, Document, Part};

pub struct CloudinitConfigData;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework)]
pub struct CloudinitConfigDataArgs {
    /// Whether the text is compressed; it is by default.
    gzip: Filled<bool>,
    /// Whether the text is encoded as base64; it is by default.
    base64_encode: Filled<bool>,
    /// Text between parts.
    #[arg(min_len = 1)]
    boundary: Filled<String>,
    /// Parts, in order.
    #[arg(block, min_items = 1)]
    part: Vec<ConfigDataPart>,
}

/// A part of the configuration.
#[derive(Clone, PartialEq, Args)]
#[args(framework)]
pub struct ConfigDataPart {
    /// MIME type of the content.
    #[arg(min_len = 1)]
    content_type: Filled<String>,
    /// The content.
    content: String,
    /// Name of the part.
    filename: Option<String>,
    /// How cloud-init merges the part with those before it.
    merge_type: Option<String>,
}

/// What follows from it.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct CloudinitConfigDataAttrs {
    /// The whole text.
    rendered: String,
}

impl DataSource for CloudinitConfigData {
    type Args = CloudinitConfigDataArgs;
    type Attrs = CloudinitConfigDataAttrs;
    type Client = ();
    const TYPE: &'static str = "cloudinit_config";

    async fn read(_client: &(), args: &CloudinitConfigDataArgs) -> CallResult<Read<Self>> {
        let (gzip, base64) = (args.gzip.to_option().unwrap_or(true), args.base64_encode.to_option().unwrap_or(true));
        let boundary = args.boundary.as_deref().unwrap_or(BOUNDARY);
        let part = |part: &ConfigDataPart| {
            let content_type = part.content_type.as_deref().unwrap_or(CONTENT_TYPE).to_owned();
            ConfigDataPart { content_type: content_type.into(), ..part.clone() }
        };
        let args = CloudinitConfigDataArgs {
            gzip: gzip.into(),
            base64_encode: base64.into(),
            boundary: boundary.to_owned().into(),
            part: args.part.iter().map(part).collect(),
        };
        let parts = args.part.iter().map(ConfigDataPart::as_part).collect();
        let document = Document { gzip, base64, boundary: args.boundary.as_deref().unwrap_or(BOUNDARY), parts };
        let rendered = document.render()?;
        Ok(Read { id: rendered.id, attrs: CloudinitConfigDataAttrs { rendered: rendered.text }, args })
    }
}

impl ConfigDataPart {
    fn as_part(&self) -> Part<'_> {
        Part {
            content_type: self.content_type.as_deref().unwrap_or(CONTENT_TYPE),
            content: &self.content,
            filename: self.filename.as_deref().unwrap_or_default(),
            merge_type: self.merge_type.as_deref().unwrap_or_default(),
        }
    }
}
