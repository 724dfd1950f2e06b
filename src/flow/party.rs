//! The directory's entries as the parties of a form. What is printed as the recipient is always the
//! clinic that the sheet is sent to, whatever was typed.

use crate::domain::directory::{Clinic, Office};
use crate::domain::identifier::{FaxNumber, PhoneNumber};
use crate::form::definition::{FieldKind, FormDefinition, PartyRole};
use serde_json::{Map, Value, json};

/// Fills the party fields of `answers`: the care manager's from the office, the other side's from the clinic. A
/// person that was typed stays, as long as it is one of the clinic's doctors (or anybody of the office). A
/// party that the form has for another sender or recipient is left out.
pub fn fill(form: &FormDefinition, answers: &mut Map<String, Value>, office: &Office, clinic: &Clinic) {
    let office_takes_part = form.to == OFFICE || form.senders().any(|role| role == OFFICE);
    let clinic_is = form.recipients().chain(form.senders()).find(|role| *role != OFFICE);
    for field in &form.fields {
        let FieldKind::Party { role } = field.kind else { continue };
        let typed = answers.get(&field.id).and_then(|party| party.get("person")).and_then(Value::as_str);
        let party = if role == OFFICE {
            office_takes_part.then(|| office_party(office, typed))
        } else {
            (clinic_is == Some(role)).then(|| clinic_party(clinic, typed))
        };
        match party {
            Some(party) => answers.insert(field.id.clone(), party),
            None => answers.remove(&field.id),
        };
    }
}

const OFFICE: PartyRole = PartyRole::CareManager;

fn office_party(office: &Office, typed: Option<&str>) -> Value {
    let mut party = json!({
        "organization": office.name,
        "person": typed.filter(|person| !person.trim().is_empty()).unwrap_or(&office.care_manager),
    });
    put(&mut party, "code", Some(office.code.clone()).filter(|code| !code.is_empty()));
    put(&mut party, "tel", PhoneNumber::parse(&office.tel).ok().map(|tel| tel.display()));
    put(&mut party, "fax", FaxNumber::parse(&office.fax).ok().map(|fax| fax.display()));
    party
}

fn clinic_party(clinic: &Clinic, typed: Option<&str>) -> Value {
    let doctor =
        clinic.doctors.iter().find(|doctor| Some(doctor.name.as_str()) == typed).or(clinic.doctors.first());
    let mut party = json!({
        "organization": clinic.name,
        "person": doctor.map(|doctor| doctor.name.clone()).unwrap_or_default(),
    });
    let department =
        doctor.map(|doctor| doctor.department.clone()).filter(|department| !department.is_empty());
    put(&mut party, "department", department);
    put(&mut party, "code", Some(clinic.code.clone()).filter(|code| !code.is_empty()));
    put(&mut party, "tel", PhoneNumber::parse(&clinic.tel).ok().map(|tel| tel.display()));
    party
}

fn put(party: &mut Value, key: &str, value: Option<String>) {
    if let (Some(object), Some(value)) = (party.as_object_mut(), value) {
        object.insert(key.to_owned(), Value::String(value));
    }
}
