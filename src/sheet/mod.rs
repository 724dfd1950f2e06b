//! A form definition and its answers → a laid-out sheet → PDF, with the geometry that `read` needs to
//! find it again. Pure: no clock, no file, no random number; the caller chooses the sheet's number.

mod attached;
mod block;
pub mod cancel_notice;
mod code;
mod cover;
pub mod fillable;
pub mod locked;
mod metrics;
pub mod number_test;
mod reply_part;
mod request_part;
mod row;

pub use request_part::slot_text;

use crate::domain::attachment::AttachedPage;
use crate::domain::sheet_number::SheetNumber;
use crate::form::answers::Answers;
use crate::form::definition::FormDefinition;
use crate::form::layout::{CodePlace, Layout, Mark, PageLayout, Printed};
use crate::seal;
use crate::seal::keyring::Keyring;
use crate::typeset::canvas::Page;
use crate::typeset::font::Face;
use crate::typeset::pdf::{self, PdfError};
use block::Block;
use jiff::civil::Date;
use metrics::{
    BODY_PT, CODE_DOWN_MM, CODE_MM, CODE_X_MM, CUT_GAP_MM, EDGE_MM, HEIGHT_MM, LARGER_BODY_PT, MARK_MM,
    STRIP_MM, WIDTH_MM,
};
use reply_part::ReplyPart;

/// The most pages: a page number is one base32 character, and nobody reads a fax of more.
const MAX_PAGES: usize = 10;

/// What is to be rendered.
#[derive(Debug, Clone, Copy)]
pub struct SheetOrder<'a> {
    /// The form.
    pub form: &'a FormDefinition,
    /// What the sender filled.
    pub answers: &'a Answers,
    /// The readable request number, as it is printed.
    pub number: &'a str,
    /// The sheet's number.
    pub sheet_id: &'a SheetNumber,
    /// Seals the codes.
    pub keyring: &'a Keyring,
    /// The day that is printed as the sheet's date.
    pub issued_on: Date,
    /// The last day in time; `None` where no reply is due.
    pub due_on: Option<Date>,
    /// Where the answer is faxed to, as it is printed.
    pub return_fax: &'a str,
    /// True: the sheet says 見本 in large letters.
    pub sample: bool,
    /// True: a cover comes first. It has no number of its own.
    pub cover: bool,
    /// Pages that follow the sheet's own.
    pub attached: &'a [AttachedPage],
}

/// A rendered sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedSheet {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Where everything stands on the sheet's own pages. What is attached stands behind them in the PDF and asks
    /// nothing.
    pub layout: Layout,
}

/// A sheet that is drawn and not yet written; the pictures of what is attached are still missing.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnSheet {
    /// What stands on each page, in millimetres: a cover, the sheet's own, what is attached.
    pub pages: Vec<Page>,
    /// Where everything stands on the sheet's own.
    pub layout: Layout,
}

/// Why a sheet could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// The text cannot be printed.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// More than ten pages.
    #[error(
        "内容が長く、{0}ページを超えます。短くしてください / the sheet would be longer than {0} pages: shorten the text"
    )]
    TooLong(usize),
    /// The reply part alone is higher than a page.
    #[error(
        "返信欄が1ページに入りません。選択肢を減らしてください / the reply part does not fit on one page: use fewer options"
    )]
    ReplyTooTall,
    /// The attached pages cannot be put into the PDF: the program's mistake.
    #[error(
        "添付を用紙に付けられません。管理者にご連絡ください / the attached pages cannot be added: tell the operator ({0})"
    )]
    Attached(String),
    /// A page of the program's own cannot be made of its template: the program's mistake.
    #[error(
        "用紙を作れません。管理者にご連絡ください / a page's own template does not fit: tell the operator"
    )]
    Template,
}

/// Renders one sheet.
///
/// # Errors
/// [`SheetError`]: one sentence for the person who filled the form.
pub fn render(order: &SheetOrder) -> Result<RenderedSheet, SheetError> {
    render_blocks(order, |size_pt| request_part::blocks(order, size_pt))
}

/// Draws one sheet without writing its PDF.
///
/// # Errors
/// [`SheetError`], but for a character that cannot be printed, which only writing finds.
pub fn draw(order: &SheetOrder) -> Result<DrawnSheet, SheetError> {
    draw_blocks(order, |size_pt| request_part::blocks(order, size_pt))
}

/// Renders a sheet of these blocks, given the size of what was filled in, above its reply part.
fn render_blocks(
    order: &SheetOrder,
    blocks: impl Fn(f64) -> Vec<Block>,
) -> Result<RenderedSheet, SheetError> {
    let DrawnSheet { pages, layout } = draw_blocks(order, blocks)?;
    let pdf = pdf::write(&format!("renraku {}", order.number), &pages)?;
    let before = pages.len() - order.attached.len();
    Ok(RenderedSheet { pdf: attached::put(pdf, before, order.attached)?, layout })
}

