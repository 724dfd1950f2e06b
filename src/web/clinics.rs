//! The administrator's clinics: list, add, change. Storing never verifies: a number that is new or changed is locked
//! until a test page proves it ([`super::number_test`]).

use super::WebError;
use super::access::Resource;
use super::answer::Answer;
use super::pairs::Pairs;
use super::visit::Visit;
use crate::domain::audit::Act;
use crate::domain::directory::{CareManagerHours, Clinic, Doctor, Route, RouteKind};
use crate::domain::id::ClinicId;
use crate::domain::identifier::{ClinicCode, FaxNumber, MailAddress};
use crate::store::StoreError;
use axum::http::StatusCode;
use jiff::civil::{Date, Time};
use serde_json::{Map, Value, json};

/// Empty rows for more doctors and hours.
const SPARE: usize = 2;
/// The most rows of doctors or hours that a form may bring.
const ROWS_MAX: usize = 50;
/// The most characters of one line.
const LINE_MAX: usize = 200;

/// What the list can say of what was done.
const NOTICES: [&str; 5] = ["saved", "locked", "verified", "passphrase-set", "passphrase-removed"];

/// What is wrong: field → sentence in both languages.
type Wrong = Map<String, Value>;

/// The list.
pub fn list(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "clinic", "list")?;
    let mut clinics = visit.store().clinics()?;
    clinics.sort_by(|left, right| left.name.cmp(&right.name));
    let locked = visit.store().passphrases(usize::MAX)?;
    let locked: Vec<String> = locked.iter().map(|kept| kept.clinic_id.to_string()).collect();
    let failed = visit.store().failed_numbers()?;
    let failed: Map<String, Value> =
        failed.into_iter().map(|one| (one.address, Value::from(one.since.to_string()))).collect();
    let notice = visit.query.get("notice");
    let notice = if NOTICES.contains(&notice) { notice } else { "" };
    visit.page("clinics.html", context! { clinics, notice, locked, failed })
}

/// The empty form.
pub fn blank(visit: &Visit) -> Result<Answer, WebError> {
    visit.reach(Resource::Gateway, "clinic", "new")?;
    form(visit, &ClinicId::new_at(visit.now).to_string(), &Pairs::default(), &Wrong::new(), true)
}

/// The form with what is stored.
pub fn edit(visit: &Visit) -> Result<Answer, WebError> {
    let clinic = clinic(visit)?;
    form(visit, &clinic.id.to_string(), &typed(&clinic), &Wrong::new(), false)
}

