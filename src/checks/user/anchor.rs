use crate::catalog::text::{clean, list};
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::evidence::{AdSyncObject, User};

crate::declare_check! {
    PW904, "The anchor is unique in all connected forests",
    area: User, severity: High, proof: B, class: Scope,
    target: User via targets::found_users,
    evidence: [User, AdSyncObject],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Clear the copied value or disable the duplicate (33003 / 80230402).",
    link: "L-TSWB", since: "0.1.0",
    rule: "Pass: no forest holds the anchor more than once, and at most one enabled account is joined.
Fail: a forest holds it more than once, or more than one enabled account is joined.
Unknown: only some forests were searched to the end, or the user itself was not among what was found there: then the anchor is not readable. With more than 200 named users nobody searches.
Without the sync server's own view the search alone decides.",
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let objects = case.facts::<AdSyncObject>();
    let object = objects.first();
    let joined = object.and_then(|fact| fact.data.enabled_copies);
    let more_than_one = user.anchor_searches.iter().find(|search| search.found.is_some_and(|found| found > 1));
    let unsearched: Vec<&str> = user
        .anchor_searches
        .iter()
        .filter(|search| search.found.is_none())
        .map(|search| search.forest.as_str())
        .collect();
    let judgement = if let Some(search) = more_than_one {
        Judgement::fail(format!(
            "{} objects of {} carry the anchor (mS-DS-ConsistencyGuid) of {name}: the reset finds more than one user.",
            search.found.unwrap_or_default(),
            clean(&search.forest)
        ))
        .step(clear())
    } else if let Some(copies @ 2..) = joined {
        Judgement::fail(format!("{copies} enabled accounts are joined to the identity of {name}; there must be one."))
            .step(Step {
                text: "Disable every account but the one that the user signs in with, then synchronise.".to_owned(),
                command: Some("Disable-ADAccount -Identity <the other account>".to_owned()),
                run_on: Some("a machine with the ActiveDirectory module".to_owned()),
                verify_with: Some("Test-PasswordWritebackUser -Check PW904".to_owned()),
                ..Step::default()
            })
    } else if user.anchor_searches.is_empty() {
        Judgement::unknown(Reason::NotCollected, format!("No forest was searched for the anchor of {name}."))
    } else if !unsearched.is_empty() {
        let missing = list(unsearched.iter().copied());
        Judgement::unknown(
            Reason::Partial,
            format!("How many users carry the anchor of {name} could not be seen in the whole of {missing}."),
        )
    } else {
        Judgement::pass(format!("The anchor of {name} is unique in every forest that was searched."))
    };
    let judgement = user.anchor_searches.iter().fold(judgement, |judgement, search| {
        let found = search.found.map_or("not known".to_owned(), |found| found.to_string());
        judgement.with("objects with this anchor", format!("{}: {found}", clean(&search.forest)))
    });
    let searches = 0..user.anchor_searches.len();
    let judgement = searches.fold(judgement, |judgement, index| {
        judgement.read(fact.record, format!("anchorSearches.{index}.found")).or(1).or(2)
    });
    let judgement = match object {
        Some(object) => judgement.read(object.record, "enabledCopies").or(1).or(2),
        None => judgement.said("forests searched", user.anchor_searches.len()),
    };
    Ok(match joined {
        Some(copies) => judgement.with("enabled accounts joined", copies),
        None => judgement.with("enabled accounts joined", "not known; the search of the directory alone decides"),
    })
}

fn clear() -> Step {
    Step {
        text: "Find the objects with the same value and clear it on those that are copies, then synchronise.".to_owned(),
        command: Some(
            "Get-ADUser -LDAPFilter '(mS-DS-ConsistencyGuid=*)' -Properties mS-DS-ConsistencyGuid | Group-Object { [guid]$_.'mS-DS-ConsistencyGuid' } | Where-Object Count -gt 1; Set-ADUser <copy> -Clear mS-DS-ConsistencyGuid"
                .to_owned(),
        ),
        run_on: Some("a machine with the ActiveDirectory module".to_owned()),
        needs_rights: Some("write access to the copy".to_owned()),
        verify_with: Some("Test-PasswordWritebackUser -Check PW904".to_owned()),
        ..Step::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::Stage;
    use crate::catalog::{Status, Target};
    use crate::evidence::AnchorSearch;

    #[test]
    fn one_object_in_each_forest_and_one_enabled_copy_at_most() {
        let target = Target::user("g", "anna", None);
        for (searches, copies, outcome) in [
            (&[Some(1)][..], None, Status::Pass),
            (&[Some(1), Some(0)], Some(1), Status::Pass),
            (&[Some(1), Some(1)], None, Status::Pass),
            (&[Some(1), Some(1)], Some(2), Status::Fail),
            (&[Some(2), None], None, Status::Fail),
            (&[Some(1), None], None, Status::Unknown),
            (&[None], None, Status::Unknown),
            (&[], None, Status::Unknown),
        ] {
            let anchor_searches = searches
                .iter()
                .enumerate()
                .map(|(number, found)| AnchorSearch { forest: format!("f{number}.example"), found: *found })
                .collect();
            let mut stage = Stage::new().add(&target, User { anchor_searches, ..User::default() });
            if copies.is_some() {
                stage = stage.add(&target, AdSyncObject { enabled_copies: copies, ..AdSyncObject::default() });
            }
            assert_eq!(stage.judge_at("PW904", &target.key).outcome, outcome, "{searches:?} {copies:?}");
        }
    }
}
