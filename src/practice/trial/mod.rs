//! Trials for the reader: a printed sheet is filled in, mistreated and faxed in a way that a seed decides,
//! and what was done is written down. Harder than an ordinary line on purpose: any turn, skew to 5°, scales
//! from 85 to 105 % that differ across and down, cut off, on larger paper, two at once, torn, punched,
//! copied up to twice, black edges, slight perspective, noise, streaks, lost lines.

pub mod expected;
pub mod scene;
pub mod tally;

use super::damage::{Damage, LINE_PX, Resolution, fax_from};
use super::hand::{Done, Filled, Manner, fill_in};
use super::pen::MarkStyle;
use super::scanner::Glass;
use crate::domain::sheet_number::SheetNumber;
use crate::form::layout::{PageLayout, TickBox};
use crate::read::affine::Point;
use crate::read::bitmap::{Bitmap, RasterPage};
use crate::read::plane::Plane;
use expected::{Expected, ExpectedBox, ExpectedSheet, ExpectedZone, Mark};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scene::Laid;

/// Pixels a millimetre of the printed paper (300 dpi).
pub const PAPER_PX_PER_MM: f64 = 300.0 / 25.4;

/// One page of a sheet as it came out of the printer, at [`PAPER_PX_PER_MM`].
#[derive(Debug, Clone)]
pub struct PrintedPage {
    /// The sheet.
    pub sheet_id: SheetNumber,
    /// Where everything stands.
    pub layout: PageLayout,
    /// The paper.
    pub paper: Bitmap,
}

/// A page that arrived, and what should be read from it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The page.
    pub page: RasterPage,
    /// What was done.
    pub expected: Expected,
}

/// Makes the trial of a seed from pages with boxes. The same seed makes the same trial.
///
/// # Panics
/// Without any page.
#[must_use]
pub fn trial(printed: &[PrintedPage], resolution: Resolution, seed: u64) -> Trial {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let laid = Laid::random(&mut rng);
    let mut treatment = Treatment::random(laid, &mut rng);
    let mut papers: Vec<(Bitmap, &PageLayout)> = Vec::new();
    let mut sheets: Vec<(&PrintedPage, Manner, Filled)> = Vec::new();
    while papers.len() < laid.sheets() {
        let chosen = printed.choose(&mut rng).expect("pages to choose from");
        if sheets.iter().any(|(other, _, _)| other.sheet_id == chosen.sheet_id) && printed.len() > 1 {
            continue;
        }
        let manner = Manner::random(&mut rng);
        let mut paper = chosen.paper.clone();
        let filled = fill_in(&mut paper, PAPER_PX_PER_MM, &chosen.layout, manner, &mut rng);
        treatment.mistreat(&mut paper, &chosen.layout, &mut rng);
        papers.push((paper, &chosen.layout));
        sheets.push((chosen, manner, filled));
    }
    let scene = scene::lay(&papers, laid, treatment.black_edges, &mut rng);
    drop(papers);
    let glass = Glass {
        scene: &scene.bitmap,
        px_per_mm: PAPER_PX_PER_MM,
        paper_mm: scene.paper_mm,
        width_px: treatment.line_px(scene.paper_mm),
    };
    let (page, plane) = fax_from(&glass, resolution, &treatment.damage, &mut rng);
    let sheets = sheets.iter().zip(&scene.origins_mm).map(|((printed, manner, filled), origin_mm)| {
        let seen = Arrived { page: &page.bitmap, plane: &plane, origin_mm: *origin_mm };
        seen.expected(printed, *manner, filled)
    });
    let sheets = sheets.collect();
    let expected = Expected { file: format!("{seed}.tif"), resolution, damage: treatment.names, sheets };
    Trial { page, expected }
}

/// What happens to the paper and on the line, with its names in the table.
struct Treatment {
    damage: Damage,
    names: Vec<String>,
    torn: bool,
    punched: bool,
    copies: usize,
    black_edges: bool,
}

impl Treatment {
    fn random(laid: Laid, rng: &mut impl Rng) -> Self {
        let mut damage = Damage::random(rng, 1.0);
        if rng.random_bool(0.4) {
            // A copier that makes smaller or larger, and a machine whose feed is off.
            let scale: f64 = rng.random_range(0.88..1.02);
            let feed = rng.random_range(0.97..1.03);
            (damage.scale_x, damage.scale_y) = (scale, (scale * feed).clamp(0.85, 1.05));
        }
        if rng.random_bool(0.3) {
            damage.skew_deg = rng.random_range(-5.0..=5.0);
        }
        damage.quarter_turns = match rng.random_range(0..100) {
            0..60 => 0,
            60..80 => 2,
            80..90 => 1,
            _ => 3,
        };
        if rng.random_bool(0.08) {
            damage.keystone_down = rng.random_range(-0.03..=0.03);
            damage.keystone_across = rng.random_range(-0.02..=0.02);
        }
        damage.header = rng.random_bool(0.8);
        let torn = laid.sheets() == 1 && rng.random_bool(0.08);
        let copies = if rng.random_bool(0.25) { rng.random_range(1..=2) } else { 0 };
        let (punched, black_edges) = (rng.random_bool(0.1), rng.random_bool(0.1));
        let mut treatment = Self { damage, names: Vec::new(), torn, punched, copies, black_edges };
        treatment.name(laid);
        treatment
    }

