//! What the product promises: the catalog, the header, the JSON Schema, the scores of the examples.

#[path = "contract/catalog.rs"]
mod catalog;
#[path = "contract/examples.rs"]
mod examples;
#[path = "contract/findings.rs"]
mod findings;
#[path = "contract/header.rs"]
mod header;
#[path = "contract/ranking.rs"]
mod ranking;
#[path = "contract/schema.rs"]
mod schema;
