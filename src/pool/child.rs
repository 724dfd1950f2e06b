//! The child's side: limits itself, then reads file after file until its parent closes the pipe.

use super::{Asked, PageAsked, Said, limits, wire};
use crate::domain::reading::Problem;
use crate::form::layout::Frame;
use crate::read::attachment;
use crate::read::book::{LookUp, SheetBook};
use crate::read::fillable::read_fields;
use crate::read::locked::unlock;
use crate::read::raster::{self, Limits};
use crate::read::view::view;
use crate::read::{ReadPage, png, read_sheets};
use std::cell::RefCell;
use std::io::{ErrorKind, Read, Result, Write};

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
        Asked::Read { name, frames } => {
            let book = AskParent { frames, pipes: &pipes };
            raster::open(bytes, &Limits::default(), &mut |page| {
                for read in read_sheets(&name, &page, &book) {
                    pipes.borrow_mut().say_page(read);
                }
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

    fn say_page(&mut self, read: ReadPage) {
        for crop in read.crops {
            self.say(&Said::Crop { field: crop.field });
            self.attempt(|pipes| wire::write_bytes(&mut pipes.output, &png(&crop.bitmap)));
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
