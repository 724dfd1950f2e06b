//! `renraku read`: files → one JSON object a line for each page. Needs no database.

use super::app::open_pool;
use super::sheet::{keyring, read_text};
use super::{CliError, CliResult, Common, output};
use crate::domain::reading::{FoundBy, PageReading, Problem, ProblemCode};
use crate::form::layout::{Frame, Layout};
use crate::read::book::{LookUp, SheetBook};
use crate::seal::code::{self, NotOurCode};
use crate::seal::keyring::Keyring;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct ReadArgs {
    /// TIFF, PDF, JPEG or PNG files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Layouts of the sheets that may be on them (as `renraku sheet` wrote them).
    #[arg(long = "layout", value_name = "JSON")]
    layouts: Vec<PathBuf>,
    /// Keys that the sheets were sealed with; the sample key when left out.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Reads the fields of fillable PDFs instead of pictures: {file, token_valid, sheet_id, page, answers:
    /// {field: [option]}, texts: {field: text}, drawn_over: bool, problems: [text]}, one line a file.
    #[arg(long, conflicts_with = "layouts")]
    fields: bool,
}

pub fn read(_common: &Common, args: &ReadArgs) -> CliResult {
    if args.fields {
        return super::fields::read(&args.files, &keyring(args.key_file.as_deref())?);
    }
    let layouts = args.layouts.iter().map(|path| load_layout(path)).collect::<Result<Vec<_>, _>>()?;
    let book = LayoutBook { layouts, keyring: keyring(args.key_file.as_deref())? };
    let pool = open_pool()?;
    for path in &args.files {
        let name = path.display().to_string();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let sentence = format!("ファイルを読めません / the file cannot be read: {error}");
                output::line(&nothing_read(&name, Problem::new(ProblemCode::Broken, sentence)))?;
                continue;
            }
        };
        let reading = pool.read(&name, &bytes, &book);
        let count = reading.pages.len();
        for page in &reading.pages {
            output::line(&page.reading)?;
        }
        // What belongs to no page: a line of its own, so that it is not overlooked.
        if !reading.problems.is_empty() || count == 0 {
            let mut line =
                nothing_read(&name, Problem::new(ProblemCode::Empty, "no page / ページがありません"));
            line.page_in_file = count as u32 + 1;
            if !reading.problems.is_empty() {
                line.problems = reading.problems;
            }
            output::line(&line)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The sheets whose layouts were given.
struct LayoutBook {
    layouts: Vec<Layout>,
    keyring: Keyring,
}

impl SheetBook for LayoutBook {
    fn frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        for frame in self
            .layouts
            .iter()
            .flat_map(|layout| &layout.pages)
            .filter_map(crate::form::layout::PageLayout::frame)
        {
            if !frames.contains(&frame) {
                frames.push(frame);
            }
        }
        frames
    }

    fn look_up(&self, code_text: &str) -> LookUp {
        let verified = match code::verify(&self.keyring, code_text) {
            Ok(verified) => verified,
            Err(NotOurCode::Forged) => return LookUp::Forged,
            Err(NotOurCode::Shape) => return LookUp::NotOurs,
        };
        let layout = self.layouts.iter().find(|layout| layout.sheet_id == verified.sheet_id);
        match layout.and_then(|layout| layout.page(verified.page)) {
            Some(page) => LookUp::Known { sheet_id: verified.sheet_id, layout: Box::new(page.clone()) },
            None => LookUp::UnknownSheet { sheet_id: verified.sheet_id },
        }
    }
}

fn load_layout(path: &Path) -> Result<Layout, CliError> {
    serde_json::from_str(&read_text(path)?).map_err(|error| {
        format!("{} はレイアウトとして読めません / is no layout of `renraku sheet`: {error}", path.display())
            .into()
    })
}

fn nothing_read(file: &str, problem: Problem) -> PageReading {
    PageReading {
        file: file.to_owned(),
        page_in_file: 1,
        sheet_id: None,
        page: None,
        found_by: FoundBy::None,
        rotation_deg: 0.0,
        dpi: [0.0, 0.0],
        quality: 0.0,
        needs_person: true,
        reasons: Vec::new(),
        boxes: Vec::new(),
        zones: Vec::new(),
        texts: std::collections::BTreeMap::new(),
        problems: vec![problem],
    }
}
