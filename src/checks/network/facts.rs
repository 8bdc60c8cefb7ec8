//! What the evidence says about the way to a cloud host: predicates that several checks share.
//!
//! No check reads another's finding. Where a rule says "PW303 passes", both checks ask here.

use crate::catalog::text::clean;
use crate::catalog::{Case, Judgement, NameValue, Reason, Scene, Status, Target, TargetKind, common};
use crate::evidence::{Data, Fact, Http, Kind, ProxyConfig, State, Tcp, Tls, is_bypassed};
use crate::knowledge::{Authority, AuthorityKind};

/// Port of everything that writeback talks to (facts of the documentation: outbound HTTPS only).
pub const HTTPS: u16 = 443;

/// The path that the sync service takes (catalog 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path<'a> {
    Direct,
    /// An explicit proxy, with its address where it is known.
    Proxy(Option<&'a str>),
    /// A script or an unknown setting decides. Hosts are then probed directly.
    Unsettled(&'a str),
    /// No record says which path it is.
    Unread,
}

/// The path from the machine of `target`.
pub fn path<'a>(scene: &Scene<'a>, target: &Target) -> Path<'a> {
    let configs = scene.evidence.facts::<ProxyConfig>();
    let Some(config) = configs.iter().find(|fact| target.is_in(&fact.record.target.key)) else {
        return Path::Unread;
    };
    // no_proxy and bypass lists exempt single hosts; the collectors probed those directly.
    if target.kind == TargetKind::Host && is_bypassed(config.data, host_name(target)) {
        return Path::Direct;
    }
    let proxy = &config.data.effective_for_service;
    let address = proxy.address.as_deref().filter(|address| !address.is_empty());
    match (proxy.kind.as_str(), address) {
        ("explicit", address) => Path::Proxy(address),
        ("system", Some(address)) => Path::Proxy(Some(address)),
        ("none" | "system", _) => Path::Direct,
        ("", _) => Path::Unread,
        (kind, _) => Path::Unsettled(kind),
    }
}

impl Path<'_> {
    pub fn is_proxy(self) -> bool {
        matches!(self, Path::Proxy(_))
    }

    /// True when a record of this `via` shows the path.
    fn shows(self, via: &str) -> bool {
        self.is_proxy() == (via != "direct")
    }

    /// The path as a line of evidence.
    pub fn describe(self) -> String {
        match self {
            Path::Direct => "direct".to_owned(),
            Path::Proxy(Some(address)) => format!("proxy {}", clean(address)),
            Path::Proxy(None) => "proxy, address not known".to_owned(),
            Path::Unsettled(kind) => format!("direct; the proxy setting of the service is '{}'", clean(kind)),
            Path::Unread => "direct; the proxy setting of the service was not read".to_owned(),
        }
    }

    /// `failure` as it stands when the probed path is the path of the service. Where that is not known,
    /// the direct path proves nothing: unknown, because ambiguous (catalog 2.1).
    pub fn settle(self, failure: Judgement) -> Judgement {
        if failure.outcome != Status::Fail || matches!(self, Path::Direct | Path::Proxy(_)) {
            return failure;
        }
        let seen = failure.message.trim_end_matches('.').to_owned();
        let mut unknown = Judgement::unknown(
            Reason::Ambiguous,
            format!("{seen}; but that is the direct path, and which path the service takes is not known."),
        );
        unknown.evidence = failure.evidence;
        unknown.evidence.push(NameValue { name: "path".to_owned(), value: self.describe() });
        unknown.steps = failure.steps;
        unknown.grounds = failure.grounds;
        unknown.rule("while the proxy setting of the service")
    }
}

/// Unknown, because nothing of kind `D` about the target could be read.
pub fn missing<D: Data>(case: &Case) -> Judgement {
    case.unreadable::<D>().map(Judgement::unreadable).unwrap_or_else(|| {
        let message = format!("{} of {} was not collected.", D::KIND.name(), case.target.display);
        Judgement::unknown(Reason::NotCollected, message).common(common::UNREAD).said(D::KIND.name(), "not collected")
    })
}

