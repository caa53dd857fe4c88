//! `/index.json`: the plugins that are here by name, in the shape of LobeHub's market index, so that LobeChat's
//! `PLUGINS_INDEX_URL` can lead here.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use lobe_plugin_sdk::serve::{Cors, asked_server};
use lobe_plugin_sdk::{BaseUrl, Plugin, Site};
use serde_json::{Value, json};

use super::{GATEWAY_PATH, JSON};
use crate::gateway::Gateway;

pub(super) fn route<S: Clone + Send + Sync + 'static>(gateway: Arc<Gateway>) -> MethodRouter<S> {
    get(async move |OriginalUri(asked): OriginalUri, request: Request| {
        let asked_for = || asked_server(&asked, &request, "");
        let server = gateway.options.public_url.clone().unwrap_or_else(asked_for);
        let text = write(&gateway, &server).await.to_string();
        let headers =
            [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        let mut response: Response = (headers, text).into_response();
        Cors::any().mark(request.headers(), response.headers_mut());
        response
    })
    .options(async |request: Request| Cors::any().preflight(request.headers()))
}

/// Writes the index. A plugin whose document cannot be had is not in it; the log says why.
async fn write(gateway: &Gateway, server: &BaseUrl) -> Value {
    let entries: Vec<_> =
        gateway.resolver.find_all().await.iter().map(|target| entry(&target.plugin, server)).collect();
    json!({ "schemaVersion": 1, "plugins": entries })
}

fn entry(plugin: &Plugin, server: &BaseUrl) -> Value {
    let identifier = &*plugin.identity().identifier;
    let place = server.join(&format!("/plugins/{identifier}"));
    let site = Site::at(place.clone()).behind_gateway(server.join(GATEWAY_PATH).as_str());
    let manifest = plugin.manifest(&site);
    json!({
        "author": manifest.author.unwrap_or_default(),
        "createdAt": manifest.created_at.unwrap_or_default(),
        "homepage": manifest.homepage.unwrap_or_else(|| place.join("/docs").to_string()),
        "identifier": identifier,
        "manifest": place.join("/manifest.json").as_str(),
        "meta": manifest.meta,
        "schemaVersion": 1,
    })
}
