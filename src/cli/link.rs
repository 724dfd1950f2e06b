//! `renraku link`: new, list, revoke.

use super::app::App;
use super::{CliResult, Common, output};
use crate::domain::account::By;
use crate::domain::id::RequestId;
use crate::flow::link::{issue_link, revoke};
use clap::Subcommand;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Makes a one-time link for a request and prints its address, this once; an earlier one opens nothing any more.
    New {
        /// The request's id.
        request: RequestId,
        /// As JSON: {id, request_id, url, expires_at}.
        #[arg(long)]
        json: bool,
    },
    /// Lists the links that a request had, the last one last.
    ///
    /// One JSON object a line: {id, request_id, created_at, created_by, expires_at, wrong_tries, revoked_at, used_at}.
    List {
        /// The request's id.
        request: RequestId,
    },
    /// Takes a request's link back: JSON of it as of `list`, nothing when it has none.
    Revoke {
        /// The request's id.
        request: RequestId,
    },
}

pub fn link(common: &Common, command: LinkCommand) -> CliResult {
    let app = App::open(common)?;
    let (store, by, now) = (app.store.as_ref(), By::console(), app.clock.now());
    match command {
        LinkCommand::New { request, json } => {
            let issued = issue_link(store, &app.link_rule(), request, &by, now)?;
            let (url, link) = (issued.url.expose(), &issued.link);
            if json {
                let expires_at = link.expires_at;
                output::line(
                    &json!({ "id": link.id, "request_id": request, "url": url, "expires_at": expires_at }),
                )?;
            } else {
                output::text(url)?;
            }
        }
        LinkCommand::List { request } => {
            for link in store.links(request)? {
                output::line(&link)?;
            }
        }
        LinkCommand::Revoke { request } => {
            if let Some(link) = revoke(store, request, &by, now)? {
                output::line(&link)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
