//! A report as text.

use crate::contract::{ContractError, Item, MessageLevel, RenderRequest};
use crate::jobs::{self, End};
use crate::render;

pub fn render(request: RenderRequest) -> Result<u64, ContractError> {
    if request.format != "text" {
        return Err(ContractError::out_of_range(
            "format",
            format!("'{}' is not a format; this version has: text.", request.format),
        ));
    }
    if !(40..=400).contains(&request.width) {
        return Err(ContractError::out_of_range("width", format!("{} columns; use 40 to 400.", request.width)));
    }
    jobs::start(Vec::new(), |side| async move {
        let text = render::text(&request.report, request.width as usize);
        match side.outbox.send(&Item::Message { level: MessageLevel::Output, text }).await {
            Ok(_) => End::done(None),
            Err(_) => End::cancelled(None),
        }
    })
}
