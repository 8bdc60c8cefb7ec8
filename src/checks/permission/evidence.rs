//! Where the evidence keeps what the rights checks need: tokens, descriptors, users of a domain.

use super::deciding::Holder;
use super::facts::{Gap, class_of, descriptor, token};
use crate::catalog::text::{clean, list};
use crate::catalog::{Case, Judgement, Reason, Scene, Target, TargetKind, common};
use crate::checks::targets::domain_key;
use crate::directory::{Descriptor, Guid, Token};
use crate::evidence::{Data, Evidence, Fact, Kind, Record, SecurityDescriptor, State, TokenGroups, User};
use std::collections::HashSet;
use std::sync::Arc;

/// The connector account of a domain and what it brings to an access check there.
pub struct Account<'a> {
    pub token: Arc<Token>,
    /// "CORP\MSOL_x (S-1-5-...)".
    pub name: Arc<str>,
    pub groups: &'a TokenGroups,
    /// The record of the groups.
    pub record: &'a Record,
}

/// What follows from the record of the groups alone.
struct Identity {
    token: Arc<Token>,
    name: Arc<str>,
}

impl Account<'_> {
    /// The SID for a command.
    pub fn sid(&self) -> String {
        clean(self.groups.account_sid.as_deref().unwrap_or("<SID of the connector account>"))
    }

    pub fn holder(&self) -> Holder<'_> {
        Holder { name: &self.name, sid: self.groups.account_sid.as_deref() }
    }
}

/// The account that serves the domain which the target of the case is, or lies in. Several candidates
/// are no answer: each may hold other rights.
pub fn account<'a>(case: &Case<'a>) -> Result<Account<'a>, Judgement> {
    account_for(case.scene, case.target)
}

pub fn account_for<'a>(scene: &Scene<'a>, target: &Target) -> Result<Account<'a>, Judgement> {
    let Some(domain) = domain_key(target).and_then(|key| key.strip_prefix("domain:")) else {
        let name = clean(&target.display);
        let unknown = Judgement::unknown(Reason::NotCollected, format!("The domain of {name} is not known."));
        return Err(unknown.common(common::UNREAD).said("domain", "not known"));
    };
    let names_account = |key: &String| key.starts_with("account:");
    let serves =
        |record: &Record| !target.within.iter().any(names_account) || target.within.contains(&record.target.key);
    let records = || scene.evidence.records_of(Kind::TokenGroups).filter(|record| serves(record));
    let is_here = |fact: &Fact<TokenGroups>| fact.data.domain.eq_ignore_ascii_case(domain);
    let found: Vec<Fact<'a, TokenGroups>> = records().filter_map(Record::fact).filter(is_here).collect();
    let first = found.first().ok_or_else(|| match records().find(|record| record.state != State::Ok) {
        Some(record) => Judgement::unreadable(record),
        None => Judgement::unknown(
            Reason::NotCollected,
            format!("The groups of the connector account in {} were not read.", clean(domain)),
        )
        .common(common::UNREAD)
        .said(Kind::TokenGroups.name(), "not collected"),
    })?;
    if found.iter().any(|fact| fact.record.target.key != first.record.target.key) {
        let message = format!("Several accounts may be the connector account of {}; name it.", clean(domain));
        let names = list(found.iter().map(|fact| fact.record.target.display.as_str()));
        let unknown = Judgement::unknown(Reason::Ambiguous, message);
        return Err(unknown.common(common::NO_RULE_FITS).said("accounts", names));
    }
    let identity = scene.evidence.derived(first.record, || {
        let (display, sid) = (clean(&first.record.target.display), first.data.account_sid.as_deref());
        let name = match sid {
            Some(sid) if sid != display => format!("{display} ({})", clean(sid)),
            _ => display,
        };
        Identity { token: Arc::new(token(first.data)), name: name.into() }
    });
    let (token, name) = (Arc::clone(&identity.token), Arc::clone(&identity.name));
    Ok(Account { token, name, groups: first.data, record: first.record })
}

/// An object's descriptor, ready to be asked.
#[derive(Clone)]
pub struct Object<'a> {
    pub dn: String,
    pub descriptor: Arc<Descriptor>,
    pub class: Option<Guid>,
    pub record: &'a Record,
}

impl<'a> Object<'a> {
    /// The DN as it was read; `dn` is made for people.
    pub fn raw_dn(&self) -> &'a str {
        SecurityDescriptor::from_payload(&self.record.data).map_or("", |data| &data.dn)
    }
}

/// A descriptor as it follows from its record.
type Read = Result<Arc<Descriptor>, Gap>;

/// Spares the reading of descriptors that were read already: a scan has them when it has counted their users.
pub fn already_read(evidence: &Evidence, key: &str, descriptor: &Arc<Descriptor>) {
    for record in evidence.records_at(Kind::SecurityDescriptor, key) {
        evidence.derived::<Read>(record, || Ok(Arc::clone(descriptor)));
    }
}

