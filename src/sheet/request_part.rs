//! The upper part of a sheet: who asks whom about which client, and what.

use super::SheetOrder;
use super::block::Block;
use super::metrics::{
    BODY_LINE_MM, BODY_PT, EDGE_MM, NUMBER_PT, RULE_MM, STRONG_RULE_MM, TITLE_PT, TOP_MM, VALUE_X_MM,
    WIDTH_MM,
};
use crate::domain::client::{BirthMask, Client};
use crate::domain::identifier::PhoneNumber;
use crate::form::answers::{Answer, Consent, ConsentMethod, Party, PartyCode};
use crate::form::definition::{Field, FieldKind, PartyRole};
use crate::typeset::canvas::Page;
use crate::typeset::font::Face;
use crate::typeset::text::break_lines;

/// What to do with a sheet that nobody sent.
const HOW_TO_USE: &str = "ご記入のうえ、下の番号へFAXしてください。";

/// The heading on every page: title, number, page.
pub const HEADING_MM: f64 = 12.0;

const RIGHT_MM: f64 = WIDTH_MM - EDGE_MM;
const MIDDLE_MM: f64 = 112.0;

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

/// Everything that the sender filled, in the form's order, in blocks that may be shared out over pages.
pub fn blocks(order: &SheetOrder) -> Vec<Block> {
    let mut blocks = vec![parties(order)];
    if order.answers.is_urgent(order.form) {
        blocks.push(urgent(order));
    }
    // The parties stand above; the slots are offered once, as boxes to tick in the reply part.
    let elsewhere =
        |field: &Field| matches!(field.kind, FieldKind::Party { .. }) || order.form.is_offered(&field.id);
    let rows = order.form.fields.iter().filter(|field| !elsewhere(field));
    for field in rows {
        if let Some(answer) = order.answers.get(&field.id) {
            blocks.extend(field_blocks(order, field, answer));
        }
    }
    if let (Some(rule), Some(consent)) = (&order.form.consent, order.answers.consent()) {
        blocks.extend(row("同意", &consent_lines(order, &rule.text.ja, consent)));
    }
    if !order.attached.is_empty() {
        let text = format!("{}枚(このあとに続きます。ご返信には要りません)", order.attached.len());
        blocks.extend(row("添付", &wrap(&text)));
    }
    if order.form.non_clinical {
        blocks.extend(row("ご注意", &wrap("この用紙では、医師の指示を扱うことはできません。")));
    }
    blocks.push(Block::new(1.0, |page| page.line((EDGE_MM, 0.0), (RIGHT_MM, 0.0), RULE_MM)));
    blocks
}

/// Recipient left, sender right.
fn parties(order: &SheetOrder) -> Block {
    let to = order.answers.recipient(order.form);
    let from = order.answers.sender(order.form);
    let left_mm = MIDDLE_MM - EDGE_MM - 4.0;
    let right_mm = RIGHT_MM - MIDDLE_MM;
    let recipient = to.map(|party| recipient_lines(party, party.role, left_mm)).unwrap_or_default();
    let mut sender = vec![format!("発行 {}", order.form.dates.show(order.issued_on))];
    sender.extend(from.map(|party| sender_lines(party, right_mm)).unwrap_or_default());
    let rows = (recipient.len() as f64 * 6.6).max(sender.len() as f64 * BODY_LINE_MM);
    // In the room that is left: the question at the foot says it too.
    let how_mm = recipient.len() as f64 * 6.6 + 4.2;
    let says_how = order.form.is_blank() && how_mm < rows;
    Block::new(rows + 3.0, move |page| {
        if says_how {
            page.text(EDGE_MM + 1.0, how_mm, Face::Regular, BODY_PT, HOW_TO_USE);
        }
        for (index, line) in recipient.iter().enumerate() {
            page.text(EDGE_MM + 1.0, 4.6 + index as f64 * 6.6, Face::Bold, NUMBER_PT, line.as_str());
        }
        for (index, line) in sender.iter().enumerate() {
            page.text(MIDDLE_MM, 3.8 + index as f64 * BODY_LINE_MM, Face::Regular, BODY_PT, line.as_str());
        }
    })
}

