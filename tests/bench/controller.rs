//! Runs the canned controller on the loopback interface, on the two ports of LDAP.
//!
//! `controller USERS AUTHORITY-FILE [--all-differ]`: writes the certificate of its authority to the file,
//! says `ready`, and serves until it is ended. With `--all-differ` no two users share a descriptor.

mod canned;

use canned::controller::Controller;
use canned::domain::{DNS, Domain};
use canned::identity::Identity;
use std::error::Error;
use std::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [users, authority, options @ ..] = arguments.as_slice() else {
        return Err("usage: controller USERS AUTHORITY-FILE [--all-differ]".into());
    };
    let mut domain = Domain::new(users.parse()?);
    domain.all_differ = options.iter().any(|option| option == "--all-differ");
    let identity = Identity::new(&[format!("dc1.{DNS}")])?;
    let controller = Controller::new(domain, None);
    controller.serve(TcpListener::bind("127.0.0.1:389")?, None);
    controller.serve(TcpListener::bind("127.0.0.1:636")?, Some(identity.tls));
    // Last: whoever waits for the file finds everything ready.
    std::fs::write(authority, identity.pem)?;
    println!("ready");
    loop {
        std::thread::park();
    }
}
