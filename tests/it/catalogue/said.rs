//! What a sheet must say, word for word and in reading order: made from the form and its answers alone, without the
//! code that draws sheets. Blanks are left out, since a line may end anywhere.

use jiff::civil::{Date, Time};
use renraku::domain::client::{BirthMask, Client};
use renraku::form::answers::{Answer, Answers, Consent, ConsentMethod, Party, PartyCode, Slot};
use renraku::form::definition::{
    DueRule, Field, FieldKind, FormDefinition, PartyRole, ReplyField, ReplyKind,
};

/// One sheet's words.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    pub form: &'a FormDefinition,
    pub answers: &'a Answers,
    pub number: &'a str,
    /// 11 characters.
    pub sheet_id: &'a str,
    pub issued_on: Date,
    pub due_on: Option<Date>,
    pub return_fax: &'a str,
}

/// What a piece of text is (a field's id), and the text.
type Piece = (String, String);

/// The text without blanks.
pub fn compact(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

impl Said<'_> {
    /// Compares with what was taken out of the pages: nothing may be missing, added or in another order.
    ///
    /// # Errors
    /// The first place where it differs, in words.
    pub fn compare(&self, pages: &[String]) -> Result<(), String> {
        let mut body = String::new();
        let count = pages.len();
        for (number, page) in (1..).zip(pages) {
            let head = joined(&self.heading(number, count));
            let foot = joined(&self.foot(number, number == count));
            let page = compact(page);
            let rest = page.strip_prefix(&head).ok_or_else(|| {
                format!(
                    "page {number} begins with 「{}」 instead of 「{head}」",
                    first(&page, head.chars().count())
                )
            })?;
            match rest.strip_suffix(&foot) {
                Some(rest) => body.push_str(rest),
                None => {
                    return Err(format!("page {number}: {}", self.wrong_foot(rest, number, number == count)));
                }
            }
        }
        let rest = walk(&self.request(), &body)?;
        if rest.is_empty() { Ok(()) } else { Err(format!("more than was filled in: 「{rest}」")) }
    }

    /// The whole sheet in one string, for a reader of other tools' output.
    #[allow(dead_code, reason = "one of the two binaries that include this file wants it")]
    pub fn page_of_one(&self) -> String {
        [self.heading(1, 1), self.request(), self.foot(1, true)].iter().map(|pieces| joined(pieces)).collect()
    }

    fn wrong_foot(&self, rest: &str, page: usize, last: bool) -> String {
        let pieces = self.foot(page, last);
        let start = pieces.first().and_then(|(_, text)| rest.rfind(text.as_str()));
        match start {
            None => format!("no 「{}」 before the part at the foot", joined(&pieces[..1])),
            Some(start) => match walk(&pieces, &rest[start..]) {
                Err(error) => error,
                Ok(more) => format!("after the part at the foot comes 「{more}」"),
            },
        }
    }

    fn heading(&self, page: usize, count: usize) -> Vec<Piece> {
        let right = format!("連絡番号{}{page}/{count}", self.number);
        pieces(&[("title", &self.form.title.ja), ("sample", "見本"), ("number", &right)])
    }

    fn request(&self) -> Vec<Piece> {
        let mut said = Vec::new();
        said.extend(
            self.answers.recipient(self.form).map(|party| ("recipient".to_owned(), recipient(party))),
        );
        let issued = format!("発行{}", self.form.dates.show(self.issued_on));
        said.push(("date of issue".to_owned(), issued));
        let sender = self.answers.sender(self.form);
        said.extend(sender.map(|party| ("sender".to_owned(), compact(&sender_text(party)))));
        if self.answers.is_urgent(self.form) {
            let tel = sender.and_then(|party| party.tel.as_ref());
            let tel = tel.map(|tel| format!("(TEL{})", tel.display())).unwrap_or_default();
            said.push(("urgent".to_owned(), format!("至急緊急時はお電話ください{tel}")));
        }
        for field in &self.form.fields {
            said.extend(self.field(field).into_iter().flatten());
        }
        if let (Some(rule), Some(consent)) = (&self.form.consent, self.answers.consent()) {
            said.extend(pieces(&[("consent", "同意"), ("consent", &self.consent(&rule.text.ja, consent))]));
        }
        if self.form.non_clinical {
            said.extend(pieces(&[("note", "ご注意この用紙では、医師の指示を扱うことはできません。")]));
        }
        said
    }

    /// The whole label, then the whole value; `None` for what is not printed or stands elsewhere.
    fn field(&self, field: &Field) -> Option<[Piece; 2]> {
        let hidden = field.kind == FieldKind::InsuredNumber && !self.form.masking.shows_identifiers();
        if hidden || self.form.is_offered(&field.id) {
            return None;
        }
        let value = match self.answers.get(&field.id)? {
            Answer::Party(_) | Answer::Consent(_) => return None,
            Answer::Client(client) => self.client(client),
            Answer::Text(text) => match &field.kind {
                FieldKind::Address => self.form.masking.address(text).to_owned(),
                FieldKind::Number { unit, .. } => format!("{text}{}", unit.ja),
                _ => text.clone(),
            },
            Answer::Choice(chosen) => option(field, chosen),
            Answer::Choices(chosen) => {
                chosen.iter().map(|id| option(field, id)).collect::<Vec<_>>().join("、")
            }
            Answer::Date(date) => format!("{}({})", self.form.dates.show(*date), weekday(*date)),
            Answer::Slots(slots) => slots.iter().map(slot_text).collect::<Vec<_>>().join("、"),
        };
        let value = compact(&value);
        let label = (format!("{} (label)", field.id), compact(&field.label.ja));
        (!value.is_empty()).then(|| [label, (field.id.clone(), value)])
    }

    fn client(&self, client: &Client) -> String {
        let (masking, dates) = (self.form.masking, self.form.dates);
        let open = masking.shows_identifiers();
        let born = client.birth_date.map(|born| match (masking.birth, client.age_band(self.issued_on)) {
            (BirthMask::Date, _) => format!("{}生", dates.show(born)),
            (BirthMask::AgeBand, band) => band.map(|band| band.to_string()).unwrap_or_default(),
        });
        let valid = client.valid_from.zip(client.valid_to);
        let insurer = client.insurer_number.as_ref().filter(|_| open);
        let insured = client.insured_number.as_ref().filter(|_| open);
        let said = [
            Some(format!("{}様", client.shown_name(masking.name))),
            client.kana.as_ref().filter(|_| open).map(|kana| format!("({kana})")),
            client.sex.map(|sex| sex.name().to_owned()),
            born,
            client.care_level.map(|level| level.name().to_owned()),
            valid.map(|(from, to)| format!("認定期間{}〜{}", dates.show(from), dates.show(to))),
            insurer.map(|number| format!("保険者番号{}", number.as_str())),
            insured.map(|number| format!("被保険者番号{}", number.as_str())),
        ];
        said.into_iter().flatten().collect()
    }

    fn consent(&self, text: &str, consent: &Consent) -> String {
        let method = if consent.method == ConsentMethod::Written { "書面" } else { "口頭" };
        let day = self.form.dates.show(consent.date);
        let by = consent.by.as_ref().filter(|_| self.form.masking.shows_identifiers());
        let by = by.map(|by| format!("・同意者{by}")).unwrap_or_default();
        let scope = consent.scope.as_ref().map(|scope| format!("・範囲{scope}")).unwrap_or_default();
        format!("{}(同意日{day}・方法{method}{by}{scope})", text.replace("(同意日・方法)", ""))
    }

    /// What stands below the request.
    fn foot(&self, page: usize, last: bool) -> Vec<Piece> {
        let id = self.sheet_id;
        let code = format!("{}-{}-{}/{page}", &id[..4], &id[4..8], &id[8..]);
        let mut said = pieces(&[("code's number", &code)]);
        said.extend(match (last, self.form.replies.is_empty()) {
            (true, false) => self.reply_part(),
            (true, true) => pieces(&[
                ("title", &self.form.title.ja),
                ("number", &format!("連絡番号{}", self.number)),
                ("end", "ご返信は不要です。この用紙の返送も必要ありません。"),
            ]),
            (false, no_reply) => pieces(&[
                ("title", &format!("{}(つづきのページがあります)", self.form.title.ja)),
                ("number", &format!("連絡番号{}", self.number)),
                (
                    "end",
                    if no_reply {
                        "ご返信は不要です。"
                    } else {
                        "返信欄は最後のページにあります。"
                    },
                ),
                ("end", "このページの返送は不要です。"),
            ]),
        });
        said
    }

    fn reply_part(&self) -> Vec<Piece> {
        let due = match (self.form.due, self.due_on) {
            (DueRule::Hours { hours }, _) => format!("送信から{hours}時間以内"),
            (_, Some(date)) => format!("{}({})まで", self.form.dates.show(date), weekday(date)),
            (_, None) => "ご返信は不要です".to_owned(),
        };
        let client = self.answers.client().map(|client| format!("利用者{}様", client.masked_initial()));
        let mut said = pieces(&[
            ("cut line", "切り取り線(下の返信欄だけをFAXしていただいても届きます)"),
            ("reply part", &format!("返信欄{}見本", self.form.title.ja)),
            ("return fax", &format!("返信先FAX{}", self.return_fax)),
            ("due", &format!("返送期日{due}")),
            ("number", &format!("連絡番号{}", self.number)),
            ("initial", &client.unwrap_or_default()),
            ("question", &self.form.question.ja),
        ]);
        for reply in &self.form.replies {
            said.extend(self.reply(reply));
        }
        said
    }

    fn reply(&self, reply: &ReplyField) -> Vec<Piece> {
        let options: Vec<String> = match &reply.kind {
            ReplyKind::ChooseOne { options } | ReplyKind::ChooseMany { options } => {
                options.iter().map(|option| option.label.ja.clone()).collect()
            }
            ReplyKind::Signature { options } => {
                let names = options.iter().map(|option| option.label.ja.clone());
                names.chain(["お名前・記入日".to_owned()]).collect()
            }
            ReplyKind::Slots { field } => self.answers.slots(field).iter().map(slot_text).collect(),
            ReplyKind::Handwriting { .. } => return pieces(&[(&reply.id, &reply.label.ja)]),
        };
        if options.is_empty() {
            return Vec::new();
        }
        let label = (format!("{} (label)", reply.id), compact(&reply.label.ja));
        let options = options.iter().map(|option| (reply.id.clone(), compact(option)));
        std::iter::once(label).chain(options).collect()
    }
}

