//! Why does password writeback from Microsoft Entra ID to Active Directory not work here, and what has
//! to change?

pub mod catalog;
pub mod checks;
pub mod evidence;
pub mod knowledge;
pub mod secret;
