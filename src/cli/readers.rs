//! Work on many files at once, on every core; what it gives comes in the files' order.

use super::CliError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// How far a core may be ahead of the slowest one: what waits for its turn is held in memory.
const AHEAD: usize = 64;

/// Calls `work` for each item on every core, and `take` with what it gave, in order. Stops at the first error
/// of `take`.
///
/// # Errors
/// That of `take`.
pub fn in_order<I: Sync, O: Send>(
    items: &[I],
    work: &(dyn Fn(&I) -> O + Sync),
    take: &mut dyn FnMut(O) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::sync_channel(AHEAD);
    thread::scope(|scope| {
        for _ in 0..cores {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if sender.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        let mut outcome = Ok(());
        for (index, output) in receiver {
            waiting.insert(index, output);
            while let Some(output) = waiting.remove(&due) {
                due += 1;
                if outcome.is_ok() {
                    outcome = take(output);
                    stop.store(outcome.is_err(), Ordering::Relaxed);
                }
            }
        }
        outcome
    })
}

/// The layouts, and those (`*.json`) in folders among them, by name.
///
/// # Errors
/// When a folder cannot be listed.
pub fn layouts_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = files_of(paths)?;
    files
        .retain(|file| paths.contains(file) || file.extension().is_some_and(|extension| extension == "json"));
    Ok(files)
}

/// The files, and those in folders among them, by name.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(list(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unread = |error| {
        format!("{} のファイルを一覧にできません / the folder cannot be listed: {error}", folder.display())
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_done_at_once_comes_in_order_and_an_error_ends_it() {
        let items: Vec<u64> = (0..200).collect();
        let work = |item: &u64| {
            thread::sleep(Duration::from_micros(200 * (item % 7)));
            *item
        };
        let mut taken = Vec::new();
        let all = in_order(&items, &work, &mut |item| {
            taken.push(item);
            Ok(())
        });
        assert!(all.is_ok());
        assert_eq!(taken, items);
        let mut count = 0;
        let some = in_order(&items, &work, &mut |item| {
            count += 1;
            if item == 20 { Err("enough".into()) } else { Ok(()) }
        });
        assert_eq!((some.unwrap_err().to_string(), count), ("enough".to_owned(), 21));
        assert!(in_order(&[], &work, &mut |_| Ok(())).is_ok());
    }
}
