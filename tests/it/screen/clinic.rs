//! The clinic: takes the sheet out of its mail, fills it in as a viewer does, and replies.

use crate::fillable::{appended, fill, saved};
use crate::letters::{MAIL, Region, at};
use crate::world::reading;
use lopdf::Document;
use renraku::domain::attachment::Paper;
use renraku::domain::directory::RouteKind;
use renraku::domain::id::RequestId;
use renraku::domain::request::{Reply, Request};
use renraku::flow::ingest::{read_arrival, store_arrival};
use renraku::form::definition::FormDefinition;
use renraku::form::layout::Layout;
use renraku::mail::compose::{Outgoing, PdfFile, compose};
use renraku::mail::parse::ParsedMail;
use renraku::pool::{Pool, PoolLimits};
use renraku::read::fillable::FilledForm;
use renraku::store::{Filed, SqliteStore, Store};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub struct Clinic {
    pub region: Region,
    pub request: RequestId,
    /// As it arrived.
    pub mail: ParsedMail,
    /// The sheet with its fields, as it arrived.
    pub pdf: Vec<u8>,
    pub layout: Layout,
    mailbox: String,
    pub form: FormDefinition,
    pool: Pool,
    arrivals: AtomicU32,
}

/// What is filled in: the ticks of every field with boxes and the words.
fn filled(answers: &[(&str, &[&str])], words: &[(&str, &str)]) -> FilledForm {
    let owned = |options: &&[&str]| options.iter().map(|option| (*option).to_owned()).collect();
    FilledForm {
        answers: answers.iter().map(|(field, options)| ((*field).to_owned(), owned(options))).collect(),
        texts: words.iter().map(|(field, text)| ((*field).to_owned(), (*text).to_owned())).collect(),
        ..FilledForm::default()
    }
}

/// Words, two of three offered times, and who answers.
pub fn opinion() -> FilledForm {
    let answers: [(&str, &[&str]); 3] =
        [("answer", &["opinion"]), ("slots", &["slot_1", "slot_2"]), ("signature", &["doctor"])];
    filled(&answers, &[("comment", "薬を変更しました。\n𠮷田 髙橋"), ("signature", "見本 一郎")])
}

pub fn call() -> FilledForm {
    filled(&[("answer", &["call"]), ("slots", &[]), ("signature", &["on_behalf"])], &[])
}

impl Clinic {
    /// Its mailbox is verified, and a sheet has arrived in it.
    pub async fn new() -> Self {
        Self::agreed(|_| {}).await
    }

    /// The same, after something was agreed with it.
    pub async fn agreed(agree: impl FnOnce(&Region)) -> Self {
        Self::with(agree, Vec::new()).await
    }

    /// The same, with papers that went along.
    pub async fn with(agree: impl FnOnce(&Region), papers: Vec<Arc<Paper>>) -> Self {
        let region = Region::new().await;
        agree(&region);
        region.verify(RouteKind::PlainMail, MAIL);
        let request = region.submit_with(None, papers);
        let mut mails = region.send_all().await;
        let (to, mail) = mails.remove(0);
        assert_eq!((to.as_str(), mails.len(), mail.attachments.len()), (MAIL, 0, 1));
        let delivery = region.store.deliveries(request.id).unwrap().remove(0);
        let sheet = region.store.sheet(&delivery.sheet_id.unwrap()).unwrap().unwrap();
        let form = region.store.form(&request.form_id, request.form_version).unwrap();
        Self {
            request: request.id,
            pdf: mail.attachments[0].bytes.clone(),
            layout: sheet.layout,
            mailbox: to,
            mail,
            form,
            region,
            pool: Pool::new(env!("CARGO_BIN_EXE_renraku").into(), PoolLimits::default()),
            arrivals: AtomicU32::new(0),
        }
    }

    pub fn request(&self) -> Request {
        self.region.store.request(self.request).unwrap()
    }

    pub fn replies(&self) -> Vec<Reply> {
        self.region.store.replies(self.request).unwrap()
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    pub fn open(&self) -> Document {
        Document::load_mem(&self.pdf).unwrap()
    }

    /// The sheet, filled in and saved.
    pub fn filled(&self, filled: &FilledForm) -> Vec<u8> {
        let mut document = self.open();
        fill(&mut document, filled, &self.form);
        saved(&mut document)
    }

    pub fn reply(&self, pdf: &[u8]) -> Vec<u8> {
        self.reply_at(pdf, 1)
    }

    pub fn reply_at(&self, pdf: &[u8], minutes: i64) -> Vec<u8> {
        mail_from(&self.mailbox, pdf, minutes)
    }

    /// The same answer saved in the ways of different viewers: written anew, written anew in streams of objects, and
    /// appended to a file that held another answer.
    pub fn saves(&self, form: &FilledForm, before: &FilledForm) -> Vec<Vec<u8>> {
        let mut document = self.open();
        fill(&mut document, form, &self.form);
        let mut modern = Vec::new();
        document.clone().save_modern(&mut modern).unwrap();
        let appended = appended(&self.pdf, &self.form, before, form);
        vec![saved(&mut document), modern, appended]
    }

    /// A copy of the gateway's data as they are now.
    pub fn copy(&self) -> (tempfile::TempDir, SqliteStore) {
        let dir = tempfile::tempdir().unwrap();
        copy_all(self.region.dir.path(), dir.path());
        let store = SqliteStore::open(dir.path()).unwrap();
        (dir, store)
    }

    /// What the gateway makes of a mail or a file.
    pub fn reads(&self, bytes: &[u8]) -> Filed {
        self.reads_into(self.region.store.as_ref(), bytes)
    }

    /// The same in a copy of the gateway.
    pub fn reads_into(&self, store: &dyn Store, bytes: &[u8]) -> Filed {
        let nth = self.arrivals.fetch_add(1, Ordering::SeqCst);
        let clock = &self.region.clock;
        let key = format!("inbox {nth}");
        let known = store_arrival(store, &key, "reply", bytes, clock.now()).unwrap();
        let keyring = &self.region.sender.keyring;
        read_arrival(store, &reading(&self.pool, keyring), Some(known.id()), clock).unwrap().unwrap().filed
    }
}

/// A mail to the gateway with that file.
pub fn mail_from(from: &str, pdf: &[u8], minutes: i64) -> Vec<u8> {
    let outgoing = Outgoing {
        envelope_from: None,
        reply_to: None,
        from: from.to_owned(),
        to: "gateway@gateway.example".to_owned(),
        subject: "Re: 連絡票".to_owned(),
        body: "お返事します。".to_owned(),
        message_id: format!("{minutes}-reply@clinic.example"),
        date: at(minutes),
        pdf: Some(PdfFile { file_name: "renraku.pdf".to_owned(), bytes: pdf.to_vec() }),
        max_bytes: 20_000_000,
    };
    compose(&outgoing).unwrap().bytes
}

/// A mail of the clinic with two files.
pub fn mail_with_both(first: &[u8], second: &[u8]) -> Vec<u8> {
    let [first, second] = [first, second].map(|pdf| String::from_utf8(mail_from(MAIL, pdf, 1)).unwrap());
    let start = second.rfind("--=_renraku-1-reply\r\n").unwrap();
    let end = first.rfind("--=_renraku-1-reply--").unwrap();
    [&first[..end], &second[start..]].concat().into_bytes()
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy_all(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
