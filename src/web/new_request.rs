//! A new request: choose the client, fill the form, look at the sheet and the number, send. The request's id is
//! chosen when the empty form is shown and travels with it, so that two clicks are one request.

use super::access::Resource;
use super::answer::Answer;
use super::pairs::Pairs;
use super::routes::Method;
use super::visit::Visit;
use super::{WebError, attach, door, filled, form_view, usual};
use crate::domain::attachment::Attachment;
use crate::domain::audit::Act;
use crate::domain::calendar::japan_date;
use crate::domain::directory::ClientRecord;
use crate::domain::id::{ClinicId, RequestId, UserId};
use crate::domain::request::Request;
use crate::flow::FlowError;
use crate::flow::submit::{self, Checked, Filled, Way};
use crate::form::answers::{AnswerMistake, Answers, check_answers};
use crate::form::definition::{DueRule, Field, FieldKind, FormDefinition, PartyRole};
use crate::store::StoreError;
use axum::http::StatusCode;
use serde_json::Value;

/// Of the form itself; they stay when the form is shown again.
const OWN: &[&str] = &[door::TOKEN, "edit", "address"];
/// The form that most requests are written with: it opens without being chosen.
const USUAL: &str = "liaison";

/// A form with what was written into it.
pub struct Written {
    /// The request that it becomes.
    pub id: RequestId,
    /// The form.
    pub form: FormDefinition,
    /// The client that it is about.
    pub client: ClientRecord,
    /// Everything that was posted, but for tokens and buttons.
    pub posted: Pairs,
    /// Whoever fills it.
    pub asked_by: UserId,
}

impl Written {
    /// Takes the posted form apart; the client must be the user's own.
    ///
    /// # Errors
    /// [`WebError::NotFound`] when it was not posted from one of our pages, or about a stranger.
    pub fn of(visit: &Visit, posted: &Pairs) -> Result<Self, WebError> {
        let client = visit.store().client(posted.get("client").parse().map_err(|_| WebError::NotFound)?)?;
        visit.reach(Resource::Clients(client.office_id), "client", &client.id.to_string())?;
        Ok(Self {
            id: posted.get("id").parse().map_err(|_| WebError::NotFound)?,
            form: form_of(visit, posted)?,
            client,
            posted: posted.without(OWN).without(&attach::BUTTONS),
            asked_by: visit.user()?.id,
        })
    }