/// The descriptor with this purpose at a target, or why it gives no answer.
pub fn object<'a>(scene: &Scene<'a>, key: &str, purpose: &str, what: &str) -> Result<Object<'a>, Judgement> {
    let mut all = scene.evidence.records_at(Kind::SecurityDescriptor, key).filter_map(Record::fact);
    if let Some(fact) = all.find(|fact: &Fact<SecurityDescriptor>| fact.data.purpose == purpose) {
        let read = scene.evidence.derived::<Read>(fact.record, || descriptor(fact.data).map(Arc::new));
        return object_of(fact, Result::clone(&read), what);
    }
    // A record that failed may still say what it was about.
    let may_be_it = |record: &&Record| {
        record.fact::<SecurityDescriptor>().is_none()
            && SecurityDescriptor::from_payload(&record.data).is_none_or(|data| data.purpose == purpose)
    };
    Err(match scene.evidence.records_at(Kind::SecurityDescriptor, key).find(may_be_it) {
        Some(record) => Judgement::unreadable(record),
        None => Judgement::unknown(Reason::NotCollected, format!("The permissions of {what} were not read."))
            .common(common::UNREAD)
            .said(&format!("{} ({purpose})", Kind::SecurityDescriptor.name()), "not collected"),
    })
}

/// The object of a record, which need not be in the evidence.
pub fn object_in<'a>(record: &'a Record, what: &str) -> Result<Object<'a>, Judgement> {
    let fact = record.fact::<SecurityDescriptor>().ok_or_else(|| Judgement::unreadable(record))?;
    object_of(fact, descriptor(fact.data).map(Arc::new), what)
}

fn object_of<'a>(fact: Fact<'a, SecurityDescriptor>, read: Read, what: &str) -> Result<Object<'a>, Judgement> {
    let descriptor = read.map_err(|gap| {
        unfit(&gap, what).common(common::UNREAD).read(fact.record, "sdFlags").said("permissions", gap.text)
    })?;
    Ok(Object { dn: clean(&fact.data.dn), descriptor, class: class_of(fact.data), record: fact.record })
}

/// The answer where a descriptor gives none.
pub fn unfit(gap: &Gap, what: &str) -> Judgement {
    Judgement::unknown(gap.reason, format!("{what} cannot be judged: {}.", gap.text))
}

/// Users of the domain that the case is about, or lies in, each once: the operator may have asked for one
/// that is in the sample too.
pub fn users_of_domain<'a>(case: &Case<'a>) -> Vec<Fact<'a, User>> {
    distinct_users(case, |_| true)
}

/// The same of the sample alone.
pub fn sampled_users<'a>(case: &Case<'a>) -> Vec<Fact<'a, User>> {
    distinct_users(case, |user| user.sampled)
}

fn distinct_users<'a>(case: &Case<'a>, wanted: impl Fn(&User) -> bool) -> Vec<Fact<'a, User>> {
    let Some(domain) = domain_key(case.target) else { return Vec::new() };
    let mut seen: HashSet<&str> = HashSet::new();
    let users = case.scene.evidence.facts::<User>().into_iter().filter(|fact| {
        let target = &fact.record.target;
        target.kind == TargetKind::User && target.is_in(domain) && wanted(fact.data)
    });
    users.filter(|fact| seen.insert(fact.record.target.key.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{account as account_target, domain, groups, sd, stage, user};
    use super::*;
    use crate::catalog::testing::{NOW, Stage};

    fn with_scene<R>(stage: &Stage, ask: impl FnOnce(&Scene) -> R) -> R {
        ask(&Scene { evidence: &stage.evidence, tables: &stage.tables, now_unix_ms: NOW })
    }

    #[test]
    fn the_account_is_the_one_whose_token_names_the_domain() {
        let elsewhere = TokenGroups { domain: "other.example".to_owned(), ..groups() };
        let second = Target::account("S-1-5-21-9-9-9-1105", "OTHER\\svc");
        let plain = Target::domain("corp.example", None);
        for (stage, target, expected) in [
            (stage(), domain(), Ok("CORP\\MSOL_0123456789ab (S-1-5-21-1-2-3-1105)")),
            (stage(), user("anna"), Ok("CORP\\MSOL_0123456789ab (S-1-5-21-1-2-3-1105)")),
            (stage().add(&second, groups()), domain(), Ok("CORP\\MSOL_0123456789ab (S-1-5-21-1-2-3-1105)")),
            (stage().add(&second, groups()), plain, Err(Some(Reason::Ambiguous))),
            (Stage::new().add(&account_target(), elsewhere), domain(), Err(Some(Reason::NotCollected))),
            (
                Stage::new().add_failed(&account_target(), Kind::TokenGroups, State::Timeout, "ldap"),
                domain(),
                Err(Some(Reason::Timeout)),
            ),
            (stage(), Target::user("x", "x", None), Err(Some(Reason::NotCollected))),
        ] {
            let found = with_scene(&stage, |scene| {
                account_for(scene, &target)
                    .map(|account| account.name.to_string())
                    .map_err(|judgement| judgement.reason)
            });
            assert_eq!(found, expected.map(str::to_owned), "{}", target.key);
        }
    }

    #[test]
    fn a_descriptor_is_found_by_its_purpose() {
        let failed = stage().add_failed(&domain(), Kind::SecurityDescriptor, State::AccessDenied, "ldap");
        for (stage, expected) in [
            (stage().add(&domain(), sd("builtin", false, &[])), Ok(())),
            (stage().add(&domain(), sd("domainHead", false, &[])), Err(Some(Reason::NotCollected))),
            (failed, Err(Some(Reason::AccessDenied))),
        ] {
            let found = with_scene(&stage, |scene| {
                object(scene, &domain().key, "builtin", "CN=Builtin").map(|_| ()).map_err(|judgement| judgement.reason)
            });
            assert_eq!(found, expected);
        }
    }
}
