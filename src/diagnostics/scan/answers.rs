//! An answer for each user of a scan. Of users who are alike the first is judged; of the others only what
//! stands in their answers is asked for again, which for most is nothing.

use super::records;
use crate::catalog::{Reason, Status, Target, TargetKind};
use crate::checks::permission::evidence::already_read;
use crate::checks::user::alike::Alike;
use crate::contract::UserResult;
use crate::diagnostics::live::Live;
use crate::directory::Descriptor;
use crate::engine::{Answers, Shown, Statuses};
use crate::evidence::collect::directory::{Found, display};
use crate::evidence::{Evidence, Kind, Record};
use foldhash::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

/// Kinds of users that are remembered, of less than two KiB each; who is of none of them is judged.
const MOST_KINDS: usize = 4_096;

fn is_open(status: Status) -> bool {
    !matches!(status, Status::Pass | Status::NotApplicable)
}

/// Whom a user is like where nobody like it was judged; what is said of it where somebody was.
pub struct UserKind {
    alike: Option<Alike<'static>>,
    known: Option<Arc<Statuses>>,
    descriptor: Option<Arc<Descriptor>>,
}

/// Makes the answers about the users of one domain.
pub struct UserAnswers<'a> {
    live: &'a Live,
    /// A user of the domain, in whose place the others stand.
    somebody: Target,
    /// Records that the checks of a user read besides those about the user.
    shared: Vec<Record>,
    shown: Shown,
    known: HashMap<Alike<'static>, Arc<Statuses>>,
    examined: HashSet<&'static str>,
}

impl<'a> UserAnswers<'a> {
    pub fn new(live: &'a Live, evidence: &Evidence, domain: &Target) -> UserAnswers<'a> {
        let is_shared = |record: &&Record| match record.kind {
            Kind::DomainPolicy | Kind::Pso | Kind::TokenGroups | Kind::OperatorInput | Kind::Fsmo => true,
            Kind::User => record.target.kind == TargetKind::Account,
            _ => false,
        };
        let shown: Shown = match live.engine.plan.include_not_collected {
            true => |status, _| is_open(status),
            // What nobody collected would be said of every user, and stands in the report once.
            false => |status, reason| is_open(status) && reason != Some(Reason::NotCollected),
        };
        UserAnswers {
            live,
            somebody: Target::user("", "", Some(domain)),
            shared: evidence.records().filter(is_shared).cloned().collect(),
            shown,
            known: HashMap::default(),
            examined: HashSet::new(),
        }
    }

    /// Checks that had something to judge.
    pub fn examined(&self) -> impl Iterator<Item = String> {
        self.examined.iter().map(|id| (*id).to_owned())
    }

    /// Whom a user with this descriptor is like, and what is said of all of them as far as it is known.
    pub fn kind(&self, alike: Option<Alike>, descriptor: Option<Arc<Descriptor>>) -> UserKind {
        let known = alike.as_ref().and_then(|alike| self.known.get(alike)).cloned();
        let alike = alike.filter(|_| known.is_none()).map(Alike::into_owned);
        UserKind { alike, known, descriptor }
    }

    /// The answers about a few users.
    pub fn of(&mut self, users: Vec<(Found, UserKind)>) -> Vec<UserResult> {
        let engine = &self.live.engine;
        let mut evidence: Evidence = self.shared.iter().cloned().collect();
        let mut asked = Vec::with_capacity(users.len());
        for (found, kind) in users {
            let Some(guid) = &found.user.object_guid else { continue };
            let target = self.somebody.another_user(guid, display(&found.user));
            // In a debug build everybody is judged, to hold what is remembered against it.
            if cfg!(debug_assertions) || !kind.known.as_ref().is_some_and(|known| known.is_clear()) {
                records(self.live, &target, found).into_iter().for_each(|record| evidence.push(record));
                if let Some(descriptor) = &kind.descriptor {
                    already_read(&evidence, &target.key, descriptor);
                }
            }
            asked.push((target, kind));
        }
        let scene = engine.world.scene(&evidence);
        let answers = Answers::new(&scene, &engine.plan, &engine.suppressions, self.shown);
        let mut results = Vec::with_capacity(asked.len());
        for (target, UserKind { alike, known, .. }) in asked {
            let known = known.unwrap_or_else(|| {
                let judged = Arc::new(answers.judged(&target));
                self.examined.extend(judged.examined());
                if let Some(alike) = alike.filter(|_| self.known.len() < MOST_KINDS) {
                    self.known.insert(alike, Arc::clone(&judged));
                }
                judged
            });
            debug_assert_eq!(*known, answers.judged(&target), "{} is not like another", target.display);
            results.push(answers.of(target, &known));
        }
        results
    }
}
