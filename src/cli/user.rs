//! `renraku user`: add, list, deactivate, password. For the first administrator, and for whoever runs the machine.

use super::app::App;
use super::sheet::read_text;
use super::{CliError, CliResult, Common, output};
use crate::domain::account::{By, Login, Password, Role, Tenant, User};
use crate::flow::users::{self, NewUser};
use clap::Subcommand;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Users that a list shows at the most.
const LIST_MAX: usize = 10_000;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Adds a user: JSON as of `list`.
    Add {
        /// What is typed to sign in: a-z, 0-9 and . _ - @.
        #[arg(long)]
        login: Login,
        /// The name as it is written.
        #[arg(long)]
        name: String,
        /// Where notices go.
        #[arg(long)]
        mail: Option<String>,
        /// care_manager, office_manager, clinic, association, reviewer or administrator; may be given more than once.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        /// The party: office:ID, clinic:ID or association.
        #[arg(long)]
        tenant: Tenant,
        /// A file with the first password, at least 13 characters; `-` for stdin.
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
    /// Lists users by login.
    List {
        /// One JSON object a line: {id, login, name, mail, tenant, roles, active, sample, created_at}.
        #[arg(long)]
        json: bool,
    },
    /// Lets a user go: no more sign-in, and every session is closed.
    Deactivate {
        /// The login.
        login: Login,
    },
    /// Sets a new password, when the old one is lost, and closes every session.
    Password {
        /// The login.
        login: Login,
        /// A file with the new password; `-` for stdin.
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
}

pub fn user(common: &Common, command: UserCommand) -> CliResult {
    let app = App::open(common)?;
    let (store, by, now) = (app.store.as_ref(), By::console(), app.clock.now());
    match command {
        UserCommand::Add { login, name, mail, roles, tenant, password_file } => {
            let password = password(&password_file)?;
            let roles = roles.into_iter().collect();
            let new = NewUser { login, name, mail, tenant, roles, password, sample: false };
            output::line(&line(&users::add(store, new, &by, now)?))?;
        }
        UserCommand::List { json } => {
            for user in store.users(LIST_MAX)? {
                if json {
                    output::line(&line(&user))?;
                } else {
                    let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
                    let active = if user.active { "" } else { "利用停止" };
                    output::text(&format!("{}\t{}\t{}\t{active}", user.login, user.name, roles.join(",")))?;
                }
            }
        }
        UserCommand::Deactivate { login } => {
            output::line(&line(&users::deactivate(store, named(&app, &login)?.id, &by, now)?))?;
        }
        UserCommand::Password { login, password_file } => {
            let user = named(&app, &login)?;
            users::reset_password(store, user.id, &password(&password_file)?, &by, now)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn named(app: &App, login: &Login) -> Result<User, CliError> {
    let user = app.store.user_by_login(login)?;
    user.ok_or_else(|| format!("「{login}」という利用者はいません / there is no user '{login}'").into())
}

/// The first line of the file: an editor ends it with a newline, which is no part of the password.
fn password(file: &Path) -> Result<Password, CliError> {
    let text = read_text(file)?;
    Ok(Password::new(text.lines().next().unwrap_or_default())?)
}

fn line(user: &User) -> Value {
    json!({
        "id": user.id, "login": user.login, "name": user.name, "mail": user.mail,
        "tenant": user.tenant.to_string(), "roles": user.roles, "active": user.active, "sample": user.sample,
        "created_at": user.created_at,
    })
}
