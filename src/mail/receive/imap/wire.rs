//! One connection: commands leave, whole responses come in, each under a time limit and none larger than allowed. Knows the
//! shape of responses and not what they mean; never shows a secret.

use super::error::ImapError;
use super::words::one_line;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// What bytes flow through, encrypted or not.
pub(super) trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// Octets of a response outside its literals: a search's answer over some 400,000 mails.
const MOST_TEXT: usize = 4_000_000;
/// Parentheses within parentheses. No answer to what is asked here has more than three.
const MOST_NESTED: usize = 64;
/// Octets of a response beside the mail that it holds.
const BESIDE_A_MAIL: u64 = 65_536;
/// Octets that are made room for at once.
const ROOM: usize = 16_384;

/// What [`ImapError::Garbled`] says of a response that is larger than allowed.
pub(super) const TOO_LARGE: &str = "larger than allowed";

/// One whole response with its literals.
#[derive(Debug)]
pub(super) struct Frame {
    /// Everything, up to and with the last CRLF.
    pub bytes: Vec<u8>,
    /// Whether it has a literal.
    pub literal: bool,
}

/// What a response is to a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// `+`: go on.
    Continue,
    /// The command's end: OK or not, and the words.
    Done(bool, &'a [u8]),
    /// The server takes leave.
    Bye(&'a [u8]),
    /// Data.
    Untagged,
    /// Anything else, or the end of another command.
    OutOfStep,
}

/// A connection.
pub(super) struct Wire {
    stream: Box<dyn Line>,
    buffer: Vec<u8>,
    /// Where in the buffer the next response begins.
    start: usize,
    /// Octets of the largest mail.
    most_bytes: u64,
    /// Taken out of a server's words.
    pub secrets: Vec<String>,
    commands: u32,
    /// The server has told of mails since this was last set to false.
    pub arrived: bool,
}

impl Wire {
    pub fn new(stream: Box<dyn Line>, most_bytes: u64) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            start: 0,
            most_bytes,
            secrets: Vec::new(),
            commands: 0,
            arrived: false,
        }
    }

    /// The bare line, to be encrypted. What came unencrypted before that must not be heard afterwards.
    pub fn into_line(self) -> Result<Box<dyn Line>, ImapError> {
        if self.start < self.buffer.len() {
            return Err(ImapError::Garbled { act: "STARTTLS", what: "words after the command's end" });
        }
        Ok(self.stream)
    }

    /// Runs a command to its end; each untagged response is shown to `each`. Returns the words of the OK.
    ///
    /// After any error but [`ImapError::Refused`] the connection must not be used any more.
    pub async fn command(
        &mut self,
        act: &'static str,
        limit_ms: u64,
        text: &str,
        each: impl FnMut(&Frame),
    ) -> Result<String, ImapError> {
        self.converse(act, limit_ms, text, &[], each).await
    }

    /// As [`Wire::command`]; at each `+` the next of the replies is said.
    pub async fn converse(
        &mut self,
        act: &'static str,
        limit_ms: u64,
        text: &str,
        replies: &[String],
        each: impl FnMut(&Frame),
    ) -> Result<String, ImapError> {
        let doing = async {
            let tag = self.begin(act, text).await?;
            self.until_done(act, &tag, replies, each).await
        };
        within(act, limit_ms, doing).await
    }

    /// Says a command; its tag.
    pub async fn begin(&mut self, act: &'static str, text: &str) -> Result<String, ImapError> {
        self.commands = self.commands.wrapping_add(1);
        let tag = format!("r{}", self.commands);
        self.say(act, &format!("{tag} {text}")).await?;
        Ok(tag)
    }

    /// Says a line.
    pub async fn say(&mut self, act: &'static str, line: &str) -> Result<(), ImapError> {
        let line = format!("{line}\r\n");
        let written = self.stream.write_all(line.as_bytes()).await;
        let flushed = match written {
            Ok(()) => self.stream.flush().await,
            wrong => wrong,
        };
        flushed.map_err(|error| lost(act, &error))
    }

    /// Reads up to the command's end.
    pub async fn until_done(
        &mut self,
        act: &'static str,
        tag: &str,
        replies: &[String],
        mut each: impl FnMut(&Frame),
    ) -> Result<String, ImapError> {
        let mut replies = replies.iter();
        loop {
            let frame = self.frame(act).await?;
            match kind(&frame.bytes, tag) {
                // `*` gives an authentication up (RFC 3501 §6.2.2).
                Kind::Continue => self.say(act, replies.next().map_or("*", String::as_str)).await?,
                Kind::Done(true, words) => return Ok(self.words(words)),
                Kind::Done(false, words) => return Err(ImapError::Refused { act, words: self.words(words) }),
                Kind::Bye(words) => return Err(ImapError::Lost { act, cause: self.words(words) }),
                Kind::Untagged => each(&frame),
                Kind::OutOfStep => return Err(ImapError::Garbled { act, what: "out of step" }),
            }
        }
    }

    /// Reads up to `+` after IDLE. False when the server wants none.
    pub async fn until_idle(&mut self, act: &'static str, tag: &str) -> Result<bool, ImapError> {
        loop {
            let frame = self.frame(act).await?;
            match kind(&frame.bytes, tag) {
                Kind::Continue => return Ok(true),
                Kind::Done(..) => return Ok(false),
                Kind::Bye(words) => return Err(ImapError::Lost { act, cause: self.words(words) }),
                Kind::Untagged => {}
                Kind::OutOfStep => return Err(ImapError::Garbled { act, what: "out of step" }),
            }
        }
    }

    /// Reads until the server tells of a mail.
    pub async fn until_arrival(&mut self, act: &'static str) -> Result<(), ImapError> {
        while !self.arrived {
            let frame = self.frame(act).await?;
            match kind(&frame.bytes, "") {
                Kind::Untagged => {}
                Kind::Bye(words) => return Err(ImapError::Lost { act, cause: self.words(words) }),
                _ => return Err(ImapError::Garbled { act, what: "out of step" }),
            }
        }
        Ok(())
    }

    /// The next response. Dropping this future loses nothing.
    pub async fn frame(&mut self, act: &'static str) -> Result<Frame, ImapError> {
        let mut cut = Cut::default();
        let most = usize::try_from(self.most_bytes.saturating_add(BESIDE_A_MAIL)).unwrap_or(usize::MAX);
        loop {
            let unread = self.buffer.get(self.start..).unwrap_or_default();
            if let Some(end) = cut.advance(unread, most).map_err(|what| ImapError::Garbled { act, what })? {
                let bytes = unread.get(..end).unwrap_or_default().to_vec();
                self.start += end;
                if self.start >= self.buffer.len() {
                    // A large mail's room is given back.
                    self.buffer = Vec::new();
                    self.start = 0;
                }
                self.arrived |= tells_of_mail(&bytes);
                return Ok(Frame { bytes, literal: cut.literal });
            }
            self.buffer.drain(..self.start);
            self.start = 0;
            self.buffer.reserve(ROOM);
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(ImapError::Lost { act, cause: "end of connection".to_owned() }),
                Ok(_) => {}
                Err(error) => return Err(lost(act, &error)),
            }
        }
    }

    pub fn words(&self, words: &[u8]) -> String {
        one_line(&String::from_utf8_lossy(words), &self.secrets)
    }
}

