//! TCP ports of a domain controller that are looked at (onprem 4.5).

/// A port and what listens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    pub port: u16,
    pub name: &'static str,
}

/// The RPC endpoint mapper, which names the port of SAM ([MS-RPCE] 2.2.1.2).
pub const ENDPOINT_MAPPER: u16 = 135;

/// What the port that the endpoint mapper names is for.
pub const SAM: &str = "SAM over RPC";

/// The ports with a number of their own, by number.
pub const SERVICES: [Service; 10] = [
    Service { port: 53, name: "DNS" },
    Service { port: 88, name: "Kerberos" },
    Service { port: ENDPOINT_MAPPER, name: "RPC endpoint mapper" },
    Service { port: 389, name: "LDAP" },
    Service { port: 445, name: "SMB" },
    Service { port: 464, name: "Kerberos password" },
    Service { port: 636, name: "LDAPS" },
    Service { port: 3268, name: "global catalog" },
    Service { port: 5985, name: "WinRM" },
    Service { port: 9389, name: "AD web services" },
];
