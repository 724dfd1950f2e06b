//! How much drawing a page asks for, counted before any of it is done: a form that draws another one ten times, which
//! draws another one ten times, is small in the file and endless on the page. Forms, patterns, the glyphs of drawn
//! fonts and soft masks count as often as they are used; each is read once. So do the dashes of lines. It draws nothing.

use super::dashes::{Dash, Path};
use crate::read::raster::Limits;
use hayro::hayro_syntax::content::{Instruction, UntypedIter};
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, Stream};
use hayro::hayro_syntax::page::{Page, Resources};
use std::collections::HashMap;

/// Forms in forms: real files have two or three.
const MAX_DEPTH: usize = 28;
/// A pixel of an image costs less than a byte of drawing instructions.
const PIXELS_A_BYTE: u64 = 8;
/// A dash costs as much as a line that is drawn: `0 0 m 9 9 l S`.
const BYTES_A_DASH: u64 = 16;

/// True when the page can be drawn within the limits.
pub(super) fn within(page: &Page<'_>, limits: &Limits) -> bool {
    let mut work = Work { limits, known: HashMap::new() };
    let content = page.page_stream().map_or(0, |content| work.content(content, page.resources(), 0));
    content.saturating_add(work.annotations(page.raw(), page.resources())) <= limits.max_drawn_bytes
}

/// More than any limit.
const ENDLESS: u64 = u64::MAX;

struct Work<'l> {
    limits: &'l Limits,
    /// By number and generation; endless while it is being counted, so that what draws itself is so.
    known: HashMap<(u32, i32), u64>,
}

/// What the pen is set to; saved and restored by `q` and `Q`.
#[derive(Clone, Copy, Default)]
struct Pen {
    /// What one painting with the pattern costs, of fills and of strokes.
    fill: u64,
    stroke: u64,
    /// What one glyph costs.
    glyph: u64,
    dash: Dash,
}

impl Pen {
    /// What it costs to paint the path (ISO 32000-1 table 60); 0 for what paints none.
    fn paint(&self, operator: &[u8], path: &mut Path) -> u64 {
        if matches!(operator, b"s" | b"b" | b"b*") {
            path.close();
        }
        match operator {
            b"n" => {
                *path = Path::default();
                0
            }
            b"f" | b"F" | b"f*" => {
                *path = Path::default();
                self.fill
            }
            b"S" | b"s" => self.stroked(path),
            b"B" | b"B*" | b"b" | b"b*" => self.fill.saturating_add(self.stroked(path)),
            _ => 0,
        }
    }

    fn stroked(&self, path: &mut Path) -> u64 {
        self.stroke.saturating_add(path.dashes(self.dash).saturating_mul(BYTES_A_DASH))
    }
}