fn recipient_lines(party: &Party, role: PartyRole, width_mm: f64) -> Vec<String> {
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
    let mut lines = vec![party.organization.clone()];
    let person = (!party.person.is_empty()).then(|| format!("担当 {}", party.person));
    let code = party.code.as_ref().map(|code| format!("{} {}", code_label(code), code.as_str()));
    lines.push(person.into_iter().chain(code).collect::<Vec<_>>().join("  "));
    let tel = party.tel.as_ref().map(|tel| format!("TEL {}", tel.display()));
    let fax = party.fax.as_ref().map(|fax| format!("FAX {}", fax.display()));
    lines.push(tel.into_iter().chain(fax).collect::<Vec<_>>().join("  "));
    lines.iter().flat_map(|line| break_lines(line, Face::Regular, BODY_PT, width_mm)).collect()
}

fn code_label(code: &PartyCode) -> &'static str {
    match code {
        PartyCode::Office(_) => "事業所番号",
        PartyCode::Clinic(_) => "医療機関コード",
    }
}

fn field_blocks(order: &SheetOrder, field: &Field, answer: &Answer) -> Vec<Block> {
    let lines = match answer {
        Answer::Client(client) => client_lines(order, client),
        other if hides(order, field) && !matches!(other, Answer::Choice(_)) => Vec::new(),
        other => wrap(&plain_text(order, field, other)),
    };
    if lines.iter().all(String::is_empty) { Vec::new() } else { row(&field.label.ja, &lines) }
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

/// A labelled row of the table: one block a line, the label beside the first.
fn row(label: &str, lines: &[String]) -> Vec<Block> {
    let label = break_lines(label, Face::Bold, BODY_PT, VALUE_X_MM - EDGE_MM - 3.0);
    let count = lines.len().max(label.len());
    let line_block = |index: usize| {
        let first = index == 0;
        let top_mm = if first { 1.2 } else { 0.0 };
        let foot_mm = if index + 1 == count { 1.0 } else { 0.0 };
        let (label, line) = (label.get(index).cloned(), lines.get(index).cloned());
        let mut block = Block::new(top_mm + BODY_LINE_MM + foot_mm, move |page| {
            if first {
                page.line((EDGE_MM, 0.0), (RIGHT_MM, 0.0), RULE_MM);
            }
            let baseline_mm = top_mm + 4.0;
            page.text(EDGE_MM + 1.0, baseline_mm, Face::Bold, BODY_PT, label.unwrap_or_default());
            page.text(VALUE_X_MM, baseline_mm, Face::Regular, BODY_PT, line.unwrap_or_default());
        });
        block.keep_with_next = first && count > 1;
        block
    };
    (0..count).map(line_block).collect()
}

fn wrap(text: &str) -> Vec<String> {
    break_lines(text, Face::Regular, BODY_PT, RIGHT_MM - VALUE_X_MM - 1.0)
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
pub fn slot_text(slot: &crate::form::answers::Slot) -> String {
    let time = |time: jiff::civil::Time| format!("{}:{:02}", time.hour(), time.minute());
    let date = slot.date;
    format!("{}/{}({}){}〜{}", date.month(), date.day(), weekday(date), time(slot.from), time(slot.to))
}

/// 月 to 日.
pub fn weekday(date: jiff::civil::Date) -> &'static str {
    ["月", "火", "水", "木", "金", "土", "日"][date.weekday().to_monday_zero_offset() as usize]
}

fn client_lines(order: &SheetOrder, client: &Client) -> Vec<String> {
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
    [who, insurance.join("  "), numbers.join("  ")]
        .iter()
        .filter(|line| !line.is_empty())
        .flat_map(|line| wrap(line))
        .collect()
}

fn consent_lines(order: &SheetOrder, text: &str, consent: &Consent) -> Vec<String> {
    let method = match consent.method {
        ConsentMethod::Written => "書面",
        ConsentMethod::Oral => "口頭",
    };
    // The line's own place for them, 「(同意日・方法)」, gives way to the date and the method.
    let text = text.trim_end_matches("(同意日・方法)").trim_end_matches("（同意日・方法）");
    wrap(&format!("{text}(同意日 {}・方法 {method})", order.form.dates.show(consent.date)))
}