/// Unknown, because the proxy settings of the machine could not be read.
pub fn unread_path(case: &Case) -> Judgement {
    let mut records = case.scene.evidence.records_of(Kind::ProxyConfig);
    match records.find(|record| case.target.is_in(&record.target.key)) {
        Some(record) => Judgement::unreadable(record),
        None => Judgement::unknown(Reason::NotCollected, "The proxy settings of the server were not collected.")
            .common(common::UNREAD)
            .said(Kind::ProxyConfig.name(), "not collected"),
    }
}

/// Name of a host target without its port.
pub fn host_name(target: &Target) -> &str {
    target.display.rsplit_once(':').map_or(target.display.as_str(), |(name, _)| name)
}

/// How far a host can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Open,
    Partly,
    Closed,
    /// Nothing was tried, or too much of it was cut off.
    Unclear,
}

/// The direct connection attempts to a host.
#[derive(Debug)]
pub struct Direct<'a> {
    pub reach: Reach,
    pub connected: Vec<&'a Tcp>,
    pub failed: Vec<&'a Tcp>,
    /// Addresses of a family without a route here, while the other family connects.
    pub left_out: Vec<&'a Tcp>,
    /// Attempts that were cut off or ended in a way we do not know.
    pub unread: usize,
}

/// Whether TCP 443 opens to the addresses of a host (the rule of PW303).
pub fn direct<'a>(scene: &Scene<'a>, target: &Target) -> Direct<'a> {
    let mut seen = Direct { reach: Reach::Unclear, connected: vec![], failed: vec![], left_out: vec![], unread: 0 };
    for record in scene.evidence.records_at(Kind::Tcp, &target.key) {
        let attempt = Tcp::from_payload(&record.data);
        if attempt.is_some_and(|tcp| tcp.port != HTTPS || tcp.via != "direct") {
            continue;
        }
        match record.fact::<Tcp>().map(|fact| (fact.data, fact.data.result.as_str())) {
            Some((tcp, "Connected")) => seen.connected.push(tcp),
            Some((tcp, "Refused" | "Reset" | "Timeout" | "Unreachable")) => seen.failed.push(tcp),
            None if record.state == State::NotFound => {}
            _ => seen.unread += 1,
        }
    }
    if !seen.connected.is_empty() {
        for family in [false, true] {
            let routed = seen.connected.iter().any(|tcp| is_ipv6(tcp) == family)
                || seen.failed.iter().any(|tcp| is_ipv6(tcp) == family && tcp.result != "Unreachable");
            if !routed {
                let (out, kept) = seen.failed.drain(..).partition(|tcp| is_ipv6(tcp) == family);
                seen.left_out.extend::<Vec<&Tcp>>(out);
                seen.failed = kept;
            }
        }
    }
    seen.reach = match (seen.connected.is_empty(), seen.failed.is_empty(), seen.unread) {
        (false, true, 0) => Reach::Open,
        (false, false, _) => Reach::Partly,
        (true, false, 0) => Reach::Closed,
        _ => Reach::Unclear,
    };
    seen
}

fn is_ipv6(tcp: &Tcp) -> bool {
    tcp.address.contains(':')
}

/// What a proxy answered to CONNECT.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tunnel<'a> {
    Open,
    /// 407, also where credentials of the operator then opened the tunnel: what the service gets is not
    /// known from that (PW305 judges it).
    WantsCredentials,
    /// Refused by the proxy, or the proxy was not reached.
    Closed(&'a Http),
    Unclear,
}

