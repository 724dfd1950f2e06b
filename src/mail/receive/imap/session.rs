//! A mailbox that is open: finds what is not settled, hands each mail over, settles it when it is stored, and waits for the next.
//! Never marks a mail before it was stored, and never expunges another's.

use super::Imap;
use super::connect::{self, Capabilities};
use super::error::ImapError;
use super::plan::{KEYWORD, Memory, Remark, Settle, keeps_keyword, settle_by};
use super::wire::{Frame, TOO_LARGE, Wire, within};
use super::words::{mailbox, uid_set};
use imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode, Status};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Mails whose sizes are asked for at once.
const SIZES_AT_ONCE: usize = 100;
/// Between two looks when a server tells of mails at every command.
const SHORT_PAUSE: Duration = Duration::from_millis(50);

/// One mail, whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// `imap:<host>/<mailbox>/<UIDVALIDITY>/<UID>`: the same as long as the server numbers its mails so.
    pub source_key: String,
    /// The raw mail.
    pub bytes: Vec<u8>,
}

/// The mail is client data: only its size is shown.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({}, {} bytes)", self.source_key, self.bytes.len())
    }
}

/// What one look into the mailbox did.
#[derive(Debug, Default)]
pub struct Looked {
    /// Mails that were handed over and stored.
    pub taken: usize,
    /// Mails that are left for a person; each is told once.
    pub left: Vec<ImapError>,
    /// Why a stored mail could not be flagged or moved. It is tried again at the next look.
    pub unsettled: Option<ImapError>,
}

/// A mailbox that is open.
pub struct Session<'a> {
    imap: &'a Imap,
    wire: Wire,
    uid_validity: u32,
    settle: Settle,
    idles: bool,
    remarks: Vec<Remark>,
}

/// What the server says when it opens a mailbox.
#[derive(Default)]
struct Opened {
    uid_validity: Option<u32>,
    permanent: Option<Vec<String>>,
}

impl<'a> Session<'a> {
    pub(super) async fn open(imap: &'a Imap) -> Result<Self, ImapError> {
        let settings = &imap.settings;
        let (mut wire, can) = connect::open(settings, imap.tls.as_ref(), imap.most_bytes).await?;
        let opened = select(imap, &mut wire).await?;
        let uid_validity =
            opened.uid_validity.ok_or(ImapError::Garbled { act: SELECT, what: "no UIDVALIDITY" })?;
        let (settle, remarks) = settling(imap, &can, &opened);
        Ok(Self { imap, wire, uid_validity, settle, idles: can.has("IDLE"), remarks })
    }

    /// What the region should know of this mailbox.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Hands every mail over that is not settled, one after the other, and settles each when `take` has stored it. `memory` is the
    /// same for all connections to this mailbox.
    ///
    /// # Errors
    /// [`ImapError`]; the session is then to be dropped. What `take` did not store is still there, unmarked.
    pub async fn take_all<F, Fut, E>(&mut self, memory: &mut Memory, take: F) -> Result<Looked, ImapError>
    where
        F: Fn(Mail) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: fmt::Display,
    {
        memory.opened(self.uid_validity);
        self.wire.arrived = false;
        let plan = memory.plan(&self.search().await?);
        let mut looked = Looked::default();
        for uid in plan.settle {
            self.settle(uid, memory, &mut looked).await?;
        }
        for uids in plan.fetch.chunks(SIZES_AT_ONCE) {
            let sizes = self.sizes(uids).await?;
            for &uid in uids {
                if sizes.get(&uid).is_some_and(|size| u64::from(*size) > self.imap.most_bytes) {
                    memory.leave(uid);
                    looked.left.push(ImapError::TooLarge { uid, max: self.imap.most_bytes });
                    continue;
                }
                let tries = memory.begin(uid);
                match self.fetch(uid, memory).await? {
                    Some(bytes) => {
                        memory.ended(uid);
                        let mail = Mail { source_key: self.imap.key(self.uid_validity, uid), bytes };
                        take(mail).await.map_err(|error| ImapError::NotStored(error.to_string()))?;
                        memory.stored(uid);
                        looked.taken += 1;
                        self.settle(uid, memory, &mut looked).await?;
                    }
                    None if tries >= super::plan::STUBBORN => {
                        memory.leave(uid);
                        looked.left.push(ImapError::NotHandedOver { uid });
                    }
                    // Gone, which the next search tells, or refused for now.
                    None => {}
                }
            }
        }
        Ok(looked)
    }