impl Work<'_> {
    /// In bytes of drawing instructions.
    fn content(&mut self, content: &[u8], resources: &Resources<'_>, depth: usize) -> u64 {
        let mut total = content.len() as u64;
        let (mut pen, mut saved, mut path) = (Pen::default(), Vec::new(), Path::default());
        let mut instructions = UntypedIter::new(content);
        while let Some(instruction) = instructions.next() {
            match &**instruction.operator {
                b"q" => saved.push(pen),
                b"Q" => pen = saved.pop().unwrap_or(pen),
                b"g" | b"rg" | b"k" | b"cs" | b"sc" => pen.fill = 0,
                b"G" | b"RG" | b"K" | b"CS" | b"SC" => pen.stroke = 0,
                b"scn" => pen.fill = self.pattern(&instruction, resources, depth),
                b"SCN" => pen.stroke = self.pattern(&instruction, resources, depth),
                b"Tf" => pen.glyph = self.glyph(&instruction, resources, depth),
                b"gs" => {
                    pen.dash = dash_of_state(&instruction, resources).unwrap_or(pen.dash);
                    total = total.saturating_add(self.soft_mask(&instruction, resources, depth));
                }
                b"d" => pen.dash = dash(&instruction),
                b"Tj" | b"TJ" | b"'" | b"\"" => {
                    let each = pen.glyph.saturating_add(pen.fill).saturating_add(pen.stroke);
                    total = total.saturating_add(each.saturating_mul(letters(&instruction)));
                }
                b"Do" => {
                    let drawn = self.x_object(&instruction, resources, depth);
                    total = total.saturating_add(drawn).saturating_add(pen.fill);
                }
                b"BI" => total = total.saturating_add(self.inline_image(&instruction)),
                operator => {
                    path.follow(operator, &numbers(&instruction));
                    total = total.saturating_add(pen.paint(operator, &mut path));
                }
            }
            if total > self.limits.max_drawn_bytes {
                return ENDLESS;
            }
        }
        total
    }

    fn x_object(
        &mut self,
        instruction: &Instruction<'_, '_>,
        resources: &Resources<'_>,
        depth: usize,
    ) -> u64 {
        let object = last_name(instruction).and_then(|name| resources.get_x_object(name));
        let Some(stream) = object else { return 0 };
        match stream.dict().get::<Name<'_>>(b"Subtype").as_deref() {
            Some(b"Image") => {
                let mask =
                    stream.dict().get::<Stream<'_>>(b"SMask").map_or(0, |mask| self.image(mask.dict()));
                self.image(stream.dict()).saturating_add(mask)
            }
            _ => self.stream(&stream, resources, depth),
        }
    }

    /// A stream of drawing instructions with its own resources, or those of whoever uses it.
    fn stream(&mut self, stream: &Stream<'_>, resources: &Resources<'_>, depth: usize) -> u64 {
        if depth >= MAX_DEPTH {
            return ENDLESS;
        }
        let id = stream.obj_id();
        let key = (id.obj_number, id.gen_number);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        self.known.insert(key, ENDLESS);
        let own = stream.dict().get::<Dict<'_>>(b"Resources").map(Resources::new);
        let work = stream
            .decoded_data()
            .map_or(0, |content| self.content(&content, own.as_ref().unwrap_or(resources), depth + 1));
        self.known.insert(key, work);
        work
    }

    fn image(&self, dict: &Dict<'_>) -> u64 {
        let side = |long: &[u8], short: &[u8]| dict.get::<u32>(long).or_else(|| dict.get(short)).unwrap_or(1);
        let (width, height) = (side(b"Width", b"W"), side(b"Height", b"H"));
        if !self.limits.allow(width as usize, height as usize) {
            return ENDLESS;
        }
        u64::from(width) * u64::from(height) / PIXELS_A_BYTE
    }

    fn inline_image(&self, instruction: &Instruction<'_, '_>) -> u64 {
        let images = instruction.operands().filter_map(|operand| match operand {
            Object::Stream(stream) => Some(self.image(stream.dict())),
            _ => None,
        });
        images.fold(0, u64::saturating_add)
    }

    /// What it costs to paint something with the pattern that is set; 0 for a colour.
    fn pattern(&mut self, instruction: &Instruction<'_, '_>, resources: &Resources<'_>, depth: usize) -> u64 {
        let pattern = last_name(instruction).and_then(|name| resources.get_pattern(name));
        let Some(Object::Stream(stream)) = pattern else { return 0 };
        self.stream(&stream, resources, depth).saturating_mul(copies(stream.dict()))
    }

    /// The dearest glyph of a font whose glyphs are drawn (ISO 32000-1 §9.6.5); 0 for any other.
    fn glyph(&mut self, instruction: &Instruction<'_, '_>, resources: &Resources<'_>, depth: usize) -> u64 {
        let name = instruction.operands().find_map(|operand| match operand {
            Object::Name(name) => Some(name),
            _ => None,
        });
        let Some(font) = name.and_then(|name| resources.get_font(name)) else { return 0 };
        let Some(glyphs) = font.get::<Dict<'_>>(b"CharProcs") else { return 0 };
        let own = font.get::<Dict<'_>>(b"Resources").map(Resources::new);
        let streams: Vec<Stream<'_>> = glyphs.keys().filter_map(|key| glyphs.get(key)).collect();
        let glyph = |stream: &Stream<'_>| self.stream(stream, own.as_ref().unwrap_or(resources), depth);
        streams.iter().map(glyph).max().unwrap_or(0)
    }

    fn soft_mask(
        &mut self,
        instruction: &Instruction<'_, '_>,
        resources: &Resources<'_>,
        depth: usize,
    ) -> u64 {
        let state = last_name(instruction).and_then(|name| resources.get_ext_g_state(name));
        let mask = state.and_then(|state| state.get::<Dict<'_>>(b"SMask"));
        let group = mask.and_then(|mask| mask.get::<Stream<'_>>(b"G"));
        group.map_or(0, |group| self.stream(&group, resources, depth))
    }

    /// The appearances of what was added to the page; of several states, all.
    fn annotations(&mut self, page: &Dict<'_>, resources: &Resources<'_>) -> u64 {
        let Some(annotations) = page.get::<Array<'_>>(b"Annots") else { return 0 };
        let mut total: u64 = 0;
        for annotation in annotations.iter::<Dict<'_>>() {
            let Some(looks) = annotation.get::<Dict<'_>>(b"AP") else { continue };
            let one = looks.get::<Stream<'_>>(b"N");
            let states = looks.get::<Dict<'_>>(b"N").filter(|_| one.is_none());
            let states = states.iter().flat_map(|states| states.keys().filter_map(|key| states.get(key)));
            let looks: Vec<Stream<'_>> = one.into_iter().chain(states).collect();
            for look in &looks {
                total = total.saturating_add(self.stream(look, resources, 0));
            }
            if total > self.limits.max_drawn_bytes {
                return ENDLESS;
            }
        }
        total
    }
}

