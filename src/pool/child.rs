//! The child's side: limits itself, then reads file after file until its parent closes the pipe.

use super::{Asked, PageAsked, Said, Show, limits, wire};
use crate::domain::reading::Problem;
use crate::form::layout::Frame;
use crate::read::attachment;
use crate::read::bitmap::RasterPage;
use crate::read::book::{LookUp, SheetBook};
use crate::read::explain::{box_crop, explain};
use crate::read::fillable::read_fields;
use crate::read::locked::unlock;
use crate::read::raster::{self, Limits};
use crate::read::stage::Stage;
use crate::read::view::view;
use crate::read::{ReadPage, png, read_sheets_watched};
use std::cell::RefCell;
use std::io::{ErrorKind, Read, Result, Write};
use std::time::Instant;

/// How long each stage took.
struct Laps {
    last: Instant,
    laps_us: Vec<(String, u64)>,
}

impl Laps {
    fn start() -> Self {
        Self { last: Instant::now(), laps_us: Vec::new() }
    }

    fn lap(&mut self, stage: &str) {
        let now = Instant::now();
        let us = now.duration_since(self.last).as_micros() as u64;
        self.last = now;
        match self.laps_us.iter_mut().find(|(known, _)| known == stage) {
            Some((_, total)) => *total += us,
            None => self.laps_us.push((stage.to_owned(), us)),
        }
    }
}

/// Serves one parent on stdin and stdout until it closes.
///
/// # Errors
/// When the limits cannot be set or the parent is gone in the middle of a file.
pub fn serve() -> Result<()> {
    limits::limit_self()?;
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    loop {
        let asked: Asked = match wire::read_json(&mut input) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        };
        let bytes = wire::read_bytes(&mut input)?;
        answer(asked, &bytes, &mut input, &mut output)?;
    }
}

fn answer(asked: Asked, bytes: &[u8], input: &mut dyn Read, output: &mut dyn Write) -> Result<()> {
    let pipes = RefCell::new(Pipes { input, output, broken: None });
    let problems = match asked {
        Asked::Read { name, frames, show } => {
            let book = AskParent { frames, pipes: &pipes };
            let clock = RefCell::new(Laps::start());
            raster::open(bytes, &Limits::default(), &mut |page| {
                clock.borrow_mut().lap("opening");
                let watch = |stage: Stage| clock.borrow_mut().lap(stage.as_str());
                let sheets = read_sheets_watched(&name, &page, &book, &watch);
                let mut pipes = pipes.borrow_mut();
                if show.timings {
                    pipes.say(&Said::Timings(std::mem::take(&mut clock.borrow_mut().laps_us)));
                }
                if show.explained {
                    pipes.say(&Said::Explained);
                    pipes.say_bytes(explain(&page, &sheets).as_bytes());
                }
                for read in sheets {
                    pipes.say_page(&page, read, show);
                }
                *clock.borrow_mut() = Laps::start();
            })
        }
        Asked::Picture(asked) => show(asked, bytes, &pipes),
        Asked::Attachment => attach(bytes, &pipes),
        Asked::Fields => say_fields(bytes, &pipes),
        Asked::Unlock { passphrases } => say_plain(bytes, &passphrases, &pipes),
    };
    let mut pipes = pipes.into_inner();
    pipes.say(&Said::Done { problems });
    pipes.broken.map_or(Ok(()), Err)
}

/// Says how one page looks. The pages behind it are not opened.
fn show(asked: PageAsked, bytes: &[u8], pipes: &RefCell<Pipes<'_>>) -> Vec<Problem> {
    let limits = Limits::default();
    let limits = Limits { max_pages: limits.max_pages.min(asked.page_in_file), ..limits };
    raster::open(bytes, &limits, &mut |page| {
        if page.page_in_file == asked.page_in_file {
            let picture = view(&page, asked.quarters, asked.width_px);
            pipes.borrow_mut().say_picture(&picture);
        }
    })
}

/// Says every page, once all are known to be whole.
fn attach(bytes: &[u8], pipes: &RefCell<Pipes<'_>>) -> Vec<Problem> {
    match attachment::open(bytes) {
        Ok(pages) => {
            for (size, pixels) in pages {
                let mut pipes = pipes.borrow_mut();
                pipes.say(&Said::Attached(size));
                pipes.attempt(|pipes| wire::write_bytes(&mut pipes.output, &pixels));
            }
            Vec::new()
        }
        Err(problem) => vec![problem],
    }
}

/// Says what the fields of a PDF hold.
fn say_fields(bytes: &[u8], pipes: &RefCell<Pipes<'_>>) -> Vec<Problem> {
    let (form, problems) = read_fields(bytes);
    if let Some(form) = form {
        pipes.borrow_mut().say(&Said::Fields(Box::new(form)));
    }
    problems
}

/// Gives a locked PDF back without its lock.
fn say_plain(bytes: &[u8], passphrases: &[String], pipes: &RefCell<Pipes<'_>>) -> Vec<Problem> {
    match unlock(bytes, passphrases) {
        Ok(plain) => {
            let mut pipes = pipes.borrow_mut();
            pipes.say(&Said::Plain);
            pipes.attempt(|pipes| wire::write_bytes(&mut pipes.output, &plain));
            Vec::new()
        }
        Err(problem) => vec![problem],
    }
}

struct Pipes<'a> {
    input: &'a mut dyn Read,
    output: &'a mut dyn Write,
    /// The first failure; after it nothing is said.
    broken: Option<std::io::Error>,
}

impl Pipes<'_> {
    fn say(&mut self, said: &Said) {
        self.attempt(|pipes| wire::write_json(&mut pipes.output, said));
    }

    fn say_bytes(&mut self, bytes: &[u8]) {
        self.attempt(|pipes| wire::write_bytes(&mut pipes.output, bytes));
    }

    fn say_page(&mut self, page: &RasterPage, read: ReadPage, show: Show) {
        for crop in read.crops {
            self.say(&Said::Crop { field: crop.field });
            self.say_bytes(&png(&crop.bitmap));
        }
        let places = read.places.filter(|_| show.boxes);
        for one in places.iter().flat_map(|places| &places.boxes) {
            self.say(&Said::BoxCrop);
            self.say_bytes(&png(&box_crop(&page.bitmap, one)));
        }
        self.say(&Said::Page(Box::new(read.reading)));
    }

    fn say_picture(&mut self, png: &[u8]) {
        self.say(&Said::Picture);
        self.attempt(|pipes| wire::write_bytes(&mut pipes.output, png));
    }

    fn ask(&mut self, code: &str) -> LookUp {
        self.say(&Said::LookUp { code: code.to_owned() });
        self.attempt(|pipes| wire::read_json(&mut pipes.input)).unwrap_or(LookUp::NotOurs)
    }

    fn attempt<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T>) -> Option<T> {
        if self.broken.is_some() {
            return None;
        }
        match act(self) {
            Ok(value) => Some(value),
            Err(error) => {
                self.broken = Some(error);
                None
            }
        }
    }
}

/// The book of the parent, asked over the pipe.
struct AskParent<'a, 'b> {
    frames: Vec<Frame>,
    pipes: &'a RefCell<Pipes<'b>>,
}

impl SheetBook for AskParent<'_, '_> {
    fn frames(&self) -> Vec<Frame> {
        self.frames.clone()
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        self.pipes.borrow_mut().ask(code_text)
    }
}
