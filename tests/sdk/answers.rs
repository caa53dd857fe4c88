//! Answers of every kind at the plugin's own door: what stands in the response, and for whom.

use axum::body::Body;
use axum::http::Request;
use lobe_plugin_sdk::{Image, IntoReply, Reply, ReplyKind};
use lobe_tests::http::{Answer, Server};
use lobe_tests::parity;
use serde_json::json;

async fn ask(operation: &str, arguments: &str, headers: &[(&str, &str)]) -> Answer {
    let server = Server::start(parity::plugin().router()).await;
    let mut request = Request::post(format!("/api/{operation}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Body::from(arguments.to_owned())).unwrap()).await
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[tokio::test]
async fn a_picture_is_bytes_to_all_but_a_chat() {
    let check = async |headers: &[(&str, &str)], media_type: &str| {
        let answer = ask("picture", "{}", headers).await;
        assert_eq!(answer.header("content-type"), media_type, "{headers:?}");
        assert_eq!(answer.header("vary"), "Accept, X-Lobe-Plugin-Settings", "{headers:?}");
        assert_eq!(answer.bytes == PNG, media_type == "image/png", "{headers:?}");
        assert_eq!(answer.header("content-disposition"), "");
    };
    let settings = ("x-lobe-plugin-settings", "{}");
    check(&[], "image/png").await;
    check(&[("accept", "*/*")], "image/png").await;
    check(&[settings], "text/markdown; charset=utf-8").await;
    check(&[settings, ("accept", "*/*")], "text/markdown; charset=utf-8").await;
    check(&[settings, ("accept", "text/html, image/*;q=0.5")], "image/png").await;
}

#[tokio::test]
async fn a_file_is_to_keep() {
    let answer = ask("export", r#"{"name":"Größe.csv"}"#, &[]).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let disposition = "attachment; filename=\"Gr__e.csv\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv";
    assert_eq!(answer.header("content-disposition"), disposition);
    assert_eq!(answer.text, "shelf,things\n1,7\n");
}

#[tokio::test]
async fn bytes_are_bytes_to_everybody() {
    for headers in [&[][..], &[("x-lobe-plugin-settings", "{}")]] {
        let answer = ask("bytes", "{}", headers).await;
        assert_eq!(answer.header("content-type"), "application/x-bytes");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.bytes, b"a\xff\x00b");
    }
}

#[tokio::test]
async fn texts_keep_their_media_types() {
    let check = async |operation: &str, arguments: &str, media_type: &str| {
        let answer = ask(operation, arguments, &[]).await;
        assert_eq!(answer.header("content-type"), media_type, "{operation}");
        assert_eq!(answer.header("vary"), "", "{operation}");
    };
    check("page", "{}", "text/markdown; charset=utf-8").await;
    check("count", r#"{"to":3}"#, "text/plain; charset=utf-8").await;
    check("count_markdown", "{}", "text/markdown; charset=utf-8").await;
    check("nothing", "{}", "application/json").await;
}

#[tokio::test]
async fn a_page_may_read_a_picture_if_it_was_invited() {
    let answer = ask("picture", "{}", &[("origin", "http://localhost:3210")]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:3210");
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["Accept, X-Lobe-Plugin-Settings", "Origin"]);
}

#[tokio::test]
async fn a_reply_says_what_it_is() {
    let check = |reply: &Reply, kind, media_type: &str, text: &str| {
        assert_eq!((reply.kind(), reply.media_type(), reply.as_text()), (kind, media_type, text));
    };
    let picture = Image::gif("GIF").into_reply().unwrap();
    check(&picture, ReplyKind::Image, "image/gif", "![](data:image/gif;base64,R0lG)");
    check(
        &picture.for_chat(),
        ReplyKind::Markdown,
        ReplyKind::Markdown.media_type(),
        "![](data:image/gif;base64,R0lG)",
    );

    let stream = || futures_util::stream::iter(["\u{1f9e3}".as_bytes(), b"\xff"]);
    let bytes = Reply::binary_stream("application/x-bytes", stream()).unwrap();
    assert!(bytes.is_stream());
    check(&bytes, ReplyKind::Binary, "application/x-bytes", "");
    let bytes = bytes.collect().await.unwrap();
    check(&bytes, ReplyKind::Binary, "application/x-bytes", "\u{1f9e3}\u{fffd}");
    assert!(Reply::binary_stream("no type", stream()).is_err());

    let error =
        parity::plugin().ask("count_and_fail", json!({ "to": 2, "way": "explained" })).await.unwrap_err();
    assert_eq!(error.status(), 404, "whoever collects is told of the failure");
}

#[tokio::test]
async fn debug_output_has_no_bytes_in_it() {
    let picture = Image::png(b"marked".repeat(99)).alt("a dot").into_reply().unwrap();
    assert_eq!(format!("{picture:?}").matches("marked").count(), 0);
    assert!(format!("{picture:?}").contains("image/png (594 bytes)"), "{picture:?}");
}
