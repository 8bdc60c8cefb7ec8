//! How many probes of one collector may be on their way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Free places. A probe gives its place back when it ends, however it ends; the record it leaves lets the
/// collector be asked again.
pub struct Slots {
    most: usize,
    used: Arc<AtomicUsize>,
}

/// A place that is taken.
pub struct Slot(Arc<AtomicUsize>);

impl Slots {
    pub fn new(most: usize) -> Slots {
        Slots { most, used: Arc::new(AtomicUsize::new(0)) }
    }

    pub fn is_free(&self) -> bool {
        self.used.load(Ordering::SeqCst) < self.most
    }

    pub fn take(&self) -> Slot {
        self.used.fetch_add(1, Ordering::SeqCst);
        Slot(self.used.clone())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_probe_ends() {
        let slots = Slots::new(2);
        let first = slots.take();
        assert!(slots.is_free());
        let second = slots.take();
        assert!(!slots.is_free());
        drop(first);
        assert!(slots.is_free());
        drop(second);
    }
}
