//! Time-outs of the network probes (catalog 0.6) and the other bounds a peer meets.

use crate::evidence::collect::World;
use std::time::Duration;

pub const DNS_TIMEOUT: Duration = Duration::from_secs(3);
pub const TCP_TIMEOUT: Duration = Duration::from_secs(3);
pub const TLS_TIMEOUT: Duration = Duration::from_secs(5);
pub const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

/// A body is read for the marker of its sender only.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(2);

pub const MOST_HEAD_BYTES: usize = 64 * 1024;
pub const MOST_BODY_BYTES: usize = 16 * 1024;
/// Addresses of one name that are recorded; a resolver may return any number.
pub const MOST_ADDRESSES: usize = 16;
/// Certificates of a presented chain that are recorded; real ones have up to five.
pub const MOST_CERTIFICATES: usize = 16;

/// What a probe may take beyond its own time-outs. A peer that does not answer is a result, and the probe
/// itself must be the one to record it: the engine's time-out means that we failed to look.
const GRACE: Duration = Duration::from_secs(1);

/// Time-out of a whole probe that makes `attempts` steps of at most `each`.
pub fn whole(attempts: u32, each: Duration) -> Duration {
    each.saturating_mul(attempts) + GRACE
}

/// Time-out of reading this machine: registry, files, services.
pub fn local(world: &World) -> Duration {
    world.timeout(Duration::from_secs(10))
}