fn draw_blocks(order: &SheetOrder, blocks: impl Fn(f64) -> Vec<Block>) -> Result<DrawnSheet, SheetError> {
    let reply = ReplyPart::new(order);
    let asks = !order.form.replies.is_empty();
    let foot_mm = if asks { reply.height_mm() } else { STRIP_MM };
    let pages = as_large_as_fits(blocks, foot_mm)?;
    let (own, count) = (pages.len(), pages.len() + order.attached.len());
    let mut drawn = Vec::with_capacity(count);
    let mut layouts = Vec::with_capacity(own);
    for (index, blocks) in pages.into_iter().enumerate() {
        let number = index as u8 + 1;
        let mut page = Page::a4();
        request_part::draw_heading(&mut page, order, number, count);
        block::stack(&mut page, blocks, content_top_mm());
        let last = index + 1 == own;
        let height_mm = if last { foot_mm } else { STRIP_MM };
        let mut layout = draw_frame(&mut page, order, number, height_mm);
        match (last, asks) {
            (true, true) => reply.draw(&mut page, &mut layout),
            (true, false) => reply_part::draw_end(&mut page, order, height_mm),
            (false, _) => reply_part::draw_strip(&mut page, order, height_mm, asks),
        }
        layout.printed = printed(&page);
        drawn.push(page);
        layouts.push(layout);
    }
    drawn.splice(0..0, order.cover.then(|| cover::page(order, count)));
    drawn.extend((1..=order.attached.len()).map(|nth| attached::stamped(order, nth, own)));
    Ok(DrawnSheet { pages: drawn, layout: Layout { sheet_id: order.sheet_id.clone(), pages: layouts } })
}

/// Top of the part that lies at the page's foot.
fn foot_top_mm(height_mm: f64) -> f64 {
    HEIGHT_MM - EDGE_MM - height_mm
}

fn content_top_mm() -> f64 {
    metrics::TOP_MM + request_part::HEADING_MM
}

/// The pages with the largest text that needs no page more than the smallest.
fn as_large_as_fits(
    blocks: impl Fn(f64) -> Vec<Block>,
    reply_mm: f64,
) -> Result<Vec<Vec<Block>>, SheetError> {
    let smallest = paginate(blocks(BODY_PT), reply_mm)?;
    let as_few = |pages: &Vec<Vec<Block>>| pages.len() == smallest.len();
    let mut larger = LARGER_BODY_PT.iter().filter_map(|size_pt| paginate(blocks(*size_pt), reply_mm).ok());
    Ok(larger.find(as_few).unwrap_or(smallest))
}

/// Shares the blocks out: the reply part stands on the last page, a strip with a code on every other.
fn paginate(blocks: Vec<Block>, reply_mm: f64) -> Result<Vec<Vec<Block>>, SheetError> {
    let room = |foot_mm: f64| foot_top_mm(foot_mm) - CUT_GAP_MM - content_top_mm();
    if room(reply_mm) < 0.0 {
        return Err(SheetError::ReplyTooTall);
    }
    let mut pages = Vec::new();
    let mut rest = blocks;
    while block::height_mm(&rest) > room(reply_mm) {
        if pages.len() + 1 >= MAX_PAGES {
            return Err(SheetError::TooLong(MAX_PAGES));
        }
        let later = rest.split_off(block::count_that_fit(&rest, room(STRIP_MM)));
        pages.push(std::mem::replace(&mut rest, later));
    }
    pages.push(rest);
    Ok(pages)
}

/// Corner squares and code: what makes a part of a page findable.
fn draw_frame(page: &mut Page, order: &SheetOrder, number: u8, height_mm: f64) -> PageLayout {
    let top_mm = foot_top_mm(height_mm);
    let (left_mm, right_mm) = (EDGE_MM, WIDTH_MM - EDGE_MM - MARK_MM);
    let bottom_mm = top_mm + height_mm - MARK_MM;
    let corners = [(left_mm, top_mm), (right_mm, top_mm), (left_mm, bottom_mm), (right_mm, bottom_mm)];
    let marks = corners.map(|(x_mm, y_mm)| Mark { x_mm, y_mm, size_mm: MARK_MM });
    for mark in marks {
        page.solid(mark.x_mm, mark.y_mm, mark.size_mm, mark.size_mm);
    }
    let place = CodePlace {
        text: seal::code::seal(order.keyring, order.sheet_id, number),
        x_mm: CODE_X_MM,
        y_mm: top_mm + CODE_DOWN_MM,
        size_mm: CODE_MM,
    };
    code::draw(page, &place);
    page.text_centred(
        CODE_X_MM + CODE_MM / 2.0,
        place.y_mm + CODE_MM + 8.0,
        Face::Regular,
        metrics::BODY_PT,
        &readable(order.sheet_id, number),
    );
    PageLayout {
        page: number,
        width_mm: WIDTH_MM,
        height_mm: HEIGHT_MM,
        marks: marks.to_vec(),
        code: place,
        boxes: Vec::new(),
        zones: Vec::new(),
        printed: Vec::new(),
    }
}

/// Where text and lines stand, to a hundredth of a millimetre.
fn printed(page: &Page) -> Vec<Printed> {
    let round = |mm: f64| (mm * 100.0).round() / 100.0;
    let place = |(x, y, w, h)| Printed { x_mm: round(x), y_mm: round(y), w_mm: round(w), h_mm: round(h) };
    page.text_and_lines_mm().map(place).collect()
}

/// `ABCD-EFGH-JKM-1`: the sheet's number in groups, and the page.
fn readable(sheet_id: &SheetNumber, page: u8) -> String {
    let text = sheet_id.as_str();
    format!("{}-{}-{}/{page}", &text[..4], &text[4..8], &text[8..])
}
