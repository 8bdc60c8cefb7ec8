//! `clock` of the controllers: made from the time in their rootDSE, without another question.

use crate::catalog::Check;
use crate::evidence::collect::{Collector, Probe, Touched, World, is_of_the_cloud, probe};
use crate::evidence::{Clock, Evidence, Kind, RootDse};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub struct ClockCollector;

impl Collector for ClockCollector {
    fn kind(&self) -> Kind {
        Kind::Clock
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::RootDse]
    }

    fn serves(&self, check: &Check) -> bool {
        !is_of_the_cloud(check)
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        let read = evidence.facts::<RootDse>().into_iter().filter_map(|fact| {
            let data = fact.data;
            let clock = compare(
                &fact.record.target.display,
                data.current_time_unix_ms?,
                data.local_utc_at_receipt_unix_ms?,
                data.round_trip_ms?,
            );
            let (this, target) = (world.clone(), fact.record.target.clone());
            Some(probe(Kind::Clock, "", &fact.record.target, Duration::from_secs(1), Vec::new(), async move {
                vec![this.record(&target, Instant::now(), clock)]
            }))
        });
        read.collect()
    }

    fn patterns(&self, _: &World) -> Vec<Touched> {
        Vec::new()
    }
}

/// Reference minus local in whole seconds; the reference was read half a round trip before the receipt.
fn compare(reference: &str, reference_ms: i64, local_ms: i64, round_trip_ms: u32) -> Clock {
    let skew_ms = reference_ms - (local_ms - i64::from(round_trip_ms) / 2);
    Clock {
        reference: reference.to_owned(),
        reference_unix_ms: Some(reference_ms),
        local_unix_ms: Some(local_ms),
        round_trip_ms: Some(round_trip_ms),
        skew_seconds: i32::try_from((skew_ms + skew_ms.signum() * 500) / 1_000).ok(),
        // currentTime has whole seconds.
        resolution: 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn the_skew_is_signed_and_half_the_round_trip_is_taken_off() {
        for (reference, local, round_trip, skew) in [
            (100_000, 100_000, 0, 0),
            (160_000, 100_000, 0, 60),
            (100_000, 160_400, 800, -60),
            (100_000, 100_400, 0, 0),
            (100_000, 99_400, 0, 1),
        ] {
            assert_eq!(compare("dc1", reference, local, round_trip).skew_seconds, Some(skew));
        }
    }
}
