//! The page of a number's test: whose number it should be, a code to read out, and a part to fax back. Carries nobody's data,
//! since nobody knows yet whose fax machine prints it.

use super::block::Block;
use super::metrics::{ANSWER_PT, EDGE_MM, FAX_PT, STRONG_RULE_MM, WIDTH_MM};
use super::{RenderedSheet, SheetError, SheetOrder, render_blocks, request_part};
use crate::domain::directory::{Association, Clinic, RouteKind};
use crate::domain::identifier::FaxNumber;
use crate::domain::letter::NumberTest;
use crate::domain::sheet_number::SheetNumber;
use crate::form::answers::Answers;
use crate::form::catalogue;
use crate::form::definition::FormDefinition;
use crate::seal::keyring::Keyring;
use crate::typeset::font::Face;
use crate::typeset::text::break_lines;
use jiff::civil::Date;
use std::sync::LazyLock;

/// The page's form. It is no form of the catalogue: nobody fills it in.
static FORM: LazyLock<Option<FormDefinition>> = LazyLock::new(|| {
    catalogue::parse("number-test.toml", include_str!("../../templates/number-test.toml")).ok()
});

/// The option by which whoever got the page says that the number is not the clinic's.
pub const DENIES: &str = "no";

const CODE_PT: f64 = 30.0;
const LINE_MM: f64 = 6.6;

/// What is to be printed.
#[derive(Clone, Copy)]
pub struct TestOrder<'a> {
    /// The parties, checked against [`form`].
    pub answers: &'a Answers,
    /// The test with its code.
    pub test: &'a NumberTest,
    /// Whose number it should be.
    pub clinic: &'a Clinic,
    /// Who asks.
    pub association: &'a Association,
    /// The page's number.
    pub sheet_id: &'a SheetNumber,
    /// Seals its code.
    pub keyring: &'a Keyring,
    /// Its date.
    pub issued_on: Date,
    /// Until when an answer is asked for.
    pub due_on: Date,
    /// Where it is faxed back to, as it is printed.
    pub return_fax: &'a str,
}

/// The page's form, with the parties `sender` and `recipient`.
///
/// # Errors
/// When the program's own template is wrong; a test reads it.
pub fn form() -> Result<&'static FormDefinition, SheetError> {
    FORM.as_ref().ok_or(SheetError::Template)
}

/// Renders the page.
///
/// # Errors
/// When the clinic's name has a character that cannot be printed.
pub fn render(order: &TestOrder) -> Result<RenderedSheet, SheetError> {
    let form = form()?;
    let fax = order.test.route == RouteKind::FaxByMail;
    let address = match FaxNumber::parse(&order.test.address) {
        Ok(number) if fax => number.display(),
        _ => order.test.address.clone(),
    };
    let order_of_sheet = SheetOrder {
        form,
        answers: order.answers,
        number: "試験ページ",
        sheet_id: order.sheet_id,
        keyring: order.keyring,
        issued_on: order.issued_on,
        due_on: Some(order.due_on),
        return_fax: order.return_fax,
        sample: order.clinic.sample,
        cover: false,
        attached: &[],
    };
    render_blocks(&order_of_sheet, |size_pt| {
        let mut blocks = request_part::blocks(&order_of_sheet, size_pt);
        blocks.extend(words(order, if fax { "FAX番号" } else { "メールアドレス" }, &address));
        blocks
    })
}

fn words(order: &TestOrder, what: &str, address: &str) -> Vec<Block> {
    let Association { name, tel } = order.association;
    let why = format!(
        "この用紙は、{}の{what}が正しく登録されているかを確かめるために、{name}がお送りしています。患者さんの情報は含まれていません。",
        order.clinic.name
    );
    let how = format!(
        "次のどちらかをお願いいたします。\n1. {name}からお電話しますので、上の確認番号をお伝えください。\n2. 下の返信欄にレ点を付けて、FAXでお返しください。"
    );
    let stranger = format!(
        "{}ではない方に届いた場合は、お手数ですが {name}(電話 {tel})までお知らせのうえ、この用紙を破棄してください。",
        order.clinic.name
    );
    let mut blocks = vec![gap(4.0)];
    blocks.extend(paragraph(&why));
    blocks.push(gap(3.0));
    blocks.push(line(what, address, FAX_PT));
    let code = format!("{} {}", &order.test.code[..3], &order.test.code[3..]);
    blocks.push(line("確認番号", &code, CODE_PT));
    blocks.push(gap(4.0));
    blocks.extend(paragraph(&how));
    blocks.push(gap(3.0));
    blocks.extend(paragraph(&stranger));
    blocks
}

fn gap(height_mm: f64) -> Block {
    Block::new(height_mm, |_| {})
}

fn paragraph(text: &str) -> Vec<Block> {
    let lines = break_lines(text, Face::Regular, ANSWER_PT, WIDTH_MM - 2.0 * EDGE_MM - 4.0);
    let block = |line: String| {
        Block::new(LINE_MM, move |page| page.text(EDGE_MM + 2.0, 4.6, Face::Regular, ANSWER_PT, line))
    };
    lines.into_iter().map(block).collect()
}

/// A label with a value in large letters, in a frame.
fn line(label: &str, value: &str, size_pt: f64) -> Block {
    let height_mm = size_pt * 0.62;
    Block::new(height_mm + 3.0, |page| {
        let baseline_mm = height_mm * 0.72;
        page.text(EDGE_MM + 6.0, baseline_mm, Face::Regular, ANSWER_PT, label);
        page.text(62.0, baseline_mm, Face::Bold, size_pt, value);
        page.frame(EDGE_MM + 2.0, 0.0, WIDTH_MM - 2.0 * EDGE_MM - 4.0, height_mm, STRONG_RULE_MM);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::definition::ReplyKind;

    #[test]
    fn the_template_is_a_form() {
        let form = FORM.as_ref().unwrap();
        assert_eq!(form.id, "number_test");
        let ReplyKind::ChooseOne { options } = &form.replies[0].kind else { panic!("one of two") };
        assert_eq!(options.iter().map(|option| option.id.as_str()).collect::<Vec<_>>(), ["yes", DENIES]);
        assert!(crate::form::catalogue::Catalogue::built_in().unwrap().get("number_test").is_err());
    }
}
