use super::on_users::{self, Scale};
use crate::catalog::{Answer, Case, Severity};
use crate::checks::targets;
use crate::directory::Right;

crate::declare_check! {
    PW507, "The connector account can write pwdLastSet",
    area: Permission, severity: High, proof: B, class: Rights,
    target: Domain via targets::found_users_and_sampled_domains,
    evidence: [SecurityDescriptor, TokenGroups, User],
    runs_at: DomainNetwork,
    blocked_by: [PW501, PW917, PW918],
    remediation: "Grant Write pwdLastSet on descendant user objects.",
    link: "L-TUT", since: "0.1.0",
    rule: "Write property pwdLastSet, or its property set User-Account-Restrictions, on each user's own descriptor.
User: Pass when granted; Fail when denied or not granted; Unknown when the ACEs or the groups do not settle it.
Domain, over a sample without protected users (with -All over all of them):
Fail: more than 5 % of the known are not granted, or a container with at least 3 sampled users has none.
Unknown: over 10 % of the sample is not known.
Warn: up to 5 % are not granted.
Pass: all are granted.",
}

pub const SCALE: Scale = Scale { user: Severity::High, most: Severity::High, some: Severity::High };

fn judge(case: &Case) -> Answer {
    on_users::judge(case, Right::WritePwdLastSet, &SCALE)
}
