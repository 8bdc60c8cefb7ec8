use crate::catalog::text::clean;
use crate::catalog::{Answer, Case, Judgement, Reason, Step};
use crate::checks::targets;
use crate::directory::{BadDn, rdns, reserved_characters};
use crate::evidence::User;

crate::declare_check! {
    PW908, "No reserved character stands in the user's container path",
    area: User, severity: High, proof: B, class: Scope,
    target: User via targets::found_users,
    evidence: [User],
    runs_at: DomainNetwork,
    blocked_by: [PW901],
    remediation: "Rename the container.",
    link: "L-TSWB", since: "0.1.0",
    rule: "Tested: the unescaped value of every part of the name above the user's own, domain components excluded: leading space or #; trailing space; any of , + \" \\ < > ; = / or a line break.
Pass: none.
Fail: one was found (33001, 8023040e).
Unknown: the distinguished name was not returned or cannot be taken apart.",
}

/// A container with a character that writeback cannot handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub container: String,
    /// The characters in words.
    pub characters: Vec<&'static str>,
}

/// The containers of a DN with reserved characters, nearest first. The object's own name is not tested.
pub fn reserved(dn: &str) -> Result<Vec<Found>, BadDn> {
    let above = rdns(dn)?.into_iter().skip(1).filter(|rdn| !rdn.attribute.eq_ignore_ascii_case("DC"));
    let found = above.map(|rdn| {
        let characters = reserved_characters(&rdn.value).into_iter().map(|found| found.name).collect();
        Found { container: rdn.raw.to_owned(), characters }
    });
    Ok(found.filter(|found| !found.characters.is_empty()).collect())
}

/// Whether a container above the user has a reserved character; `None` when its name is not known.
pub fn is_reserved(user: &User) -> Option<bool> {
    reserved(user.dn.as_deref()?).ok().map(|found| !found.is_empty())
}

fn judge(case: &Case) -> Answer {
    let name = clean(&case.target.display);
    let fact = case.need::<User>()?;
    let user = fact.data;
    let unknown = |text: String| Judgement::unknown(Reason::NotReadable, text).read(fact.record, "dn");
    let dn =
        user.dn.as_deref().ok_or_else(|| unknown(format!("The distinguished name of {name} was not returned.")))?;
    let found = reserved(dn).map_err(|bad| unknown(format!("The distinguished name of {name} is {bad}.")))?;
    let judgement = match found.first() {
        None => Judgement::pass(format!("No container above {name} has a reserved character in its name.")),
        Some(first) => Judgement::fail(format!(
            "{name} stands in {}, whose name has a {}: writeback refuses it (33001).",
            clean(&first.container),
            first.characters.join(", a ")
        ))
        .step(Step {
            text: "Rename the container to a name without this character, then synchronise.".to_owned(),
            command: Some("Rename-ADObject -Identity <DN of the container> -NewName <new name>".to_owned()),
            run_on: Some("a machine with the ActiveDirectory module".to_owned()),
            needs_rights: Some("the right to rename the container".to_owned()),
            verify_with: Some("Test-PasswordWritebackUser -Check PW908".to_owned()),
            ..Step::default()
        }),
    };
    let judgement = found.iter().fold(judgement, |judgement, found| {
        judgement.with("container", format!("{}: {}", clean(&found.container), found.characters.join(", ")))
    });
    let renamed = found.iter().fold(dn.to_owned(), |dn, found| dn.replace(&found.container, "OU=renamed"));
    Ok(judgement.read(fact.record, "dn").or(renamed).with("distinguished name", clean(dn)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Status;
    use crate::checks::permission::testing::{member, stage, user};

    #[test]
    fn only_containers_are_tested_and_by_their_unescaped_names() {
        for (dn, outcome) in [
            (Some("CN=Anna,OU=Sales,DC=corp,DC=example"), Status::Pass),
            (Some("CN=Berg\\, Anna,OU=Sales,DC=corp,DC=example"), Status::Pass),
            (Some("CN=Anna,OU=Sales # 1,DC=corp,DC=example"), Status::Pass),
            (Some("CN=Anna,OU=Sales\\, North,DC=corp,DC=example"), Status::Fail),
            (Some("CN=Anna,OU=Sales/North,OU=All,DC=corp,DC=example"), Status::Fail),
            (Some("CN=Anna,OU=Sales,OU=\\#1,DC=corp,DC=example"), Status::Fail),
            (Some("CN=Anna,OU=Sales\\ ,DC=corp,DC=example"), Status::Fail),
            (Some("CN=Anna,OU=a\\0Ab,DC=corp,DC=example"), Status::Fail),
            (Some("no name"), Status::Unknown),
            (None, Status::Unknown),
        ] {
            let data = User { dn: dn.map(str::to_owned), ..member(&[], false) };
            let judgement = stage().add(&user("anna"), data).judge_at("PW908", &user("anna").key);
            assert_eq!(judgement.outcome, outcome, "{dn:?}: {}", judgement.message);
        }
    }

    #[test]
    fn container_and_character_are_named() {
        let found = reserved("CN=a,OU=x\\+y,OU=\\ z,DC=corp").unwrap();
        let expected = [("OU=x\\+y", vec!["plus sign"]), ("OU=\\ z", vec!["leading space"])];
        let expected = expected.map(|(container, characters)| Found { container: container.to_owned(), characters });
        assert_eq!(found, expected);
    }
}
