//! The pages behind a sheet: what the sender attached, each below a stamp with the request's number and the page. Asks
//! nothing, has no code: it need not come back.

use super::metrics::{ANSWER_PT, BODY_PT, EDGE_MM, HEIGHT_MM, RULE_MM, TOP_MM, WIDTH_MM};
use super::{SheetError, SheetOrder, request_part};
use crate::domain::attachment::{ATTACHED_HEIGHT_MM, ATTACHED_PX_A_MM, ATTACHED_WIDTH_MM, AttachedPage};
use crate::typeset::canvas::Page;
use crate::typeset::font::{Face, MM_A_POINT};
use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

/// The stamp: one line and its rule, and white below them.
const STAMP_MM: f64 = 8.0;
const _: () = assert!(TOP_MM + STAMP_MM + ATTACHED_HEIGHT_MM <= HEIGHT_MM - EDGE_MM);
const _: () = assert!(ATTACHED_WIDTH_MM <= WIDTH_MM - 2.0 * EDGE_MM);

impl From<lopdf::Error> for SheetError {
    fn from(error: lopdf::Error) -> Self {
        Self::Attached(error.to_string())
    }
}

/// The page of attachment `nth` (from 1), without its picture; `own` pages of the sheet stand before it.
pub fn stamped(order: &SheetOrder, nth: usize, own: usize) -> Page {
    let mut page = Page::a4();
    let of = order.attached.len();
    let baseline_mm = TOP_MM + 4.6;
    let right_mm = WIDTH_MM - EDGE_MM;
    let left = format!("添付 {nth}/{of}");
    page.text(EDGE_MM, baseline_mm, Face::Bold, ANSWER_PT, left.as_str());
    let after_mm = EDGE_MM + Face::Bold.width_mm(&left, ANSWER_PT) + 4.0;
    page.text(after_mm, baseline_mm, Face::Regular, BODY_PT, "(ご返信には要りません)");
    if order.sample {
        request_part::draw_sample(&mut page, 118.0, baseline_mm);
    }
    let right = format!("連絡番号 {}  {}/{}", order.number, own + nth, own + of);
    page.text_right(right_mm, baseline_mm, Face::Bold, ANSWER_PT, &right);
    page.line((EDGE_MM, TOP_MM + 6.6), (right_mm, TOP_MM + 6.6), RULE_MM);
    page
}

/// Puts the pictures onto their stamped pages, which follow `before` pages. The same pages give the same bytes.
///
/// # Errors
/// [`SheetError::Attached`] when the PDF is not one of ours.
pub fn put(pdf: Vec<u8>, before: usize, attached: &[AttachedPage]) -> Result<Vec<u8>, SheetError> {
    if attached.is_empty() {
        return Ok(pdf);
    }
    let mut document = Document::load_mem(&pdf)?;
    let pages = document.get_pages();
    for (number, picture) in (before as u32 + 1..).zip(attached) {
        let page = pages.get(&number).ok_or_else(|| SheetError::Attached(format!("page {number}")))?;
        let image = document.add_object(image(picture));
        // The pages share one dictionary of resources.
        let name = format!("Attached{number}");
        document.add_xobject(*page, name.as_str(), image)?;
        document.add_to_page_content(*page, place(picture, &name))?;
    }
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(lopdf::Error::from)?;
    Ok(bytes)
}

/// ISO 32000-1 §7.4.6: 0 bits are black, as in its default colours.
fn image(picture: &AttachedPage) -> Stream {
    let (columns, rows) = (i64::from(picture.width_px), i64::from(picture.height_px));
    let parameters = dictionary! { "K" => -1, "Columns" => columns, "Rows" => rows };
    let dictionary = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => columns,
        "Height" => rows,
        "ColorSpace" => "DeviceGray",
        "BitsPerComponent" => 1,
        "Filter" => "CCITTFaxDecode",
        "DecodeParms" => parameters,
    };
    Stream::new(dictionary, picture.g4.clone()).with_compression(false)
}

/// In the middle of the width, at the top of its place.
fn place(picture: &AttachedPage, name: &str) -> Content<Vec<Operation>> {
    let mm = |pixels: u32| f64::from(pixels) / ATTACHED_PX_A_MM;
    let (w_mm, h_mm) = (mm(picture.width_px).min(ATTACHED_WIDTH_MM), mm(picture.height_px));
    let h_mm = h_mm.min(ATTACHED_HEIGHT_MM);
    let x_mm = EDGE_MM + (ATTACHED_WIDTH_MM - w_mm) / 2.0;
    let below_mm = HEIGHT_MM - TOP_MM - STAMP_MM - h_mm;
    let points = |mm: f64| Object::Real((mm / MM_A_POINT) as f32);
    let matrix = vec![points(w_mm), 0.into(), 0.into(), points(h_mm), points(x_mm), points(below_mm)];
    let operations = vec![
        Operation::new("q", vec![]),
        Operation::new("cm", matrix),
        Operation::new("Do", vec![Object::Name(name.into())]),
        Operation::new("Q", vec![]),
    ];
    Content { operations }
}
