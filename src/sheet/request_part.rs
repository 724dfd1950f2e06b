//! The upper part of a sheet: who asks whom about which client, and what.

use super::SheetOrder;
use super::block::Block;
use super::metrics::{
    BODY_PT, EDGE_MM, NUMBER_PT, RULE_MM, SECOND_X_MM, STRONG_RULE_MM, TITLE_PT, TOP_MM, WIDTH_MM,
};
use super::row::{self, Row};
use crate::domain::client::{BirthMask, Client};
use crate::domain::identifier::PhoneNumber;
use crate::form::answers::{Answer, Consent, Party, PartyCode};
use crate::form::definition::{Field, FieldKind, PartyRole};
use crate::typeset::canvas::Page;
use crate::typeset::font::Face;
use crate::typeset::text::break_lines;

/// What to do with a sheet that nobody sent.
const HOW_TO_USE: &str = "ご記入のうえ、下の番号へFAXしてください。";

/// The heading on every page: title, number, page.
pub const HEADING_MM: f64 = 12.0;

const RIGHT_MM: f64 = WIDTH_MM - EDGE_MM;
/// From a line of recipient and sender to the next.
const PARTY_LINE_MM: f64 = 5.8;

/// Title, request number and page n/N.
pub fn draw_heading(page: &mut Page, order: &SheetOrder, number: u8, count: usize) {
    let baseline_mm = TOP_MM + 6.5;
    page.text(EDGE_MM, baseline_mm, Face::Bold, TITLE_PT, order.form.title.ja.as_str());
    if order.sample {
        draw_sample(page, 118.0, baseline_mm);
    }
    let label = if order.form.is_blank() { "" } else { "連絡番号 " };
    let right = format!("{label}{}  {number}/{count}", order.number);
    page.text_right(RIGHT_MM, baseline_mm, Face::Bold, super::metrics::ANSWER_PT, &right);
    page.line((EDGE_MM, TOP_MM + 9.5), (RIGHT_MM, TOP_MM + 9.5), STRONG_RULE_MM);
}

/// 見本 in a frame; `x_mm` is the middle.
pub fn draw_sample(page: &mut Page, x_mm: f64, baseline_mm: f64) {
    let (left, right, top, foot) = (x_mm - 8.5, x_mm + 8.5, baseline_mm - 5.6, baseline_mm + 1.8);
    for (from, to) in [((left, top), (right, top)), ((left, foot), (right, foot))] {
        page.line(from, to, STRONG_RULE_MM);
    }
    for x in [left, right] {
        page.line((x, top), (x, foot), STRONG_RULE_MM);
    }
    page.text_centred(x_mm, baseline_mm, Face::Bold, NUMBER_PT, "見 本");
}

/// Everything that the sender filled, in the form's order and in `size_pt`, in blocks that may be shared out over pages.
pub fn blocks(order: &SheetOrder, size_pt: f64) -> Vec<Block> {
    let mut blocks = vec![parties(order)];
    if order.answers.is_urgent(order.form) {
        blocks.push(urgent(order));
    }
    // The parties stand above; the slots are offered once, as boxes to tick in the reply part.
    let elsewhere =
        |field: &Field| matches!(field.kind, FieldKind::Party { .. }) || order.form.is_offered(&field.id);
    let fields = order.form.fields.iter().filter(|field| !elsewhere(field));
    let answered = fields.filter_map(|field| Some((field, order.answers.get(&field.id)?)));
    let mut rows: Vec<Row> =
        answered.filter_map(|(field, answer)| field_row(order, field, answer, size_pt)).collect();
    // These two are the same on every sheet: who knows them looks past them.
    if let (Some(rule), Some(consent)) = (&order.form.consent, order.answers.consent()) {
        rows.push(Row::new("同意", &consent_text(order, &rule.text.ja, consent), BODY_PT));
    }
    if !order.attached.is_empty() {
        let text = format!("{}枚(このあとに続きます。ご返信には要りません)", order.attached.len());
        rows.push(Row::new("添付", &text, BODY_PT));
    }
    if order.form.non_clinical {
        rows.push(Row::new("ご注意", "この用紙では、医師の指示を扱うことはできません。", BODY_PT));
    }
    blocks.extend(row::blocks(&rows));
    blocks.push(Block::new(0.5, |page| page.line((EDGE_MM, 0.0), (RIGHT_MM, 0.0), RULE_MM)));
    blocks
}

