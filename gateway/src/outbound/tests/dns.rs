//! Names: who is asked, what is believed, and that the address that was judged is the one that is called.

use super::super::{EgressPolicy, Outbound, OutboundError, OutboundLimits, Refusal, UpstreamFault};
use super::name_server::{NameServer, Say, addresses};
use super::script::{Script, Then, ok};
use super::{call, dev, door, hasty, outcome};

const PUBLIC: &str = "93.184.215.14";

fn production() -> EgressPolicy {
    EgressPolicy { require_https: false, ..EgressPolicy::default() }
}

/// Calls a name on a port at which a server would answer, if anybody let us there.
async fn refused(policy: EgressPolicy, say: Say) -> Refusal {
    let is_silent = matches!(say, Say::Nothing | Say::Garbage | Say::WrongId(_));
    // Only the time for a lookup: with the time for an answer as short, it would be chance which of the two ends first.
    let connect = if is_silent { hasty().connect } else { OutboundLimits::default().connect };
    let limits = OutboundLimits { connect, ..OutboundLimits::default() };
    let server = Script::says(ok("reached"), Then::Close).await;
    let names = NameServer::knows(move |_, _| say.clone()).await;
    let door = door(policy, limits, &[names.address]);
    let url = format!("http://plugin.vec.test:{}/", server.address.port());
    let answer = outcome(&door, call(&url)).await;
    assert_eq!(server.connections(), 0);
    assert_eq!(names.asked().first().map(String::as_str), Some("plugin.vec.test"));
    match answer {
        Err(OutboundError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_address_that_is_not_public_refuses_the_name() {
    for list in [
        &["127.0.0.1"][..],
        &["192.168.1.1"],
        &["198.18.0.1"],
        &["::"],
        &["::ffff:127.0.0.1"],
        &["::7f00:1"],
        &["2002:7f00:1::1"],
        &["2001:0:4136:e378:8000:63bf:3f57:fdd2"],
        &[PUBLIC, "127.0.0.1"],
        &["127.0.0.1", PUBLIC],
        &[PUBLIC, "::1"],
    ] {
        assert_eq!(refused(production(), addresses(list)).await, Refusal::Address, "{list:?}");
    }
    for address in
        ["169.254.169.254", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "::ffff:169.254.169.254"]
    {
        assert_eq!(refused(production(), addresses(&[address])).await, Refusal::Metadata, "{address}");
    }
}

#[tokio::test]
async fn dev_opens_names_of_this_machine_but_none_that_flip() {
    assert_eq!(refused(dev(), addresses(&[PUBLIC, "127.0.0.1"])).await, Refusal::Address);
    assert_eq!(refused(dev(), addresses(&["192.168.1.1"])).await, Refusal::Address);

    let server = Script::says(ok("here"), Then::Close).await;
    let names = NameServer::knows(|_, _| addresses(&["127.0.0.1"])).await;
    let door = door(dev(), OutboundLimits::default(), &[names.address]);
    let url = format!("http://here.vec.test:{}/", server.address.port());
    assert_eq!(outcome(&door, call(&url)).await, Ok((200, "here".into())));
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_is_refused_like_any_other() {
    for say in [Say::Code(2), Say::Code(3), Say::Garbage, Say::Nothing, addresses(&[])] {
        assert_eq!(refused(production(), say.clone()).await, Refusal::Unresolved, "{say:?}");
    }
    // A spoofed answer is not believed, whatever it says.
    assert_eq!(refused(dev(), Say::WrongId("127.0.0.1".parse().unwrap())).await, Refusal::Unresolved);
}

#[tokio::test]
async fn aliases_are_judged_and_counted() {
    let chain = |aliases: &[&str], last: &str| {
        Say::Aliases(aliases.iter().map(|alias| (*alias).to_owned()).collect(), last.parse().unwrap())
    };
    assert_eq!(refused(dev(), chain(&["localhost"], "127.0.0.1")).await, Refusal::Name);
    assert_eq!(refused(production(), chain(&["metadata.google.internal"], PUBLIC)).await, Refusal::Name);
    assert_eq!(refused(production(), chain(&["a.vec.test"], "10.0.0.1")).await, Refusal::Address);
    let long: Vec<String> = (0..30).map(|link| format!("link{link}.vec.test")).collect();
    let long = Say::Aliases(long, "127.0.0.1".parse().unwrap());
    assert_eq!(refused(dev(), long).await, Refusal::Unresolved);
}

#[tokio::test]
async fn localhost_is_answered_by_the_door_itself() {
    let server = Script::says(ok("here"), Then::Close).await;
    let names = NameServer::knows(|_, _| addresses(&[PUBLIC])).await;
    let door = door(dev(), OutboundLimits::default(), &[names.address]);
    for host in ["localhost", "a.localhost", "LOCALHOST"] {
        let url = format!("http://{host}:{}/", server.address.port());
        assert_eq!(outcome(&door, call(&url)).await, Ok((200, "here".into())), "{host}");
    }
    assert_eq!(names.asked(), Vec::<String>::new());
}

/// The name leads to a listed place when it is judged, and elsewhere from then on.
#[tokio::test]
async fn the_address_that_is_judged_is_the_one_that_is_called() {
    let (listed, other) = (Script::says(ok("listed"), Then::Close).await, "127.0.0.2");
    let names =
        NameServer::knows(move |_, before| addresses(&[if before == 0 { "127.0.0.1" } else { other }])).await;
    let policy = EgressPolicy { allow_cidrs: vec!["127.0.0.1/32".parse().unwrap()], ..production() };
    let door = door(policy, OutboundLimits::default(), &[names.address]);
    let url = format!("http://flip.vec.test:{}/", listed.address.port());

    assert_eq!(outcome(&door, call(&url)).await, Ok((200, "listed".into())));
    assert_eq!(names.asked().len(), 1, "one question a connection");
    assert_eq!(outcome(&door, call(&url)).await, Err(OutboundError::Refused(Refusal::Address)));
    assert_eq!(listed.connections(), 1);
}

/// Nobody listens there: the name is not asked for again in the hope of a better place.
#[tokio::test]
async fn a_connection_that_fails_is_not_resolved_again() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let names = NameServer::knows(|_, _| addresses(&["127.0.0.1"])).await;
    let door = door(dev(), OutboundLimits::default(), &[names.address]);
    let fault = outcome(&door, call(&format!("http://closed.vec.test:{free}/"))).await;
    assert_eq!(fault, Err(OutboundError::Upstream(UpstreamFault::Connect)));
    assert_eq!(names.asked().len(), 1);
}

/// Where one address of several does not answer, the next is tried.
#[tokio::test]
async fn a_dead_address_gives_way_to_the_next() {
    let server = Script::says(ok("second"), Then::Close).await;
    let names = NameServer::knows(|_, _| addresses(&["127.0.0.9", "127.0.0.1"])).await;
    let door = door(dev(), OutboundLimits::default(), &[names.address]);
    let url = format!("http://two.vec.test:{}/", server.address.port());
    assert_eq!(outcome(&door, call(&url)).await, Ok((200, "second".into())));
}

#[tokio::test]
async fn names_that_are_refused_are_never_asked_for() {
    let names = NameServer::knows(|_, _| addresses(&[PUBLIC])).await;
    let door = door(production(), OutboundLimits::default(), &[names.address]);
    for host in ["redis", "x.internal", "metadata.google.internal", "localhost", "1.0.0.127.in-addr.arpa"] {
        let refusal = outcome(&door, call(&format!("http://{host}/"))).await;
        assert_eq!(refusal, Err(OutboundError::Refused(Refusal::Name)), "{host}");
    }
    assert_eq!(names.asked(), Vec::<String>::new());
    assert_eq!(count(&door, "name"), 5);
    assert_eq!(count(&door, "address"), 0);
}

fn count(door: &Outbound, reason: &str) -> u64 {
    door.refusals().find(|(name, _)| *name == reason).unwrap().1
}