    /// The form as the flows take it.
    ///
    /// # Errors
    /// The sentence at the recipient when none was chosen.
    fn filled(&self, visit: &Visit) -> Result<Filled<'_>, FlowError> {
        let papers = attach::papers(visit, &self.posted)?;
        let clinic: ClinicId = filled::clinic(&self.posted).parse().map_err(|_| self.no_clinic())?;
        Ok(Filled {
            form: &self.form,
            answers: filled::answers(&self.form, &self.posted, &self.client.client),
            office_id: self.client.office_id,
            clinic_id: clinic,
            asked_by: Some(self.asked_by),
            papers,
            way: Way::VerifiedOrByHand,
        })
    }

    /// Checks everything, as sending will.
    ///
    /// # Errors
    /// [`FlowError::Answers`] for what belongs to a field; anything else as a sentence.
    pub fn check(&self, visit: &Visit) -> Result<Checked, FlowError> {
        let checked = self
            .filled(visit)
            .and_then(|filled| submit::check(visit.store(), &visit.web.rule, filled, visit.now));
        match checked {
            // What is missing beside the clinic is said at once too.
            Err(FlowError::Answers(mut mistakes)) if filled::clinic(&self.posted).is_empty() => {
                mistakes.extend(self.other_mistakes());
                Err(FlowError::Answers(mistakes))
            }
            Err(FlowError::Store(StoreError::NotFound { .. })) => Err(self.no_clinic()),
            other => other,
        }
    }

    /// What is wrong beside the parties, which are not known yet.
    fn other_mistakes(&self) -> Vec<AnswerMistake> {
        self.beside_parties().err().unwrap_or_default()
    }

    /// What was filled in, but for the parties, whose items come from the directory.
    fn beside_parties(&self) -> Result<Answers, Vec<AnswerMistake>> {
        let mut form = self.form.clone();
        form.fields.retain(|field| !matches!(field.kind, FieldKind::Party { .. }));
        let mut answers = filled::answers(&self.form, &self.posted, &self.client.client);
        answers.retain(|id, _| id == "consent" || form.fields.iter().any(|field| field.id == *id));
        check_answers(&form, &answers.into())
    }

    /// True when the request says what the form says: every field, the people and the clinic.
    fn is(&self, request: &Request, attached: &[Attachment]) -> bool {
        let filled = filled::answers(&self.form, &self.posted, &self.client.client);
        let parties = self.form.fields.iter().filter(|field| matches!(field.kind, FieldKind::Party { .. }));
        let person = |value: Option<&Value>| value.and_then(|value| value.get("person")).cloned();
        let answers = self.beside_parties().ok().and_then(|answers| answers.to_json().ok());
        let mut rest = request.answers.clone();
        for field in parties {
            if person(filled.get(&field.id)) != person(request.answers.get(&field.id)) {
                return false;
            }
            rest.as_object_mut().map(|rest| rest.remove(&field.id));
        }
        let papers = attached.iter().map(|paper| paper.id.to_string()).eq(attach::ids(&self.posted));
        papers && filled::clinic(&self.posted) == request.clinic_id.to_string() && answers == Some(rest)
    }

    fn no_clinic(&self) -> FlowError {
        self.at_recipient("宛先の医療機関を選んでください / choose the clinic that it goes to")
    }

    fn at_recipient(&self, what: &str) -> FlowError {
        let recipient = self
            .form
            .fields
            .iter()
            .find(|field| matches!(field.kind, FieldKind::Party { role } if role == self.form.to));
        let field = recipient.map(|field| field.id.clone()).unwrap_or_default();
        FlowError::Answers(vec![AnswerMistake { field, what: what.to_owned() }])
    }

    /// The page with the form; `more` are the fields that have just appeared on it.
    fn page(
        &self,
        visit: &Visit,
        mistakes: &[AnswerMistake],
        sentence: &str,
        more: &[&Field],
    ) -> Result<Answer, WebError> {
        visit.note(Act::View, "client", &self.client.id.to_string(), visit.route.path)?;
        let mut hidden: Vec<_> =
            ["id", "form", "client"].map(|name| (name, self.posted.get(name).to_owned())).into();
        // What was begun with this version of the form ends with it.
        hidden.push(("version", self.form.version.to_string()));
        let more: Vec<_> =
            more.iter().map(|field| context! { id => field.id, label => field.label }).collect();
        visit.page(
            "request_form.html",
            context! {
                form => self.form,
                client => self.client.client,
                client_id => self.client.id.to_string(),
                hidden,
                fields => form_view::fields(&self.form, &self.posted, mistakes),
                clinics => form_view::clinics(&visit.store().clinics()?),
                consent => consent(&self.posted),
                papers => attach::views(visit, &self.posted),
                papers_mistakes => form_view::about("attachments", mistakes),
                masks => !visit.web.rule.printed(&self.form).masking.is_open(),
                consent_mistakes => form_view::about("consent", mistakes),
                mistakes => form_view::mistakes(mistakes),
                sentence,
                more,
                others => if visit.route.method == Method::Get { others(visit, &self.form.id) } else { vec![] },
            },
        )
    }

    /// The form again, with what is wrong with it and everything that was typed.
    fn again(&self, visit: &Visit, error: FlowError) -> Result<Answer, WebError> {
        let (mut mistakes, sentence) = match error {
            FlowError::Answers(mistakes) => (mistakes, String::new()),
            FlowError::Store(error) => return Err(error.into()),
            error => (Vec::new(), error.to_string()),
        };
        // Nobody is blamed for a field that was not on the page.
        let more = form_view::unseen(&self.form, &self.posted);
        mistakes.retain(|mistake| more.iter().all(|field| field.id != form_view::top(&mistake.field)));
        let page = self.page(visit, &mistakes, &sentence, &more)?;
        Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY))
    }
}

