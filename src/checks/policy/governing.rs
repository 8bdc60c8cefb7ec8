//! Which password policy governs a user: the fine-grained one that results, else the domain's.

use crate::catalog::text::clean;
use crate::catalog::{Judgement, Scene, Target};
use crate::checks::targets::domain_key;
use crate::evidence::{DomainPolicy, Pso, User};

/// The policies of one domain, as far as they could be read.
#[derive(Clone, Debug, Default)]
pub struct Policies<'a> {
    pub domain: Option<&'a DomainPolicy>,
    pub fine_grained: Vec<&'a Pso>,
    /// The container of the fine-grained policies: null = nobody looked.
    pub container_readable: Option<bool>,
}

/// The policy of one user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Governing<'a> {
    FineGrained(&'a Pso),
    Domain(&'a DomainPolicy),
    /// The domain's, unless a fine-grained policy applies that this account may not see.
    AssumedDomain(&'a DomainPolicy),
    Unknown,
}

impl<'a> Policies<'a> {
    /// Sorts the `pso` records of a domain: one of them is about the container.
    pub fn new(domain: Option<&'a DomainPolicy>, all: impl IntoIterator<Item = &'a Pso>) -> Policies<'a> {
        let mut policies = Policies { domain, ..Policies::default() };
        for pso in all {
            match &pso.container {
                Some(container) => policies.container_readable = Some(container.readable),
                None => policies.fine_grained.push(pso),
            }
        }
        policies
    }

    /// The policies of the domain that `target` lies in.
    pub fn around(scene: &Scene<'a>, target: &Target) -> Policies<'a> {
        let Some(key) = domain_key(target) else { return Policies::default() };
        let domain = scene.evidence.fact_at::<DomainPolicy>(key).map(|fact| fact.data);
        Policies::new(domain, scene.evidence.facts_at::<Pso>(key).into_iter().map(|fact| fact.data))
    }

    /// The policy that governs `user`. `msDS-ResultantPSO` is computed by the controller, but an account
    /// that may not read the policies gets no value for a user who has one.
    pub fn of(&self, user: &User) -> Governing<'a> {
        if let Some(dn) = &user.resultant_pso {
            let named = |pso: &&&Pso| pso.dn.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(dn));
            return self.fine_grained.iter().find(named).map_or(Governing::Unknown, |pso| Governing::FineGrained(pso));
        }
        let none_applies = user.resultant_pso_state.as_deref() == Some("none") || self.fine_grained.is_empty();
        // The attribute has rights of its own: who sees the policies may still not read it.
        let names_user = |pso: &&Pso| pso.applies_to.iter().any(|dn| is_or_is_in(user, dn));
        let is_sure = self.container_readable == Some(true) && !self.fine_grained.iter().any(names_user);
        match (self.domain, is_sure) {
            (Some(policy), true) if none_applies => Governing::Domain(policy),
            (Some(policy), false) if none_applies => Governing::AssumedDomain(policy),
            _ => Governing::Unknown,
        }
    }
}

/// The user, or a group that names the user as a member.
fn is_or_is_in(user: &User, dn: &str) -> bool {
    user.dn.iter().chain(&user.member_of).any(|own| own.eq_ignore_ascii_case(dn))
}

