//! What can go wrong between us and the mail server, each in one sentence that says what to do. Holds no password and no word
//! of a mail.

use super::settings::ImapSettingsError;

/// Why a mailbox could not be read. Whatever was not stored is still in it.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// A file that the settings name cannot be read any more.
    #[error(transparent)]
    Settings(#[from] ImapSettingsError),
    /// No connection.
    #[error(
        "メールサーバー {server} に接続できません({cause})。imap.host と imap.port、回線をお確かめください / no connection to {server}: check imap.host, imap.port and the line"
    )]
    Unreachable {
        /// Host and port.
        server: String,
        /// What the system said.
        cause: String,
    },
    /// TLS was not agreed on.
    #[error(
        "メールサーバー {server} と暗号化通信ができません({cause})。証明書(imap.ca_file)と imap.tls をお確かめください / no TLS with {server}: check its certificate (imap.ca_file) and imap.tls"
    )]
    Tls {
        /// Host and port.
        server: String,
        /// What was wrong.
        cause: String,
    },
    /// The server does not know the user by this secret.
    #[error(
        "メールサーバーが {user} のログインを断りました({words})。imap.user とパスワード(トークン)をお確かめください / the mail server refused to let {user} in: check imap.user and the password or token"
    )]
    Login {
        /// The user.
        user: String,
        /// What the server said.
        words: String,
    },
    /// The mailbox cannot be opened.
    #[error(
        "メールボックス {mailbox} を開けません({words})。imap.mailbox をお確かめください / the mailbox {mailbox} cannot be opened: check imap.mailbox"
    )]
    Mailbox {
        /// As the settings name it.
        mailbox: String,
        /// What the server said.
        words: String,
    },
    /// Stored mails could not be flagged there.
    #[error(
        "メールボックス {mailbox} は読み取り専用です。書き込みの権限を付けてください / the mailbox {mailbox} is read-only: give the right to write"
    )]
    ReadOnly {
        /// As the settings name it.
        mailbox: String,
    },
    /// A refusal.
    #[error("メールサーバーが {act} を断りました({words}) / the mail server refused {act}")]
    Refused {
        /// The command.
        act: &'static str,
        /// What the server said.
        words: String,
    },
    /// No answer in time.
    #[error(
        "メールサーバーが {act} に {limit_ms} ミリ秒以内に答えません。あとで接続し直します / no answer to {act} within {limit_ms} ms: it is tried again later"
    )]
    Silent {
        /// The command.
        act: &'static str,
        /// The limit.
        limit_ms: u64,
    },
    /// The connection ended.
    #[error(
        "{act} の途中でメールサーバーとの接続が切れました({cause})。接続し直します / the connection ended during {act}: it is made anew"
    )]
    Lost {
        /// The command.
        act: &'static str,
        /// How.
        cause: String,
    },
    /// What the server says is not IMAP, or more than is listened to.
    #[error(
        "メールサーバーの {act} への応答が理解できません({what})。接続し直します / the answer to {act} is not understood: the connection is made anew"
    )]
    Garbled {
        /// The command.
        act: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// One mail is larger than the limit; it is left.
    #[error(
        "大きすぎるメールがあり取り込めません(UID {uid}、上限{max}バイト)。メールボックスに残しますので、手で確認してください / the mail with UID {uid} has more than {max} bytes: it is left in the mailbox, look at it by hand"
    )]
    TooLarge {
        /// Its UID.
        uid: u32,
        /// The limit.
        max: u64,
    },
    /// One mail that the server lists and does not hand over; it is left.
    #[error(
        "メールサーバーが渡さないメールがあります(UID {uid})。メールボックスに残しますので、手で確認してください / the server does not hand over the mail with UID {uid}: it is left in the mailbox, look at it by hand"
    )]
    NotHandedOver {
        /// Its UID.
        uid: u32,
    },
    /// Our store did not take it.
    #[error(
        "受け取ったメールを保存できません({0})。メールはメールボックスに残ります / a mail could not be stored: it stays in the mailbox"
    )]
    NotStored(String),
}

impl ImapError {
    /// True where only a person can help: trying again soon would be hammering at a closed door.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Settings(_) | Self::Login { .. } | Self::Mailbox { .. } | Self::ReadOnly { .. })
    }
}