/// Under its time limit.
pub(super) async fn within<T>(
    act: &'static str,
    limit_ms: u64,
    doing: impl Future<Output = Result<T, ImapError>>,
) -> Result<T, ImapError> {
    let limit = Duration::from_millis(limit_ms);
    timeout(limit, doing).await.unwrap_or(Err(ImapError::Silent { act, limit_ms }))
}

fn lost(act: &'static str, error: &std::io::Error) -> ImapError {
    ImapError::Lost { act, cause: error.to_string() }
}

/// What the response is to the command of this tag.
pub(super) fn kind<'a>(frame: &'a [u8], tag: &str) -> Kind<'a> {
    let mut parts = frame.splitn(3, |byte| matches!(byte, b' ' | b'\r' | b'\n'));
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let words = parts.next().unwrap_or_default();
    match first {
        b"+" => Kind::Continue,
        b"*" if second.eq_ignore_ascii_case(b"BYE") => Kind::Bye(words),
        b"*" => Kind::Untagged,
        _ if first != tag.as_bytes() || tag.is_empty() => Kind::OutOfStep,
        _ if second.eq_ignore_ascii_case(b"OK") => Kind::Done(true, words),
        _ if second.eq_ignore_ascii_case(b"NO") || second.eq_ignore_ascii_case(b"BAD") => {
            Kind::Done(false, words)
        }
        _ => Kind::OutOfStep,
    }
}

/// `* 12 EXISTS` (RFC 3501 §7.3.1).
fn tells_of_mail(frame: &[u8]) -> bool {
    let mut parts = frame.trim_ascii().splitn(3, |byte| *byte == b' ');
    parts.next() == Some(b"*") && parts.nth(1).is_some_and(|word| word.eq_ignore_ascii_case(b"EXISTS"))
}

/// Finds where a response ends; goes on where it stopped when more has come.
#[derive(Debug, Default)]
struct Cut {
    /// Looked at up to here; past the end of what has come while a literal is under way.
    at: usize,
    /// Where the line under way began.
    line: usize,
    /// Octets of the lines before it.
    text: usize,
    nested: usize,
    literal: bool,
}

