//! Whom a request is for, and whose it is: the credential scope of its signature.

use http::Request;

use super::fault::Fault;
use super::query::pairs;

/// Service, region and caller of a request.
pub struct Scope {
    pub service: String,
    pub region: String,
    pub access_key: String,
}

/// Returns the scope, from the `Authorization` header or from a presigned address.
pub fn of(request: &Request<Vec<u8>>) -> Result<Scope, Fault> {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let in_header = header.and_then(|text| {
        let credential = text.split_once("Credential=")?.1;
        Some(credential.split([',', ' ']).next().unwrap_or_default().to_owned())
    });
    let in_query = || {
        let query = request.uri().query().unwrap_or_default();
        pairs(query).into_iter().find(|(name, _)| name == "X-Amz-Credential").map(|(_, value)| value)
    };
    let Some(credential) = in_header.or_else(in_query) else {
        if let Some(scope) = unsigned(request) {
            return Ok(scope);
        }
        return Err(Fault::with_status(403, "MissingAuthenticationToken", "Missing Authentication Token"));
    };
    // The access key may not contain a slash: key/date/region/service/aws4_request.
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key, _date, region, service, "aws4_request"] = parts[..] else {
        return Err(Fault::with_status(403, "IncompleteSignature", format!("Credential must be scoped: {credential}")));
    };
    Ok(Scope { service: service.to_owned(), region: region.to_owned(), access_key: access_key.to_owned() })
}

/// Returns the scope of the one call that is made without credentials: it is how one gets some.
fn unsigned(request: &Request<Vec<u8>>) -> Option<Scope> {
    let body = String::from_utf8_lossy(request.body());
    let is_it = |form: &str| form.split('&').any(|field| field == "Action=AssumeRoleWithWebIdentity");
    if !is_it(&body) && !is_it(request.uri().query().unwrap_or_default()) {
        return None;
    }
    let header = request.headers().get("host").and_then(|value| value.to_str().ok());
    let host = request.uri().host().or(header).unwrap_or_default();
    let region = host.strip_prefix("sts.").and_then(|rest| rest.split_once(".amazonaws.com"));
    let region = region.map_or("us-east-1", |(region, _)| region);
    Some(Scope { service: "sts".to_owned(), region: region.to_owned(), access_key: String::new() })
}
