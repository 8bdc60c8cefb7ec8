//! One wrong password is tried once, not at every controller: ten controllers would lock the account of
//! the operator out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// What is known of the credential within one scope (a forest or a domain).
#[derive(Default)]
enum Verdict {
    #[default]
    Untried,
    Accepted,
    /// The controller that refused it.
    Refused(String),
}

/// Until one bind has succeeded, binds of the same scope wait for each other; after a refusal there are
/// no more.
#[derive(Default)]
pub struct Gate {
    scopes: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Verdict>>>>,
}

/// Whether a bind may be sent.
pub enum Pass {
    Go(Turn),
    /// This controller refused the credential before.
    Refused(String),
}

/// The right to send one bind; as long as nothing is known, nobody else has one.
pub struct Turn(Option<OwnedMutexGuard<Verdict>>);

impl Gate {
    pub async fn enter(&self, scope: &str) -> Pass {
        let slot = {
            let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
            scopes.entry(scope.to_owned()).or_default().clone()
        };
        let verdict = slot.lock_owned().await;
        match &*verdict {
            Verdict::Untried => Pass::Go(Turn(Some(verdict))),
            Verdict::Accepted => Pass::Go(Turn(None)),
            Verdict::Refused(host) => Pass::Refused(host.clone()),
        }
    }
}

impl Turn {
    /// What became of the bind. One that broke says nothing of the credential.
    pub fn report(self, accepted: bool, refused: bool, host: &str) {
        if let Some(mut verdict) = self.0 {
            if accepted {
                *verdict = Verdict::Accepted;
            } else if refused {
                *verdict = Verdict::Refused(host.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    /// Ten controllers at once; each bind takes a moment. How many were sent, how many at the same time?
    async fn ten(accepted: bool, refused: bool) -> (usize, usize) {
        let gate = Arc::new(Gate::default());
        let (sent, now, most) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..10)
            .map(|index| {
                let (gate, sent, now, most) = (gate.clone(), sent.clone(), now.clone(), most.clone());
                tokio::spawn(async move {
                    if let Pass::Go(turn) = gate.enter("corp.example").await {
                        sent.fetch_add(1, Ordering::SeqCst);
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        now.fetch_sub(1, Ordering::SeqCst);
                        turn.report(accepted, refused, &format!("dc{index}"));
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a bind");
        }
        (sent.load(Ordering::SeqCst), most.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_wrong_password_is_sent_once() {
        assert_eq!(ten(false, true).await, (1, 1));
    }

    #[tokio::test]
    async fn a_right_password_is_sent_to_all_at_once() {
        let (sent, most) = ten(true, false).await;
        assert_eq!(sent, 10);
        assert!(most > 1);
    }

    #[tokio::test]
    async fn a_broken_bind_leaves_the_question_open() {
        assert_eq!(ten(false, false).await, (10, 1));
    }

    #[tokio::test]
    async fn a_lost_turn_and_another_scope_do_not_block() {
        let gate = Gate::default();
        let Pass::Go(turn) = gate.enter("a").await else { panic!("the first may go") };
        assert!(matches!(gate.enter("b").await, Pass::Go(_)));
        drop(turn);
        assert!(matches!(gate.enter("a").await, Pass::Go(_)));
    }
}
