//! How probes talk to the network: names, connections, proxies, TLS and HTTP.
//!
//! Everything here records what the peer does and goes on, also with a peer that is not trusted, so
//! nothing here ever sends a credential but the proxy's own. Clients that do are `reqwest` with a strict
//! verifier.

pub mod address;
pub mod certificate;
pub mod exchange;
pub mod failure;
pub mod handshake;
pub mod head;
pub mod limits;
pub mod marker;
pub mod names;
pub mod origin;
pub mod os_trust;
pub mod own_dns;
pub mod proxy;
pub mod recorder;
pub mod roots;
pub mod stream;
pub mod text;
pub mod way;
