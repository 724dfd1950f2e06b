//! A filled form becomes a numbered request with a place in the outbox, in one transaction; everything that
//! could make it unsendable is found before, while the person who filled it is still there.

use super::{FlowError, Result, party};
use crate::domain::attachment::{
    AttachedPage, Attachment, AttachmentMistake, Paper, StoredPage, check_papers,
};
use crate::domain::calendar::{self, Closures};
use crate::domain::client::Masking;
use crate::domain::directory::{Association, BY_HAND, Clinic, Office, Route, RouteKind};
use crate::domain::id::{ClinicId, DeliveryId, OfficeId, RequestId, UserId};
use crate::domain::quiet::QuietHours;
use crate::domain::request::Request;
use crate::form::answers::{Answers, check_answers};
use crate::form::definition::{DueRule, FormDefinition};
use crate::seal::keyring::Keyring;
use crate::sheet::{self, RenderedSheet, SheetOrder};
use crate::store::{NewRequest, Store};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the region has settled.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// Due rules that differ from the form's own, by form id.
    pub due: BTreeMap<String, DueRule>,
    /// When nobody works.
    pub closures: Closures,
    /// Where answers are faxed to, in domestic digits, as it is printed.
    pub return_fax: Option<String>,
    /// Who runs the gateway; needed for test pages.
    pub association: Option<Arc<Association>>,
    /// What a sheet may show of a client at the most; a form's own masking may hide more.
    pub masking: Masking,
    /// True: a cover goes before every sheet that is faxed.
    pub cover: bool,
    /// When fax machines do not ring.
    pub quiet: QuietHours,
    /// The most bytes of a whole mail to the fax service, and to a mailbox; `None` where no route of the kind is set up.
    pub most_mail_bytes: (Option<usize>, Option<usize>),
}

impl Rule {
    /// The form as the region prints it: its masking and its clock.
    #[must_use]
    pub fn printed(&self, form: &FormDefinition) -> FormDefinition {
        FormDefinition { masking: form.masking.stricter(self.masking), due: self.clock(form), ..form.clone() }
    }

    /// True when a mail of this route can carry a PDF of so many bytes: in base64 with line ends (RFC 2045 §6.8), and
    /// with room for the mail's own words and for fields.
    #[must_use]
    pub fn carries(&self, route: RouteKind, pdf_bytes: usize) -> bool {
        const ROOM_BYTES: usize = 32 << 10;
        let most = match route {
            RouteKind::FaxByMail => self.most_mail_bytes.0,
            RouteKind::PlainMail => self.most_mail_bytes.1,
            RouteKind::Hand => None,
        };
        most.is_none_or(|most| pdf_bytes.div_ceil(57) * 78 + ROOM_BYTES <= most)
    }

    /// The first moment from `at` on at which something may leave: for a fax after the quiet hours of its number, unless
    /// it is the sheet of a form whose clock is in hours.
    #[must_use]
    pub fn not_before(
        &self,
        form: Option<&FormDefinition>,
        (route, address): (RouteKind, &str),
        at: Timestamp,
    ) -> Timestamp {
        let hurries = form.is_some_and(|form| matches!(self.clock(form), DueRule::Hours { .. }));
        if route != RouteKind::FaxByMail || hurries {
            return at;
        }
        self.quiet.after(address, at)
    }

    /// The form's clock, or the region's in its place.
    #[must_use]
    pub fn clock(&self, form: &FormDefinition) -> DueRule {
        *self.due.get(&form.id).unwrap_or(&form.due)
    }
}

/// How a sheet is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// To the clinic's first verified destination.
    #[default]
    Verified,
    /// The same; to a clinic without any, somebody carries it.
    VerifiedOrByHand,
    /// Somebody carries it.
    ByHand,
}

impl Way {
    fn to(self, clinic: &Clinic) -> Result<Route> {
        let by_hand = || Route {
            kind: RouteKind::Hand,
            address: BY_HAND.to_owned(),
            verified_at: None,
            verified_how: None,
        };
        match (self, verified_route(clinic)) {
            (Self::ByHand, _) | (Self::VerifiedOrByHand, Err(FlowError::NotVerified { .. })) => Ok(by_hand()),
            (_, route) => route.cloned(),
        }
    }
}

/// A filled form.
#[derive(Debug, Clone)]
pub struct Filled<'a> {
    /// The form.
    pub form: &'a FormDefinition,
    /// `{field: value, …}`; the parties are filled in from the directory.
    pub answers: Map<String, Value>,
    /// Who asks.
    pub office_id: OfficeId,
    /// Who is asked.
    pub clinic_id: ClinicId,
    /// The user who asks, who is told of the answer; `None`: at the command line.
    pub asked_by: Option<UserId>,
    /// What goes along, in order.
    pub papers: Vec<Arc<Paper>>,
    /// How it goes.
    pub way: Way,
}

/// A filled form that can be sent: what the person is shown before it is.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Who asks.
    pub office: Office,
    /// Who is asked.
    pub clinic: Clinic,
    /// Where it will go: verified, or in somebody's hand.
    pub route: Route,
    /// What was filled, with the parties from the directory.
    pub answers: Answers,
    /// The last day in time, if it is sent today.
    pub due_on: Option<Date>,
    /// The sheet as it will look, with the sample key's code and marked 見本: it answers nothing.
    pub preview: RenderedSheet,
    /// All pages of the preview: a cover, the sheet's own, what is attached.
    pub pages: usize,
}

