//! `cloudinit_config`: a rendered configuration that is kept in the state.

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Step, Token,
};
use landfall_value::Value;

use super::mime::{Document, Part, Rendered, contradiction};

pub struct CloudinitConfig;

/// What a user may write.
#[derive(Clone, Args)]
#[args(framework, deprecated = "This resource is deprecated, please use the cloudinit_config data source instead.")]
pub struct CloudinitConfigArgs {
    /// Whether the text is compressed.
    #[arg(replace, default = true)]
    gzip: bool,
    /// Whether the text is encoded as base64.
    #[arg(replace, default = true)]
    base64_encode: bool,
    /// Text between parts.
    #[arg(replace, default = "MIMEBOUNDARY", min_len = 1)]
    boundary: String,
    /// Parts, in order.
    #[arg(block, min_items = 1)]
    part: Vec<ConfigPart>,
}

/// A part of the configuration.
#[derive(Clone, PartialEq, Args)]
#[args(framework)]
pub struct ConfigPart {
    /// MIME type of the content.
    #[arg(replace, default = "text/plain", min_len = 1)]
    content_type: String,
    /// The content.
    #[arg(replace)]
    content: String,
    /// Name of the part.
    #[arg(replace)]
    filename: Option<String>,
    /// How cloud-init merges the part with those before it.
    #[arg(replace)]
    merge_type: Option<String>,
}

/// What follows from it.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct CloudinitConfigAttrs {
    /// The whole text.
    rendered: String,
}

impl CloudinitConfigArgs {
    fn render(&self) -> CallResult<Rendered> {
        Document {
            gzip: self.gzip,
            base64: self.base64_encode,
            boundary: &self.boundary,
            parts: self.part.iter().map(ConfigPart::as_part).collect(),
        }
        .render()
    }
}

impl ConfigPart {
    fn as_part(&self) -> Part<'_> {
        Part {
            content_type: &self.content_type,
            content: &self.content,
            filename: self.filename.as_deref().unwrap_or_default(),
            merge_type: self.merge_type.as_deref().unwrap_or_default(),
        }
    }
}

impl Resource for CloudinitConfig {
    type Args = CloudinitConfigArgs;
    type Attrs = CloudinitConfigAttrs;
    type Client = ();
    const TYPE: &'static str = "cloudinit_config";
    const LOCAL: bool = true;

    fn plan(_facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let flag = |name| planned.proposed.get(name).and_then(Value::as_bool);
        if let (Some(gzip), Some(base64)) = (flag("gzip"), flag("base64_encode"))
            && let Some(problem) = contradiction(gzip, base64)
        {
            overrides.error("base64_encode", problem);
        }
        overrides
    }

    async fn create(_client: &(), args: &CloudinitConfigArgs, _token: &Token) -> CallResult<Created> {
        Ok(Created::with_id(args.render()?.id))
    }

    async fn observe(_client: &(), known: &Known<Self>) -> CallResult<Observed<Self>> {
        let Some(args) = known.args() else {
            return Err(CallError::local("import", "a cloudinit_config cannot be imported"));
        };
        let rendered = match known.attrs() {
            Some(attrs) => attrs.rendered.clone(),
            None => args.render()?.text,
        };
        let attrs = CloudinitConfigAttrs { rendered };
        let object = Object { id: known.id().to_owned(), args: args.clone(), attrs, private: None };
        Ok(Observed::There { phase: Phase::Ready, object })
    }

    async fn update(_client: &(), _change: &Change<'_, Self>, _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(_client: &(), _there: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }
}
