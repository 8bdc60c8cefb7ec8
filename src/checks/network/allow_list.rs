use super::allow_entries::{self, Coverage, Entry};
use super::facts::is_reachable;
use super::hosts;
use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Status, Step, Target};
use crate::checks::targets;
use crate::evidence::{OperatorInput, ProxyConfig};
use crate::knowledge::{Cloud, HostRole};

crate::declare_check! {
    PW317, "The firewall allow list names the right suffixes",
    area: Network, severity: Medium, proof: B, class: Network,
    target: Server via targets::server,
    evidence: [OperatorInput, ProxyConfig, Tcp, Http],
    runs_at: Anywhere,
    remediation: "Replace servicebus.windows.networks by *.servicebus.windows.net; add the missing suffix.",
    link: "L-TSWB", since: "0.1.0",
    rule: "The lines that the operator supplied, plus the bypass lists of the proxy settings.
NotApplicable: the operator supplied nothing.
Pass: a wildcard (or service tag) covers the relay and the reset suffix of the cloud on port 443.
Fail: no entry of any kind covers the relay or the reset names; or servicebus.windows.networks stands there without the right suffix (a typo of an old support article, it opens nothing).
Warn: instead of Fail while PW303 or PW304 passes for the names left out (another rule lets them through); only concrete names; the typo beside the right entry; entries of another cloud.
Unknown: no line names a host; address ranges stand where names are missing; or the cloud has no documented reset suffix (China).",
}

fn judge(case: &Case) -> Answer {
    let input = case.need::<OperatorInput>()?;
    let lines = &input.data.allow_list;
    let cloud = hosts::cloud(case.scene);
    let because = |judgement: Judgement| {
        let names = |dot: &str| {
            let suffixes = [Some(&cloud.relay_suffix), cloud.reset_suffix.as_ref()];
            suffixes.into_iter().flatten().map(|suffix| format!("{dot}{suffix}")).collect::<Vec<_>>()
        };
        judgement.read(input.record, "allowList").or(names("*")).or(names("host1")).read(input.record, "cloud")
    };
    if lines.iter().all(|line| line.trim().is_empty()) {
        return Ok(because(Judgement::not_applicable(Reason::NotConfigured, "No allow list was supplied.")));
    }
    let entries: Vec<(&str, Entry)> = lines
        .iter()
        .map(String::as_str)
        .chain(bypass_lists(case))
        .flat_map(|line| allow_entries::parse(line).into_iter().map(move |entry| (line, entry)))
        .collect();
    if entries.is_empty() {
        let unknown = Judgement::unknown(Reason::NotReadable, "No line of the supplied allow list names a host.");
        return Ok(because(unknown.rule("no line names a host")));
    }
    let judgement = verdict(case, cloud, &entries);
    Ok(describe(because(judgement), cloud, &entries))
}

/// Lines of the bypass lists; what bypasses the proxy is let through as the list says.
fn bypass_lists<'a>(case: &Case<'a>) -> Vec<&'a str> {
    let mut lines: Vec<&str> = Vec::new();
    for fact in case.facts::<ProxyConfig>() {
        lines.extend(fact.data.machine_config.iter().flat_map(|config| &config.bypass).map(String::as_str));
        lines.extend(fact.data.win_http.iter().filter_map(|config| config.bypass.as_deref()));
    }
    lines
}

