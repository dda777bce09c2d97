//! The seam to the SDK: an HTTP client whose connections end in the sandbox.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::Request;

use crate::sandbox::{Reply, Sandbox};

impl HttpClient for Sandbox {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Sandbox {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(plain(request).and_then(|request| of_reply(self.answer(&request))))
    }
}

fn plain(request: HttpRequest) -> Result<Request<Vec<u8>>, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().ok_or_else(|| ConnectorError::user("the sandbox reads no streams".into()))?.to_vec();
    Ok(Request::from_parts(parts, body))
}

fn of_reply(reply: Reply) -> Result<HttpResponse, ConnectorError> {
    match reply {
        Reply::Answer(response) => HttpResponse::try_from(response.map(SdkBody::from))
            .map_err(|error| ConnectorError::other(error.into(), None)),
        Reply::Timeout => Err(ConnectorError::timeout("no answer in time".into())),
        Reply::LostReply => Err(ConnectorError::io("the connection was closed before the answer".into())),
    }
}
