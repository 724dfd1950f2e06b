//! What leaves for one delivery, by the kind of its letter: a mail with or without a page. Checks once more, right before
//! it leaves, that the destination may have it. Sends nothing.

use super::deliver::Sender;
use super::link::issue_link;
use super::mail_answer;
use super::passphrase;
use super::{Clock, FlowError, Result};
use crate::domain::account::By;
use crate::domain::attachment::{AttachedPage, StoredPage};
use crate::domain::calendar::{self, japan_date};
use crate::domain::directory::{Clinic, RouteKind};
use crate::domain::id::{AttemptId, NumberTestId, RequestId, UserId};
use crate::domain::letter::{Letter, NumberTest};
use crate::domain::request::{Delivery, Request};
use crate::form::answers::check_answers;
use crate::mail::block;
use crate::mail::compose::Outgoing;
use crate::mail::letter::{self, LetterText, NoticeLine};
use crate::mail::marks::Marks;
use crate::mail::send::fax_by_mail::fax_mail;
use crate::mail::send::plain_mail::{letter_mail, sheet_mail};
use crate::seal::random;
use crate::sheet::cancel_notice::{self, CancelOrder};
use crate::sheet::fillable::{self, FillableError};
use crate::sheet::number_test::{self, TestOrder};
use crate::sheet::{self, RenderedSheet, SheetOrder};
use crate::store::{Lease, NewTestPage, Sheet, Store};
use serde_json::json;
use std::sync::Arc;

/// Business days in which a test page is asked back.
const TEST_DAYS: u16 = 5;
/// Stands in the place of a request's number where there is none.
const TEST_NUMBER: &str = "test-page";

/// The audit log says that the outbox made it; who asked for the mail stands there too.
fn by_outbox() -> By {
    By { user: None, from_address: "outbox".to_owned() }
}

/// What a letter is written with.
pub(super) struct Desk<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) sender: &'a Sender,
    pub(super) delivery: &'a Delivery,
    pub(super) attempt: AttemptId,
    pub(super) lease: &'a Lease,
    pub(super) clock: &'a Clock,
}

