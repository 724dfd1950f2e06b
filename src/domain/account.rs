//! Who uses the gateway: users with their roles, the party that each belongs to, and their sessions.
//! Knows no password and no cookie, only what is kept of them.

use super::id::{ClinicId, OfficeId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// A session that nobody uses for so long is over: the screen of an unattended desk shows client data.
/// (NIST SP 800-63B §4.2.3 asks for 30 minutes of inactivity.)
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_mins(30);
/// A session is over after this time however it is used: one working day, so that nobody signs in twice
/// a day and a stolen cookie does not live on (NIST SP 800-63B §4.2.3: 12 hours).
pub const SESSION_ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);
/// Characters that a password has at least: the guideline's figure without a second factor.
pub const PASSWORD_MIN_CHARS: usize = 13;
/// Characters that a password has at most: more is no password, and would be hashed for nothing.
pub const PASSWORD_MAX_CHARS: usize = 256;
/// Characters that a login has at most.
const LOGIN_MAX_CHARS: usize = 64;

/// What a user may be. One user may be several; the access function says what each may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// ケアマネジャー: asks, for the clients of the office.
    CareManager,
    /// 事業所管理者: sees what the whole office asks.
    OfficeManager,
    /// 医療機関: sees what it was asked.
    Clinic,
    /// 医師会: sees reports.
    Association,
    /// 確認担当: appointed; the only one who sees pages that fit no request.
    Reviewer,
    /// 管理者: directory, users, outbox.
    Administrator,
}

/// The party that a user belongs to. What belongs to another one is not there for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Tenant {
    /// An office of care managers.
    Office(OfficeId),
    /// A clinic.
    Clinic(ClinicId),
    /// The association, which runs the gateway.
    Association,
}

/// A name to sign in with: lower-case, of `a-z 0-9 . _ - @`, 2 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Login(String);

/// A password as a person typed it, fit to be set (length only; no rule about its characters).
/// NFKC, so that the same keys give the same password on every machine (NIST SP 800-63B §3.1.1.2).
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Secret);

/// A text that must not reach a log: printing it for debugging shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A user. Never serialized as a whole: the hash of the password stays inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// What is typed to sign in; unique.
    pub login: Login,
    /// The name as it is written.
    pub name: String,
    /// Where notices go; `None`: nowhere.
    pub mail: Option<String>,
    /// The party that the user belongs to.
    pub tenant: Tenant,
    /// At least one.
    pub roles: BTreeSet<Role>,
    /// The password as a PHC string (argon2id).
    pub password_hash: Secret,
    /// False: cannot sign in. Users are never deleted: the audit log names them.
    pub active: bool,
    /// True for invented sample data (見本).
    pub sample: bool,
    /// Since when.
    pub created_at: Timestamp,
}

/// One sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the cookie, in lower-case hexadecimal: a copy of the store opens no session.
    pub token_hash: String,
    /// Whose.
    pub user_id: UserId,
    /// What every form of this session carries.
    pub csrf_token: Secret,
    /// Signed in.
    pub created_at: Timestamp,
    /// Last used, to the minute.
    pub last_seen_at: Timestamp,
}

/// Who does something, and from where. Goes into the records and the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The user; `None`: someone at the machine's own command line.
    pub user: Option<UserId>,
    /// The address that it came from; `console` for the command line.
    pub from_address: String,
}

/// Why something is no login, no password or no user. One clear sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountMistake {
    /// Not a login.
    #[error(
        "ログイン名は半角の英小文字・数字・「. _ - @」で2〜64文字にしてください / a login has 2 to 64 characters of a-z, 0-9 and . _ - @"
    )]
    Login,
    /// Too short.
    #[error(
        "パスワードは{PASSWORD_MIN_CHARS}文字以上にしてください。文章でもかまいません / use at least {PASSWORD_MIN_CHARS} characters; a sentence is fine"
    )]
    PasswordShort,
    /// Too long.
    #[error(
        "パスワードは{PASSWORD_MAX_CHARS}文字以内にしてください / use at most {PASSWORD_MAX_CHARS} characters"
    )]
    PasswordLong,
    /// No role.
    #[error("役割を1つ以上選んでください / choose at least one role")]
    NoRole,
    /// A role of another kind of party.
    #[error(
        "役割「{0}」はこの所属では使えません。所属か役割を変えてください / the role {0} does not fit the user's party: change one of them"
    )]
    RoleElsewhere(Role),
    /// Not a role.
    #[error(
        "「{0}」という役割はありません / there is no role '{0}': use care_manager, office_manager, clinic, association, reviewer or administrator"
    )]
    NoSuchRole(String),
    /// Not a tenant.
    #[error("所属「{0}」を読めません / write the party as office:ID, clinic:ID or association, not '{0}'")]
    NoSuchTenant(String),
}

