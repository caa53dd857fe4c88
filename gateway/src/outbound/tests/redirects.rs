//! Redirects: which are followed, by whom, with what, and which are refused before anybody finds that they are not.

use super::super::{
    EgressPolicy, Fetched, Origin, Outbound, OutboundError, OutboundLimits, Outgoing, Refusal, Trust,
    UpstreamFault,
};
use super::name_server::{NameServer, addresses};
use super::script::{Script, Then, answer, ok, redirect};
use super::{ANYTHING, call, dev, dev_door, door, get, outcome, target};

async fn fetch(door: &Outbound, url: &str) -> Result<(u16, String), OutboundError> {
    match door.fetch(&target(url), Trust::Caller, &ANYTHING, None).await? {
        Fetched::New { body, status, .. } => {
            Ok((status.as_u16(), String::from_utf8_lossy(&body).into_owned()))
        }
        Fetched::NotModified => panic!("nothing was said to be known"),
    }
}

/// Starts a server that redirects `/r` and answers everything else.
async fn leading(status: u16, location: &str) -> Script {
    let location = location.to_owned();
    Script::answers(
        move |request| match request.split(' ').nth(1) {
            Some("/r") => redirect(status, &location),
            _ => ok("arrived"),
        },
        Then::Close,
    )
    .await
}

#[tokio::test]
async fn documents_follow_redirects() {
    for status in [301, 302, 303, 307, 308] {
        let (second, first) =
            (Script::says(ok("arrived"), Then::Close).await, leading(status, "/moved").await);
        assert_eq!(fetch(&dev_door(), &first.url("/r")).await, Ok((200, "arrived".into())), "{status}");
        let away = leading(status, &second.url("/c")).await;
        assert_eq!(fetch(&dev_door(), &away.url("/r")).await, Ok((200, "arrived".into())), "{status}");
        assert_eq!(second.requests().len(), 1);
    }
}

#[tokio::test]
async fn calls_keep_method_body_and_settings_within_their_origin() {
    for status in [307, 308] {
        let server = leading(status, "/r/").await;
        assert_eq!(outcome(&dev_door(), call(&server.url("/r"))).await, Ok((200, "arrived".into())));
        let second = &server.requests()[1];
        assert!(second.starts_with("POST /r/ HTTP/1.1\r\n"), "{second}");
        assert!(second.contains("x-lobe-plugin-settings: {\"KEY\":\"marked\"}\r\n"), "{second}");
        assert!(second.ends_with("\r\n\r\n{\"a\":1}"), "{second}");
    }
}

#[tokio::test]
async fn calls_follow_nothing_else() {
    for (status, to_elsewhere) in
        [(301, false), (302, false), (303, false), (302, true), (307, true), (308, true)]
    {
        let elsewhere = Script::says(ok("stolen"), Then::Close).await;
        let location = if to_elsewhere { elsewhere.url("/c") } else { "/moved".into() };
        let server = leading(status, &location).await;
        let fault = outcome(&dev_door(), call(&server.url("/r"))).await;
        assert_eq!(fault, Err(OutboundError::Upstream(UpstreamFault::Redirect)), "{status} {location}");
        assert_eq!((server.requests().len(), elsewhere.connections()), (1, 0));
    }
}

/// A GET may go elsewhere; what was meant for the first server stays there, also when the way leads back.
#[tokio::test]
async fn settings_stay_behind_when_the_origin_changes() {
    let back = Script::says(ok("back"), Then::Close).await;
    let away = leading(302, &back.url("/c")).await;
    let first = leading(302, &away.url("/r")).await;
    assert_eq!(outcome(&dev_door(), get(&first.url("/r"))).await, Ok((200, "back".into())));
    assert!(first.requests()[0].contains("marked"));
    for request in [&away.requests()[0], &back.requests()[0]] {
        assert!(!request.contains("marked") && !request.contains("x-lobe-plugin-settings"), "{request}");
    }
}

/// Calls a server by a name, in dev, and returns what its redirect is found to be.
async fn named_redirect(status: u16, location: &str, send: bool) -> Result<(u16, String), OutboundError> {
    let server = leading(status, location).await;
    let names = NameServer::knows(|_, _| addresses(&["127.0.0.1"])).await;
    let policy = EgressPolicy { allow_hosts: vec!["public.vec.test".into()], ..dev() };
    let door = door(policy, OutboundLimits::default(), &[names.address]);
    let url = format!("http://public.vec.test:{}/r", server.address.port());
    if send { outcome(&door, call(&url)).await } else { fetch(&door, &url).await }
}

#[tokio::test]
async fn a_redirect_to_a_refused_place_is_refused_whoever_asks() {
    let refused = |refusal| Err(OutboundError::Refused(refusal));
    for status in [301, 302, 303, 307, 308] {
        for send in [true, false] {
            for (location, refusal) in [
                ("http://127.0.0.1:18080/c", Refusal::Address),
                ("http://[::1]:18080/c", Refusal::Address),
                ("http://[::ffff:127.0.0.1]:18080/c", Refusal::Address),
                ("http://localhost:18080/c", Refusal::Name),
                ("http://169.254.169.254/latest/meta-data/", Refusal::Metadata),
                ("http://93.184.215.14:6000/c", Refusal::Port),
                ("\\\\127.0.0.1:18080\\c", Refusal::RedirectText),
                ("http://127.1/", Refusal::RedirectText),
                ("file:///etc/passwd", Refusal::RedirectText),
                ("data:application/json,{}", Refusal::RedirectText),
            ] {
                let found = named_redirect(status, location, send).await;
                assert_eq!(found, refused(refusal), "{status} {location}");
            }
        }
    }
}