impl Governing<'_> {
    /// Minimum password age in seconds.
    pub fn minimum_age(&self) -> Option<i32> {
        match self {
            Governing::FineGrained(pso) => pso.min_age,
            Governing::Domain(policy) | Governing::AssumedDomain(policy) => policy.min_pwd_age,
            Governing::Unknown => None,
        }
    }

    /// Lockout duration in seconds; 0 = until somebody unlocks.
    pub fn lockout_duration(&self) -> Option<i32> {
        match self {
            Governing::FineGrained(pso) => pso.lockout_duration,
            Governing::Domain(policy) | Governing::AssumedDomain(policy) => policy.lockout_duration,
            Governing::Unknown => None,
        }
    }

    /// Names the policy's value as a field that decided; the paths are those of a domain's policy and of a
    /// fine-grained one.
    pub fn read(&self, judgement: Judgement, scene: &Scene, target: &Target, paths: [&'static str; 2]) -> Judgement {
        let (evidence, key) = (scene.evidence, domain_key(target).unwrap_or_default());
        let found = match self {
            Governing::FineGrained(pso) => {
                let all = evidence.facts_at::<Pso>(key);
                all.iter().find(|fact| std::ptr::eq(fact.data, *pso)).map(|fact| (fact.record, paths[1]))
            }
            Governing::Domain(_) | Governing::AssumedDomain(_) => {
                evidence.fact_at::<DomainPolicy>(key).map(|fact| (fact.record, paths[0]))
            }
            Governing::Unknown => None,
        };
        match found {
            Some((record, path)) => judgement.read(record, path).or(0),
            None => judgement.said("governing policy", self.name()),
        }
    }

    /// For a line of evidence.
    pub fn name(&self) -> String {
        match self {
            Governing::FineGrained(pso) => clean(pso.dn.as_deref().unwrap_or_default()),
            Governing::Domain(_) => "domain policy".to_owned(),
            Governing::AssumedDomain(_) => "domain policy, assuming no fine-grained policy".to_owned(),
            Governing::Unknown => "not known".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::PsoContainer;

    const DN: &str = "CN=Short,CN=Password Settings Container,CN=System,DC=corp,DC=example";

    #[test]
    fn the_resultant_policy_comes_first_and_what_is_hidden_is_not_denied() {
        let domain = DomainPolicy { min_pwd_age: Some(86_400), lockout_duration: Some(1800), ..Default::default() };
        let pso = Pso { dn: Some(DN.to_owned()), min_age: Some(60), lockout_duration: Some(0), ..Pso::default() };
        let container = |readable| Pso { container: Some(PsoContainer { readable, count: None }), ..Pso::default() };
        let (open, closed) = (container(true), container(false));
        for (all, resultant, state, expected) in [
            (vec![&open, &pso], Some(DN), "ok", Governing::FineGrained(&pso)),
            (vec![&open, &pso], Some("CN=Other"), "ok", Governing::Unknown),
            (vec![&open, &pso], None, "none", Governing::Domain(&domain)),
            (vec![&open, &pso], None, "notReadable", Governing::Unknown),
            (vec![&open], None, "notReadable", Governing::Domain(&domain)),
            (vec![&closed], None, "none", Governing::AssumedDomain(&domain)),
            (vec![&closed], None, "notReadable", Governing::AssumedDomain(&domain)),
            (vec![&closed, &pso], None, "notReadable", Governing::Unknown),
            (vec![], None, "none", Governing::AssumedDomain(&domain)),
        ] {
            let user = User {
                resultant_pso: resultant.map(str::to_owned),
                resultant_pso_state: Some(state.to_owned()),
                ..User::default()
            };
            let label = format!("{resultant:?} {state} {}", all.len());
            assert_eq!(Policies::new(Some(&domain), all).of(&user), expected, "{label}");
        }
        assert_eq!(Policies::new(None, [&open]).of(&User::default()), Governing::Unknown);
        // No value, and yet a policy names the user or one of its groups.
        for (dn, groups, expected) in [
            ("CN=Anna,DC=corp", &[][..], Governing::AssumedDomain(&domain)),
            ("CN=Bert,DC=corp", &["cn=staff,DC=corp"], Governing::AssumedDomain(&domain)),
            ("CN=Bert,DC=corp", &["CN=Others,DC=corp"], Governing::Domain(&domain)),
        ] {
            let applies_to = vec!["CN=anna,DC=corp".to_owned(), "CN=Staff,DC=corp".to_owned()];
            let named = Pso { applies_to, ..pso.clone() };
            let user = User {
                dn: Some(dn.to_owned()),
                member_of: groups.iter().map(|dn| (*dn).to_owned()).collect(),
                resultant_pso_state: Some("none".to_owned()),
                ..User::default()
            };
            assert_eq!(Policies::new(Some(&domain), [&open, &named]).of(&user), expected, "{dn} {groups:?}");
        }
    }

    #[test]
    fn ages_and_durations_come_from_the_policy_that_governs() {
        let domain = DomainPolicy { min_pwd_age: Some(86_400), lockout_duration: Some(1800), ..Default::default() };
        let pso = Pso { min_age: Some(60), lockout_duration: Some(0), ..Pso::default() };
        for (governing, age, lockout) in [
            (Governing::FineGrained(&pso), Some(60), Some(0)),
            (Governing::Domain(&domain), Some(86_400), Some(1800)),
            (Governing::AssumedDomain(&domain), Some(86_400), Some(1800)),
            (Governing::Unknown, None, None),
        ] {
            assert_eq!((governing.minimum_age(), governing.lockout_duration()), (age, lockout), "{governing:?}");
        }
    }
}
