//! The administrator sets the passphrase that was agreed with a clinic. It is shown to nobody again, not even in a form that
//! comes back.

use super::WebError;
use super::answer::Answer;
use super::clinics::clinic;
use super::visit::Visit;
use crate::domain::directory::Clinic;
use crate::domain::passphrase::{PASSPHRASE_MAX_CHARS, PASSPHRASE_MIN_CHARS};
use crate::flow::{FlowError, passphrase};
use axum::http::StatusCode;

/// Whether the clinic has one, and the form for another.
pub fn show(visit: &Visit) -> Result<Answer, WebError> {
    page(visit, &clinic(visit)?, "")
}

/// Sets or replaces it.
pub fn set(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    let typed = visit.form.get("new_passphrase");
    let set = passphrase::set(
        visit.store(),
        visit.web.keys().ok_or(WebError::Refused("problem-no-keys"))?,
        clinic.id,
        typed,
        &visit.by()?,
        visit.now,
    );
    match set {
        Ok(()) => Ok(Answer::see_other("/admin/clinics?notice=passphrase-set")),
        Err(FlowError::Passphrase(mistake)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(page(visit, &clinic, &mistake.to_string())?.with_status(status))
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes it away.
pub fn remove(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    passphrase::remove(visit.store(), clinic.id, &visit.by()?, visit.now)?;
    Ok(Answer::see_other("/admin/clinics?notice=passphrase-removed"))
}

fn page(visit: &Visit, clinic: &Clinic, mistake: &str) -> Result<Answer, WebError> {
    let set_at = visit.store().passphrase(clinic.id)?.map(|kept| kept.set_at);
    visit.page(
        "clinic_passphrase.html",
        context! {
            id => clinic.id.to_string(),
            name => clinic.name,
            set_at,
            mistake,
            least => PASSPHRASE_MIN_CHARS,
            most => PASSPHRASE_MAX_CHARS,
        },
    )
}