fn recipient(party: &Party) -> String {
    let honorific = if party.role == PartyRole::Doctor { "先生" } else { "様" };
    let department = party.department.as_deref().unwrap_or_default();
    compact(&match party.person.as_str() {
        "" => format!("{}御中", party.organization),
        person => format!("{}{department}{person}{honorific}", party.organization),
    })
}

fn sender_text(party: &Party) -> String {
    let code = party.code.as_ref().map(|code| match code {
        PartyCode::Office(number) => format!("事業所番号{}", number.as_str()),
        PartyCode::Clinic(code) => format!("医療機関コード{}", code.as_str()),
    });
    let said = [
        Some(party.organization.clone()),
        party.department.clone(),
        (!party.person.is_empty()).then(|| format!("担当{}", party.person)),
        code,
        party.tel.as_ref().map(|tel| format!("TEL{}", tel.display())),
        party.fax.as_ref().map(|fax| format!("FAX{}", fax.display())),
    ];
    said.into_iter().flatten().collect()
}

fn option(field: &Field, id: &str) -> String {
    let option = field.kind.options().iter().find(|option| option.id == id);
    option.unwrap_or_else(|| panic!("{}: no option {id}", field.id)).label.ja.clone()
}

fn slot_text(slot: &Slot) -> String {
    let time = |time: Time| format!("{}:{:02}", time.hour(), time.minute());
    let (month, day) = (slot.date.month(), slot.date.day());
    format!("{month}/{day}({}){}〜{}", weekday(slot.date), time(slot.from), time(slot.to))
}

fn weekday(date: Date) -> char {
    "月火水木金土日".chars().nth(date.weekday().to_monday_zero_offset() as usize).unwrap()
}

fn pieces(said: &[(&str, &str)]) -> Vec<Piece> {
    said.iter().map(|(what, text)| ((*what).to_owned(), compact(text))).collect()
}

fn joined(pieces: &[Piece]) -> String {
    pieces.iter().map(|(_, text)| text.as_str()).collect()
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

/// Goes through `text` piece by piece and returns what is left.
fn walk<'t>(pieces: &[Piece], text: &'t str) -> Result<&'t str, String> {
    let mut rest = text;
    for (what, piece) in pieces {
        rest = rest.strip_prefix(piece.as_str()).ok_or_else(|| {
            format!(
                "{what}: 「{piece}」 must follow, but here stands 「{}」",
                first(rest, piece.chars().count() + 12)
            )
        })?;
    }
    Ok(rest)
}