/// Checks and stores the request. `id` is chosen by the caller: the same id again is the same request.
///
/// # Errors
/// [`FlowError`]: one sentence for the person at the form.
pub fn submit(
    store: &dyn Store,
    rule: &Rule,
    filled: Filled,
    id: RequestId,
    now: Timestamp,
) -> Result<Request> {
    let (form, asked_by, papers) = (filled.form, filled.asked_by, filled.papers.clone());
    let checked = check(store, rule, filled, now)?;
    let answers = checked.answers.to_json().map_err(|error| FlowError::Stored {
        what: "answers",
        id: id.to_string(),
        cause: error.to_string(),
    })?;
    let new = NewRequest {
        id,
        delivery_id: DeliveryId::new_at(now),
        form: form.clone(),
        office_id: checked.office.id,
        clinic_id: checked.clinic.id,
        answers,
        year: calendar::japan_date(now).year(),
        due_on: checked.due_on,
        not_before: Some(rule.not_before(Some(form), (checked.route.kind, &checked.route.address), now)),
        route: checked.route.kind,
        address: checked.route.address,
        asked_by,
        attachments: papers.iter().map(|paper| stored(store, paper)).collect::<Result<_>>()?,
    };
    Ok(store.submit(&new, now)?)
}

/// The paper with its pages as blobs.
fn stored(store: &dyn Store, paper: &Paper) -> Result<Attachment> {
    let page = |page: &AttachedPage| {
        let AttachedPage { width_px, height_px, percent, .. } = *page;
        Ok(StoredPage { width_px, height_px, percent, g4: store.blobs().put(&page.g4)? })
    };
    let pages = paper.pages.iter().map(page).collect::<Result<_>>()?;
    Ok(Attachment { id: paper.id, name: paper.name.clone(), pages })
}

/// Everything that [`submit`] checks, without storing anything.
///
/// # Errors
/// [`FlowError`]: one sentence for the person at the form.
pub fn check(store: &dyn Store, rule: &Rule, filled: Filled, now: Timestamp) -> Result<Checked> {
    let office = store.office(filled.office_id)?;
    let clinic = store.clinic(filled.clinic_id)?;
    let route = filled.way.to(&clinic)?;
    let mut json = filled.answers;
    party::fill(filled.form, &mut json, &office, &clinic);
    let answers = check_answers(filled.form, &Value::Object(json)).map_err(FlowError::Answers)?;
    let today = calendar::japan_date(now);
    let due_on = due_on(filled.form, rule, &answers, today)?;
    check_papers(filled.papers.iter().map(AsRef::as_ref))?;
    let attached: Vec<AttachedPage> =
        filled.papers.iter().flat_map(|paper| paper.pages.iter().cloned()).collect();
    let cover = rule.cover && route.kind == RouteKind::FaxByMail;
    let preview = try_on_paper(filled.form, &answers, rule, (today, due_on), (cover, &attached))?;
    if !attached.is_empty() && !rule.carries(route.kind, preview.pdf.len()) {
        return Err(AttachmentMistake::TooLarge.into());
    }
    let pages = usize::from(cover) + preview.layout.pages.len() + attached.len();
    Ok(Checked { office, clinic, route, answers, due_on, preview, pages })
}

/// The first verified route of a clinic.
///
/// # Errors
/// [`FlowError::NotVerified`].
pub fn verified_route(clinic: &Clinic) -> Result<&Route> {
    let verified = clinic.routes.iter().find(|route| route.verified_at.is_some());
    verified.ok_or_else(|| FlowError::NotVerified { clinic: clinic.name.clone() })
}

/// The last day in time, counted from the day of sending (day 0): by the rule, or the business day before what
/// the answer is needed for, where that is sooner. Never before the day of sending.
///
/// # Errors
/// When the calendar has no business day.
pub fn due_on(form: &FormDefinition, rule: &Rule, answers: &Answers, sent_on: Date) -> Result<Option<Date>> {
    let by_rule = match rule.clock(form) {
        DueRule::BusinessDays { days } => calendar::add_business_days(sent_on, days, &rule.closures)?,
        DueRule::Hours { hours } => {
            let days = i64::from(hours.div_ceil(24));
            sent_on.saturating_add(jiff::SignedDuration::from_hours(24 * days))
        }
        DueRule::NoReply => return Ok(None),
    };
    let needed = form.due_before.iter().flat_map(|field| answers.days(field)).min();
    let Some(needed) = needed else { return Ok(Some(by_rule)) };
    let in_time = calendar::business_day_before(needed, &rule.closures)?;
    Ok(Some(by_rule.min(in_time).max(sent_on)))
}

/// Lays the sheet out once: a character that cannot be printed, or a text that is too long, is found now.
fn try_on_paper(
    form: &FormDefinition,
    answers: &Answers,
    rule: &Rule,
    (issued_on, due_on): (Date, Option<Date>),
    (cover, attached): (bool, &[AttachedPage]),
) -> Result<RenderedSheet> {
    let return_fax = rule.return_fax.as_deref().ok_or(FlowError::NoReturnFax)?;
    let sheet_id = crate::domain::sheet_number::SheetNumber::from_random([0; 7]);
    let keyring = Keyring::sample();
    Ok(sheet::render(&SheetOrder {
        form: &rule.printed(form),
        answers,
        number: "00-000000-0",
        sheet_id: &sheet_id,
        keyring: &keyring,
        issued_on,
        due_on,
        return_fax,
        sample: true,
        cover,
        attached,
    })?)
}
