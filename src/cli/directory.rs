//! `renraku directory`: clinics, offices and clients, until the screens exist.

use super::app::App;
use super::sheet::read_text;
use super::{CliError, CliResult, Common, output};
use crate::domain::account::By;
use crate::domain::client::Client;
use crate::domain::directory::{CareManagerHours, ClientRecord, Clinic, Doctor, Office, Route, RouteKind};
use crate::domain::id::{ClientId, ClinicId, OfficeId};
use crate::domain::identifier::{FaxNumber, MailAddress};
use crate::flow::passphrase;
use crate::store::Store;
use clap::Subcommand;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Adds the clinics, offices and clients of a TOML file; prints {kind, id, name} for each.
    ///
    /// [[clinic]] name, code, tel, fax, mail, doctors = [{name, department}]; [[office]] name, code,
    /// care_manager, tel, fax; [[client]] office = "name of the office", name, kana, ….
    /// An entry with the id of an existing one replaces it. No number is verified by this.
    Load {
        /// The file.
        file: PathBuf,
    },
    /// Lists clinics and offices: one JSON object a line.
    List,
    /// Marks a fax number or mail address of a clinic as verified: a person made sure that it reaches the clinic.
    Verify {
        /// The clinic's id.
        clinic: ClinicId,
        /// The fax number.
        #[arg(long, required_unless_present = "mail", conflicts_with = "mail")]
        fax: Option<String>,
        /// The mail address.
        #[arg(long)]
        mail: Option<String>,
        /// How it was made sure: 「試験ページの番号を電話で確認」.
        #[arg(long)]
        how: String,
    },
    /// Sets or removes the passphrase that was agreed with a clinic: PDFs that are mailed to it open with that alone.
    /// Prints {clinic, passphrase: set|removed|none}, never the passphrase.
    Passphrase {
        /// The clinic's id.
        clinic: ClinicId,
        /// A file with the passphrase alone (12 to 60 characters of ASCII), or - for stdin.
        #[arg(long, required_unless_present = "remove", conflicts_with = "remove")]
        file: Option<PathBuf>,
        /// Takes it away.
        #[arg(long)]
        remove: bool,
    },
}