/// Stores it. A number that is new locks the clinic until it is verified.
pub fn save(visit: &Visit) -> Result<Answer, WebError> {
    let posted = &visit.form;
    let id: ClinicId = posted.get("id").parse().map_err(|_| WebError::NotFound)?;
    visit.reach(Resource::Gateway, "clinic", &id.to_string())?;
    let known = match visit.store().clinic(id) {
        Ok(clinic) => Some(clinic),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let again = |wrong: &Wrong, status: StatusCode| {
        Ok(form(visit, posted.get("id"), posted, wrong, known.is_none())?.with_status(status))
    };
    let new = match read(posted, id, known.as_ref()) {
        Ok(clinic) => clinic,
        Err(wrong) => return again(&wrong, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match visit.store().put_clinic(&new, visit.now) {
        Ok(()) => {}
        Err(StoreError::Conflict(taken)) => return again(&one("fax", &taken), StatusCode::CONFLICT),
        Err(error) => return Err(error.into()),
    }
    visit.note(Act::Change, "clinic", &id.to_string(), if known.is_some() { "change" } else { "add" })?;
    let locked = visit.store().clinic(id)?.routes.iter().any(|route| route.verified_at.is_none());
    Ok(Answer::see_other(if locked { "/admin/clinics?notice=locked" } else { "/admin/clinics?notice=saved" }))
}

/// The clinic that the path names.
pub(super) fn clinic(visit: &Visit) -> Result<Clinic, WebError> {
    let id: ClinicId = visit.param("id")?;
    visit.reach(Resource::Gateway, "clinic", &id.to_string())?;
    Ok(visit.store().clinic(id)?)
}

/// The clinic's way of that kind.
pub(super) fn route<'a>(clinic: &'a Clinic, kind: &str) -> Option<&'a Route> {
    clinic.routes.iter().find(|route| route.kind.as_str() == kind)
}

fn form(visit: &Visit, id: &str, typed: &Pairs, wrong: &Wrong, new: bool) -> Result<Answer, WebError> {
    let line = |name: &str| typed.get(name).to_owned();
    let lines: Map<String, Value> = ["name", "code", "tel", "fax", "mail"]
        .iter()
        .map(|name| ((*name).to_owned(), json!(line(name))))
        .collect();
    visit.page(
        "clinic_form.html",
        context! {
            id,
            typed => lines,
            wrong,
            new,
            doctors => rows(typed, &["doctor_name", "doctor_department"]),
            hours => rows(typed, &["hours_weekday", "hours_from", "hours_to", "hours_how", "hours_confirmed"]),
        },
    )
}

/// The rows of a table of the form, with empty ones for more.
fn rows(typed: &Pairs, columns: &[&str]) -> Vec<Map<String, Value>> {
    let count = typed.all(columns[0]).count().min(ROWS_MAX);
    let cell = |column: &str, nth: usize| typed.all(column).nth(nth).unwrap_or_default().to_owned();
    let row = |nth| columns.iter().map(|name| ((*name).to_owned(), json!(cell(name, nth)))).collect();
    let mut rows: Vec<Map<String, Value>> = (0..count).map(row).collect();
    rows.retain(|row| row.values().any(|value| value != ""));
    let filled = rows.len();
    rows.extend(
        (filled..filled + SPARE).map(|_| {
            columns.iter().map(|name| ((*name).to_owned(), json!(""))).collect::<Map<String, Value>>()
        }),
    );
    rows
}

/// What is stored, as the form would post it.
fn typed(clinic: &Clinic) -> Pairs {
    let mut pairs = Pairs::default();
    for (name, value) in [("name", &clinic.name), ("code", &clinic.code), ("tel", &clinic.tel)] {
        pairs.add(name, value);
    }
    for route in &clinic.routes {
        match route.kind {
            RouteKind::FaxByMail => {
                let shown = FaxNumber::parse(&route.address).map(|fax| fax.display());
                pairs.add("fax", shown.as_deref().unwrap_or(&route.address));
            }
            RouteKind::PlainMail => pairs.add("mail", &route.address),
            RouteKind::Hand => {}
        }
    }
    for doctor in &clinic.doctors {
        pairs.add("doctor_name", &doctor.name);
        pairs.add("doctor_department", &doctor.department);
    }
    for row in &clinic.care_manager_hours {
        pairs.add("hours_weekday", &row.weekday.to_string());
        pairs.add("hours_from", &row.from.strftime("%H:%M").to_string());
        pairs.add("hours_to", &row.to.strftime("%H:%M").to_string());
        pairs.add("hours_how", &row.how);
        pairs.add("hours_confirmed", &row.confirmed_on.to_string());
    }
    pairs
}

/// The clinic as it was typed, or what is wrong with it.
fn read(posted: &Pairs, id: ClinicId, known: Option<&Clinic>) -> Result<Clinic, Wrong> {
    let mut wrong = Wrong::new();
    let clinic = Clinic {
        id,
        code: code(posted.get("code"), &mut wrong),
        name: name(posted.get("name"), &mut wrong),
        doctors: doctors(posted),
        tel: posted.get("tel").chars().take(LINE_MAX).collect(),
        routes: routes(posted, known, &mut wrong),
        care_manager_hours: hours(posted, &mut wrong),
        sample: known.is_some_and(|known| known.sample),
    };
    if wrong.is_empty() { Ok(clinic) } else { Err(wrong) }
}

/// A name that is there and fits into a line; used for offices too.
pub(super) fn name(typed: &str, wrong: &mut Wrong) -> String {
    if typed.is_empty() || typed.chars().count() > LINE_MAX {
        wrong.insert(
            "name".to_owned(),
            json!("名称を200字以内で入力してください / enter a name of at most 200 characters"),
        );
    }
    typed.to_owned()
}

fn code(typed: &str, wrong: &mut Wrong) -> String {
    if typed.is_empty() {
        return String::new();
    }
    match ClinicCode::parse(typed) {
        Ok((code, _)) => code.as_str().to_owned(),
        Err(mistake) => {
            wrong.insert("code".to_owned(), json!(mistake.to_string()));
            String::new()
        }
    }
}

fn doctors(posted: &Pairs) -> Vec<Doctor> {
    let departments: Vec<&str> = posted.all("doctor_department").collect();
    let doctor = |(nth, name): (usize, &str)| Doctor {
        name: name.trim().to_owned(),
        department: departments.get(nth).copied().unwrap_or_default().trim().to_owned(),
    };
    posted
        .all("doctor_name")
        .take(ROWS_MAX)
        .enumerate()
        .map(doctor)
        .filter(|it| !it.name.is_empty())
        .collect()
}

/// The ways, in the order that is stored; one that is unchanged stays verified.
fn routes(posted: &Pairs, known: Option<&Clinic>, wrong: &mut Wrong) -> Vec<Route> {
    let mut routes = Vec::new();
    let mut add = |kind, address: String| {
        let same = |route: &&Route| route.kind == kind && route.address == address;
        let stored = known.and_then(|known| known.routes.iter().find(same)).cloned();
        let new = Route { kind, address, verified_at: None, verified_how: None };
        routes.push(stored.unwrap_or(new));
    };
    match posted.get("fax") {
        "" => {}
        typed => match FaxNumber::parse(typed) {
            Ok(fax) => add(RouteKind::FaxByMail, fax.as_str().to_owned()),
            Err(mistake) => _ = wrong.insert("fax".to_owned(), json!(mistake.to_string())),
        },
    }
    match posted.get("mail") {
        "" => {}
        typed => match MailAddress::parse(typed) {
            Ok(mail) => add(RouteKind::PlainMail, mail.as_str().to_owned()),
            Err(mistake) => _ = wrong.insert("mail".to_owned(), json!(mistake.to_string())),
        },
    }
    let place = |route: &Route| {
        let stored = known.and_then(|known| known.routes.iter().position(|known| known.kind == route.kind));
        stored.unwrap_or(usize::MAX)
    };
    routes.sort_by_key(place);
    routes
}

fn hours(posted: &Pairs, wrong: &mut Wrong) -> Vec<CareManagerHours> {
    let cell = |column: &str, nth: usize| posted.all(column).nth(nth).unwrap_or_default().trim().to_owned();
    let mut hours = Vec::new();
    for nth in 0..posted.all("hours_weekday").count().min(ROWS_MAX) {
        let [weekday, from, to, how, confirmed] =
            ["hours_weekday", "hours_from", "hours_to", "hours_how", "hours_confirmed"]
                .map(|name| cell(name, nth));
        if [&weekday, &from, &to, &how, &confirmed].iter().all(|cell| cell.is_empty()) {
            continue;
        }
        let row = weekday
            .parse::<u8>()
            .ok()
            .filter(|day| (1..=7).contains(day))
            .zip(from.parse::<Time>().ok().zip(to.parse::<Time>().ok()).filter(|(from, to)| from < to));
        match (row, confirmed.parse::<Date>()) {
            (Some((weekday, (from, to))), Ok(confirmed_on)) => {
                hours.push(CareManagerHours { weekday, from, to, how, confirmed_on });
            }
            _ => _ = wrong.insert("hours".to_owned(), json!(HOURS_WRONG)),
        }
    }
    hours
}

const HOURS_WRONG: &str = "ケアマネタイムは、曜日・開始・終了・医師に確認した日をすべて入力してください(終了は開始より後) / \
    give weekday, beginning, a later end, and the day on which the doctor confirmed it";

fn one(field: &str, sentence: &str) -> Wrong {
    Wrong::from_iter([(field.to_owned(), json!(sentence))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn stored() -> Clinic {
        let posted = Pairs::decode(
            "name=見本医院&fax=03-0000-1002&mail=a@example.jp&doctor_name=見本 一郎&doctor_department=内科&hours_weekday=2\
             &hours_from=13:00&hours_to=14:00&hours_how=電話&hours_confirmed=2026-10-01"
                .as_bytes(),
        );
        let mut clinic = read(&posted, ClinicId::new_at(Timestamp::UNIX_EPOCH), None).unwrap();
        for route in &mut clinic.routes {
            route.verified_at = Some(Timestamp::UNIX_EPOCH);
        }
        clinic
    }

    #[test]
    fn what_is_stored_comes_back_as_it_was() {
        let clinic = stored();
        assert_eq!(read(&typed(&clinic), clinic.id, Some(&clinic)), Ok(clinic));
    }

    #[test]
    fn a_changed_number_is_not_verified() {
        let clinic = stored();
        for (fax, verified) in
            [("0300001002", true), ("０３－００００－１００２", true), ("03-0000-1003", false)]
        {
            let mut pairs = typed(&clinic).without(&["fax"]);
            pairs.add("fax", fax);
            let changed = read(&pairs, clinic.id, Some(&clinic)).unwrap();
            assert_eq!(changed.routes[0].verified_at.is_some(), verified, "{fax}");
            assert!(changed.routes[1].verified_at.is_some(), "the mail address did not change");
        }
    }

    #[test]
    fn what_is_wrong_is_told_at_its_field() {
        for (posted, field) in [
            ("name=", "name"),
            ("name=a&fax=090-1234-5678", "fax"),
            ("name=a&mail=a@b@c", "mail"),
            ("name=a&code=12", "code"),
            ("name=a&hours_weekday=9&hours_from=13:00&hours_to=14:00&hours_confirmed=2026-10-01", "hours"),
            ("name=a&hours_weekday=2&hours_from=14:00&hours_to=13:00&hours_confirmed=2026-10-01", "hours"),
            ("name=a&hours_weekday=2&hours_from=13:00&hours_to=14:00&hours_confirmed=", "hours"),
        ] {
            let id = ClinicId::new_at(Timestamp::UNIX_EPOCH);
            let wrong = read(&Pairs::decode(posted.as_bytes()), id, None).unwrap_err();
            assert_eq!(wrong.keys().collect::<Vec<_>>(), [field], "{posted}");
        }
    }
}
