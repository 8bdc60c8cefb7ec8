use super::facts::{self, host_name, proxy_headers};
use super::fields;
use super::hosts;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step};
use crate::evidence::Http;

crate::declare_check! {
    PW312, "The relay answers like the relay",
    area: Network, severity: High, proof: A, class: Tls,
    target: Host via hosts::relays,
    evidence: [Http],
    runs_at: Anywhere,
    blocked_by: [PW301, PW303, PW304, PW307, PW308],
    role_rule: Host,
    remediation: "Remove URL filtering for the relay suffix.",
    link: "L-RHC", since: "0.1.0",
    rule: "A GET of the root, and of the endpoint when an event named it, without credentials; answers of the host itself only.
Fail: an HTML block page or a redirect to another host on either; or 200 with HTML on the endpoint.
Warn: unexpected proxy headers (Via, X-Cache); on the endpoint 404 (old endpoint), 5xx (no listener) or any other status.
Pass: the root answers with any status and the endpoint, when known, with 401 or 403.
Unknown: no answer was read; or a failure while the proxy setting of the service is a script or not known.",
}

fn judge(case: &Case) -> Answer {
    let path = facts::path(case.scene, case.target);
    let read = facts::answers(case.scene, case.target);
    let answers: Vec<&Http> = read.iter().map(|fact| fact.data).collect();
    let name = host_name(case.target);
    let judgement = if let Some((rule, foreign)) = answers.iter().find_map(|http| foreign_answer(http, name)) {
        path.settle(Judgement::fail(format!("Something else answers for {name}: {foreign}.")).rule(rule))
    } else if let Some((rule, odd)) = answers.iter().find_map(|http| odd_answer(http)) {
        Judgement::warn(format!("{name} answers, but not quite like the relay: {odd}.")).rule(rule)
    } else if let Some(record) = case.unreadable::<Http>() {
        Judgement::unreadable(record)
    } else if answers.is_empty() {
        return Err(facts::missing::<Http>(case));
    } else if answers.iter().any(|http| http.status.is_none()) || answers.iter().all(|http| is_endpoint(http)) {
        Judgement::unknown(Reason::Partial, format!("{name} did not answer every request.")).rule("no answer was read")
    } else {
        Judgement::pass(format!("{name} answers like the relay."))
    };
    let judgement = fields::path(fields::answers(judgement, &read), case.scene, case.target);
    Ok(describe(judgement, &answers))
}

/// Proof that not the relay answered: words of the rule, and what was seen.
fn foreign_answer(http: &Http, name: &str) -> Option<(&'static str, String)> {
    const ELSEWHERE: &str = "an HTML block page";
    let status = http.status?;
    if http.body_marker == "HtmlBlockPage" {
        return Some((ELSEWHERE, format!("{status} with a block page")));
    }
    if (300..=399).contains(&status)
        && let Some(location) = http.location.as_deref()
        && let Some(host) = host_of(location)
        && !host.eq_ignore_ascii_case(name)
    {
        return Some((ELSEWHERE, format!("{status}, a redirect to {}", clean(host))));
    }
    let is_page = status == 200 && is_endpoint(http) && is_html(http);
    is_page.then(|| ("200 with HTML", "200 with a web page on the endpoint".to_owned()))
}

fn odd_answer(http: &Http) -> Option<(&'static str, String)> {
    let headers = proxy_headers(http);
    if !headers.is_empty() {
        return Some(("unexpected proxy headers", format!("it carries proxy headers ({})", headers.join(", "))));
    }
    let odd = match http.status? {
        401 | 403 => None,
        _ if !is_endpoint(http) => None,
        404 => Some("404 on the endpoint, which is an old one".to_owned()),
        status @ 500..=599 => Some(format!("{status} on the endpoint, where no listener of the service waits")),
        status => Some(format!("{status} on the endpoint instead of 401 or 403")),
    };
    odd.map(|odd| ("on the endpoint", odd))
}

/// True for a request of a path below the root.
fn is_endpoint(http: &Http) -> bool {
    let rest = http.url.split_once("://").map_or(http.url.as_str(), |(_, rest)| rest);
    rest.split_once('/').is_some_and(|(_, path)| !path.is_empty())
}

fn is_html(http: &Http) -> bool {
    http.content_type.as_deref().is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
}

/// Host of an absolute address; `None` for one that stays on the same host.
fn host_of(location: &str) -> Option<&str> {
    let rest = location.split_once("//").filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'))?.1;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split(':').next().unwrap_or(host).trim_end_matches('.'))
}