/// The form that was posted, in the version that the page was made with.
fn form_of(visit: &Visit, posted: &Pairs) -> Result<FormDefinition, WebError> {
    let (catalogue, id) = (&visit.web.catalogue, posted.get("form"));
    let newest = catalogue.get(id).map_err(|_| WebError::NotFound)?;
    if !is_offered(newest) {
        return Err(WebError::NotFound);
    }
    let Ok(version) = posted.get("version").parse() else { return Ok(newest.clone()) };
    // A region may have replaced the file meanwhile; a version that was ever sent is in the store.
    let own = catalogue.version(id, version).ok().cloned().or_else(|| visit.store().form(id, version).ok());
    Ok(own.unwrap_or_else(|| newest.clone()))
}

/// True for a form that a care manager sends.
fn is_offered(form: &FormDefinition) -> bool {
    !form.unsolicited && form.senders().any(|role| role == PartyRole::CareManager)
}

/// The other forms that a care manager can send.
fn others(visit: &Visit, id: &str) -> Vec<serde_json::Value> {
    let forms = visit.web.catalogue.newest().into_iter().filter(|form| is_offered(form) && form.id != id);
    forms.map(|form| context! { id => form.id, title => form.title }).collect()
}

/// The form that opens when none was chosen.
fn usual(visit: &Visit) -> &str {
    let forms: Vec<&str> = visit
        .web
        .catalogue
        .newest()
        .into_iter()
        .filter(|form| is_offered(form))
        .map(|form| form.id.as_str())
        .collect();
    if forms.contains(&USUAL) { USUAL } else { forms.first().copied().unwrap_or_default() }
}

/// The empty form for a client, or the clients to choose from.
pub fn blank(visit: &Visit) -> Result<Answer, WebError> {
    visit.office()?;
    if visit.query.get("client").is_empty() {
        return super::clients::choose(visit);
    }
    let mut posted = Pairs::default();
    posted.add("id", &RequestId::new_at(visit.now).to_string());
    posted.add("client", visit.query.get("client"));
    let form = match visit.query.get("form") {
        "" => usual(visit),
        form => form,
    };
    posted.add("form", form);
    let mut written = Written::of(visit, &posted)?;
    usual::begin(visit, &written, &mut posted)?;
    written.posted = posted;
    written.page(visit, &[], "", &[])
}