/// What dev opens by name or address is closed to whoever was led there, also by a connection that is still open.
#[tokio::test]
async fn dev_is_for_those_who_come_by_themselves() {
    let home = Script::says(ok("home"), Then::Again).await;
    let location = format!("http://home.vec.test:{}/c", home.address.port());
    let server = leading(302, &location).await;
    let names = NameServer::knows(|_, _| addresses(&["127.0.0.1"])).await;
    let policy = EgressPolicy { allow_hosts: vec!["public.vec.test".into()], ..dev() };
    let door = door(policy, OutboundLimits::default(), &[names.address]);

    assert_eq!(fetch(&door, &location).await, Ok((200, "home".into())));
    let led = fetch(&door, &format!("http://public.vec.test:{}/r", server.address.port())).await;
    assert_eq!(led, Err(OutboundError::Refused(Refusal::Address)));
    assert_eq!(home.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_needs_one_location() {
    let twice = answer("302 X", "location: /a\r\nlocation: /b\r\n", b"");
    for said in [twice, redirect(302, ""), redirect(302, "http://")] {
        let server = Script::says(said, Then::Close).await;
        for fault in
            [fetch(&dev_door(), &server.url("/r")).await, outcome(&dev_door(), call(&server.url("/r"))).await]
        {
            assert_eq!(fault, Err(OutboundError::Upstream(UpstreamFault::Location)));
        }
    }
}

#[tokio::test]
async fn without_a_location_it_leads_nowhere() {
    let server = Script::says(answer("302 X", "", b"moved, somewhere"), Then::Close).await;
    let called = outcome(&dev_door(), call(&server.url("/r"))).await;
    assert_eq!(called, Ok((302, "moved, somewhere".to_owned())));
    let fetched = fetch(&dev_door(), &server.url("/r")).await;
    assert_eq!(fetched, Err(OutboundError::Upstream(UpstreamFault::Redirect)));
}

#[tokio::test]
async fn only_redirects_are_followed() {
    for status in [300, 304, 305, 306] {
        let server = leading(status, "/c").await;
        let fault = fetch(&dev_door(), &server.url("/r")).await;
        assert_eq!(fault, Err(OutboundError::Upstream(UpstreamFault::Redirect)), "{status}");
        assert_eq!(server.requests().len(), 1);
    }
    let created = leading(201, "/c").await;
    assert_eq!(fetch(&dev_door(), &created.url("/r")).await, Ok((201, String::new())));
}

#[tokio::test]
async fn three_redirects_and_no_more() {
    let hops = |last: &'static str| {
        move |request: &str| match request.split(' ').nth(1) {
            Some(path) if path == last => ok("arrived"),
            Some(path) => redirect(302, &format!("{path}x")),
            None => Vec::new(),
        }
    };
    let three = Script::answers(hops("/xxx"), Then::Close).await;
    assert_eq!(fetch(&dev_door(), &three.url("/")).await, Ok((200, "arrived".into())));
    let four = Script::answers(hops("/xxxx"), Then::Close).await;
    assert_eq!(
        fetch(&dev_door(), &four.url("/")).await,
        Err(OutboundError::Upstream(UpstreamFault::TooManyRedirects))
    );
    assert_eq!(four.requests().len(), 4);
}

#[tokio::test]
async fn every_hop_is_among_the_origins_it_is_confined_to() {
    let elsewhere = Script::says(ok("arrived"), Then::Close).await;
    let server = leading(302, &elsewhere.url("/c")).await;
    let origin = |script: &Script| Origin::parse(&script.url("/")).unwrap();
    let confined =
        |origins: &[Origin]| Outgoing { confined_to: Some(origins.into()), ..get(&server.url("/r")) };

    let both = confined(&[origin(&server), origin(&elsewhere)]);
    assert_eq!(outcome(&dev_door(), both).await, Ok((200, "arrived".into())));
    for origins in [vec![origin(&server)], vec![origin(&elsewhere)], vec![]] {
        let refusal = outcome(&dev_door(), confined(&origins)).await;
        assert_eq!(refusal, Err(OutboundError::Refused(Refusal::Confined)), "{origins:?}");
    }
    assert_eq!(elsewhere.connections(), 1);
}

#[tokio::test]
async fn a_document_that_is_known_is_not_sent_again() {
    let server = Script::answers(
        |request| match request.contains("if-none-match: \"one\"\r\n") {
            true => b"HTTP/1.1 304 X\r\n\r\n".to_vec(),
            false => answer("200 OK", "etag: \"one\"\r\ncontent-type: application/json\r\n", b"{}"),
        },
        Then::Close,
    )
    .await;
    let (door, url) = (dev_door(), target(&server.url("/index.json")));
    let Fetched::New { body, etag, content_type, status, url: last } =
        door.fetch(&url, Trust::Market, &ANYTHING, None).await.unwrap()
    else {
        panic!("nothing is known yet")
    };
    assert_eq!((body.as_ref(), status.as_u16(), last), (&b"{}"[..], 200, url.clone()));
    assert_eq!(content_type.as_deref(), Some("application/json"));
    let again = door.fetch(&url, Trust::Market, &ANYTHING, etag.as_deref()).await.unwrap();
    assert!(matches!(again, Fetched::NotModified));
}
