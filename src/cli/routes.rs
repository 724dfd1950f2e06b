//! `renraku routes`: the table of the pages' routes.

use super::{CliResult, output};
use crate::web::routes::rows;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct RoutesArgs {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn routes(args: &RoutesArgs) -> CliResult {
    let rows = rows();
    if args.json {
        output::pretty(&rows)?;
    } else {
        for row in rows {
            output::text(&row.to_string())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