/// Recipient left, sender right.
fn parties(order: &SheetOrder) -> Block {
    let to = order.answers.recipient(order.form);
    let from = order.answers.sender(order.form);
    let left_mm = SECOND_X_MM - EDGE_MM - 4.0;
    let right_mm = RIGHT_MM - SECOND_X_MM;
    let recipient = to.map(|party| recipient_lines(party, party.role, left_mm)).unwrap_or_default();
    let mut sender = vec![format!("発行 {}", order.form.dates.show(order.issued_on))];
    sender.extend(from.map(|party| sender_lines(party, right_mm)).unwrap_or_default());
    let lines = recipient.len().max(sender.len());
    // In the room that is left: the question at the foot says it too.
    let says_how = order.form.is_blank() && recipient.len() < lines;
    Block::new(lines as f64 * PARTY_LINE_MM + 2.5, move |page| {
        if says_how {
            let y_mm = party_baseline_mm(recipient.len());
            page.text(EDGE_MM + 1.0, y_mm, Face::Regular, BODY_PT, HOW_TO_USE);
        }
        for (index, line) in recipient.iter().enumerate() {
            page.text(EDGE_MM + 1.0, party_baseline_mm(index), Face::Bold, NUMBER_PT, line.as_str());
        }
        for (index, line) in sender.iter().enumerate() {
            page.text(SECOND_X_MM, party_baseline_mm(index), Face::Regular, BODY_PT, line.as_str());
        }
    })
}

/// Recipient and sender stand on the same lines: a reader that goes line by line mixes up staggered ones.
fn party_baseline_mm(index: usize) -> f64 {
    4.6 + index as f64 * PARTY_LINE_MM
}

pub fn recipient_lines(party: &Party, role: PartyRole, width_mm: f64) -> Vec<String> {
    let honorific = if role == PartyRole::Doctor { "先生" } else { "様" };
    let department = party.department.as_ref().map(|department| format!("{department} ")).unwrap_or_default();
    let person = if party.person.is_empty() {
        "御中".to_owned()
    } else {
        format!("{department}{} {honorific}", party.person)
    };
    let lines = [party.organization.clone(), person];
    lines.iter().flat_map(|line| break_lines(line, Face::Bold, NUMBER_PT, width_mm)).collect()
}

fn sender_lines(party: &Party, width_mm: f64) -> Vec<String> {
    let department = party.department.as_ref().map(|department| format!(" {department}")).unwrap_or_default();
    let mut lines = vec![format!("{}{department}", party.organization)];
    let person = (!party.person.is_empty()).then(|| format!("担当 {}", party.person));
    let code = party.code.as_ref().map(|code| match code {
        PartyCode::Office(number) => format!("事業所番号 {}", number.as_str()),
        PartyCode::Clinic(code) => format!("医療機関コード {}", code.as_str()),
    });
    lines.push(person.into_iter().chain(code).collect::<Vec<_>>().join("  "));
    let tel = party.tel.as_ref().map(|tel| format!("TEL {}", tel.display()));
    let fax = party.fax.as_ref().map(|fax| format!("FAX {}", fax.display()));
    lines.push(tel.into_iter().chain(fax).collect::<Vec<_>>().join("  "));
    lines.iter().flat_map(|line| break_lines(line, Face::Regular, BODY_PT, width_mm)).collect()
}

/// `None` for what is hidden or empty.
fn field_row(order: &SheetOrder, field: &Field, answer: &Answer, size_pt: f64) -> Option<Row> {
    let text = match answer {
        Answer::Client(client) => client_text(order, client),
        other if hides(order, field) && !matches!(other, Answer::Choice(_)) => return None,
        other => plain_text(order, field, other),
    };
    let whole = matches!(field.kind, FieldKind::Client | FieldKind::LongText { .. });
    let row = if whole { Row::new } else { Row::sharing };
    (!text.trim().is_empty()).then(|| row(&field.label.ja, &text, size_pt))
}

/// True for what tells who it is as well as a name does, where the name is masked.
fn hides(order: &SheetOrder, field: &Field) -> bool {
    matches!(field.kind, FieldKind::InsuredNumber) && !order.form.masking.shows_identifiers()
}