    /// Returns when it is time to look again: a mail came, or IDLE stood as long as it may, or, on a server without it, the time
    /// to poll has come.
    ///
    /// # Errors
    /// [`ImapError`]; the session is then to be dropped.
    pub async fn wait(&mut self) -> Result<(), ImapError> {
        let (act, times) = ("IDLE", self.imap.settings.timeouts);
        if self.wire.arrived {
            tokio::time::sleep(SHORT_PAUSE).await;
            return Ok(());
        }
        if !self.idles {
            tokio::time::sleep(Duration::from_millis(self.imap.settings.poll_every_ms)).await;
            return Ok(());
        }
        let tag = within(act, times.command_ms, self.wire.begin(act, act)).await?;
        if !within(act, times.command_ms, self.wire.until_idle(act, &tag)).await? {
            self.idles = false;
            return Ok(());
        }
        let limit = Duration::from_millis(times.idle_ms);
        if let Ok(ended) = tokio::time::timeout(limit, self.wire.until_arrival(act)).await {
            ended?;
        }
        within(act, times.command_ms, async {
            self.wire.say(act, "DONE").await?;
            self.wire.until_done(act, &tag, &[], |_| ()).await
        })
        .await?;
        Ok(())
    }

    async fn search(&mut self) -> Result<Vec<u32>, ImapError> {
        let limit_ms = self.imap.settings.timeouts.command_ms;
        let act = "UID SEARCH";
        let (mut found, mut understood) = (Vec::new(), true);
        let command = format!("{act} {}", self.settle.unsettled());
        let each = |frame: &Frame| match parsed(frame) {
            Some(Response::MailboxData(MailboxDatum::Search(uids))) => found.extend(uids),
            // Read as "nothing there", it would hide mails.
            None => understood &= !frame.bytes.to_ascii_uppercase().starts_with(b"* SEARCH"),
            Some(_) => {}
        };
        self.wire.command(act, limit_ms, &command, each).await?;
        if understood { Ok(found) } else { Err(ImapError::Garbled { act, what: "no list of UIDs" }) }
    }

