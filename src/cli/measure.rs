//! `renraku measure` and `renraku trials`: how well the reader reads, counted over a folder of pages whose answers
//! are known, and the making of such a folder. Needs no database.

use super::app::open_pool;
use super::layouts::{LayoutBook, load_layout};
use super::readers::{files_of, in_order};
use super::sheet::{keyring, read_text};
use super::{CliError, CliResult, output};
use crate::pool::Pool;
use crate::practice::damage::Resolution;
use crate::practice::fax_tiff::encode_g4;
use crate::practice::trial::expected::Expected;
use crate::practice::trial::tally::Tally;
use crate::practice::trial::{PAPER_PX_PER_MM, PrintedPage, trial};
use crate::read::raster::{Limits, rasterize_pdf};
use clap::Args;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where a folder of trials keeps the layouts of its sheets.
const LAYOUTS: &str = "layouts";

#[derive(Debug, Args)]
pub struct MeasureArgs {
    /// The folder: for each page NAME.json, which says its file and what was done to it, and layouts/ with the
    /// layouts of the sheets (as `renraku trials` makes it).
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Keys that the sheets were sealed with; the sample key when left out.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Fails, too, when a smaller share of the sheets was found and verified, in per cent.
    #[arg(long, value_name = "PER CENT")]
    found: Option<f64>,
    /// Fails, too, when a larger share of the plainly answered sheets needs a person, in per cent.
    #[arg(long, value_name = "PER CENT")]
    to_a_person: Option<f64>,
    /// Lists every plainly answered sheet that goes to a person, with its reasons.
    #[arg(long)]
    why: bool,
}

#[derive(Debug, Args)]
pub struct TrialsArgs {
    /// The folder to fill; it must be empty or new.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A folder with sheets: NAME.pdf and its layout NAME.json, as `renraku sheet --all` writes them.
    #[arg(long, value_name = "DIR")]
    sheets: PathBuf,
    /// How many pages.
    #[arg(long, default_value_t = 100)]
    count: u64,
    /// The first seed; the same seed makes the same page.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 204×98 dots an inch instead of 204×196.
    #[arg(long)]
    standard: bool,
}

pub fn measure(args: &MeasureArgs) -> CliResult {
    let pages: Vec<PathBuf> = files_of(std::slice::from_ref(&args.folder))?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    if pages.is_empty() {
        let sentence =
            "に答えの分かっているページ(*.json)がありません / has no pages with known answers (*.json)";
        return Err(format!("{} {sentence}", args.folder.display()).into());
    }
    let layouts = files_of(&[args.folder.join(LAYOUTS)])?;
    let book = LayoutBook::load(&layouts, keyring(args.key_file.as_deref())?)?;
    let pool = open_pool()?;
    let mut tallies: BTreeMap<Resolution, Tally> = BTreeMap::new();
    let work = |path: &PathBuf| one_page(&pool, path, &args.folder, &book);
    in_order(&pages, &work, &mut |outcome| {
        let (resolution, tally) = outcome?;
        tallies.entry(resolution).or_default().join(tally);
        Ok(())
    })?;
    let mut missed = false;
    for (resolution, tally) in &tallies {
        let (across, down) = resolution.dpi();
        output::text(&format!("== {across:.0} × {down:.0}\n{tally}"))?;
        for line in tally.silent.iter().chain(tally.why.iter().filter(|_| args.why)) {
            output::text(line)?;
        }
        missed |= !tally.silent.is_empty()
            || args.found.is_some_and(|least| 100.0 * tally.identified_share() < least)
            || args.to_a_person.is_some_and(|most| 100.0 * tally.to_a_person_share() > most);
    }
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn one_page(
    pool: &Pool,
    path: &Path,
    folder: &Path,
    book: &LayoutBook,
) -> Result<(Resolution, Tally), CliError> {
    let expected: Expected =
        serde_json::from_str(&read_text(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    let file = folder.join(&expected.file);
    let bytes = fs::read(&file)
        .map_err(|error| format!("{} を読めません / cannot be read: {error}", file.display()))?;
    let read = pool.read(&expected.file, &bytes, book);
    let readings: Vec<_> = read.pages.into_iter().map(|page| page.reading).collect();
    let mut tally = Tally::default();
    tally.add(&expected, &readings);
    Ok((expected.resolution, tally))
}

pub fn trials(args: &TrialsArgs) -> CliResult {
    let layouts = args.folder.join(LAYOUTS);
    fs::create_dir_all(&layouts)?;
    if fs::read_dir(&args.folder)?.count() > 1 || fs::read_dir(&layouts)?.count() > 0 {
        let sentence =
            "は空ではありません。別のフォルダを指定してください / is not empty: name another folder";
        return Err(format!("{} {sentence}", args.folder.display()).into());
    }
    let printed = printed(&args.sheets, &layouts)?;
    let resolution = if args.standard { Resolution::Standard } else { Resolution::Fine };
    let seeds: Vec<u64> = (args.seed..args.seed + args.count).collect();
    let make = |seed: &u64| {
        let trial = trial(&printed, resolution, *seed);
        let tiff = encode_g4(&[(&trial.page.bitmap, trial.page.dpi_x, trial.page.dpi_y)]);
        (trial.expected, tiff)
    };
    in_order(&seeds, &make, &mut |(expected, tiff)| {
        let file = args.folder.join(&expected.file);
        fs::write(&file, tiff)?;
        fs::write(file.with_extension("json"), serde_json::to_vec_pretty(&expected)?)?;
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Every page with boxes of the folder's sheets; their layouts are copied to `layouts`.
fn printed(sheets: &Path, layouts: &Path) -> Result<Vec<PrintedPage>, CliError> {
    let mut printed = Vec::new();
    for pdf in files_of(&[sheets.to_path_buf()])? {
        if pdf.extension().is_none_or(|extension| extension != "pdf") {
            continue;
        }
        let json = pdf.with_extension("json");
        let layout = load_layout(&json)?;
        let dpi = PAPER_PX_PER_MM * 25.4;
        let (papers, problems) = rasterize_pdf(&fs::read(&pdf)?, dpi, dpi, &Limits::default());
        if let Some(problem) = problems.first() {
            return Err(format!("{}: {problem}", pdf.display()).into());
        }
        if let Some(name) = json.file_name() {
            fs::copy(&json, layouts.join(name))?;
        }
        let with_boxes = layout.pages.iter().zip(papers).filter(|(page, _)| !page.boxes.is_empty());
        printed.extend(with_boxes.map(|(page, paper)| PrintedPage {
            sheet_id: layout.sheet_id.clone(),
            layout: page.clone(),
            paper: paper.bitmap,
        }));
    }
    if printed.is_empty() {
        let sentence =
            "に用紙(PDFとレイアウト)がありません / has no sheets: make them with `renraku sheet --all`";
        return Err(format!("{} {sentence}", sheets.display()).into());
    }
    Ok(printed)
}
