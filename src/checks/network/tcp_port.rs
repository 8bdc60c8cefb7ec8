use crate::catalog::{Answer, Case, Judgement, Reason};
use crate::checks::targets;
use crate::evidence::Tcp;

crate::declare_check! {
    PW303, "TCP 443 opens to every required host",
    area: Network, severity: Critical, proof: A, class: Network,
    target: Host via targets::hosts,
    evidence: [Tcp, ProxyConfig],
    runs_at: Anywhere,
    blocked_by: [PW301],
    role_rule: Host,
    remediation: "Allow outbound TCP 443 to *.servicebus.windows.net and *.passwordreset.microsoftonline.com (or the cloud's pair); no inbound rule is needed.",
    link: "L-TSWB", since: "0.1.0",
    rule: "todo",
}

fn judge(case: &Case) -> Answer {
    let fact = case.need::<Tcp>()?;
    if fact.data.result == "Connected" {
        return Ok(Judgement::pass("connected"));
    }
    Ok(Judgement::unknown(Reason::NotReadable, "stub"))
}