    /// Octets of these mails, as far as the server tells.
    async fn sizes(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, u32>, ImapError> {
        let limit_ms = self.imap.settings.timeouts.command_ms;
        let mut sizes = BTreeMap::new();
        let command = format!("UID FETCH {} (UID RFC822.SIZE)", uid_set(uids));
        let each = |frame: &Frame| {
            let Some(Response::Fetch(_, attributes)) = parsed(frame) else { return };
            let size = attributes.iter().find_map(|attribute| match attribute {
                AttributeValue::Rfc822Size(size) => Some(*size),
                _ => None,
            });
            if let (Some(uid), Some(size)) = (uid_of(&attributes), size) {
                sizes.insert(uid, size);
            }
        };
        match self.wire.command("UID FETCH", limit_ms, &command, each).await {
            // Of single mails that a server cannot read it must not hide the others' (RFC 3501 §6.4.5 knows NO).
            Ok(_) | Err(ImapError::Refused { .. }) => Ok(sizes),
            Err(error) => Err(error),
        }
    }

    /// The whole mail without touching `\Seen` (RFC 3501 §6.4.5). None when it is not handed over.
    async fn fetch(&mut self, uid: u32, memory: &mut Memory) -> Result<Option<Vec<u8>>, ImapError> {
        let limit_ms = self.imap.settings.timeouts.fetch_ms;
        let mut body = None;
        let command = format!("UID FETCH {uid} (UID BODY.PEEK[])");
        let each = |frame: &Frame| body = body.take().or_else(|| body_of(frame, uid));
        match self.wire.command("UID FETCH", limit_ms, &command, each).await {
            Ok(_) => Ok(body),
            Err(ImapError::Refused { .. }) => Ok(None),
            Err(ImapError::Garbled { what: TOO_LARGE, .. }) => {
                memory.leave(uid);
                Err(ImapError::TooLarge { uid, max: self.imap.most_bytes })
            }
            Err(error) => Err(error),
        }
    }

    /// Flags or moves a mail that is stored. A refusal is noted, and the mail remembered.
    async fn settle(&mut self, uid: u32, memory: &mut Memory, looked: &mut Looked) -> Result<(), ImapError> {
        let limit_ms = self.imap.settings.timeouts.command_ms;
        let target = self.imap.settings.move_to.as_deref().map(mailbox).unwrap_or_default();
        for (act, command) in settle_commands(self.settle, uid, &target) {
            match self.wire.command(act, limit_ms, &command, |_| ()).await {
                Ok(_) => {}
                Err(error @ ImapError::Refused { .. }) => {
                    looked.unsettled = Some(error);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        memory.settled(uid);
        Ok(())
    }
}

/// In this order; each only when the one before was done.
fn settle_commands(settle: Settle, uid: u32, target: &str) -> Vec<(&'static str, String)> {
    let store = |flags: &str| ("UID STORE", format!("UID STORE {uid} +FLAGS.SILENT ({flags})"));
    match settle {
        Settle::Keyword => vec![store(&format!("\\Seen {KEYWORD}"))],
        Settle::Seen => vec![store("\\Seen")],
        Settle::Move => vec![("UID MOVE", format!("UID MOVE {uid} {target}"))],
        Settle::CopyAndExpunge => vec![
            ("UID COPY", format!("UID COPY {uid} {target}")),
            store("\\Deleted"),
            ("UID EXPUNGE", format!("UID EXPUNGE {uid}")),
        ],
    }
}

const SELECT: &str = "SELECT";

async fn select(imap: &Imap, wire: &mut Wire) -> Result<Opened, ImapError> {
    let name = &imap.settings.mailbox;
    let command = [SELECT, &mailbox(name)].join(" ");
    let mut opened = Opened::default();
    let each = |frame: &Frame| {
        let Some(Response::Data { status: Status::Ok, outcome }) = parsed(frame) else { return };
        match outcome.code {
            Some(ResponseCode::UidValidity(number)) => opened.uid_validity = Some(number),
            Some(ResponseCode::PermanentFlags(flags)) => {
                opened.permanent = Some(flags.iter().map(ToString::to_string).collect());
            }
            _ => {}
        }
    };
    match wire.command(SELECT, imap.settings.timeouts.command_ms, &command, each).await {
        Ok(words) if words.to_ascii_uppercase().starts_with("[READ-ONLY]") => {
            Err(ImapError::ReadOnly { mailbox: name.clone() })
        }
        Ok(_) => Ok(opened),
        Err(ImapError::Refused { words, .. }) => Err(ImapError::Mailbox { mailbox: name.clone(), words }),
        Err(error) => Err(error),
    }
}

fn settling(imap: &Imap, can: &Capabilities, opened: &Opened) -> (Settle, Vec<Remark>) {
    let keywords = keeps_keyword(opened.permanent.as_deref());
    settle_by(imap.settings.move_to.is_some(), |name| can.has(name), keywords)
}

/// What is not understood is no answer.
fn parsed(frame: &Frame) -> Option<Response<'_>> {
    match Response::parse(&frame.bytes) {
        Ok(([], response)) => Some(response),
        _ => None,
    }
}

fn uid_of(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// The whole mail of this UID in this response.
fn body_of(frame: &Frame, uid: u32) -> Option<Vec<u8>> {
    let Some(Response::Fetch(_, attributes)) = parsed(frame) else { return None };
    if uid_of(&attributes) != Some(uid) {
        return None;
    }
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection { section: None, index: None, data: Some(data) } if frame.literal => {
            Some(data.to_vec())
        }
        AttributeValue::BodySection { section: None, index: None, data: Some(data) } => Some(unquoted(data)),
        _ => None,
    })
}

/// A quoted string's own octets (RFC 3501 §4.3).
fn unquoted(data: &[u8]) -> Vec<u8> {
    let mut octets = data.iter();
    let next = || octets.next().and_then(|octet| if *octet == b'\\' { octets.next() } else { Some(octet) });
    std::iter::from_fn(next).copied().collect()
}