/// Whether the proxy opens a tunnel to a host (the rule of PW304).
pub fn tunnel<'a>(scene: &Scene<'a>, target: &Target) -> Tunnel<'a> {
    let answers: Vec<&Http> = connects(scene, target).into_iter().map(|fact| fact.data).collect();
    if let Some(closed) = answers.iter().copied().find(|http| is_closed(http)) {
        Tunnel::Closed(closed)
    } else if answers.iter().any(|http| http.status == Some(407)) {
        Tunnel::WantsCredentials
    } else if answers.iter().any(|http| matches!(http.status, Some(200..=299))) {
        // Any 2xx opens the tunnel (RFC 9110, 9.3.6).
        Tunnel::Open
    } else {
        Tunnel::Unclear
    }
}

fn is_closed(http: &Http) -> bool {
    match http.status {
        Some(407) => false,
        Some(status) => (400..=599).contains(&status),
        None => {
            matches!(http.failure.as_deref(), Some("NameUnknown" | "Refused" | "Timeout" | "Reset" | "Unreachable"))
        }
    }
}

/// Every CONNECT for a host.
pub fn connects<'a>(scene: &Scene<'a>, target: &Target) -> Vec<Fact<'a, Http>> {
    let mut facts = scene.evidence.facts_at::<Http>(&target.key);
    facts.retain(|fact| fact.data.stage == "ProxyConnect");
    facts
}

/// PW303 or PW304, whichever the path asks for, passes.
pub fn is_reachable(scene: &Scene, target: &Target) -> bool {
    match path(scene, target) {
        Path::Proxy(_) => tunnel(scene, target) == Tunnel::Open,
        _ => direct(scene, target).reach == Reach::Open,
    }
}

/// Answers of the host itself on the path of the service.
pub fn answers<'a>(scene: &Scene<'a>, target: &Target) -> Vec<Fact<'a, Http>> {
    let path = path(scene, target);
    let mut facts = scene.evidence.facts_at::<Http>(&target.key);
    facts.retain(|fact| fact.data.stage == "Origin" && path.shows(&fact.data.via));
    facts
}

/// Headers that only a proxy adds, as `name: value`; empty when there are none.
pub fn proxy_headers(http: &Http) -> Vec<String> {
    [("Via", &http.via_header), ("X-Cache", &http.x_cache)]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().filter(|text| !text.is_empty()).map(|text| (name, text)))
        .map(|(name, value)| format!("{name}: {}", clean(value)))
        .collect()
}

/// Handshakes with a host on the path of the service.
pub fn handshakes<'a>(scene: &Scene<'a>, target: &Target) -> Vec<Fact<'a, Tls>> {
    let path = path(scene, target);
    let mut facts = scene.evidence.facts_at::<Tls>(&target.key);
    facts.retain(|fact| path.shows(&fact.data.via));
    facts
}

/// Those of the stack that decides: SChannel where there is one, because the service uses it; else ours.
pub fn deciding<'a>(handshakes: &[Fact<'a, Tls>]) -> Vec<Fact<'a, Tls>> {
    let schannel = handshakes.iter().any(|fact| fact.data.stack == "schannel");
    handshakes.iter().copied().filter(|fact| (fact.data.stack == "schannel") == schannel).collect()
}

/// True for the handshake that offers TLS 1.2 alone.
pub fn offers_only_12(tls: &Tls) -> bool {
    tls.offered == ["1.2"]
}

/// The root of table 3.3 that the chain leads to.
pub fn known_root<'a>(scene: &Scene<'a>, tls: &Tls) -> Option<&'a Authority> {
    let root = scene.tables.authority(tls.root_sha1.as_deref()?)?;
    (root.kind == AuthorityKind::Root).then_some(root)
}

/// The root or an issuer of the chain that stands in table 3.3; the presented leaf is neither.
pub fn known_authority<'a>(scene: &Scene<'a>, tls: &Tls) -> Option<&'a Authority> {
    let issuers = tls.chain.iter().skip(1).map(|certificate| certificate.sha1.as_str());
    tls.root_sha1.as_deref().into_iter().chain(issuers).find_map(|sha1| scene.tables.authority(sha1))
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
