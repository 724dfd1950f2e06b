//! Wires everything once: settings, store, keys, readers, sender, clock.

use super::{CliError, Common};
use crate::config::Config;
use crate::domain::attachment::{Paper, check_papers};
use crate::domain::directory::Association;
use crate::flow::Clock;
use crate::flow::attach;
use crate::flow::deliver::Sender;
use crate::flow::ingest::Reading;
use crate::flow::link::LinkRule;
use crate::flow::notify::NoticeRule;
use crate::flow::submit::Rule;
use crate::form::catalogue::Catalogue;
use crate::jobs::Works;
use crate::mail::receive::folder::Folder;
use crate::mail::receive::imap::Imap;
use crate::mail::receive::maildir::Maildir;
use crate::mail::send::smtp::Smtp;
use crate::pool::{Pool, PoolLimits, Program, SharedPool};
use crate::seal::keyring::Keyring;
use crate::store::{SqliteStore, Store};
use crate::web::{Web, WebSettings};
use jiff::Timestamp;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The keyring's name in the data directory and in a backup.
pub const KEYS: &str = "keys.toml";
/// The database's name in the data directory.
pub const DATABASE: &str = "renraku.sqlite3";
/// The settings' name in the data directory and in a backup.
pub const CONFIG: &str = "config.toml";

/// A program that reads one line of handwriting and takes longer is stopped.
const TRANSCRIBER_WALL: Duration = Duration::from_secs(20);

/// Everything that a command needs.
pub struct App {
    /// The data directory.
    pub data: PathBuf,
    /// The settings.
    pub config: Config,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// The readers.
    pub pool: SharedPool,
    /// The clock.
    pub clock: Clock,
}

impl App {
    /// Opens the data directory, making it when it is missing.
    pub fn open(common: &Common) -> Result<Self, CliError> {
        let config = load_config(common)?;
        if !common.data.exists() {
            eprintln!(
                "新しいデータフォルダ {} を作ります / making a new data directory",
                common.data.display()
            );
        }
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&common.data)?);
        let keyring = Arc::new(open_keyring(&common.data, store.as_ref())?);
        let pool = pool_of(&config)?;
        Ok(Self { data: common.data.clone(), config, store, keyring, pool, clock: clock(common.now) })
    }

    /// The forms: the program's own and the region's.
    pub fn catalogue(&self) -> Result<Catalogue, CliError> {
        load_catalogue(&self.config)
    }

    /// What arrivals are read with.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            pool: &self.pool,
            keyring: &self.keyring,
            service: self.config.fax.as_ref(),
            backoff: self.config.backoff,
        }
    }

    /// What the region has settled.
    pub fn rule(&self) -> Rule {
        Rule {
            due: self.config.due.clone(),
            closures: self.config.closures.clone(),
            return_fax: self.config.return_fax.as_ref().map(crate::domain::identifier::FaxNumber::display),
            association: self.association(),
            masking: self.config.masking,
            quiet: self.config.fax.as_ref().map(|fax| fax.quiet.clone()).unwrap_or_default(),
            cover: self.config.fax.as_ref().is_some_and(|fax| fax.cover),
            most_mail_bytes: (
                self.config.fax.as_ref().map(|fax| fax.max_bytes),
                self.config.mail.as_ref().map(|mail| mail.max_bytes),
            ),
        }
    }

    /// Who runs the gateway.
    fn association(&self) -> Option<Arc<Association>> {
        self.config.association.clone().map(Arc::new)
    }

    /// What the region has settled about notices.
    pub fn notice_rule(&self) -> NoticeRule {
        let config = &self.config;
        NoticeRule {
            can_tell: config.smtp.is_some() && config.mail.is_some() && config.serve.public_url.is_some(),
            from_hour: config.notice.from_hour.0,
            to_hour: config.notice.to_hour.0,
        }
    }

    /// What the region has settled about links.
    pub fn link_rule(&self) -> LinkRule {
        LinkRule {
            public_url: self.config.serve.public_url.clone(),
            days: self.config.link.days,
            show_name: self.config.link.show_name,
        }
    }

    /// The Maildir that answers arrive in.
    pub fn inbox(&self) -> Result<Maildir, CliError> {
        let dir = self.config.inbox.clone().unwrap_or_else(|| self.data.join("inbox"));
        Ok(Maildir::open(&dir)?)
    }

    /// What sends.
    pub fn sender(&self) -> Result<Arc<Sender>, CliError> {
        let smtp = self.config.smtp.as_ref().ok_or(
            "メールサーバー([smtp])が設定されていません。設定ファイルに書いてください / no [smtp] server is configured",
        )?;
        let return_fax = self.config.return_fax.as_ref().ok_or(crate::flow::FlowError::NoReturnFax)?;
        Ok(Arc::new(Sender {
            smtp: Smtp::open(smtp)?,
            longest_try: smtp.timeouts.whole_try(),
            fax: self.config.fax.clone(),
            mail: self.config.mail.clone(),
            backoff: self.config.backoff,
            return_fax: return_fax.display(),
            links: self.link_rule(),
            rule: self.rule(),
            keyring: Arc::clone(&self.keyring),
        }))
    }

    /// What the pages work with; they close what is still open when `stopping` says true.
    pub fn web(&self, sample: bool, stopping: watch::Receiver<bool>) -> Result<Web, CliError> {
        let settings = WebSettings {
            public_url: self.config.serve.public_url.clone(),
            behind_proxy: self.config.serve.behind_tls_proxy,
            sample,
            links: self.link_rule(),
            can_mail: self.config.smtp.is_some() && self.config.mail.is_some(),
            keyring: Some(Arc::clone(&self.keyring)),
        };
        let (store, pool) = (Arc::clone(&self.store), Arc::clone(&self.pool));
        Ok(Web::new(store, self.clock.clone(), self.catalogue()?, self.rule(), pool, settings, stopping))
    }

    /// What the loops of the server work with.
    pub fn works(&self) -> Result<Works, CliError> {
        let serve = &self.config.serve;
        Ok(Works {
            store: Arc::clone(&self.store),
            pool: Arc::clone(&self.pool),
            keyring: Arc::clone(&self.keyring),
            sender: self.config.smtp.is_some().then(|| self.sender()).transpose()?,
            inbox: self.inbox()?,
            service: self.config.fax.clone(),
            backoff: self.config.backoff,
            imap: self.config.imap.as_ref().map(Imap::open).transpose()?.map(Arc::new),
            folder: self.config.folder.as_ref().map(Folder::open).transpose()?.map(Arc::new),
            clock: self.clock.clone(),
            notices: self.notice_rule(),
            look_every: Duration::from_millis(serve.look_every_ms.max(10)),
            due_every: Duration::from_millis(serve.due_every_ms.max(10)),
            sends_at_once: serve.sends_at_once,
        })
    }
}