impl Desk<'_> {
    /// Writes the letter.
    pub(super) fn write(&self) -> Result<Outgoing> {
        match self.delivery.letter {
            Letter::Sheet { request_id } => self.sheet(request_id),
            Letter::CancelNotice { request_id } => self.cancel_notice(request_id),
            Letter::Link { request_id } => self.link(request_id),
            Letter::NumberTest { number_test_id } => self.number_test(number_test_id),
            Letter::Notice { user_id } => self.notice(user_id),
        }
    }

    /// Makes the sheet of a delivery that somebody carries; nothing is sent.
    pub(super) fn print(&self) -> Result<()> {
        let Letter::Sheet { request_id } = self.delivery.letter else {
            return Err(FlowError::NoProfile("hand"));
        };
        self.rendered(&self.store.request(request_id)?)?;
        Ok(())
    }

    fn sheet(&self, id: RequestId) -> Result<Outgoing> {
        let request = self.store.request(id)?;
        self.verified(&request)?;
        let rendered = self.rendered(&request)?;
        if self.delivery.route == RouteKind::FaxByMail {
            return self.fax(request.number.as_str(), rendered.pdf);
        }
        let (to, now) = (self.delivery.address.as_str(), self.clock.now());
        let (pdf, how) = self.with_fields(&request, rendered)?;
        Ok(sheet_mail(self.mail_profile()?, to, &request.number, pdf, how.as_deref(), self.marks(), now)?)
    }

    /// The sheet for a screen, and the words that say how to fill it in. A form that asks nothing has no fields and no
    /// such words. It is locked where a passphrase was agreed with the clinic.
    fn with_fields(&self, request: &Request, rendered: RenderedSheet) -> Result<(Vec<u8>, Option<String>)> {
        let form = self.store.form(&request.form_id, request.form_version)?;
        let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
        let passphrase = passphrase::of_clinic(self.store, &self.sender.keyring, request.clinic_id)?;
        let (pdf, asks) = match fillable::make(&rendered, &self.sender.rule.printed(&form), &answers) {
            Err(FillableError::NothingToFill) => (rendered.pdf, false),
            other => (other?, true),
        };
        let pdf = match &passphrase {
            Some(passphrase) => passphrase::locked(&pdf, passphrase)?,
            None => pdf,
        };
        let how = letter::by_pdf(&letter::PdfText {
            office: &self.store.office(request.office_id)?,
            return_fax: &self.sender.return_fax,
            due_on: request.due_on,
            asks,
            locked: passphrase.is_some(),
        });
        let block = mail_answer::block_of(&form, request)?.filter(|_| asks);
        let how = how.map(|how| match &block {
            Some(block) => format!("{how}\n{}", block::write(block)),
            None => how,
        });
        Ok((pdf, how))
    }

    /// The destination may have been changed since the letter was handed over.
    fn verified(&self, request: &Request) -> Result<Clinic> {
        let clinic = self.store.clinic(request.clinic_id)?;
        let verified = clinic.routes.iter().any(|route| {
            let same = route.kind == self.delivery.route && route.address == self.delivery.address;
            same && route.verified_at.is_some()
        });
        if verified { Ok(clinic) } else { Err(FlowError::NotVerified { clinic: clinic.name }) }
    }

    /// The sheet of this delivery: rendered once, the same paper at every try.
    fn rendered(&self, request: &Request) -> Result<RenderedSheet> {
        if let Some(sheet_id) = &self.delivery.sheet_id
            && let Some(sheet) = self.store.sheet(sheet_id)?
        {
            return Ok(RenderedSheet { pdf: self.store.blobs().get(&sheet.pdf)?, layout: sheet.layout });
        }
        let now = self.clock.now();
        let form = self.store.form(&request.form_id, request.form_version)?;
        let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
        let sheet_id = random::sheet_number()?;
        let sample = self.store.clinic(request.clinic_id)?.sample;
        let attached = self.attached(request.id)?;
        let rendered = sheet::render(&SheetOrder {
            form: &self.sender.rule.printed(&form),
            answers: &answers,
            number: request.number.as_str(),
            sheet_id: &sheet_id,
            keyring: &self.sender.keyring,
            issued_on: japan_date(request.created_at),
            due_on: request.due_on,
            return_fax: &self.sender.return_fax,
            sample,
            cover: self.sender.rule.cover && self.delivery.route == RouteKind::FaxByMail,
            attached: &attached,
        })?;
        let pdf = self.store.blobs().put(&rendered.pdf)?;
        let sheet = Sheet {
            sheet_id,
            request_id: request.id,
            delivery_id: self.delivery.id,
            layout: rendered.layout.clone(),
            pdf,
            rendered_at: now,
        };
        self.store.put_sheet(&sheet, self.lease)?;
        Ok(rendered)
    }

    /// The pages that follow the sheet's own.
    fn attached(&self, id: RequestId) -> Result<Vec<AttachedPage>> {
        let papers = self.store.attachments(id)?;
        let page = |page: &StoredPage| {
            let StoredPage { width_px, height_px, percent, .. } = *page;
            Ok(AttachedPage { width_px, height_px, percent, g4: self.store.blobs().get(&page.g4)? })
        };
        papers.iter().flat_map(|paper| &paper.pages).map(page).collect()
    }

    /// 取消, to where the sheet went.
    fn cancel_notice(&self, id: RequestId) -> Result<Outgoing> {
        let request = self.store.request(id)?;
        let clinic = self.verified(&request)?;
        let office = self.store.office(request.office_id)?;
        let form = self.store.form(&request.form_id, request.form_version)?;
        let answers = check_answers(&form, &request.answers).map_err(FlowError::Answers)?;
        let pdf = cancel_notice::render(&CancelOrder {
            number: request.number.as_str(),
            title: &form.title.ja,
            clinic: &clinic,
            addressed: answers.party(form.to).map_or("", |party| &party.person),
            office: &office,
            client: answers.client(),
            issued_on: japan_date(request.created_at),
            cancelled_on: japan_date(self.delivery.created_at),
        })?;
        let number = request.number.as_str();
        match self.delivery.route {
            RouteKind::FaxByMail => self.fax(number, pdf),
            RouteKind::Hand => Err(FlowError::NoProfile("hand")),
            RouteKind::PlainMail => self.mail(
                letter::cancel_notice(number, &office),
                Some((&format!("renraku-{number}-cancelled.pdf"), pdf)),
            ),
        }
    }

    /// A one-time link. It is made for this try and kept nowhere; one of an earlier try opens nothing any more.
    fn link(&self, id: RequestId) -> Result<Outgoing> {
        let request = self.store.request(id)?;
        self.verified(&request)?;
        if self.delivery.route != RouteKind::PlainMail {
            return Err(FlowError::NoProfile("link"));
        }
        let office = self.store.office(request.office_id)?;
        let issued = issue_link(self.store, &self.sender.links, id, &by_outbox(), self.clock.now())?;
        let text = letter::link(&letter::LinkText {
            number: request.number.as_str(),
            office: &office,
            url: issued.url.expose(),
            due_on: request.due_on,
            expires_on: japan_date(issued.link.expires_at),
        });
        self.mail(text, None)
    }

    /// The page of a test: to a number that is not verified yet, and so without anybody's data.
    fn number_test(&self, id: NumberTestId) -> Result<Outgoing> {
        let test = self.store.number_test(id)?;
        let clinic = self.store.clinic(test.clinic_id)?;
        let now = self.clock.now();
        let there =
            clinic.routes.iter().any(|route| route.kind == test.route && route.address == test.address);
        if !there || !test.is_open(now) {
            return Err(FlowError::Missing(
                "番号が変わったか、この確認は終わっています。もう一度、試験ページを送ってください / the number has changed or the test is over: send a new test page",
            ));
        }
        let pdf = self.test_pdf(&test, &clinic)?;
        match self.delivery.route {
            RouteKind::FaxByMail => self.fax(TEST_NUMBER, pdf),
            RouteKind::Hand => Err(FlowError::NoProfile("hand")),
            RouteKind::PlainMail => {
                let association = self.association()?;
                self.mail(
                    letter::number_test(&clinic.name, association),
                    Some(("renraku-test-page.pdf", pdf)),
                )
            }
        }
    }

    /// Rendered once, the same page at every try.
    fn test_pdf(&self, test: &NumberTest, clinic: &Clinic) -> Result<Vec<u8>> {
        if let Some(page) = &test.page {
            return Ok(self.store.blobs().get(&page.pdf)?);
        }
        let now = self.clock.now();
        let sheet_id = random::sheet_number()?;
        let issued_on = japan_date(test.created_at);
        let association = self.association()?;
        let parties = json!({
            "sender": { "organization": association.name, "person": "事務局", "tel": association.tel,
                "fax": self.sender.return_fax },
            "recipient": { "organization": clinic.name, "person": "ご担当者" },
        });
        let answers = check_answers(number_test::form()?, &parties).map_err(FlowError::Answers)?;
        let rendered = number_test::render(&TestOrder {
            answers: &answers,
            test,
            clinic,
            association,
            sheet_id: &sheet_id,
            keyring: &self.sender.keyring,
            issued_on,
            due_on: calendar::add_business_days(issued_on, TEST_DAYS, &self.sender.rule.closures)?,
            return_fax: &self.sender.return_fax,
        })?;
        let pdf = self.store.blobs().put(&rendered.pdf)?;
        let page = NewTestPage { id: test.id, sheet_id, layout: rendered.layout, pdf, rendered_at: now };
        self.store.put_test_page(&page, self.delivery.id, self.lease)?;
        Ok(rendered.pdf)
    }

    /// Tells a user to look: numbers and what is the matter, no client.
    fn notice(&self, id: UserId) -> Result<Outgoing> {
        let user = self.store.user(id)?;
        if !user.active || user.mail.as_deref() != Some(self.delivery.address.as_str()) {
            return Err(FlowError::Missing(
                "あて先の方のメールアドレスが変わったか、利用を停止しています / the user's address has changed, or the account is closed",
            ));
        }
        let url = self.sender.links.public_url.as_deref().ok_or(FlowError::NoProfile("public_url"))?;
        let line = |item: crate::domain::letter::NoticeItem| {
            let number = self.store.request(item.request_id)?.number.to_string();
            Ok(NoticeLine { number, about: item.about, request_id: item.request_id })
        };
        let items = self.store.notice_items(self.delivery.id)?.into_iter();
        let lines: Vec<NoticeLine> = items.map(line).collect::<Result<_>>()?;
        let messages = self.store.notice_messages(self.delivery.id)?;
        if lines.is_empty() && messages == 0 {
            return Err(FlowError::Missing(
                "お知らせする連絡は、すでに見られたか、取り下げられています / the messages were looked at or taken back: there is nothing to tell",
            ));
        }
        self.mail(letter::notice(&user.name, url, &lines, messages), None)
    }

    fn fax(&self, number: &str, pdf: Vec<u8>) -> Result<Outgoing> {
        let profile = self.sender.fax.as_ref().ok_or(FlowError::NoProfile("fax_by_mail"))?;
        Ok(fax_mail(profile, &self.delivery.address, number, pdf, self.marks(), self.clock.now())?)
    }

    fn mail(&self, text: LetterText, pdf: Option<(&str, Vec<u8>)>) -> Result<Outgoing> {
        let (profile, now) = (self.mail_profile()?, self.clock.now());
        Ok(letter_mail(profile, &self.delivery.address, text, pdf, self.marks(), now)?)
    }

    /// By which whatever comes back is known again.
    fn marks(&self) -> Marks<'_> {
        Marks { keyring: &self.sender.keyring, attempt: self.attempt }
    }

    fn mail_profile(&self) -> Result<&crate::mail::profile::MailProfile> {
        self.sender.mail.as_ref().ok_or(FlowError::NoProfile("plain_mail"))
    }

    fn association(&self) -> Result<&Arc<crate::domain::directory::Association>> {
        self.sender.rule.association.as_ref().ok_or(FlowError::NoAssociation)
    }
}
