//! How the paper lies on the glass: whole, cut off, on a larger page, two of them at once, torn, punched,
//! copied before, and with the lid open.

use super::PAPER_PX_PER_MM;
use crate::form::layout::PageLayout;
use crate::read::bitmap::Bitmap;
use rand::Rng;

/// Glass that is seen around the paper, when the paper lies askew.
const BED_MM: f64 = 15.0;

/// Papers on the glass.
pub struct Scene {
    /// Everything, at [`PAPER_PX_PER_MM`].
    pub bitmap: Bitmap,
    /// The part that the machine takes for the paper: left, top, width, height in mm.
    pub paper_mm: (f64, f64, f64, f64),
    /// Where each sheet's own origin lies, in mm of the glass.
    pub origins_mm: Vec<(f64, f64)>,
}

/// How sheets are laid down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Laid {
    /// As it was printed.
    Whole,
    /// Only the reply part, cut off with scissors.
    CutOff,
    /// Somewhere on B4 or A3.
    OnLarger,
    /// Two reply parts below each other.
    TwoSlips,
    /// Two whole sheets side by side.
    TwoSheets,
}

impl Laid {
    /// Whole most often.
    pub fn random(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..100) {
            0..70 => Self::Whole,
            70..84 => Self::CutOff,
            84..92 => Self::OnLarger,
            92..97 => Self::TwoSlips,
            _ => Self::TwoSheets,
        }
    }

    /// How many sheets.
    #[must_use]
    pub fn sheets(self) -> usize {
        if matches!(self, Self::TwoSlips | Self::TwoSheets) { 2 } else { 1 }
    }
}

/// Lays papers (each with its layout) down; around them the glass is white, or `black` with the lid open.
pub fn lay(papers: &[(Bitmap, &PageLayout)], laid: Laid, black: bool, rng: &mut impl Rng) -> Scene {
    let cut = matches!(laid, Laid::CutOff | Laid::TwoSlips);
    let mut pieces = Vec::new();
    let (mut across_mm, mut down_mm) = (0.0_f64, 0.0_f64);
    for (paper, layout) in papers {
        let top_mm = if cut { top_of_reply_mm(layout, rng) } else { 0.0 };
        let size_mm = (layout.width_mm, layout.height_mm - top_mm);
        let at_mm = match laid {
            Laid::TwoSlips => (0.0, down_mm),
            Laid::TwoSheets => (across_mm, 0.0),
            Laid::OnLarger => (rng.random_range(2.0..40.0), rng.random_range(2.0..50.0)),
            Laid::Whole | Laid::CutOff => (0.0, 0.0),
        };
        across_mm = across_mm.max(at_mm.0 + size_mm.0);
        down_mm = down_mm.max(at_mm.1 + size_mm.1);
        pieces.push((paper, at_mm, top_mm));
    }
    if laid == Laid::OnLarger {
        // JIS B4, or A3.
        (across_mm, down_mm) = if rng.random_bool(0.5) { (257.0, 364.0) } else { (297.0, 420.0) };
    }
    let mut scene = glass(across_mm, down_mm, black);
    for (paper, (x_mm, y_mm), top_mm) in &pieces {
        paste(&mut scene, paper, px(x_mm + BED_MM), px(y_mm + BED_MM), px(*top_mm));
    }
    let origins_mm =
        pieces.iter().map(|(_, (x, y), top)| (x + BED_MM, y + BED_MM - px(*top) as f64 / PAPER_PX_PER_MM));
    Scene { origins_mm: origins_mm.collect(), bitmap: scene, paper_mm: (BED_MM, BED_MM, across_mm, down_mm) }
}

fn px(mm: f64) -> usize {
    (mm * PAPER_PX_PER_MM).round() as usize
}

/// A few millimetres above the upper corner squares.
fn top_of_reply_mm(layout: &PageLayout, rng: &mut impl Rng) -> f64 {
    let squares = layout.marks.iter().map(|mark| mark.y_mm).fold(layout.height_mm, f64::min);
    (squares - rng.random_range(3.0..6.0)).max(0.0)
}