/// What a hurried reader must see first: a sheet does not replace a call.
fn urgent(order: &SheetOrder) -> Block {
    let tel = order.answers.sender(order.form).and_then(|party| party.tel.as_ref()).map(PhoneNumber::display);
    let tel = tel.map(|tel| format!("(TEL {tel})")).unwrap_or_default();
    let text = format!("至急  緊急時はお電話ください{tel}");
    Block::new(10.5, move |page| {
        page.frame(EDGE_MM, 1.0, RIGHT_MM - EDGE_MM, 8.0, STRONG_RULE_MM);
        page.text_centred(WIDTH_MM / 2.0, 6.8, Face::Bold, NUMBER_PT, &text);
    })
}

fn plain_text(order: &SheetOrder, field: &Field, answer: &Answer) -> String {
    match answer {
        Answer::Text(text) if field.kind == FieldKind::Address => order.form.masking.address(text).to_owned(),
        Answer::Text(text) => match field.kind.unit() {
            Some(unit) => format!("{text} {}", unit.ja),
            None => text.clone(),
        },
        Answer::Choice(option) => option_label(field, option),
        Answer::Choices(chosen) => {
            chosen.iter().map(|option| option_label(field, option)).collect::<Vec<_>>().join("、")
        }
        Answer::Date(date) => format!("{}({})", order.form.dates.show(*date), weekday(*date)),
        Answer::Slots(slots) => slots.iter().map(slot_text).collect::<Vec<_>>().join("、"),
        Answer::Client(_) | Answer::Party(_) | Answer::Consent(_) => String::new(),
    }
}

fn option_label(field: &Field, id: &str) -> String {
    let (FieldKind::Choice { options } | FieldKind::Choices { options }) = &field.kind else {
        return id.to_owned();
    };
    options
        .iter()
        .find(|option| option.id == id)
        .map_or_else(|| id.to_owned(), |option| option.label.ja.clone())
}

/// 「12/1(火)13:00〜13:30」: short enough for three columns of boxes.
#[must_use]
pub fn slot_text(slot: &crate::form::answers::Slot) -> String {
    let time = |time: jiff::civil::Time| format!("{}:{:02}", time.hour(), time.minute());
    let date = slot.date;
    format!("{}/{}({}){}〜{}", date.month(), date.day(), weekday(date), time(slot.from), time(slot.to))
}

/// 月 to 日.
pub fn weekday(date: jiff::civil::Date) -> &'static str {
    ["月", "火", "水", "木", "金", "土", "日"][date.weekday().to_monday_zero_offset() as usize]
}

/// Three lines: who, which care, which numbers.
fn client_text(order: &SheetOrder, client: &Client) -> String {
    let (masking, dates) = (order.form.masking, order.form.dates);
    let open = masking.shows_identifiers();
    let kana = client.kana.as_ref().filter(|_| open).map(|kana| format!("({kana})")).unwrap_or_default();
    let sex = client.sex.map(|sex| format!("  {}", sex.name())).unwrap_or_default();
    let born = match masking.birth {
        BirthMask::Date => client.birth_date.map(|date| format!("  {}生", dates.show(date))),
        BirthMask::AgeBand => client.age_band(order.issued_on).map(|band| format!("  {band}")),
    };
    let who = format!("{} 様{kana}{sex}{}", client.shown_name(masking.name), born.unwrap_or_default());
    let mut insurance = Vec::new();
    insurance.extend(client.care_level.map(|level| level.name().to_owned()));
    if let (Some(from), Some(to)) = (client.valid_from, client.valid_to) {
        insurance.push(format!("認定期間 {}〜{}", dates.show(from), dates.show(to)));
    }
    let mut numbers = Vec::new();
    if open {
        let insured = client.insured_number.as_ref();
        numbers
            .extend(client.insurer_number.as_ref().map(|number| format!("保険者番号 {}", number.as_str())));
        numbers.extend(insured.map(|number| format!("被保険者番号 {}", number.as_str())));
    }
    let mut lines = vec![who, insurance.join("  "), numbers.join("  ")];
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn consent_text(order: &SheetOrder, text: &str, consent: &Consent) -> String {
    // Who consented is often the client by name.
    let by = consent.by.as_ref().filter(|_| order.form.masking.shows_identifiers());
    let by = by.map(|by| format!("・同意者 {by}")).unwrap_or_default();
    let scope = consent.scope.as_ref().map(|scope| format!("・範囲 {scope}")).unwrap_or_default();
    // The line's own place for them, 「(同意日・方法)」, gives way to the date and the method.
    let text = text.trim_end_matches("(同意日・方法)").trim_end_matches("（同意日・方法）");
    let (date, method) = (order.form.dates.show(consent.date), consent.method.name());
    format!("{text}\n(同意日 {date}・方法 {method}{by}{scope})")
}