/// True while the session may be used: neither idle nor old for too long, nor from the future.
#[must_use]
pub fn session_is_live(session: &Session, now: Timestamp) -> bool {
    let idle = now.duration_since(session.last_seen_at);
    let age = now.duration_since(session.created_at);
    idle < SESSION_IDLE && age < SESSION_ABSOLUTE && age >= SignedDuration::ZERO
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[
        Self::CareManager,
        Self::OfficeManager,
        Self::Clinic,
        Self::Association,
        Self::Reviewer,
        Self::Administrator,
    ];

    /// The name as it stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CareManager => "care_manager",
            Self::OfficeManager => "office_manager",
            Self::Clinic => "clinic",
            Self::Association => "association",
            Self::Reviewer => "reviewer",
            Self::Administrator => "administrator",
        }
    }

    /// True when a user of `tenant` may have the role. A reviewer is appointed, wherever from.
    #[must_use]
    pub fn fits(self, tenant: Tenant) -> bool {
        match self {
            Self::CareManager | Self::OfficeManager => matches!(tenant, Tenant::Office(_)),
            Self::Clinic => matches!(tenant, Tenant::Clinic(_)),
            Self::Association | Self::Administrator => tenant == Tenant::Association,
            Self::Reviewer => true,
        }
    }
}

impl User {
    /// True when the user has the role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Checks that roles and party fit.
    ///
    /// # Errors
    /// [`AccountMistake::NoRole`], [`AccountMistake::RoleElsewhere`].
    pub fn check(&self) -> Result<(), AccountMistake> {
        if self.roles.is_empty() {
            return Err(AccountMistake::NoRole);
        }
        let elsewhere = self.roles.iter().find(|role| !role.fits(self.tenant));
        elsewhere.map_or(Ok(()), |role| Err(AccountMistake::RoleElsewhere(*role)))
    }
}

impl By {
    /// A user, from an address.
    #[must_use]
    pub fn user(user: UserId, from_address: impl Into<String>) -> Self {
        Self { user: Some(user), from_address: from_address.into() }
    }

    /// Someone at the machine's own command line.
    #[must_use]
    pub fn console() -> Self {
        Self { user: None, from_address: "console".to_owned() }
    }
}

impl Login {
    /// The login as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Password {
    /// A password that may be set.
    ///
    /// # Errors
    /// [`AccountMistake::PasswordShort`], [`AccountMistake::PasswordLong`].
    pub fn new(typed: &str) -> Result<Self, AccountMistake> {
        let password = Self::typed(typed);
        match password.0.expose().chars().count() {
            ..PASSWORD_MIN_CHARS => Err(AccountMistake::PasswordShort),
            PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS => Ok(password),
            _ => Err(AccountMistake::PasswordLong),
        }
    }

    /// A password to be compared with the one that was set: cut off where none can be longer.
    #[must_use]
    pub fn typed(typed: &str) -> Self {
        Self(Secret::new(typed.nfkc().take(PASSWORD_MAX_CHARS + 1).collect::<String>()))
    }

    /// The bytes to be hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = AccountMistake;
    fn from_str(text: &str) -> Result<Self, AccountMistake> {
        let role = Self::ALL.iter().copied().find(|role| role.as_str() == text);
        role.ok_or_else(|| AccountMistake::NoSuchRole(text.to_owned()))
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Office(id) => write!(f, "office:{id}"),
            Self::Clinic(id) => write!(f, "clinic:{id}"),
            Self::Association => f.write_str("association"),
        }
    }
}

