# shellcheck shell=bash
# The attributes that a scan of the product reads of each user (src/evidence/collect/directory/user_entry.rs), for
# a rival that is to fetch the same. Sourced, never run.
# shellcheck disable=SC2034 # used by the files that source this one

SCANNED="objectGUID objectSid userPrincipalName sAMAccountName objectClass userAccountControl
msDS-User-Account-Control-Computed adminCount pwdLastSet lockoutTime accountExpires msDS-ResultantPSO
msExchMasterAccountSid primaryGroupID nTSecurityDescriptor"