fn last_name<'b, 'a>(instruction: &Instruction<'b, 'a>) -> Option<&'b Name<'a>> {
    match instruction.operands().last()? {
        Object::Name(name) => Some(name),
        _ => None,
    }
}

/// The numbers among the operands.
fn numbers(instruction: &Instruction<'_, '_>) -> Vec<f64> {
    let number = |operand: &Object<'_>| match operand {
        Object::Number(number) => Some(number.as_f64()),
        _ => None,
    };
    instruction.operands().filter_map(number).collect()
}

fn dash(instruction: &Instruction<'_, '_>) -> Dash {
    match instruction.operands().next() {
        Some(Object::Array(lengths)) => Dash::new(lengths.iter::<f64>()),
        _ => Dash::default(),
    }
}

/// The dash that a graphics state sets, if it sets one (ISO 32000-1 table 58: an array of the array and its phase).
fn dash_of_state(instruction: &Instruction<'_, '_>, resources: &Resources<'_>) -> Option<Dash> {
    let state = resources.get_ext_g_state(last_name(instruction)?)?;
    let lengths = state.get::<Array<'_>>(b"D")?.iter::<Array<'_>>().next()?;
    Some(Dash::new(lengths.iter::<f64>()))
}

/// Letters that are shown, or twice as many: a code has one or two bytes.
fn letters(instruction: &Instruction<'_, '_>) -> u64 {
    let bytes = |object: &Object<'_>| match object {
        Object::String(text) => text.as_bytes().len() as u64,
        Object::Array(parts) => parts.data().len() as u64,
        _ => 0,
    };
    instruction.operands().map(bytes).sum()
}

/// How often a pattern's cell is drawn over itself: a cell that is wider than its step overlaps the next ones.
fn copies(pattern: &Dict<'_>) -> u64 {
    let cell = pattern.get::<[f64; 4]>(b"BBox").unwrap_or_default();
    let [left, low, right, high] = cell;
    let along = |size: f64, step: Option<f64>| {
        let step = step.unwrap_or(size).abs();
        if step > 0.0 { (size.abs() / step).ceil().max(1.0) as u64 } else { ENDLESS }
    };
    let across = along(right - left, pattern.get::<f64>(b"XStep"));
    across.saturating_mul(along(high - low, pattern.get::<f64>(b"YStep")))
}