impl Cut {
    /// The response's length, when it is whole; otherwise what is wrong, or nothing yet.
    fn advance(&mut self, bytes: &[u8], most: usize) -> Result<Option<usize>, &'static str> {
        while let Some(new) = bytes.get(self.at..) {
            let end = new.iter().position(|byte| *byte == b'\n').map(|found| self.at + found + 1);
            let upto = end.unwrap_or(bytes.len());
            self.nest(bytes.get(self.at..upto).unwrap_or_default())?;
            self.at = upto;
            if self.text + (upto - self.line) > MOST_TEXT {
                return Err("a line without end");
            }
            let Some(end) = end else { return Ok(None) };
            let line = bytes.get(self.line..end).unwrap_or_default();
            let Some(literal) = literal(line, most)? else { return Ok(Some(end)) };
            self.literal = true;
            self.text += line.len();
            self.line = end.saturating_add(literal);
            self.at = self.line;
            if self.line > most {
                return Err(TOO_LARGE);
            }
        }
        Ok(None)
    }

    /// Parsers descend with every parenthesis.
    fn nest(&mut self, text: &[u8]) -> Result<(), &'static str> {
        for byte in text {
            match byte {
                b'(' => self.nested += 1,
                b')' => self.nested = self.nested.saturating_sub(1),
                _ => {}
            }
            if self.nested > MOST_NESTED {
                return Err("nested too deep");
            }
        }
        Ok(())
    }
}

/// The octets that a line announces at its end, `{123}` CRLF (RFC 3501 §4.3).
fn literal(line: &[u8], most: usize) -> Result<Option<usize>, &'static str> {
    let Some(line) = line.strip_suffix(b"}\r\n") else { return Ok(None) };
    let Some(open) = line.iter().rposition(|byte| *byte == b'{') else { return Ok(None) };
    let digits = line.get(open + 1..).unwrap_or_default();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    let size = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    size.filter(|size| *size <= most).map(Some).ok_or(TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Given at once, and octet by octet.
    fn cut(bytes: &[u8], most: usize) -> Result<Option<usize>, &'static str> {
        let whole = Cut::default().advance(bytes, most);
        let mut cut = Cut::default();
        let little = (0..=bytes.len()).find_map(|upto| cut.advance(&bytes[..upto], most).transpose());
        assert_eq!(whole, little.transpose(), "{}", bytes.escape_ascii());
        whole
    }

    #[test]
    fn a_response_ends_after_its_last_literal() {
        let mail: &[u8] = b"* 1 FETCH (UID 7 BODY[] {9}\r\na\r\nb\r\n)\r\n)\r\n";
        let nested = format!("* {}\r\n", "(".repeat(MOST_NESTED + 1));
        for (bytes, expected) in [
            (&b"* OK x\r\n* OK"[..], Ok(Some(8))),
            (b"* OK x", Ok(None)),
            (mail, Ok(Some(mail.len()))),
            (&mail[..mail.len() - 1], Ok(None)),
            (b"* x {0}\r\n{2}\r\nab\r\n", Ok(Some(18))),
            (b"* x {51}\r\n", Err(TOO_LARGE)),
            (b"* x {99999999999999999999999999}\r\n", Err(TOO_LARGE)),
            (b"* x {50}\r\n", Err(TOO_LARGE)),
            (b"* x {-1}\r\n", Ok(Some(10))),
            (b"* x {}\r\n", Ok(Some(8))),
            (b"* x {1}\n", Ok(Some(8))),
            (nested.as_bytes(), Err("nested too deep")),
        ] {
            assert_eq!(cut(bytes, 50), expected, "{}", bytes.escape_ascii());
        }
        let endless = vec![b'x'; MOST_TEXT + 1];
        assert_eq!(Cut::default().advance(&endless, usize::MAX), Err("a line without end"));
    }

    #[test]
    fn a_response_answers_its_own_command_alone() {
        for (frame, expected) in [
            (&b"+ idling\r\n"[..], Kind::Continue),
            (b"+\r\n", Kind::Continue),
            (b"r1 OK done\r\n", Kind::Done(true, b"done\r\n")),
            (b"r1 ok\r\n", Kind::Done(true, b"\n")),
            (b"r1 NO [X] no\r\n", Kind::Done(false, b"[X] no\r\n")),
            (b"r1 BAD\r\n", Kind::Done(false, b"\n")),
            (b"r2 OK\r\n", Kind::OutOfStep),
            (b"r1 WHAT\r\n", Kind::OutOfStep),
            (b"* BYE later\r\n", Kind::Bye(b"later\r\n")),
            (b"* 1 EXISTS\r\n", Kind::Untagged),
            (b"\r\n", Kind::OutOfStep),
            (b"\xff\xfe", Kind::OutOfStep),
        ] {
            assert_eq!(kind(frame, "r1"), expected, "{}", frame.escape_ascii());
        }
        assert_eq!(kind(b" OK\r\n", ""), Kind::OutOfStep);
        assert!(tells_of_mail(b"* 12 exists\r\n"));
        assert!(!tells_of_mail(b"* 12 EXPUNGE\r\n") && !tells_of_mail(b"x 12 EXISTS\r\n"));
    }
}
