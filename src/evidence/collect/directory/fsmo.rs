//! `fsmo`: who is the PDC emulator of a domain, by the directory and by DNS.

use super::asked::{Asked, base, in_plan};
use super::attempts::{Candidate, questions};
use super::controllers::{ROLE_OWNER, is_selected, located};
use super::cross_reference::{self, NETBIOS_NAME, cross_reference};
use super::ldap::Failure;
use super::query::entry;
use super::session::{Access, open};
use crate::directory::names::{dn_of_domain, dns_name};
use crate::directory::parent;
use crate::evidence::collect::{Collector, Probe, Touched, World};
use crate::evidence::{Evidence, Fsmo, Kind};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub struct FsmoCollector {
    pub access: Arc<Access>,
}

impl Collector for FsmoCollector {
    fn kind(&self) -> Kind {
        Kind::Fsmo
    }

    fn needs(&self) -> &'static [Kind] {
        &[Kind::OperatorInput, Kind::Os, Kind::AdSyncConfig, Kind::Dns, Kind::Tcp, Kind::RootDse]
    }

    fn probes(&self, evidence: &Evidence, world: &Arc<World>) -> Vec<Probe> {
        questions(evidence, world, Kind::Fsmo, searches, |domain, candidate, limit| {
            let (this, access) = (world.clone(), self.access.clone());
            let known = Fsmo {
                srv_pdc_hosts: located(evidence, &domain, ROLE_OWNER),
                domain_dns: domain.display.clone(),
                is_domain_selected_in_connector: is_selected(evidence, &domain),
                ..Fsmo::default()
            };
            async move {
                let started = Instant::now();
                let data = role_owner(&this, &access, &candidate, limit, known).await?;
                Ok(vec![this.record(&domain, started, data)])
            }
        })
    }

    fn patterns(&self, world: &World) -> Vec<Touched> {
        in_plan(world, searches)
    }
}

fn searches(asked: &Asked) -> Vec<String> {
    let owner = base("<server object of the role owner>", "dNSHostName");
    [base(&asked.head, "fSMORoleOwner"), owner].into_iter().chain(cross_reference::search(asked)).collect()
}

/// fSMORoleOwner of the domain head names an NTDS Settings object; its parent, the server object, has the
/// name of the host ([MS-ADTS] 6.1.5, 6.1.1.2.2).
async fn role_owner(
    world: &World,
    access: &Access,
    candidate: &Candidate,
    limit: Duration,
    mut data: Fsmo,
) -> Result<Fsmo, Failure> {
    let mut ldap = open(world, access, &candidate.door(), candidate.way, limit).await?;
    let head = dn_of_domain(&data.domain_dns);
    let found = entry(&mut ldap, limit, &head, &["fSMORoleOwner"]).await?;
    let found = found.ok_or_else(|| Failure::Broken(format!("{head} cannot be seen")))?;
    let owner = found
        .value("fSMORoleOwner")
        .ok_or_else(|| Failure::Broken(format!("fSMORoleOwner of {head} cannot be read")))?;
    if let Some(server) = parent(owner) {
        let found = entry(&mut ldap, limit, server, &["dNSHostName"]).await?;
        data.pdc_host = found.as_ref().and_then(|entry| entry.value("dNSHostName")).and_then(dns_name);
    }
    data.fsmo_role_owner = Some(owner.to_owned());
    data.is_forest_root = candidate.root.root_domain_naming_context.as_deref().map(|dn| dn.eq_ignore_ascii_case(&head));
    if let Some(configuration) = &candidate.root.configuration_naming_context {
        // Not worth losing the role owner: without it the NetBIOS name is not known.
        let cross = cross_reference(&mut ldap, limit, configuration, &head).await;
        data.netbios_name = cross.as_ref().and_then(|entry| entry.value(NETBIOS_NAME)).map(str::to_owned);
        data.cross_ref_dn = cross.map(|entry| entry.dn);
    }
    // The answers are at hand; how the peer takes the farewell does not matter.
    let _ = tokio::time::timeout(limit, ldap.unbind()).await;
    Ok(data)
}
