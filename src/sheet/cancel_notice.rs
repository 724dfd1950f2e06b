//! 取消のお知らせ: the page that tells a clinic to forget a sheet. Asks nothing and carries no code: nothing that comes back
//! on it could be an answer. The client stands on it as the masked initial alone.

use super::SheetError;
use super::metrics::{
    ANSWER_PT, BODY_LINE_MM, BODY_PT, EDGE_MM, FAX_PT, NUMBER_PT, RULE_MM, STRONG_RULE_MM, TITLE_PT, TOP_MM,
    WIDTH_MM,
};
use super::request_part::draw_sample;
use crate::domain::calendar::wareki::wareki;
use crate::domain::client::Client;
use crate::domain::directory::{Clinic, Office};
use crate::typeset::canvas::Page;
use crate::typeset::font::Face;
use crate::typeset::pdf;
use crate::typeset::text::break_lines;
use jiff::civil::Date;

const RIGHT_MM: f64 = WIDTH_MM - EDGE_MM;
const LEFT_MM: f64 = EDGE_MM + 8.0;
const VALUE_MM: f64 = 62.0;
const LINE_MM: f64 = 9.0;

/// What is to be told.
#[derive(Clone, Copy)]
pub struct CancelOrder<'a> {
    /// The request's number, as it is printed.
    pub number: &'a str,
    /// The form's name.
    pub title: &'a str,
    /// Whom it is told.
    pub clinic: &'a Clinic,
    /// The doctor who was asked; may be empty.
    pub addressed: &'a str,
    /// Who withdraws it.
    pub office: &'a Office,
    /// About whom it was.
    pub client: Option<&'a Client>,
    /// The sheet's date.
    pub issued_on: Date,
    /// When it was withdrawn.
    pub cancelled_on: Date,
}

/// Renders the page.
///
/// # Errors
/// When a name has a character that cannot be printed.
pub fn render(order: &CancelOrder) -> Result<Vec<u8>, SheetError> {
    let mut page = Page::a4();
    let foot_mm = draw_head(&mut page, order);
    draw_notice(&mut page, order, foot_mm + 8.0);
    Ok(pdf::write(&format!("renraku {}", order.number), &[page])?)
}

/// Title, recipient, sender. Returns where it ends.
fn draw_head(page: &mut Page, order: &CancelOrder) -> f64 {
    let baseline_mm = TOP_MM + 6.5;
    page.text(EDGE_MM, baseline_mm, Face::Bold, TITLE_PT, "取消のお知らせ");
    if order.clinic.sample {
        draw_sample(page, 118.0, baseline_mm);
    }
    let right = format!("連絡番号 {}  1/1", order.number);
    page.text_right(RIGHT_MM, baseline_mm, Face::Bold, ANSWER_PT, &right);
    page.line((EDGE_MM, TOP_MM + 9.5), (RIGHT_MM, TOP_MM + 9.5), STRONG_RULE_MM);
    let person =
        if order.addressed.is_empty() { "御中".to_owned() } else { format!("{} 先生", order.addressed) };
    let mut y_mm = TOP_MM + 18.0;
    for line in [order.clinic.name.as_str(), person.as_str()] {
        for piece in break_lines(line, Face::Bold, NUMBER_PT, RIGHT_MM - LEFT_MM) {
            page.text(EDGE_MM + 1.0, y_mm, Face::Bold, NUMBER_PT, piece);
            y_mm += 7.0;
        }
    }
    let tel = format!("TEL {}", order.office.tel);
    for line in [wareki(order.cancelled_on), order.office.name.clone(), tel] {
        for piece in break_lines(&line, Face::Regular, BODY_PT, RIGHT_MM - 112.0) {
            page.text(112.0, y_mm, Face::Regular, BODY_PT, piece);
            y_mm += BODY_LINE_MM;
        }
    }
    y_mm
}

/// What is withdrawn, and what to do, in a frame.
fn draw_notice(page: &mut Page, order: &CancelOrder, top_mm: f64) {
    page.text_centred(WIDTH_MM / 2.0, top_mm + 14.0, Face::Bold, 24.0, "次の連絡票を取り消します");
    page.text_centred(WIDTH_MM / 2.0, top_mm + 24.0, Face::Bold, FAX_PT, "ご回答は不要です");
    let mut y_mm = top_mm + 38.0;
    let client = order.client.map(|client| format!("{} 様", client.masked_initial()));
    let rows = [
        ("連絡番号", Some(order.number.to_owned())),
        ("様式", Some(order.title.to_owned())),
        ("発行日", Some(wareki(order.issued_on))),
        ("利用者", client),
    ];
    for (label, value) in rows {
        let Some(value) = value else { continue };
        page.text(LEFT_MM, y_mm, Face::Regular, ANSWER_PT, label);
        for piece in break_lines(&value, Face::Bold, NUMBER_PT, RIGHT_MM - VALUE_MM - 8.0) {
            page.text(VALUE_MM, y_mm, Face::Bold, NUMBER_PT, piece);
            y_mm += LINE_MM;
        }
    }
    y_mm += 4.0;
    page.line((LEFT_MM, y_mm - 6.0), (RIGHT_MM - 8.0, y_mm - 6.0), RULE_MM);
    let words = format!(
        "お手元の用紙は破棄してください。行き違いですでにご返信いただいている場合、ご回答は記録に残ります。\
         お問い合わせは、{}(電話 {})までお願いいたします。",
        order.office.name, order.office.tel
    );
    for piece in break_lines(&words, Face::Regular, ANSWER_PT, RIGHT_MM - LEFT_MM - 8.0) {
        page.text(LEFT_MM, y_mm + 2.0, Face::Regular, ANSWER_PT, piece);
        y_mm += 6.6;
    }
    page.frame(EDGE_MM, top_mm, RIGHT_MM - EDGE_MM, y_mm - top_mm + 2.0, STRONG_RULE_MM);
}