/// The settings: the named file, or the data directory's, or none.
pub fn load_config(common: &Common) -> Result<Config, CliError> {
    let own = common.data.join(CONFIG);
    match &common.config {
        Some(path) => Ok(Config::load(path)?),
        None if own.exists() => Ok(Config::load(&own)?),
        None => Ok(Config::default()),
    }
}

/// The program's own forms and those of the settings' directory.
pub fn load_catalogue(config: &Config) -> Result<Catalogue, CliError> {
    let built_in = Catalogue::built_in()?;
    match &config.forms {
        Some(directory) => Ok(built_in.with_directory(directory)?),
        None => Ok(built_in),
    }
}

/// The files, opened as they will be sent, and few enough of them.
pub fn papers(pool: &Pool, files: &[PathBuf], now: Timestamp) -> Result<Vec<Arc<Paper>>, CliError> {
    let open = |file: &PathBuf| {
        let bytes = fs::read(file)
            .map_err(|error| format!("{} を開けません / cannot be opened: {error}", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Ok::<_, CliError>(Arc::new(attach::open(pool, &name, &bytes, now)?))
    };
    let papers: Vec<_> = files.iter().map(open).collect::<Result<_, _>>()?;
    check_papers(papers.iter().map(AsRef::as_ref))?;
    Ok(papers)
}

/// Readers of this very program.
pub fn open_pool() -> Result<SharedPool, CliError> {
    Ok(Arc::new(Pool::new(std::env::current_exe()?, PoolLimits::default())))
}

/// The same, with the program that reads handwriting for people to check, where the settings name one.
fn pool_of(config: &Config) -> Result<SharedPool, CliError> {
    let command = config.reading.transcriber.clone();
    if command.is_empty() {
        return open_pool();
    }
    let pool = Pool::new(std::env::current_exe()?, PoolLimits::default());
    Ok(Arc::new(pool.with_transcriber(Box::new(Program { command, wall: TRANSCRIBER_WALL }))))
}

/// The system's clock, or one that began at `start` when the program did.
pub fn clock(start: Option<Timestamp>) -> Clock {
    let Some(start) = start else { return Clock::new(Timestamp::now) };
    let began = std::time::Instant::now();
    Clock::new(move || start.saturating_add(began.elapsed()).unwrap_or(start))
}

/// The keys of the data directory. New ones are made only where no sheet went out yet: a sheet that cannot
/// be verified any more would be an answer lost.
fn open_keyring(data: &Path, store: &dyn Store) -> Result<Keyring, CliError> {
    let path = data.join(KEYS);
    if path.exists() {
        return Ok(Keyring::from_toml(&fs::read_to_string(&path)?)?);
    }
    if !store.frames()?.is_empty() {
        return Err(format!(
            "鍵ファイル {} がありません。バックアップから戻してください / the key file is missing although sheets were sent: restore it from the backup",
            path.display()
        )
        .into());
    }
    let keyring = Keyring::generate()?;
    match write_private(&path, keyring.to_toml().as_bytes()) {
        // Another command was faster: its keys are the keys.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(Keyring::from_toml(&fs::read_to_string(&path)?)?)
        }
        other => {
            other?;
            Ok(keyring)
        }
    }
}

/// Writes a new file for the owner alone, whole and durable or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let token = crate::seal::random::token().map_err(std::io::Error::other)?;
    let temporary = path.with_extension(format!("{token}.tmp"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // A link, unlike a rename, does not replace what is there.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    linked?;
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
