//! A PDF that a care manager attaches → its pages in black and white, each as large as it is printed: white margins
//! are cut away first, so that most pages keep their size, and what is still too large is drawn again, smaller. A page
//! that is wider than high is turned. Whatever would be missing on paper refuses the whole file: a letter that no font
//! draws, a picture that cannot be decoded, an empty page.

use super::render::{Missing, RenderError, Renderer};
use super::{Refusal, structure};
use crate::domain::attachment::{
    ATTACHED_DPI, ATTACHED_HEIGHT_MM, ATTACHED_PAGES, ATTACHED_PX_A_MM, ATTACHED_WIDTH_MM,
};
use crate::domain::reading::{Problem, ProblemCode};
use crate::read::bitmap::Bitmap;
use crate::read::raster::turn::Turn;
use crate::read::raster::{FileKind, Limits, sniff, trouble};

/// White that stays around the ink, so that nothing touches the stamp.
const AROUND_PX: usize = 4;
/// Smaller than this, nobody reads it: A3 becomes 0.64.
const SMALLEST: f64 = 0.5;
/// For the rounding of both drawings.
const SPARE: f64 = 0.995;

/// A page as it is printed, and how large it is beside the original (1: as large).
pub(in crate::read) struct Fitted {
    pub(in crate::read) bitmap: Bitmap,
    pub(in crate::read) scale: f64,
}

/// All pages of the file, or what is wrong with it.
pub(in crate::read) fn fitted_pages(bytes: &[u8], limits: &Limits) -> Result<Vec<Fitted>, Problem> {
    if bytes.is_empty() {
        return Err(trouble::empty());
    }
    if sniff(bytes) != Some(FileKind::Pdf) {
        return Err(not_pdf());
    }
    // What only the renderer can open is opened all the same: nothing but its pixels is kept.
    if let Err(Refusal::TooLarge) = structure(bytes, limits) {
        return Err(trouble::stream_too_large());
    }
    let renderer = Renderer::new(bytes, limits).map_err(unopened)?;
    match renderer.page_count() as usize {
        0 => Err(broken()),
        count if count > ATTACHED_PAGES => Err(too_many(count)),
        count => (1..=count as u32).map(|number| fitted(&renderer, number, limits)).collect(),
    }
}

fn fitted(renderer: &Renderer, number: u32, limits: &Limits) -> Result<Fitted, Problem> {
    let first = cut(renderer, number, 1.0, limits)?;
    let scale = scale_for(&first);
    if scale < SMALLEST {
        return Err(too_big_paper(number));
    }
    if scale >= 1.0 {
        return Ok(Fitted { bitmap: first, scale: 1.0 });
    }
    let scale = scale * SPARE;
    let bitmap = cut(renderer, number, scale, limits)?;
    if scale_for(&bitmap) < 1.0 {
        return Err(too_big_paper(number));
    }
    Ok(Fitted { bitmap, scale })
}

/// How much smaller the picture must become; 1 when it fits.
fn scale_for(bitmap: &Bitmap) -> f64 {
    let across = ATTACHED_WIDTH_MM * ATTACHED_PX_A_MM / bitmap.width_px as f64;
    let down = ATTACHED_HEIGHT_MM * ATTACHED_PX_A_MM / bitmap.height_px as f64;
    across.min(down).min(1.0)
}

/// The page drawn at `scale`, upright on a page that is higher than wide, without its white margins.
fn cut(renderer: &Renderer, number: u32, scale: f64, limits: &Limits) -> Result<Bitmap, Problem> {
    let dpi = ATTACHED_DPI * scale;
    let (page, missing) = renderer
        .page_and_missing(number, (dpi, dpi), limits)
        .map_err(|error| page_unopened(error, number))?;
    match missing {
        Missing { letters: true, .. } => return Err(no_font(number)),
        Missing { pictures: true, .. } => return Err(no_picture(number)),
        Missing { .. } => {}
    }
    let ink = without_margins(&page.bitmap).ok_or_else(|| blank(number))?;
    let lies = page.bitmap.width_px > page.bitmap.height_px;
    // Its upper edge comes to lie at the left, as bound tables do.
    let turn = Turn { transpose: true, flip_x: false, flip_y: true };
    Ok(if lies { turn.apply(ink) } else { ink })
}