fn glass(across_mm: f64, down_mm: f64, black: bool) -> Bitmap {
    let mut glass = Bitmap::white(px(across_mm + 2.0 * BED_MM), px(down_mm + 2.0 * BED_MM));
    if black {
        glass.ink.fill(1);
        let paper = Bitmap::white(px(across_mm), px(down_mm));
        paste(&mut glass, &paper, px(BED_MM), px(BED_MM), 0);
    }
    glass
}

/// Puts `paper` without its first `skip` rows at (`x`, `y`).
fn paste(glass: &mut Bitmap, paper: &Bitmap, x: usize, y: usize, skip: usize) {
    let width = glass.width_px;
    for (row, line) in paper.ink.chunks(paper.width_px).skip(skip).enumerate() {
        let line = &line[..line.len().min(width - x)];
        if let Some(place) = glass.ink.get_mut((y + row) * width + x..(y + row) * width + x + line.len()) {
            place.copy_from_slice(line);
        }
    }
}

/// Tears one corner off, most of its square with it.
pub fn tear(paper: &mut Bitmap, layout: &PageLayout, rng: &mut impl Rng) {
    let corner = rng.random_range(0..4);
    let Some(mark) = layout.marks.get(corner) else { return };
    let (right, lower) = (corner % 2 == 1, corner >= 2);
    let reach = rng.random_range(8.0..11.0);
    let (x0, y0) = (mark.x_mm + mark.size_mm / 2.0, mark.y_mm + mark.size_mm / 2.0);
    for y in px(y0 - reach)..px(y0 + reach) {
        for x in px(x0 - reach)..px(x0 + reach) {
            let (dx, dy) = (x as f64 / PAPER_PX_PER_MM - x0, y as f64 / PAPER_PX_PER_MM - y0);
            let outward = if right { dx } else { -dx } + if lower { dy } else { -dy };
            if outward > -1.5
                && x < paper.width_px
                && let Some(pixel) = paper.ink.get_mut(y * paper.width_px + x)
            {
                *pixel = 0;
            }
        }
    }
}

/// Two holes of a binder, 6 mm wide, 80 mm apart and 12 mm from the edge (ISO 838), as a dark lid shows them.
pub fn punch(paper: &mut Bitmap, rng: &mut impl Rng) {
    let middle = paper.height_px as f64 / PAPER_PX_PER_MM / 2.0;
    let (x0, off) = (rng.random_range(10.0..13.0), rng.random_range(-4.0..4.0));
    for y0 in [middle + off - 40.0, middle + off + 40.0] {
        for y in px(y0 - 3.0)..px(y0 + 3.0) {
            for x in px(x0 - 3.0)..px(x0 + 3.0) {
                let (dx, dy) = (x as f64 / PAPER_PX_PER_MM - x0, y as f64 / PAPER_PX_PER_MM - y0);
                if dx.hypot(dy) <= 3.0 {
                    paper.ink[y * paper.width_px + x] = 1;
                }
            }
        }
    }
}

/// A copy of the paper: lines get thicker or thinner by less than a pixel, edges fray, dust falls.
pub fn copy(paper: &Bitmap, rng: &mut impl Rng) -> Bitmap {
    let (width, height) = (paper.width_px, paper.height_px);
    let least: u8 = rng.random_range(3..=6);
    let mut copied = Bitmap::white(width, height);
    let mut above = vec![0_u8; width];
    let empty = vec![0_u8; width];
    for y in 0..height {
        let (row, below) = (paper.row(y), if y + 1 < height { paper.row(y + 1) } else { &empty });
        if above.contains(&1) || row.contains(&1) || below.contains(&1) {
            let columns: Vec<u8> = above.iter().zip(row).zip(below).map(|((a, b), c)| a + b + c).collect();
            for x in 1..width.saturating_sub(1) {
                let dark = columns[x - 1] + columns[x] + columns[x + 1];
                let fray = if (1..9).contains(&dark) { rng.random_range(0..3) } else { 1 };
                copied.ink[y * width + x] = u8::from(dark + fray > least);
            }
        }
        above.copy_from_slice(row);
    }
    for _ in 0..rng.random_range(0..400) {
        let at = rng.random_range(0..copied.ink.len().max(1));
        copied.ink[at] = 1;
    }
    copied
}
