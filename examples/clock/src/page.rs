//! The page that LobeChat shows: one file, in the program, so that it works wherever the plugin does.

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;

/// Made by `npm ci && npm run build` in `page/`, of the files there.
const PAGE: &str = include_str!("../page/dist/page.html");

/// Says that any page may frame this one, which no `X-Frame-Options` can, and that it needs nothing from anywhere.
const POLICY: &str =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors *";

/// Makes the page's route, `/page`.
pub fn router() -> Router {
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-cache")];
    Router::new().route("/page", get(async move || (headers, Html(PAGE))))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn lobechat_may_frame_the_page() {
        let request = Request::get("/page").header("sec-fetch-dest", "iframe").body(Body::empty()).unwrap();
        let answer = router().oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors *"));
        assert!(!answer.headers().contains_key("x-frame-options"));
    }

    #[test]
    fn it_is_one_file_and_speaks_lobechats_words() {
        assert!(!PAGE.contains("src=") && !PAGE.contains("href="), "nothing is loaded from elsewhere");
        for word in ["lobe-chat:plugin-ready-for-render", "lobe-chat:fill-plugin-content"] {
            assert!(PAGE.contains(word), "{word}");
        }
    }
}
