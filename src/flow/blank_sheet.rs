//! 備え置き用紙: a sheet that a clinic keeps, addressed to one office, and faxes at any time. It is made here and given to
//! whoever asked for it; nothing is sent. What comes on it is filed as a message ([`super::file_page`]).

use super::submit::Rule;
use super::{FlowError, Result, party};
use crate::domain::account::By;
use crate::domain::calendar::japan_date;
use crate::domain::id::{ClinicId, OfficeId};
use crate::domain::sheet_number::SheetNumber;
use crate::form::answers::check_answers;
use crate::form::catalogue::Catalogue;
use crate::form::definition::{FieldKind, FormDefinition};
use crate::form::layout::Layout;
use crate::seal::keyring::Keyring;
use crate::seal::random;
use crate::sheet::{self, SheetOrder};
use crate::store::{NewBlankSheet, Store};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What stands where a request's sheet has its number.
const BLANK_NUMBER: &str = "備え置き用紙";

/// A sheet that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its number.
    pub sheet_id: SheetNumber,
    /// Where everything stands on it.
    pub layout: Layout,
    /// The PDF.
    pub pdf: Vec<u8>,
}

/// The newest version of every form that can be kept blank, in the catalogue's order.
#[must_use]
pub fn keepable(catalogue: &Catalogue) -> Vec<&FormDefinition> {
    catalogue.newest().into_iter().filter(|form| form.unsolicited).collect()
}

/// Makes a blank sheet of `form`, from the clinic to the office, and stores it.
///
/// # Errors
/// [`FlowError::Missing`] for a form that somebody asks for; [`FlowError::NoReturnFax`]; the store's.
pub fn make(
    store: &dyn Store,
    (rule, keyring): (&Rule, &Keyring),
    form: &FormDefinition,
    (office_id, clinic_id): (OfficeId, ClinicId),
    by: &By,
    now: Timestamp,
) -> Result<Made> {
    let blank = form.as_blank().ok_or(FlowError::Missing(
        "この様式は備え置きにできません。依頼なしに送る様式(unsolicited)を選んでください / this form cannot be kept blank: choose one that is sent unasked (unsolicited)",
    ))?;
    let return_fax = rule.return_fax.as_deref().ok_or(FlowError::NoReturnFax)?;
    let (office, clinic) = (store.office(office_id)?, store.clinic(clinic_id)?);
    let mut parties = Map::new();
    party::fill(&blank, &mut parties, &office, &clinic);
    if clinic.doctors.len() != 1 {
        leave_person_open(&blank, &mut parties);
    }
    let answers = check_answers(&blank, &Value::Object(parties)).map_err(FlowError::Answers)?;
    let sheet_id = random::sheet_number()?;
    let rendered = sheet::render(&SheetOrder {
        form: &rule.printed(&blank),
        answers: &answers,
        number: BLANK_NUMBER,
        sheet_id: &sheet_id,
        keyring,
        issued_on: japan_date(now),
        due_on: None,
        return_fax,
        sample: office.sample || clinic.sample,
        cover: false,
        attached: &[],
    })?;
    let pdf = store.blobs().put(&rendered.pdf)?;
    let (sheet, layout) = (sheet_id.clone(), rendered.layout.clone());
    let new = NewBlankSheet { sheet_id: sheet, form: blank, clinic_id, office_id, layout, pdf };
    store.put_blank_sheet(&new, by, now)?;
    Ok(Made { sheet_id, layout: rendered.layout, pdf: rendered.pdf })
}

/// Of several doctors nobody knows who will fill the sheet: none is printed.
fn leave_person_open(blank: &FormDefinition, parties: &mut Map<String, Value>) {
    let senders: Vec<_> = blank.senders().collect();
    for field in &blank.fields {
        if let FieldKind::Party { role } = field.kind
            && senders.contains(&role)
            && let Some(party) = parties.get_mut(&field.id).and_then(Value::as_object_mut)
        {
            party.remove("person");
            party.remove("department");
        }
    }
}
