//! The facts about a sheet that went to somebody else, from the log. Whoever asks for them stands in the audit log.

use super::{FlowError, Result};
use crate::domain::account::By;
use crate::domain::audit::{Act, NewAudit};
use crate::domain::event::Subject;
use crate::domain::id::DeliveryId;
use crate::domain::letter::Letter;
use crate::form::answers::check_answers;
use crate::report::misdirected::Facts;
use crate::store::Store;
use jiff::Timestamp;

/// Collects them.
///
/// # Errors
/// [`FlowError::Missing`] for a letter that is no sheet; the store's `NotFound`.
pub fn facts(store: &dyn Store, id: DeliveryId) -> Result<Facts> {
    let delivery = store.delivery(id)?;
    let Letter::Sheet { request_id } = delivery.letter else {
        return Err(FlowError::Missing(
            "連絡票の送信ではありません。outbox list で連絡票の送信を選んでください / it is no sheet: choose one from outbox list",
        ));
    };
    let request = store.request(request_id)?;
    let form = store.form(&request.form_id, request.form_version)?;
    let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
    let filled = form.fields.iter().filter(|field| answers.get(&field.id).is_some());
    let labels = filled.map(|field| field.label.ja.clone()).collect();
    let sheet = delivery.sheet_id.as_ref().map(|id| store.sheet(id)).transpose()?.flatten();
    let attached: usize = store.attachments(request.id)?.iter().map(|paper| paper.pages.len()).sum();
    let clinic = store.clinic(request.clinic_id)?;
    let words = format!("{} {}", delivery.route.as_str(), delivery.address);
    let mut number_events = store.events(Subject::Clinic, &clinic.id.to_string())?;
    number_events.retain(|event| event.detail.starts_with(&words));
    Ok(Facts {
        attempts: store.attempts(id)?,
        events: store.events(Subject::Delivery, &id.to_string())?,
        office: store.office(request.office_id)?,
        clinic,
        number_events,
        printed: (form.title.ja.clone(), labels),
        pages: sheet.map_or(0, |sheet| sheet.layout.pages.len()) + attached,
        request,
        delivery,
    })
}

/// As [`facts`], noted in the audit log as a look at the request.
///
/// # Errors
/// As of [`facts`].
pub fn looked_at(store: &dyn Store, id: DeliveryId, by: &By, now: Timestamp) -> Result<Facts> {
    let facts = facts(store, id)?;
    let look = NewAudit {
        who: by.user,
        what: Act::View,
        record_kind: "request".to_owned(),
        record_id: facts.request.id.to_string(),
        from_address: by.from_address.clone(),
        detail: "misdirected".to_owned(),
    };
    store.append_audit(&look, now)?;
    Ok(facts)
}