/// The part with ink, with a little white around it; `None` for a page without ink.
fn without_margins(bitmap: &Bitmap) -> Option<Bitmap> {
    let has_ink = |y: &usize| bitmap.row(*y).contains(&1);
    let top = (0..bitmap.height_px).find(has_ink)?;
    let foot = (0..bitmap.height_px).rfind(has_ink)?;
    let edges = (top..=foot).filter_map(|y| {
        let row = bitmap.row(y);
        Some((row.iter().position(|ink| *ink == 1)?, row.iter().rposition(|ink| *ink == 1)?))
    });
    let (left, right) =
        edges.reduce(|(left, right), (from, to)| (left.min(from), right.max(to))).unwrap_or_default();
    let (top, left) = (top.saturating_sub(AROUND_PX), left.saturating_sub(AROUND_PX));
    let foot = (foot + AROUND_PX).min(bitmap.height_px - 1);
    let right = (right + AROUND_PX).min(bitmap.width_px - 1);
    let ink = (top..=foot).flat_map(|y| &bitmap.row(y)[left..=right]).copied().collect();
    Some(Bitmap { width_px: right - left + 1, height_px: foot - top + 1, ink })
}

fn unopened(error: RenderError) -> Problem {
    match error {
        RenderError::Encrypted => Problem::new(
            ProblemCode::Encrypted,
            "パスワード付きのPDFは添付できません。パスワードを外したPDFを選んでください / a PDF with a password cannot be attached: choose one without",
        ),
        RenderError::TooLarge | RenderError::TooMuch => trouble::stream_too_large(),
        RenderError::Broken => broken(),
    }
}

fn page_unopened(error: RenderError, number: u32) -> Problem {
    match error {
        RenderError::TooLarge => too_big_paper(number),
        RenderError::Encrypted | RenderError::TooMuch => unopened(error),
        RenderError::Broken => Problem::new(
            ProblemCode::Broken,
            format!(
                "{number}ページ目を開けません。PDFを作り直して、もう一度選んでください / page {number} cannot be opened: make the PDF again"
            ),
        ),
    }
}

fn not_pdf() -> Problem {
    Problem::new(
        ProblemCode::UnknownKind,
        "添付できるのはPDFだけです。PDFで保存して、もう一度選んでください / only a PDF can be attached: save the paper as a PDF",
    )
}

fn broken() -> Problem {
    Problem::new(
        ProblemCode::Broken,
        "PDFが壊れていて開けません。PDFを作り直して、もう一度選んでください / the PDF is broken: make it again",
    )
}

fn too_many(count: usize) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!(
            "添付は{ATTACHED_PAGES}ページまでです(このPDFは{count}ページ)。必要なページだけのPDFを選んでください / at most {ATTACHED_PAGES} pages (this PDF has {count}): choose a PDF of the pages that are needed"
        ),
    )
}

fn too_big_paper(number: u32) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!(
            "{number}ページ目の用紙が大きすぎて、A4に縮めると読めません。A4かA3で作り直してください / page {number} is too large to be read on A4: make it A4 or A3"
        ),
    )
}

fn no_font(number: u32) -> Problem {
    Problem::new(
        ProblemCode::Other,
        format!(
            "{number}ページ目の文字が、このPDFでは正しく印刷できません。「フォントを埋め込む」を選ぶか、「PDFとして印刷」で作り直してください / letters of page {number} have no font in the file: make the PDF again with its fonts embedded"
        ),
    )
}

fn no_picture(number: u32) -> Problem {
    Problem::new(
        ProblemCode::Broken,
        format!(
            "{number}ページ目の画像を開けません。「PDFとして印刷」で作り直してください / a picture on page {number} cannot be opened: print the paper to a new PDF"
        ),
    )
}

fn blank(number: u32) -> Problem {
    Problem::new(
        ProblemCode::Other,
        format!(
            "{number}ページ目は白紙です。白紙のページを除いたPDFを選んでください / page {number} is empty: choose a PDF without empty pages"
        ),
    )
}