/// The form was filled: what is wrong stands at its fields, or the sheet is shown.
pub fn check(visit: &Visit) -> Result<Answer, WebError> {
    let mut written = Written::of(visit, &visit.form)?;
    let mistakes = attach::take(visit, &mut written.posted)?;
    if !mistakes.is_empty() {
        let page = written.page(visit, &mistakes, "", &[])?;
        return Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    if !visit.form.get("edit").is_empty() || attach::is_pressed(visit) {
        return written.page(visit, &[], "", &[]);
    }
    match written.check(visit) {
        Ok(_) if !form_view::unseen(&written.form, &written.posted).is_empty() => {
            written.again(visit, FlowError::Answers(Vec::new()))
        }
        Ok(_) => {
            visit.web.drafts.put(written.id, visit.user()?.id, written.posted.clone());
            Ok(Answer::see_other(&format!("/requests/check/{}", written.id)))
        }
        Err(error) => written.again(visit, error),
    }
}

/// The draft of the visit's path, when it is the user's own.
///
/// # Errors
/// A sentence when it is not there any more: the browser's page before still has everything.
pub fn draft(visit: &Visit) -> Result<Written, WebError> {
    let draft = visit.web.drafts.get(visit.param("id")?, visit.user()?.id);
    Written::of(visit, &draft.ok_or(WebError::Refused("problem-draft-gone"))?)
}

/// The sheet as it will be sent, with the clinic and its number in large letters.
pub fn checked(visit: &Visit) -> Result<Answer, WebError> {
    let id: RequestId = visit.param("id")?;
    let sent = sent_already(visit, id)?;
    let written = match (draft(visit), sent) {
        // An old form, by "back" or in another tab: what was changed in it has not been sent.
        (Ok(written), Some(request)) => return already(visit, &written, &request),
        (Err(_), Some(request)) => return Ok(Answer::see_other(&format!("/requests/{}", request.id))),
        (written, None) => written?,
    };
    let checked = match written.check(visit) {
        Ok(checked) => checked,
        Err(error) => return written.again(visit, error),
    };
    visit.note(Act::View, "client", &written.client.id.to_string(), visit.route.path)?;
    let hidden: Vec<_> = written.posted.iter().collect();
    visit.page(
        "request_check.html",
        context! {
            id => id.to_string(),
            hidden,
            form => written.form,
            client => written.client.client,
            clinic => checked.clinic,
            address => checked.route.address,
            route => checked.route.kind.as_str(),
            verified_on => checked.route.verified_at.map(japan_date),
            due_on => checked.due_on,
            due_hours => due_hours(visit, &written.form),
            warnings => form_view::warnings(&written.form, checked.answers.warnings()),
            papers => attach::views(visit, &written.posted),
            urgent => checked.answers.is_urgent(&written.form),
            pages => checked.pages,
            held => visit.store().hold()?.is_some(),
            changed => !visit.query.get("changed").is_empty(),
        },
    )
}

/// The hours of a clock that does not run in days.
fn due_hours(visit: &Visit, form: &FormDefinition) -> Option<u16> {
    match visit.web.rule.clock(form) {
        DueRule::Hours { hours } => Some(hours),
        DueRule::BusinessDays { .. } | DueRule::NoReply => None,
    }
}

/// Sends. The same form again is the same request; another number than the one that was shown is shown first.
pub fn send(visit: &Visit) -> Result<Answer, WebError> {
    let written = Written::of(visit, &visit.form)?;
    if let Some(request) = sent_already(visit, written.id)? {
        return already(visit, &written, &request);
    }
    let checked = match written.check(visit) {
        Ok(checked) => checked,
        Err(error) => return written.again(visit, error),
    };
    if checked.route.address != visit.form.get("address") {
        visit.web.drafts.put(written.id, visit.user()?.id, written.posted.clone());
        return Ok(Answer::see_other(&format!("/requests/check/{}?changed=1", written.id)));
    }
    let filled = written.filled(visit)?;
    let request = submit::submit(visit.store(), &visit.web.rule, filled, written.id, visit.now)?;
    if request.office_id != written.client.office_id {
        return Err(WebError::NotFound);
    }
    visit.note(Act::Change, "request", &request.id.to_string(), "submit")?;
    Ok(Answer::see_other(&format!("/requests/{}?notice=sent", request.id)))
}

/// The request that this form has become, if it has.
fn sent_already(visit: &Visit, id: RequestId) -> Result<Option<Request>, WebError> {
    match visit.store().request(id) {
        Ok(_) => visit.request_unseen(id).map(Some),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Sent before: the same content is the same request; changed content was not sent, and that is said.
fn already(visit: &Visit, written: &Written, request: &Request) -> Result<Answer, WebError> {
    let attached = visit.store().attachments(request.id)?;
    let notice = if written.is(request, &attached) { "sent" } else { "sent-before" };
    Ok(Answer::see_other(&format!("/requests/{}?notice={notice}", request.id)))
}

/// The consent as it was typed.
fn consent(posted: &Pairs) -> Value {
    let part = |part: &str| posted.all(&format!("consent.{part}")).next().unwrap_or_default().to_owned();
    context! { date => part("date"), method => part("method"), by => part("by"), scope => part("scope") }
}
