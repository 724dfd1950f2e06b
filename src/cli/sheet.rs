//! `renraku sheet` and `renraku keys`: paper and what seals it, without a database.

use super::app::{KEYS, load_catalogue, load_config, open_pool};
use super::{CliError, CliResult, Common, output};
use crate::config::Config;
use crate::domain::calendar::japan_date;
use crate::domain::identifier::FaxNumber;
use crate::domain::passphrase::Passphrase;
use crate::domain::sheet_number::SheetNumber;
use crate::flow::passphrase;
use crate::flow::submit::{Rule, due_on};
use crate::form::answers::check_answers;
use crate::form::catalogue::Catalogue;
use crate::form::definition::FormDefinition;
use crate::jobs::lock::WorkerLock;
use crate::practice::damage::Resolution;
use crate::read::png;
use crate::read::raster::{Limits, rasterize_pdf};
use crate::seal::keyring::Keyring;
use crate::seal::random;
use crate::sheet::fillable::{self, FillableError};
use crate::sheet::{RenderedSheet, SheetOrder, render};
use clap::{Args, Subcommand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The number that a sheet without a request carries.
const NO_NUMBER: &str = "00-000000-0";

#[derive(Debug, Args)]
pub struct SheetArgs {
    /// Form id or path of a form file.
    #[arg(long, required_unless_present = "all", conflicts_with = "all")]
    form: Option<String>,
    /// The filled fields: {field: value, …}.
    #[arg(long, value_name = "JSON", required_unless_present = "all", conflicts_with = "all")]
    answers: Option<PathBuf>,
    /// The PDF to write; with --all the folder.
    #[arg(long, value_name = "PDF")]
    out: PathBuf,
    /// The layout to write (millimetres from the page's top left):
    /// {sheet_id, pages: [{page, width_mm, height_mm, marks, code, boxes, zones}]}.
    #[arg(long, value_name = "JSON", required_unless_present = "all", conflicts_with = "all")]
    layout: Option<PathBuf>,
    /// Every form with its example: ID.pdf, ID.json (the layout), and each page as a fax of 204×98 dots an inch
    /// shows it, ID-1.png.
    #[arg(long)]
    all: bool,
    /// So many sheets of each form, with numbers that are the same at every run: ID.pdf, ID-sample2.pdf and so on.
    #[arg(long, value_name = "COUNT", requires = "all", conflicts_with = "key_file", default_value_t = 1)]
    samples: u64,
    /// Puts fields into the PDF that can be filled on a screen (a form that asks nothing has none; alone it is refused).
    #[arg(long)]
    fillable: bool,
    /// A cover (FAX送信票) comes first.
    #[arg(long, conflicts_with = "all")]
    cover: bool,
    /// PDFs that go along, in this order; they follow the sheet in black and white.
    #[arg(long = "attach", value_name = "PDF", conflicts_with = "all")]
    attach: Vec<PathBuf>,
    /// A file with a passphrase alone (12 to 60 characters of ASCII): the PDF opens with that alone (AES-256).
    #[arg(long, value_name = "FILE", requires = "fillable")]
    passphrase_file: Option<PathBuf>,
    /// Where the examples are: FOLDER/ID/example.json.
    #[arg(long, value_name = "FOLDER", default_value = "tests/forms")]
    examples: PathBuf,
    /// Keys to seal with; without it the sheet is sealed with the sample key and marked 見本.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Adds a new key and makes it current; sheets sealed with the old ones still verify. Stop the server first.
    Rotate,
}

pub fn sheet(common: &Common, args: &SheetArgs) -> CliResult {
    let config = load_config(common)?;
    let catalogue = load_catalogue(&config)?;
    if args.all {
        return all(common, args, &config, &catalogue);
    }
    let (Some(form), Some(answers), Some(layout)) = (&args.form, &args.answers, &args.layout) else {
        return Err(
            "--form, --answers, --layout を指定してください / give --form, --answers and --layout".into()
        );
    };
    let rendered = one(common, args, &config, &catalogue.load(form)?, answers, random::sheet_number()?)?;
    write(&args.out, &rendered.pdf)?;
    write(layout, serde_json::to_string_pretty(&rendered.layout)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Every form, so that a person can look at all of them at once.
fn all(common: &Common, args: &SheetArgs, config: &Config, catalogue: &Catalogue) -> CliResult {
    fs::create_dir_all(&args.out)?;
    let (across_dpi, down_dpi) = Resolution::Standard.dpi();
    let forms = catalogue.newest().into_iter();
    for (form, nth) in forms.flat_map(|form| (1..=args.samples).map(move |nth| (form, nth))) {
        let example = args.examples.join(&form.id).join("example.json");
        // What a region's own key seals must never be the same twice.
        let sheet_id =
            if args.key_file.is_some() { random::sheet_number()? } else { sample_number(&form.id, nth) };
        let rendered = one(common, args, config, form, &example, sheet_id)
            .map_err(|error| format!("{}: {error}", form.id))?;
        let name = if nth == 1 { form.id.clone() } else { format!("{}-sample{nth}", form.id) };
        write(&args.out.join(format!("{name}.pdf")), &rendered.pdf)?;
        let layout = serde_json::to_string_pretty(&rendered.layout)?;
        write(&args.out.join(format!("{name}.json")), layout.as_bytes())?;
        let (pages, _) = rasterize_pdf(&rendered.pdf, across_dpi, down_dpi, &Limits::default());
        for (number, page) in (1..).zip(&pages) {
            write(&args.out.join(format!("{name}-{number}.png")), &png(&page.bitmap.rows_doubled()))?;
        }
        output::line(&serde_json::json!({
            "form": form.id, "version": form.version, "pages": pages.len(), "pdf_bytes": rendered.pdf.len(),
        }))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn one(
    common: &Common,
    args: &SheetArgs,
    config: &Config,
    form: &FormDefinition,
    answers: &Path,
    sheet_id: SheetNumber,
) -> Result<RenderedSheet, CliError> {
    let json = serde_json::from_str(&read_text(answers)?)
        .map_err(|error| format!("{} はJSONとして読めません / is not JSON: {error}", answers.display()))?;
    let answers = check_answers(form, &json).map_err(crate::flow::FlowError::Answers)?;
    let keyring = keyring(args.key_file.as_deref())?;
    let issued_on = japan_date(super::app::clock(common.now).now());
    let rule = Rule {
        closures: config.closures.clone(),
        masking: config.masking,
        due: config.due.clone(),
        ..Rule::default()
    };
    let pool = open_pool()?;
    let papers = super::app::papers(&pool, &args.attach, super::app::clock(common.now).now())?;
    let attached: Vec<_> = papers.iter().flat_map(|paper| paper.pages.iter().cloned()).collect();
    let return_fax = answers.sender(form).and_then(|party| party.fax.as_ref());
    let printed = rule.printed(form);
    let mut rendered = render(&SheetOrder {
        form: &printed,
        answers: &answers,
        number: NO_NUMBER,
        sheet_id: &sheet_id,
        keyring: &keyring,
        issued_on,
        due_on: due_on(form, &rule, &answers, issued_on)?,
        return_fax: &return_fax.map(FaxNumber::display).unwrap_or_default(),
        sample: keyring.is_sample(),
        cover: args.cover,
        attached: &attached,
    })?;
    if args.fillable {
        match fillable::make(&rendered, &printed, &answers) {
            Err(FillableError::NothingToFill) if args.all => {}
            other => rendered.pdf = other?,
        }
    }
    if let Some(file) = &args.passphrase_file {
        let passphrase = Passphrase::new(&read_text(file)?)?;
        rendered.pdf = passphrase::locked(&rendered.pdf, &passphrase)?;
    }
    Ok(rendered)
}

/// The number of a form's nth sample, the same at every run.
fn sample_number(form_id: &str, nth: u64) -> SheetNumber {
    let mut random: [u8; 7] = ChaCha8Rng::seed_from_u64(nth).random();
    random.iter_mut().zip(form_id.bytes()).for_each(|(byte, of_form)| *byte ^= of_form);
    SheetNumber::from_random(random)
}

pub fn keys(common: &Common, command: KeysCommand) -> CliResult {
    let KeysCommand::Rotate = command;
    // A server that runs would go on with the keys that it read when it started.
    let _lock = WorkerLock::take(&common.data)?;
    let path = common.data.join(KEYS);
    let mut keyring = Keyring::from_toml(&read_text(&path)?)?;
    let id = keyring.rotate()?;
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    super::app::write_private(&new, keyring.to_toml().as_bytes())?;
    fs::rename(&new, &path)?;
    fs::File::open(&common.data)?.sync_all()?;
    output::line(&serde_json::json!({ "current": id }))?;
    Ok(ExitCode::SUCCESS)
}

/// The keys of a file, or the sample key.
pub fn keyring(file: Option<&Path>) -> Result<Keyring, CliError> {
    match file {
        Some(path) => Ok(Keyring::from_toml(&read_text(path)?)?),
        None => Ok(Keyring::sample()),
    }
}

/// A file's text, or stdin's for `-`; or one sentence.
pub fn read_text(path: &Path) -> Result<String, CliError> {
    if path == Path::new("-") {
        return Ok(std::io::read_to_string(std::io::stdin())?);
    }
    fs::read_to_string(path)
        .map_err(|error| format!("{} を読めません / cannot be read: {error}", path.display()).into())
}

/// Writes a file; or one sentence.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    fs::write(path, bytes)
        .map_err(|error| format!("{} に書けません / cannot be written: {error}", path.display()).into())
}
