//! The practice clinic of the demo, in a process of its own, as a clinic is elsewhere: ticks one sheet and faxes
//! it back into the inbox. Knows the gateway by a mail, a layout and a folder alone.

use super::{CliResult, demo};
use crate::form::layout::Layout;
use crate::mail::receive::maildir::deliver_to_maildir;
use crate::practice::clinic::{self, Sending};
use crate::practice::damage::Resolution;
use clap::Args;
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct PracticeArgs {
    /// The mail with the sheet.
    #[arg(long)]
    pub mail: PathBuf,
    /// The places of everything on it.
    #[arg(long)]
    pub layout: PathBuf,
    /// The Maildir that the answer goes to.
    #[arg(long)]
    pub inbox: PathBuf,
    /// The how many-th sheet it is; every one is ticked in its own way, and every run in the same.
    #[arg(long)]
    pub nth: u64,
}

pub fn answer(args: &PracticeArgs) -> CliResult {
    let layout: Layout = serde_json::from_slice(&fs::read(&args.layout)?)?;
    let sheet = clinic::sheet_of(&fs::read(&args.mail)?)?;
    let manner = Sending { resolution: Resolution::Fine, damage: 0.3 };
    let mut rng = ChaCha8Rng::seed_from_u64(demo::SEED + args.nth);
    let answered = clinic::answer(&sheet, &layout, manner, &mut rng)?;
    let fax = clinic::fax_service_mail(&answered.tiff, "03-0000-1002", args.nth);
    deliver_to_maildir(&args.inbox, Timestamp::now(), &fax)?;
    Ok(ExitCode::SUCCESS)
}
