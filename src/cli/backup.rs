//! `renraku backup` and `renraku restore`.

use super::app::{App, CONFIG, KEYS, write_private};
use super::{CliResult, Common};
use crate::store::sqlite;
use clap::Args;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; must not exist. It holds client data and keys: keep it as you keep those.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A file that `renraku backup` wrote. The data directory (--data) must be new or empty.
    file: PathBuf,
}

pub fn backup(common: &Common, args: &BackupArgs) -> CliResult {
    let app = App::open(common)?;
    let mut extra = BTreeMap::new();
    let config = common.config.clone().unwrap_or_else(|| app.data.join(CONFIG));
    for (name, path) in [(KEYS, app.data.join(KEYS)), (CONFIG, config)] {
        if path.exists() {
            extra.insert(name.to_owned(), fs::read(path)?);
        }
    }
    app.store.backup(&args.file, &extra, app.clock.now())?;
    eprintln!("バックアップを {} に書きました / written", args.file.display());
    Ok(ExitCode::SUCCESS)
}

pub fn restore(common: &Common, args: &RestoreArgs) -> CliResult {
    let extra = sqlite::restore(&args.file, &common.data, super::app::clock(common.now).now())?;
    for (name, bytes) in extra {
        // Only names that a backup writes: a file from elsewhere must not choose where it lands.
        if [KEYS, CONFIG].contains(&name.as_str()) {
            write_private(&common.data.join(&name), &bytes)?;
        }
    }
    eprintln!(
        "{} に戻しました。送信は保留中です。送信箱を確かめてから `renraku outbox release` で再開してください / restored; sending is on hold until you release it",
        common.data.display()
    );
    Ok(ExitCode::SUCCESS)
}
