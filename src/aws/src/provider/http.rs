//! The HTTP client: TLS by rustls, proxies and further certificates as configured.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use landfall_diag::{Diagnostic, Diagnostics};

use super::arguments::ProviderArgs;

/// Returns the client. Certificates are read when the first request is made, except those of `custom_ca_bundle`.
///
/// # Errors
/// When a proxy's address or the certificates cannot be used.
pub fn client(args: &ProviderArgs) -> Result<SharedHttpClient, Diagnostics> {
    let proxy = proxy(args)?;
    let tls = tls(args)?;
    let build = move |settings: Option<&HttpConnectorSettings>, components: Option<&RuntimeComponents>| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls.clone()).build()
    };
    Ok(Builder::new().build_with_connector_fn(build))
}

fn proxy(args: &ProviderArgs) -> Result<ProxyConfig, Diagnostics> {
    let config = match (&args.http_proxy, &args.https_proxy) {
        (None, None) => return Ok(ProxyConfig::from_env()),
        (Some(http), Some(https)) if http == https => ProxyConfig::all(http.as_str()),
        (Some(http), None) => ProxyConfig::http(http.as_str()),
        (None, Some(https)) => ProxyConfig::https(https.as_str()),
        (Some(_), Some(_)) => {
            let detail = "`http_proxy` and `https_proxy` name different proxies. Set both to one proxy, or set them in \
                          the environment as `HTTP_PROXY` and `HTTPS_PROXY`.";
            return Err(Diagnostic::error("Unsupported proxies", detail).into());
        }
    };
    let config =
        config.map_err(|error| Diagnostic::error("Invalid proxy", format!("The proxy's address: {error}.")))?;
    Ok(match &args.no_proxy {
        Some(rules) => config.no_proxy(rules),
        None => config,
    })
}

fn tls(args: &ProviderArgs) -> Result<TlsContext, Diagnostics> {
    let from_environment = || std::env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty());
    let Some(path) = args.custom_ca_bundle.clone().or_else(from_environment) else { return Ok(TlsContext::default()) };
    let invalid = |why: String| {
        Diagnostic::error("Invalid certificates", format!("The certificates in `{path}` cannot be used: {why}."))
    };
    let pem = std::fs::read(&path).map_err(|error| invalid(error.to_string()))?;
    let trust = TrustStore::default().with_pem_certificate(pem);
    Ok(TlsContext::builder().with_trust_store(trust).build().map_err(|error| invalid(error.to_string()))?)
}
