//! Is a managed service account right for what it serves? It is what the agent of Cloud Sync runs as, and no
//! account for a connector of Connect (PW502).

use super::account_found::connectors_of;
use crate::catalog::{Case, Judgement, Reason, Step};
use crate::checks::user::facts::{ObjectKind, object_kind};
use crate::evidence::{Fact, OperatorInput, User};

/// What the account serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    Connect,
    CloudSync,
}

/// `None`: its classes were not read.
pub fn is_managed(user: &User) -> Option<bool> {
    object_kind(user).map(|kind| kind == ObjectKind::Computer)
}

/// A managed service account in a connector.
pub fn wrong(case: &Case, name: &str, fact: Fact<User>) -> Option<Judgement> {
    let is_wrong = is_managed(fact.data) == Some(true) && engine(case, fact.data) == Some(Engine::Connect);
    is_wrong.then(|| {
        Judgement::fail(format!("{name} is a managed service account; a connector cannot use one."))
            .rule("a managed service account")
            .read(fact.record, "objectClass")
            .read(fact.record, "isGmsa")
            .step(Step {
                text: "Create an ordinary user account with the rights it needs and enter it in the connector."
                    .to_owned(),
                run_on: Some("sync server".to_owned()),
                verify_with: Some("Test-PasswordWritebackPermission -Check PW502".to_owned()),
                ..Step::default()
            })
    })
}

/// Whether the account is of an allowed kind cannot be told.
pub fn open(case: &Case, name: &str, fact: Fact<User>) -> Option<Judgement> {
    let judgement = match (is_managed(fact.data), engine(case, fact.data)) {
        (Some(false), _) | (_, Some(Engine::CloudSync)) | (Some(true), Some(Engine::Connect)) => return None,
        (None, _) => Judgement::unknown(Reason::NotReadable, format!("The classes of {name} could not be read.")),
        (Some(true), None) => Judgement::unknown(
            Reason::Ambiguous,
            format!(
                "{name} is a managed service account: right for an agent of Cloud Sync, wrong for a connector of Connect, whose configuration on the sync server names its account."
            ),
        ),
    };
    Some(judgement.read(fact.record, "objectClass").read(fact.record, "isGmsa"))
}

/// As the operator said, else Connect where a connector signs in with the account. That Connect is there says
/// nothing: an agent of Cloud Sync may stand beside it.
fn engine(case: &Case, user: &User) -> Option<Engine> {
    let inputs = case.scene.evidence.facts::<OperatorInput>();
    let said = inputs.into_iter().find_map(|fact| fact.data.engine.as_deref());
    let is = |known: &str| said.is_some_and(|engine| engine.eq_ignore_ascii_case(known));
    if is("CloudSync") {
        Some(Engine::CloudSync)
    } else if is("Connect") || !connectors_of(case.scene, user).is_empty() {
        Some(Engine::Connect)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{account, groups, stage};
    use super::*;
    use crate::catalog::Status;
    use crate::catalog::testing::{Stage, server};
    use crate::evidence::{AdSyncConfig, Connector, TokenGroups};

    /// The account of the stage in other classes.
    fn of_classes(classes: &[&str]) -> User {
        let evidence = stage().evidence;
        let own = evidence.fact_at::<User>(&account().key).map(|fact| fact.data.clone()).unwrap_or_default();
        let object_class = classes.iter().map(|class| (*class).to_owned()).collect::<Vec<_>>().into();
        User { object_class, sam: Some("pGMSA_1$".to_owned()), ..own }
    }

    #[test]
    fn a_managed_account_is_for_cloud_sync_only() {
        let managed = of_classes(&["top", "user", "computer", "msDS-GroupManagedServiceAccount"]);
        for (engine, login, outcome) in [
            (Some("CloudSync"), None, Status::Pass),
            (Some("Connect"), None, Status::Fail),
            (None, None, Status::Unknown),
            (None, Some("MSOL_1"), Status::Unknown),
            (None, Some("pgmsa_1$"), Status::Fail),
            (Some("CloudSync"), Some("MSOL_1"), Status::Pass),
        ] {
            let input = OperatorInput { engine: engine.map(str::to_owned), ..OperatorInput::default() };
            let connector = |login: &str| Connector {
                kind: "AD".to_owned(),
                login_user: Some(login.to_owned()),
                ..Connector::default()
            };
            let config =
                AdSyncConfig { connectors: login.map(connector).into_iter().collect(), ..AdSyncConfig::default() };
            let stage = Stage::with_input(input).add(&server(), config).add(&account(), managed.clone());
            let judgement = stage.judge_at("PW502", &account().key);
            assert_eq!(judgement.outcome, outcome, "{engine:?} {login:?}: {}", judgement.message);
        }
    }

    #[test]
    fn unread_classes_hide_no_group_of_administrators() {
        for (group, outcome) in [("S-1-5-21-1-2-3-512", Status::Warn), ("S-1-5-21-1-2-3-513", Status::Unknown)] {
            let groups = TokenGroups { sids: vec![group.to_owned()], ..groups() };
            let stage = Stage::new().add(&account(), of_classes(&[])).add(&account(), groups);
            let judgement = stage.judge_at("PW502", &account().key);
            assert_eq!(judgement.outcome, outcome, "{group}: {}", judgement.message);
        }
    }
}
