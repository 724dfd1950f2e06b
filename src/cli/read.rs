//! `renraku read`: files → one JSON object a line for each page. Needs no database.

use super::app::open_pool;
use super::layouts::LayoutBook;
use super::readers::{files_of, in_order, layouts_of};
use super::sheet::keyring;
use super::{CliError, CliResult, Common, output};
use crate::domain::reading::{BoxReading, FoundBy, PageReading, Problem, ProblemCode};
use crate::pool::{PoolReading, Show};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct ReadArgs {
    /// TIFF, PDF, JPEG or PNG files, or folders of them. All cores read; the lines come in the files' order.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Layouts of the sheets that may be on them (as `renraku sheet` wrote them), or folders of layouts.
    #[arg(long = "layout", value_name = "JSON")]
    layouts: Vec<PathBuf>,
    /// Keys that the sheets were sealed with; the sample key when left out.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Reads the fields of fillable PDFs instead of pictures: {file, token_valid, sheet_id, page, answers:
    /// {field: [option]}, texts: {field: text}, drawn_over: bool, problems: [text]}, one line a file.
    #[arg(long, conflicts_with = "layouts")]
    fields: bool,
    /// Writes a picture of every page into this folder (SVG, for any browser): corner squares, code, boxes and
    /// areas where they were found, each box with its state and its quality in per cent, reasons and problems.
    /// It shows what the page shows: keep it as you keep the fax.
    #[arg(long, value_name = "DIR", conflicts_with = "fields")]
    explain: Option<PathBuf>,
    /// Writes every box into this folder as a PNG whose name begins with its quality, so that the doubtful
    /// ones come first: QUALITY-STATE-FILE-pPAGE-FIELD-OPTION.png.
    #[arg(long, value_name = "DIR", conflicts_with = "fields")]
    crops: Option<PathBuf>,
    /// Adds a line after each page: {timings_us: {opening, summing, finding, placing, boxes, areas, outside}}.
    #[arg(long, conflicts_with = "fields")]
    timings: bool,
}

pub fn read(_common: &Common, args: &ReadArgs) -> CliResult {
    if args.fields {
        return super::fields::read(&args.files, &keyring(args.key_file.as_deref())?);
    }
    let book = LayoutBook::load(&layouts_of(&args.layouts)?, keyring(args.key_file.as_deref())?)?;
    for folder in args.explain.iter().chain(&args.crops) {
        fs::create_dir_all(folder)?;
    }
    let show = Show { timings: args.timings, explained: args.explain.is_some(), boxes: args.crops.is_some() };
    let pool = open_pool()?;
    let files = files_of(&args.files)?;
    if files.is_empty() {
        return Err("フォルダに読むファイルがありません / there is nothing to read in the folder".into());
    }
    let work = |path: &PathBuf| match fs::read(path) {
        Ok(bytes) => (path.clone(), pool.read_showing(&path.display().to_string(), &bytes, &book, show)),
        Err(error) => {
            let sentence = format!("ファイルを読めません / the file cannot be read: {error}");
            let problems = vec![Problem::new(ProblemCode::Broken, sentence)];
            (path.clone(), PoolReading { pages: Vec::new(), problems })
        }
    };
    in_order(&files, &work, &mut |(path, reading)| print(args, &path, reading))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Timings {
    timings_us: BTreeMap<String, u64>,
}

fn print(args: &ReadArgs, path: &Path, reading: PoolReading) -> Result<(), CliError> {
    let last = reading.pages.last().map_or(0, |page| page.reading.page_in_file);
    for (nth, page) in reading.pages.into_iter().enumerate() {
        output::line(&page.reading)?;
        let Some(shown) = page.shown else { continue };
        if !shown.timings_us.is_empty() {
            output::line(&Timings { timings_us: shown.timings_us.into_iter().collect() })?;
        }
        let about = format!("{}-p{}", stem(path), page.reading.page_in_file);
        if let Some(folder) = args.explain.as_ref().filter(|_| !shown.explained.is_empty()) {
            fs::write(folder.join(format!("{about}.svg")), shown.explained)?;
        }
        if let Some(folder) = &args.crops {
            // Two sheets on one page have boxes of the same names.
            let about = format!("{about}.{}", nth + 1);
            for (one, png) in page.reading.boxes.iter().zip(shown.boxes) {
                fs::write(folder.join(crop_name(one, &about)), png)?;
            }
        }
    }
    // What belongs to no page: a line of its own, so that it is not overlooked.
    if !reading.problems.is_empty() || last == 0 {
        let name = path.display().to_string();
        let mut line = nothing_read(&name, Problem::new(ProblemCode::Empty, "ページがありません / no page"));
        line.page_in_file = last + 1;
        if !reading.problems.is_empty() {
            line.problems = reading.problems;
        }
        output::line(&line)?;
    }
    Ok(())
}

/// The file's name without its folder, as a name of other files begins.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.replace(|letter: char| !letter.is_alphanumeric() && letter != '.' && letter != '-', "_")
}

fn crop_name(one: &BoxReading, about: &str) -> String {
    let state = serde_json::to_value(one.state).ok();
    let state = state.as_ref().and_then(serde_json::Value::as_str).unwrap_or("unknown");
    format!("{:.3}-{state}-{about}-{}-{}.png", one.quality, one.field, one.option)
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
        texts: BTreeMap::new(),
        proposals: BTreeMap::new(),
        problems: vec![problem],
    }
}
