//! `renraku blank`: a sheet that a clinic keeps.

use super::app::App;
use super::sheet::write;
use super::{CliResult, Common, output};
use crate::domain::account::By;
use crate::domain::id::{ClinicId, OfficeId};
use crate::flow::blank_sheet::make;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct BlankArgs {
    /// Form id or path of a form file; one with `unsolicited = true`.
    #[arg(long)]
    form: String,
    /// Whom the sheet is addressed to.
    #[arg(long, value_name = "ID")]
    office: OfficeId,
    /// Who keeps it.
    #[arg(long, value_name = "ID")]
    clinic: ClinicId,
    /// The PDF to write.
    #[arg(long, value_name = "PDF")]
    out: PathBuf,
    /// The layout to write (millimetres from the page's top left), as of `renraku sheet`.
    #[arg(long, value_name = "JSON")]
    layout: Option<PathBuf>,
}

pub fn blank(common: &Common, args: &BlankArgs) -> CliResult {
    let app = App::open(common)?;
    let form = app.catalogue()?.load(&args.form)?;
    let (store, rule) = (app.store.as_ref(), app.rule());
    let parties = (args.office, args.clinic);
    let made = make(store, (&rule, &app.keyring), &form, parties, &By::console(), app.clock.now())?;
    write(&args.out, &made.pdf)?;
    if let Some(layout) = &args.layout {
        write(layout, serde_json::to_string_pretty(&made.layout)?.as_bytes())?;
    }
    output::line(&serde_json::json!({
        "sheet_id": made.sheet_id, "form": form.id, "version": form.version, "office_id": args.office,
        "clinic_id": args.clinic, "pages": made.layout.pages.len(), "pdf_bytes": made.pdf.len(),
    }))?;
    Ok(ExitCode::SUCCESS)
}
