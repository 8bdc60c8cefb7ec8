//! The sample of a domain: some users of each container, the same from run to run (SAMPLE, catalog 0.6).

use crate::directory::parent;
use sha2::{Digest, Sha256};
use std::collections::{BinaryHeap, HashMap};

/// Users of a domain.
pub const MOST_OF_A_DOMAIN: usize = 500;

/// Place in the order of the sample: the SHA-256 of the objectGUID.
pub type Place = [u8; 32];

pub fn place(guid: &[u8]) -> Place {
    Sha256::digest(guid).into()
}

/// The first users of each container, while a domain goes by: memory grows with the containers only.
pub struct Sample {
    size: usize,
    containers: HashMap<String, Container>,
}

struct Container {
    dn: String,
    /// The last of the order on top.
    users: BinaryHeap<(Place, String)>,
}

impl Sample {
    pub fn new(size: usize) -> Sample {
        Sample { size, containers: HashMap::new() }
    }

    /// Takes a user in. Once more is harmless: a scan that goes on elsewhere starts its range again.
    pub fn add(&mut self, guid: &[u8], dn: &str) {
        let Some(above) = parent(dn) else { return };
        let key = above.to_lowercase();
        let container =
            self.containers.entry(key).or_insert_with(|| Container { dn: above.to_owned(), users: BinaryHeap::new() });
        let place = place(guid);
        if container.users.len() == self.size && container.users.peek().is_some_and(|(last, _)| *last <= place) {
            return;
        }
        if container.users.iter().any(|(known, _)| *known == place) {
            return;
        }
        container.users.push((place, dn.to_owned()));
        if container.users.len() > self.size {
            container.users.pop();
        }
    }

    /// The containers, when they hold more users together than a domain may have: then their order counts.
    pub fn containers_to_order(&self) -> Vec<String> {
        let count: usize = self.containers.values().map(|container| container.users.len()).sum();
        let all = self.containers.values().map(|container| container.dn.clone());
        if count > MOST_OF_A_DOMAIN { all.collect() } else { Vec::new() }
    }

    /// DNs of the users, container by container; `order` gives a container's place.
    pub fn choose(self, order: impl Fn(&str) -> Place) -> Vec<String> {
        let mut containers: Vec<(Place, Container)> =
            self.containers.into_values().map(|container| (order(&container.dn), container)).collect();
        containers.sort_by(|(a, first), (b, second)| a.cmp(b).then_with(|| first.dn.cmp(&second.dn)));
        let users = containers.into_iter().flat_map(|(_, container)| container.users.into_sorted_vec());
        users.map(|(_, dn)| dn).take(MOST_OF_A_DOMAIN).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `users` in each of `containers`, fed in an order that `step` shuffles.
    fn chosen(containers: u32, users: u32, step: u32, size: usize) -> Vec<String> {
        let mut sample = Sample::new(size);
        let count = containers * users;
        for index in (0..count).map(|index| index * step % count) {
            let (user, container) = (index / containers, index % containers);
            sample.add(&index.to_be_bytes(), &format!("CN=u{user},OU=c{container},DC=corp,DC=example"));
        }
        sample.choose(|dn| place(dn.as_bytes()))
    }

    #[test]
    fn the_sample_does_not_depend_on_the_order_of_the_answers() {
        let once = chosen(10, 30, 1, 5);
        assert_eq!(once.len(), 50);
        // 7 has no factor in common with 300.
        assert_eq!(chosen(10, 30, 7, 5), once);
        assert_ne!(chosen(10, 30, 1, 4), once);
    }

    #[test]
    fn small_containers_are_taken_whole_and_large_domains_are_cut() {
        assert_eq!(chosen(3, 2, 1, 5).len(), 6);
        let many = chosen(150, 6, 1, 5);
        assert_eq!(many.len(), MOST_OF_A_DOMAIN);
        // Whole containers: five of each but the last.
        let mut counts: HashMap<&str, usize> = HashMap::new();
        many.iter().filter_map(|dn| parent(dn)).for_each(|container| *counts.entry(container).or_default() += 1);
        assert_eq!(counts.len(), 100);
    }

    #[test]
    fn a_user_counts_once_however_often_it_comes() {
        let mut sample = Sample::new(5);
        for _ in 0..3 {
            sample.add(b"one", "CN=a,OU=X,DC=corp");
            sample.add(b"two", "CN=b,ou=x,dc=corp");
        }
        assert!(sample.containers_to_order().is_empty());
        assert_eq!(sample.choose(|_| place(b"")).len(), 2);
    }
}