fn verdict(case: &Case, cloud: &Cloud, entries: &[(&str, Entry)]) -> Judgement {
    let relay = coverage(entries, &cloud.relay_suffix, true);
    let reset = cloud.reset_suffix.as_deref().map(|suffix| coverage(entries, suffix, false));
    let mut missing: Vec<String> = Vec::new();
    let mut left_out: Vec<Target> = Vec::new();
    if relay == Coverage::None {
        missing.push(format!("*{}", cloud.relay_suffix));
        left_out.extend(hosts::relays(case.scene));
    }
    if let (Some(Coverage::None), Some(suffix)) = (reset, &cloud.reset_suffix) {
        missing.push(format!("*{suffix}"));
        left_out.extend(hosts::with_role(case.scene, &[HostRole::Reset]));
    }
    let typo = entries.iter().any(|(_, entry)| entry.is_typo());
    if !missing.is_empty() {
        return incomplete(case, entries, &missing, &left_out, typo);
    }
    if typo {
        return Judgement::warn(
            "The allow list names the right suffixes, and beside them servicebus.windows.networks, a typo that \
             opens nothing.",
        )
        .rule("the typo beside");
    }
    if let Some((line, _)) = foreign(case, cloud).find_map(|suffix| entries.iter().find(|(_, e)| e.is_below(suffix))) {
        return Judgement::warn(format!(
            "The allow list has entries of another cloud than {} ('{}').",
            cloud.name,
            clean(line)
        ))
        .rule("entries of another cloud");
    }
    match (relay, reset) {
        (Coverage::Names, _) | (_, Some(Coverage::Names)) => Judgement::warn(
            "The allow list names single hosts only; it breaks when Microsoft moves the tenant to another host \
             below the suffix.",
        )
        .rule("only concrete names"),
        (_, None) => Judgement::unknown(
            Reason::NotCollected,
            format!("The relay suffix is covered; no reset suffix is documented for the cloud {}.", cloud.name),
        )
        .rule("no documented reset suffix"),
        _ => Judgement::pass("The allow list covers the relay and the reset suffix."),
    }
}

fn incomplete(
    case: &Case,
    entries: &[(&str, Entry)],
    missing: &[String],
    left_out: &[Target],
    typo: bool,
) -> Judgement {
    let mut text = format!("The allow list does not cover {}", missing.join(" and "));
    if typo {
        text.push_str("; its servicebus.windows.networks is a typo of an old support article and opens nothing");
    }
    if !left_out.is_empty() && left_out.iter().all(|host| is_reachable(case.scene, host)) {
        return Judgement::warn(format!("{text}; another rule lets the known names through.")).rule("instead of Fail");
    }
    if !typo && entries.iter().any(|(_, entry)| entry.is_address()) {
        return Judgement::unknown(
            Reason::ToolLimit,
            format!("{text} by name; whether its address ranges do cannot be told from names."),
        )
        .rule("address ranges");
    }
    Judgement::fail(format!("{text} (Microsoft's published endpoint lists do not contain the relay names)."))
        .rule(if typo { "servicebus.windows.networks stands there" } else { "no entry of any kind" })
}

fn coverage(entries: &[(&str, Entry)], suffix: &str, is_relay: bool) -> Coverage {
    entries.iter().map(|(_, entry)| entry.coverage(suffix, is_relay)).max().unwrap_or(Coverage::None)
}

/// Relay and reset suffixes of the other clouds.
fn foreign<'a>(case: &Case<'a>, cloud: &'a Cloud) -> impl Iterator<Item = &'a str> {
    let others = case.scene.tables.clouds.iter().filter(|other| other.name != cloud.name);
    others.flat_map(|other| other.reset_suffix.as_deref().into_iter().chain([other.relay_suffix.as_str()]))
}

fn describe(judgement: Judgement, cloud: &Cloud, entries: &[(&str, Entry)]) -> Judgement {
    let mut judgement = judgement.with("cloud", &cloud.name);
    let suffixes = [(Some(cloud.relay_suffix.as_str()), true), (cloud.reset_suffix.as_deref(), false)];
    for (suffix, is_relay) in suffixes.into_iter().filter_map(|(suffix, is_relay)| Some((suffix?, is_relay))) {
        let best = entries.iter().max_by_key(|(_, entry)| entry.coverage(suffix, is_relay));
        let covered = best.map(|(line, entry)| (line, entry.coverage(suffix, is_relay)));
        judgement = judgement.with(
            &format!("*{suffix}"),
            match covered {
                Some((line, Coverage::Suffix)) => format!("covered by '{}'", clean(line)),
                Some((line, Coverage::Names)) => format!("in part, by '{}'", clean(line)),
                _ => "not covered".to_owned(),
            },
        );
    }
    match judgement.outcome {
        Status::Fail | Status::Warn => judgement.step(Step {
            text: "Allow outbound TCP 443 to the suffixes that are not covered, as wildcards.".to_owned(),
            run_on: Some("firewall or proxy".to_owned()),
            verify_with: Some("Test-PasswordWritebackConnectivity -Check PW303,PW304,PW317".to_owned()),
            ..Step::default()
        }),
        _ => judgement,
    }
}

#[cfg(test)]
#[path = "allow_list_tests.rs"]
mod tests;