    fn name(&mut self, laid: Laid) {
        let damage = &self.damage;
        let scale = |scale: f64| !(0.93..=1.03).contains(&scale);
        let names = [
            (laid == Laid::CutOff, "cut_off"),
            (laid == Laid::OnLarger, "on_larger_page"),
            (laid == Laid::TwoSlips, "two_slips"),
            (laid == Laid::TwoSheets, "two_sheets"),
            (damage.quarter_turns == 2, "upside_down"),
            (damage.quarter_turns % 2 == 1, "on_its_side"),
            (damage.skew_deg.abs() > 3.0, "skew_over_3_deg"),
            (scale(damage.scale_x) || scale(damage.scale_y), "scaled"),
            (damage.keystone_down != 0.0, "perspective"),
            (self.torn, "corner_torn"),
            (self.punched, "punched"),
            (self.copies == 1, "copied_once"),
            (self.copies == 2, "copied_twice"),
            (self.black_edges, "black_edges"),
            (!damage.streaks.is_empty(), "streak"),
            (!damage.lost.is_empty(), "lost_lines"),
        ];
        self.names = names.iter().filter(|(has, _)| *has).map(|(_, name)| (*name).to_owned()).collect();
        if self.names.is_empty() {
            self.names.push("ordinary".to_owned());
        }
    }

    fn mistreat(&mut self, paper: &mut Bitmap, layout: &PageLayout, rng: &mut impl Rng) {
        for _ in 0..self.copies {
            *paper = scene::copy(paper, rng);
        }
        if self.torn {
            scene::tear(paper, layout, rng);
        }
        if self.punched {
            scene::punch(paper, rng);
        }
    }

    /// Pixels in a line: 1728 for A4, 2048 for B4, 2432 for A3 (ITU-T T.4 §2.2); a page that is wider still,
    /// or turned by the machine, as it is.
    fn line_px(&self, (_, _, w, h): (f64, f64, f64, f64)) -> usize {
        let across = if self.damage.quarter_turns % 2 == 1 { h } else { w };
        match across {
            ..=215.0 => LINE_PX,
            ..=255.0 => 2048,
            ..=303.0 => 2432,
            _ => (across * 204.0 / 25.4) as usize,
        }
    }
}

/// The page that arrived, and where one sheet lies on it.
struct Arrived<'a> {
    page: &'a Bitmap,
    plane: &'a Plane,
    origin_mm: (f64, f64),
}

impl Arrived<'_> {
    fn expected(&self, printed: &PrintedPage, manner: Manner, filled: &Filled) -> ExpectedSheet {
        let layout = &printed.layout;
        let boxes = layout.boxes.iter().zip(&filled.boxes).map(|(one, done)| ExpectedBox {
            field: one.field.clone(),
            option: one.option.clone(),
            mark: class(*done),
            chosen: done.is_chosen(),
            dark: self.dark(one, *done),
        });
        let boxes = boxes.collect();
        let zones = layout.zones.iter().zip(&filled.zones);
        let zones = zones.map(|(zone, ink)| ExpectedZone { field: zone.field.clone(), ink: *ink }).collect();
        let plain = manner == Manner::Plain;
        let stray = manner == Manner::Stray;
        let code_on_page = self.has_code(layout);
        let (sheet_id, page) = (printed.sheet_id.clone(), layout.page);
        ExpectedSheet { sheet_id, page, plain, stray, code_on_page, boxes, zones }
    }

    /// The whole code is on the page.
    fn has_code(&self, layout: &PageLayout) -> bool {
        let code = &layout.code;
        let (x, y) = (self.origin_mm.0 + code.x_mm, self.origin_mm.1 + code.y_mm);
        [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].into_iter().all(|(right, down)| {
            let corner = Point::new(x + right * code.size_mm, y + down * code.size_mm);
            let at = self.plane.to_page(corner);
            (0.0..=self.page.width_px as f64).contains(&at.x)
                && (0.0..=self.page.height_px as f64).contains(&at.y)
        })
    }

    /// What is dark of the inner 70 % of the box, or of the band around it where a ring was drawn.
    fn dark(&self, one: &TickBox, done: Done) -> f64 {
        let half = one.size_mm / 2.0;
        let (from, to) = match done {
            Done::Empty => return 0.0,
            Done::Marked(MarkStyle::Circle) | Done::MarkedLightly(MarkStyle::Circle) => {
                (half + 0.65, half + 2.3)
            }
            _ => (0.0, half * 0.7),
        };
        let middle = Point::new(self.origin_mm.0 + one.x_mm + half, self.origin_mm.1 + one.y_mm + half);
        let (mut all, mut dark) = (0, 0);
        let center = self.plane.to_page(middle);
        let (px, py) = self.plane.local(middle).px_per_mm();
        let (reach_x, reach_y) = (1.5 * to * px.max(py), 1.5 * to * px.max(py));
        for y in (center.y - reach_y) as isize..=(center.y + reach_y) as isize {
            for x in (center.x - reach_x) as isize..=(center.x + reach_x) as isize {
                let Some(at) = self.plane.to_sheet(Point::new(x as f64 + 0.5, y as f64 + 0.5)) else {
                    continue;
                };
                let away = (at.x - middle.x).abs().max((at.y - middle.y).abs());
                if away >= from && away <= to {
                    all += 1;
                    dark += i32::from(self.page.at(x, y));
                }
            }
        }
        f64::from(dark) / f64::from(all.max(1))
    }
}

fn class(done: Done) -> Mark {
    match done {
        Done::Empty => Mark::Empty,
        Done::MarkedLightly(_) => Mark::Light,
        Done::Blotted => Mark::Blotted,
        Done::StruckOut => Mark::StruckOut,
        Done::Marked(style) => match style {
            MarkStyle::Tick => Mark::Tick,
            MarkStyle::Cross => Mark::Cross,
            MarkStyle::Dot => Mark::Dot,
            MarkStyle::Fill => Mark::Fill,
            MarkStyle::Circle => Mark::Circle,
            MarkStyle::Slash => Mark::Slash,
            MarkStyle::Blot => Mark::Blotted,
        },
    }
}
