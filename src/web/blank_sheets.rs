//! 備え置き用紙: a care manager makes a sheet for a clinic to keep, and hands it over. Nothing is sent from here.

use super::access::Resource;
use super::answer::Answer;
use super::visit::Visit;
use super::{WebError, preview};
use crate::domain::id::ClinicId;
use crate::domain::sheet_number::SheetNumber;
use crate::flow::FlowError;
use crate::flow::blank_sheet;
use crate::store::StoreError;
use axum::http::StatusCode;
use serde_json::Value;

/// The page: which form, which clinic.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    visit.office()?;
    page(visit, "")
}

/// Makes the sheet and leads to it, so that reloading makes no second one.
pub fn make(visit: &Visit) -> Result<Answer, WebError> {
    let office = visit.office()?;
    let web = &visit.web;
    let wanted = visit.form.get("form");
    let form = blank_sheet::keepable(&web.catalogue).into_iter().find(|form| form.id == wanted);
    let clinic: Option<ClinicId> = visit.form.get("clinic").parse().ok();
    let (Some(form), Some(clinic)) = (form, clinic) else {
        return wrong(visit, &visit.text("blank-choose"));
    };
    let Some(keyring) = &web.settings.keyring else {
        return wrong(visit, &visit.text("blank-no-keys"));
    };
    let (sealing, parties) = ((&web.rule, keyring.as_ref()), (office, clinic));
    match blank_sheet::make(visit.store(), sealing, form, parties, &visit.by()?, visit.now) {
        Ok(made) => Ok(Answer::see_other(&format!("/blank-sheets/{}/sheet.pdf", made.sheet_id.as_str()))),
        // A clinic that nobody knows: the page was changed on its way.
        Err(FlowError::Store(StoreError::NotFound { .. })) => wrong(visit, &visit.text("blank-choose")),
        Err(
            error @ (FlowError::Answers(_)
            | FlowError::Sheet(_)
            | FlowError::NoReturnFax
            | FlowError::Store(StoreError::Conflict(_))),
        ) => wrong(visit, &error.to_string()),
        Err(error) => Err(error.into()),
    }
}

/// A sheet that was made for the own office.
pub fn pdf(visit: &Visit) -> Result<Answer, WebError> {
    let id: SheetNumber = visit.param("sheet")?;
    let sheet = visit.store().blank_sheet(&id)?.ok_or(WebError::NotFound)?;
    visit.reach(Resource::Message(sheet.office_id), "blank_sheet", id.as_str())?;
    Ok(preview::pdf(visit.store().blobs().get(&sheet.pdf)?))
}

fn wrong(visit: &Visit, mistake: &str) -> Result<Answer, WebError> {
    Ok(page(visit, mistake)?.with_status(StatusCode::UNPROCESSABLE_ENTITY))
}

fn page(visit: &Visit, mistake: &str) -> Result<Answer, WebError> {
    let catalogue = &visit.web.catalogue;
    let forms: Vec<Value> = blank_sheet::keepable(catalogue)
        .iter()
        .map(|form| context! { id => form.id, title => form.title })
        .collect();
    let mut clinics = visit.store().clinics()?;
    clinics.sort_by(|one, other| one.name.cmp(&other.name));
    let clinics: Vec<Value> =
        clinics.iter().map(|clinic| context! { id => clinic.id.to_string(), name => clinic.name }).collect();
    let (form, clinic) = (visit.form.get("form"), visit.form.get("clinic"));
    visit.page("blank_sheets.html", context! { forms, clinics, form, clinic, mistake })
}
