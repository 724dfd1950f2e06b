//! FAX送信票: a page before the sheet, for routes and clinics that want one. It says whom the fax is for and what to do
//! with one that came to the wrong place. Whoever stands at the machine sees it: no client, not even an initial.

use super::SheetOrder;
use super::metrics::{
    ANSWER_PT, EDGE_MM, FAX_PT, HEIGHT_MM, NUMBER_PT, RULE_MM, STRONG_RULE_MM, TITLE_PT, TOP_MM, WIDTH_MM,
};
use super::request_part::{draw_sample, recipient_lines};
use crate::form::answers::Party;
use crate::typeset::canvas::Page;
use crate::typeset::font::Face;
use crate::typeset::text::break_lines;

const RIGHT_MM: f64 = WIDTH_MM - EDGE_MM;
const LEFT_MM: f64 = EDGE_MM + 2.0;
const VALUE_MM: f64 = 50.0;
const LINE_MM: f64 = 8.0;

/// The cover of a fax whose other pages are `pages`.
pub fn page(order: &SheetOrder, pages: usize) -> Page {
    let mut page = Page::a4();
    let baseline_mm = TOP_MM + 6.5;
    page.text(EDGE_MM, baseline_mm, Face::Bold, TITLE_PT, "FAX送信票");
    if order.sample {
        draw_sample(&mut page, 118.0, baseline_mm);
    }
    let right = format!("連絡番号 {}", order.number);
    page.text_right(RIGHT_MM, baseline_mm, Face::Bold, ANSWER_PT, &right);
    page.line((EDGE_MM, TOP_MM + 9.5), (RIGHT_MM, TOP_MM + 9.5), STRONG_RULE_MM);
    let mut y_mm = TOP_MM + 24.0;
    if order.answers.is_urgent(order.form) {
        page.text_centred(WIDTH_MM / 2.0, y_mm, Face::Bold, 30.0, "至 急");
        y_mm += 18.0;
    }
    for (label, lines) in rows(order, pages) {
        page.text(LEFT_MM, y_mm, Face::Regular, ANSWER_PT, label);
        for line in lines {
            page.text(VALUE_MM, y_mm, Face::Bold, NUMBER_PT, line);
            y_mm += LINE_MM;
        }
        page.line((EDGE_MM, y_mm - LINE_MM + 3.5), (RIGHT_MM, y_mm - LINE_MM + 3.5), RULE_MM);
        y_mm += 4.0;
    }
    draw_misdirected(&mut page, order);
    page
}

fn rows(order: &SheetOrder, pages: usize) -> Vec<(&'static str, Vec<String>)> {
    let width_mm = RIGHT_MM - VALUE_MM;
    let wrap = |text: &str| break_lines(text, Face::Bold, NUMBER_PT, width_mm);
    let to = order.answers.recipient(order.form);
    let from = order.answers.sender(order.form);
    let mut rows = Vec::new();
    if let Some(party) = to {
        rows.push(("宛先", recipient_lines(party, party.role, width_mm)));
    }
    if let Some(party) = from {
        let lines: Vec<String> = sender(party).iter().flat_map(|line| wrap(line)).collect();
        rows.push(("差出人", lines));
    }
    rows.push(("送信日", vec![order.form.dates.show(order.issued_on)]));
    rows.push(("用件", wrap(&order.form.title.ja)));
    rows.push(("枚数", vec![format!("{pages}枚(この送信票を除く)")]));
    rows
}

fn sender(party: &Party) -> Vec<String> {
    let tel = party.tel.as_ref().map(|tel| format!("TEL {}", tel.display()));
    let fax = party.fax.as_ref().map(|fax| format!("FAX {}", fax.display()));
    let numbers = tel.into_iter().chain(fax).collect::<Vec<_>>().join("  ");
    let lines = [party.organization.clone(), party.person.clone(), numbers];
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

/// What to do with a fax that is another's, in a frame at the foot.
fn draw_misdirected(page: &mut Page, order: &SheetOrder) {
    let tel = order.answers.sender(order.form).and_then(|party| party.tel.as_ref());
    let call = tel.map_or_else(String::new, |tel| format!("(TEL {})", tel.display()));
    let words = format!(
        "お心当たりのないFAXの場合は、誤って届いたものです。お手数ですが、差出人{call}へお電話でお知らせのうえ、\
         用紙を破棄してください。内容をほかの方に見せたり、写しを取ったりなさらないでください。"
    );
    let lines = break_lines(&words, Face::Regular, ANSWER_PT, RIGHT_MM - EDGE_MM - 12.0);
    let h_mm = 18.0 + lines.len() as f64 * 7.0;
    let top_mm = HEIGHT_MM - EDGE_MM - h_mm - 5.0;
    page.frame(EDGE_MM, top_mm, RIGHT_MM - EDGE_MM, h_mm, STRONG_RULE_MM);
    page.text(EDGE_MM + 6.0, top_mm + 10.0, Face::Bold, FAX_PT, "誤って届いた場合のお願い");
    for (nth, line) in lines.iter().enumerate() {
        page.text(EDGE_MM + 6.0, top_mm + 19.0 + nth as f64 * 7.0, Face::Regular, ANSWER_PT, line.as_str());
    }
}
