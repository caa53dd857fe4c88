//! Requests whose end two readers could see in different places, and requests to a proxy, as bytes: the vectors of the
//! group `http1`.

use std::net::SocketAddr;

use lobe_plugin_gateway::Gateway;
use lobe_plugin_sdk::serve::{self, Readiness};
use lobe_tests::parity;
use lobe_tests::raw::Raw;
use serde_json::Value;
use tokio::net::TcpListener;

const VECTORS: &str = include_str!("../data/vectors/parse.json");

async fn gateway() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Gateway::new().mount(parity::plugin()).router();
    tokio::spawn(serve::serve(listener, router, Readiness::default(), std::future::pending()));
    address
}

/// Sends what a vector says, and then a request that asks for the connection's end. Returns the statuses that came.
async fn statuses(address: SocketAddr, raw: &str) -> Vec<u16> {
    let mut connection = Raw::connect(address).await;
    connection.send(raw).await;
    connection.send("GET /healthz HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n").await;
    let answer = connection.rest().await;
    let heads = answer.split("HTTP/1.1 ").skip(1);
    heads.map(|head| head.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn ambiguous_requests_end_the_connection() {
    let address = gateway().await;
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap().iter().filter(|vector| vector["group"] == "http1");
    let mut count = 0;
    for vector in vectors {
        let came = statuses(address, vector["raw"].as_str().unwrap()).await;
        let id = &vector["id"];
        match vector["expect"]["outcome"].as_str().unwrap() {
            "bad_request_close" => assert_eq!(came, [400], "{id}"),
            "bad_request" => assert_eq!(came[0], 400, "{id}"),
            "not_a_proxy" => assert!([400, 404, 405].contains(&came[0]), "{id}: {came:?}"),
            outcome => panic!("{id}: nobody knows {outcome}"),
        }
        count += 1;
    }
    assert_eq!(count, 18, "the vectors are there");
    let alive = statuses(address, "").await;
    assert_eq!(alive, [200]);
}

#[tokio::test]
async fn an_upgrade_changes_no_framing() {
    let address = gateway().await;
    let upgrade = "POST /api/gateway HTTP/1.1\r\nHost: gw\r\nUpgrade: foo\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(statuses(address, upgrade).await, [400, 200], "the next request is one of its own");
}

/// What hyper reads as a body in chunks, and another reader need not.
#[tokio::test]
async fn no_other_transfer_coding_than_chunked_is_read() {
    let address = gateway().await;
    let check = async |coding: &str, expected: &[u16]| {
        let head = "GET /healthz HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding:";
        let came = statuses(address, &format!("{head} {coding}\r\n\r\n0\r\n\r\n")).await;
        assert_eq!(came, expected, "{coding}");
    };
    check("chunked", &[200, 200]).await;
    check("Chunked", &[200, 200]).await;
    check(" chunked\t", &[200, 200]).await;
    for coding in [
        "gzip, chunked",
        "x, chunked",
        "identity, chunked",
        "chunked, chunked",
        ", chunked",
        "chunked\r\nTransfer-Encoding: chunked",
        "gzip\r\nTransfer-Encoding: chunked",
    ] {
        check(coding, &[400]).await;
    }
    let trace = "TRACE / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(statuses(address, trace).await, [400], "however else it is wrong");
}

#[tokio::test]
async fn a_host_that_is_none_ends_the_connection() {
    let address = gateway().await;
    let check = async |host: &str, expected: &[u16]| {
        let came = statuses(address, &format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(came, expected, "{host}");
    };
    for host in ["gw", "gw:80", "gw:", "127.0.0.1:80", "[::1]:80", "g-w.example"] {
        check(host, &[200, 200]).await;
    }
    for host in ["gw gw", "", "a@b", "gw/x", "gw:abc", "gw:99999", "gw:1:2", "gw,gw", "gw?x", "gw#x", ":80"] {
        check(host, &[400]).await;
    }
}