impl FromStr for Tenant {
    type Err = AccountMistake;
    fn from_str(text: &str) -> Result<Self, AccountMistake> {
        let parsed = match text.split_once(':') {
            Some(("office", id)) => id.parse().ok().map(Self::Office),
            Some(("clinic", id)) => id.parse().ok().map(Self::Clinic),
            None if text == "association" => Some(Self::Association),
            _ => None,
        };
        parsed.ok_or_else(|| AccountMistake::NoSuchTenant(text.to_owned()))
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Login {
    type Err = AccountMistake;
    fn from_str(text: &str) -> Result<Self, AccountMistake> {
        // Full-width letters are what a Japanese keyboard gives by mistake.
        let login: String = text.trim().nfkc().collect::<String>().to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_@".contains(c);
        let good = (2..=LOGIN_MAX_CHARS).contains(&login.len()) && login.chars().all(allowed);
        if good { Ok(Self(login)) } else { Err(AccountMistake::Login) }
    }
}

impl TryFrom<String> for Login {
    type Error = AccountMistake;
    fn try_from(text: String) -> Result<Self, AccountMistake> {
        text.parse()
    }
}

impl From<Login> for String {
    fn from(login: Login) -> Self {
        login.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(1_000_000 + minutes)
    }

    #[test]
    fn a_session_lives_half_an_hour_unused_and_twelve_hours_used() {
        for (created, seen, now, live) in [
            (0, 0, 0, true),
            (0, 0, 29, true),
            (0, 0, 30, false),
            (0, 700, 719, true),
            (0, 719, 720, false),
            (0, 100, 131, false),
            // A clock that was set back opens nothing.
            (0, 0, -1, false),
        ] {
            let session = Session {
                token_hash: String::new(),
                user_id: UserId::new_at(at(0)),
                csrf_token: Secret::new(""),
                created_at: at(created),
                last_seen_at: at(seen),
            };
            assert_eq!(session_is_live(&session, at(now)), live, "{created} {seen} {now}");
        }
    }

    #[test]
    fn logins() {
        for (text, expected) in [
            ("hanako", Some("hanako")),
            ("  Hanako.K@example.jp ", Some("hanako.k@example.jp")),
            ("hanako1", Some("hanako1")),
            ("x", None),
            ("花子", None),
            ("a b", None),
            ("a'--", None),
            ("", None),
        ] {
            let login = text.parse::<Login>();
            assert_eq!(login.ok().as_ref().map(Login::as_str), expected, "{text}");
        }
        assert!("a".repeat(65).parse::<Login>().is_err());
    }

    #[test]
    fn passwords_have_a_length_and_no_other_rule() {
        for (text, expected) in [
            ("aaaaaaaaaaaaa", Ok(())),
            ("きょうもいちにちありがとう", Ok(())),
            ("twelve chars", Err(AccountMistake::PasswordShort)),
            ("", Err(AccountMistake::PasswordShort)),
        ] {
            assert_eq!(Password::new(text).map(drop), expected, "{text}");
        }
        assert!(Password::new(&"a".repeat(256)).is_ok());
        assert_eq!(Password::new(&"a".repeat(257)).map(drop), Err(AccountMistake::PasswordLong));
        // Composed or not, wide or not: the same password. Too long is never the same as one that could be set.
        assert_eq!(Password::typed("パスワード"), Password::typed("ﾊﾟｽﾜｰﾄﾞ"));
        assert_ne!(Password::typed(&"a".repeat(256)), Password::typed(&"a".repeat(1000)));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let shown = format!("{:?} {:?}", Secret::new("hunter2hunter2"), Password::typed("hunter2hunter2"));
        assert!(!shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn roles_fit_their_party() {
        let office = Tenant::Office(OfficeId::new_at(at(0)));
        let clinic = Tenant::Clinic(ClinicId::new_at(at(0)));
        let expected = [
            // role           office clinic association
            (Role::CareManager, [true, false, false]),
            (Role::OfficeManager, [true, false, false]),
            (Role::Clinic, [false, true, false]),
            (Role::Association, [false, false, true]),
            (Role::Reviewer, [true, true, true]),
            (Role::Administrator, [false, false, true]),
        ];
        assert_eq!(expected.map(|(role, _)| role), Role::ALL);
        for (role, fits) in expected {
            assert_eq!([office, clinic, Tenant::Association].map(|tenant| role.fits(tenant)), fits, "{role}");
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for tenant in [office, clinic, Tenant::Association] {
            assert_eq!(tenant.to_string().parse(), Ok(tenant));
        }
        for wrong in ["", "office", "office:1", "association:1", "region"] {
            assert!(wrong.parse::<Tenant>().is_err(), "{wrong}");
        }
    }
}