fn describe(judgement: Judgement, answers: &[&Http]) -> Judgement {
    let mut judgement = judgement;
    for http in answers {
        let status = http.status.map_or("no answer".to_owned(), |status| status.to_string());
        judgement = judgement.with("GET", format!("{}: {status}, body {}", clean(&http.url), clean(&http.body_marker)));
        for (name, value) in
            [("server", &http.server), ("location", &http.location), ("content type", &http.content_type)]
        {
            if let Some(value) = value {
                judgement = judgement.with(name, clean(value));
            }
        }
        for header in proxy_headers(http) {
            judgement = judgement.with("proxy header", header);
        }
    }
    match judgement.outcome {
        Status::Fail | Status::Warn => judgement.step(Step {
            text: "Take the relay suffix out of URL filtering on the device that answers in its place.".to_owned(),
            run_on: Some("firewall or proxy".to_owned()),
            verify_with: Some("Test-PasswordWritebackConnectivity -Check PW312".to_owned()),
            ..Step::default()
        }),
        _ => judgement,
    }
}

#[cfg(test)]
mod tests {
    use super::host_of;
    use crate::catalog::Reason;
    use crate::checks::network::testing::*;
    use crate::evidence::{Http, Kind, State};

    const ENDPOINT: &str = "/4f1c_77aa";

    fn html(path: &str, status: u16) -> Http {
        Http { content_type: Some("text/html; charset=utf-8".to_owned()), ..get(path, Some(status)) }
    }

    fn redirect(path: &str, location: &str) -> Http {
        Http { location: Some(location.to_owned()), ..get(path, Some(302)) }
    }

    #[test]
    fn rule_by_root_and_endpoint() {
        let block = |path| Http { body_marker: "HtmlBlockPage".to_owned(), ..get(path, Some(403)) };
        let root = || get("/", Some(404));
        let rows = [
            (vec![root()], PASS),
            (vec![get("", Some(200))], PASS),
            (vec![html("/", 200)], PASS),
            (vec![get("/", Some(503))], PASS),
            (vec![root(), get(ENDPOINT, Some(401))], PASS),
            (vec![root(), get(ENDPOINT, Some(403))], PASS),
            (vec![redirect("/", "/same")], PASS),
            (vec![redirect("/", &format!("https://{}/x", RELAY.to_uppercase()))], PASS),
            (vec![root(), get(ENDPOINT, Some(404))], WARN),
            (vec![root(), get(ENDPOINT, Some(502))], WARN),
            (vec![root(), get(ENDPOINT, Some(504))], WARN),
            (vec![root(), get(ENDPOINT, Some(200))], WARN),
            (vec![root(), redirect(ENDPOINT, "/same")], WARN),
            (vec![Http { via_header: Some("1.1 box".to_owned()), ..root() }], WARN),
            (vec![Http { x_cache: Some("MISS".to_owned()), ..root() }], WARN),
            (vec![block("/")], FAIL),
            (vec![root(), block(ENDPOINT)], FAIL),
            (vec![redirect("/", "https://block.corp.example/why")], FAIL),
            (vec![root(), redirect(ENDPOINT, "//block.corp.example")], FAIL),
            (vec![root(), html(ENDPOINT, 200)], FAIL),
            (vec![get("/", None)], unknown(Reason::Partial)),
            (vec![root(), get(ENDPOINT, None)], unknown(Reason::Partial)),
            (vec![get(ENDPOINT, Some(401))], unknown(Reason::Partial)),
            (vec![], unknown(Reason::NotCollected)),
        ];
        for (answers, expected) in rows {
            let stage = answers.iter().fold(stage("none"), |stage, http| stage.add(&relay(), http.clone()));
            let judgement = at_relay(&stage, "PW312");
            assert_eq!(verdict(&judgement), expected, "{answers:?}: {}", judgement.message);
        }
    }

    #[test]
    fn the_answer_of_a_proxy_belongs_to_other_checks() {
        let through = Http { via: "proxy".to_owned(), ..get("/", Some(404)) };
        let stage = stage("explicit").add(&relay(), connect("403")).add(&relay(), through);
        assert_eq!(verdict(&at_relay(&stage, "PW312")), PASS);
    }

    #[test]
    fn only_relay_hosts_are_judged() {
        let targets = stage("none").judge("PW312");
        assert_eq!(targets.len(), 2, "the two documented relay names: {targets:?}");
    }

    #[test]
    fn cut_off_requests_and_an_unsettled_path_are_never_a_failure() {
        let root = stage("none").add(&relay(), get("/", Some(404)));
        let cut = root.add_failed(&relay(), Kind::Http, State::Timeout, "deadline");
        assert_eq!(verdict(&at_relay(&cut, "PW312")), unknown(Reason::Timeout));
        let pac = stage("pac").add(&relay(), redirect("/", "https://block.corp.example"));
        assert_eq!(verdict(&at_relay(&pac, "PW312")), unknown(Reason::Ambiguous));
    }

    #[test]
    fn the_host_of_a_location_is_read_without_user_and_port() {
        let cases = [
            ("https://a.example:8443/x", Some("a.example")),
            ("https://user@b.example?x", Some("b.example")),
            ("//c.example/x", Some("c.example")),
            ("/path//x", None),
            ("path", None),
        ];
        for (location, host) in cases {
            assert_eq!(host_of(location), host, "{location}");
        }
    }
}