/// A directory file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    #[serde(default)]
    clinic: Vec<ClinicEntry>,
    #[serde(default)]
    office: Vec<OfficeEntry>,
    #[serde(default)]
    client: Vec<ClientEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClinicEntry {
    id: Option<ClinicId>,
    name: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    tel: String,
    fax: Option<FaxNumber>,
    mail: Option<MailAddress>,
    #[serde(default)]
    doctors: Vec<Doctor>,
    #[serde(default)]
    care_manager_hours: Vec<CareManagerHours>,
    #[serde(default)]
    sample: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfficeEntry {
    id: Option<OfficeId>,
    name: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    care_manager: String,
    #[serde(default)]
    tel: String,
    fax: FaxNumber,
    #[serde(default)]
    sample: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientEntry {
    id: Option<ClientId>,
    office: String,
    client: Client,
}

/// What was loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// In the file's order.
    pub clinics: Vec<Clinic>,
    /// In the file's order.
    pub offices: Vec<Office>,
    /// In the file's order.
    pub clients: Vec<ClientRecord>,
}

pub fn directory(common: &Common, command: DirectoryCommand) -> CliResult {
    let app = App::open(common)?;
    let now = app.clock.now();
    match command {
        DirectoryCommand::Load { file } => {
            let loaded = load(app.store.as_ref(), &read_text(&file)?, now)?;
            for clinic in loaded.clinics {
                output::line(&json!({ "kind": "clinic", "id": clinic.id, "name": clinic.name }))?;
            }
            for office in loaded.offices {
                output::line(&json!({ "kind": "office", "id": office.id, "name": office.name }))?;
            }
            for record in loaded.clients {
                output::line(&json!({ "kind": "client", "id": record.id, "name": record.client.name }))?;
            }
        }
        DirectoryCommand::List => {
            for clinic in app.store.clinics()? {
                output::line(&json!({ "clinic": clinic }))?;
            }
            for office in app.store.offices()? {
                output::line(&json!({ "office": office }))?;
            }
        }
        DirectoryCommand::Verify { clinic, fax, mail, how } => {
            let (kind, address) = match (&fax, &mail) {
                (Some(fax), _) => (RouteKind::FaxByMail, FaxNumber::parse(fax)?.as_str().to_owned()),
                (None, Some(mail)) => (RouteKind::PlainMail, MailAddress::parse(mail)?.as_str().to_owned()),
                (None, None) => {
                    return Err("--fax か --mail を指定してください / give --fax or --mail".into());
                }
            };
            app.store.verify_route(clinic, kind, &address, &how, now)?;
        }
        DirectoryCommand::Passphrase { clinic, file, .. } => passphrase(&app, clinic, file.as_deref(), now)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Sets the passphrase that stands in the file, or removes the one that is set.
fn passphrase(app: &App, clinic: ClinicId, file: Option<&Path>, now: Timestamp) -> Result<(), CliError> {
    let (store, by) = (app.store.as_ref(), By::console());
    let done = match file {
        Some(file) => {
            passphrase::set(store, &app.keyring, clinic, &read_text(file)?, &by, now)?;
            "set"
        }
        None if passphrase::remove(store, clinic, &by, now)? => "removed",
        None => "none",
    };
    output::line(&json!({ "clinic": clinic, "passphrase": done }))
}

/// Stores the entries of a directory file.
pub fn load(store: &dyn Store, text: &str, now: Timestamp) -> Result<Loaded, CliError> {
    let region: Region = toml::from_str(text).map_err(|error| {
        format!("名簿ファイルに誤りがあります / the directory file has a mistake:\n{error}")
    })?;
    let mut loaded = Loaded::default();
    for entry in region.office {
        let office = entry.into_office(now);
        store.put_office(&office)?;
        loaded.offices.push(office);
    }
    for entry in region.clinic {
        let clinic = entry.into_clinic(now);
        store.put_clinic(&clinic, now)?;
        loaded.clinics.push(clinic);
    }
    let offices = store.offices()?;
    for entry in region.client {
        let office = offices.iter().find(|office| office.name == entry.office).ok_or_else(|| {
            let name = &entry.office;
            format!("事業所「{name}」がありません。先に登録してください / there is no office '{name}': add it first")
        })?;
        let id = entry.id.unwrap_or_else(|| ClientId::new_at(now));
        let record = ClientRecord { id, office_id: office.id, client: entry.client };
        store.put_client(&record)?;
        loaded.clients.push(record);
    }
    Ok(loaded)
}

impl ClinicEntry {
    fn into_clinic(self, now: Timestamp) -> Clinic {
        let route = |kind, address: String| Route { kind, address, verified_at: None, verified_how: None };
        let fax = self.fax.map(|fax| route(RouteKind::FaxByMail, fax.as_str().to_owned()));
        let mail = self.mail.map(|mail| route(RouteKind::PlainMail, mail.as_str().to_owned()));
        Clinic {
            id: self.id.unwrap_or_else(|| ClinicId::new_at(now)),
            code: self.code,
            name: self.name,
            doctors: self.doctors,
            tel: self.tel,
            routes: fax.into_iter().chain(mail).collect(),
            care_manager_hours: self.care_manager_hours,
            sample: self.sample,
        }
    }
}

impl OfficeEntry {
    fn into_office(self, now: Timestamp) -> Office {
        Office {
            id: self.id.unwrap_or_else(|| OfficeId::new_at(now)),
            code: self.code,
            name: self.name,
            care_manager: self.care_manager,
            tel: self.tel,
            fax: self.fax.as_str().to_owned(),
            sample: self.sample,
        }
    }
}
