//! The administrator's offices of care managers: list, add, change.

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::clinics::name;
use super::pairs::Pairs;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::directory::Office;
use crate::domain::id::OfficeId;
use crate::domain::identifier::{FaxNumber, OfficeNumber};
use crate::store::StoreError;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// The lines of the form.
const LINES: &[&str] = &["name", "code", "care_manager", "tel", "fax"];

/// The list.
pub fn list(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "office", "list")?;
    let mut offices = visit.store().offices()?;
    offices.sort_by(|left, right| left.name.cmp(&right.name));
    visit.page("offices.html", context! { offices, saved => visit.query.get("notice") == "saved" })
}

/// The empty form.
pub fn blank(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "office", "new")?;
    form(visit, &OfficeId::new_at(visit.now).to_string(), &Pairs::default(), &Map::new(), true)
}

/// The form with what is stored.
pub fn edit(visit: &Visit) -> Result<Answer, WebError> {
    let id: OfficeId = visit.param("id")?;
    visit.reach(Resource::Gateway, "office", &id.to_string())?;
    let office = visit.store().office(id)?;
    let mut typed = Pairs::default();
    let fax = FaxNumber::parse(&office.fax).map_or(office.fax, |fax| fax.display());
    let values = [office.name, office.code, office.care_manager, office.tel, fax];
    for (line, value) in LINES.iter().zip(&values) {
        typed.add(line, value);
    }
    form(visit, &id.to_string(), &typed, &Map::new(), false)
}

/// Stores it.
pub fn save(visit: &Visit) -> Result<Answer, WebError> {
    let posted = &visit.form;
    let id: OfficeId = posted.get("id").parse().map_err(|_| WebError::NotFound)?;
    visit.reach(Resource::Gateway, "office", &id.to_string())?;
    let known = match visit.store().office(id) {
        Ok(office) => Some(office),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    match read(posted, id, known.as_ref()) {
        Ok(office) => {
            visit.store().put_office(&office)?;
            let act = if known.is_some() { "change" } else { "add" };
            visit.note(Act::Change, "office", &id.to_string(), act)?;
            Ok(Answer::see_other("/admin/offices?notice=saved"))
        }
        Err(wrong) => Ok(form(visit, posted.get("id"), posted, &wrong, known.is_none())?
            .with_status(StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

fn form(
    visit: &Visit,
    id: &str,
    typed: &Pairs,
    wrong: &Map<String, Value>,
    new: bool,
) -> Result<Answer, WebError> {
    let typed: Map<String, Value> =
        LINES.iter().map(|line| ((*line).to_owned(), json!(typed.get(line)))).collect();
    visit.page("office_form.html", context! { id, typed, wrong, new })
}

fn read(posted: &Pairs, id: OfficeId, known: Option<&Office>) -> Result<Office, Map<String, Value>> {
    let mut wrong = Map::new();
    let name = name(posted.get("name"), &mut wrong);
    let code = match posted.get("code") {
        "" => String::new(),
        typed => match OfficeNumber::parse(typed) {
            Ok((code, _)) => code.as_str().to_owned(),
            Err(mistake) => {
                wrong.insert("code".to_owned(), json!(mistake.to_string()));
                String::new()
            }
        },
    };
    let fax = FaxNumber::parse(posted.get("fax"));
    if let Err(mistake) = &fax {
        wrong.insert("fax".to_owned(), json!(mistake.to_string()));
    }
    match (fax, wrong.is_empty()) {
        (Ok(fax), true) => Ok(Office {
            id,
            code,
            name,
            care_manager: posted.get("care_manager").to_owned(),
            tel: posted.get("tel").to_owned(),
            fax: fax.as_str().to_owned(),
            sample: known.is_some_and(|known| known.sample),
        }),
        _ => Err(wrong),
    }
}
