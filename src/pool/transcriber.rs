//! The hook for programs that read print or handwriting (OCR). Off unless the operator names one. What such a
//! program says is a proposal for the person who looks at the picture, and never an answer.

use std::cell::Cell;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Reads the text on the picture of a handwriting area.
pub trait Transcriber: Send + Sync {
    /// What the picture (PNG, 8 px a millimetre) says, as far as it can be told; `None` when it cannot.
    fn propose(&self, picture_png: &[u8]) -> Option<String>;
}

/// What reads the pictures of one arrival, and how much time it may still take for them: one that hangs at every
/// picture must not hold up the arrivals behind it.
pub struct Proposals<'a> {
    transcriber: Option<&'a dyn Transcriber>,
    left: Cell<Duration>,
}

impl<'a> Proposals<'a> {
    pub(super) fn new(transcriber: Option<&'a dyn Transcriber>, left: Duration) -> Self {
        Self { transcriber, left: Cell::new(left) }
    }

    /// What a handwriting area's picture may say; `None` where nothing that reads is set, it cannot tell, or the time
    /// is used up. Blocks until it has. A proposal is no answer.
    #[must_use]
    pub fn propose(&self, picture_png: &[u8]) -> Option<String> {
        let transcriber = self.transcriber.filter(|_| !self.left.get().is_zero())?;
        let start = Instant::now();
        let said = transcriber.propose(picture_png);
        self.left.set(self.left.get().saturating_sub(start.elapsed()));
        said
    }
}

/// The most that is taken of what a program says, in characters: an area holds less.
const MOST_CHARACTERS: usize = 1_000;

/// A program that takes a PNG on its standard input and writes UTF-8, such as
/// `tesseract stdin stdout -l jpn --psm 6`.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// It is stopped after so long.
    pub wall: Duration,
}

impl Transcriber for Program {
    fn propose(&self, picture_png: &[u8]) -> Option<String> {
        let said = self.run(picture_png);
        if said.is_none() {
            tracing::warn!(program = self.command.first(), "no proposal came for a handwriting area");
        }
        said.map(|text| text.trim().chars().take(MOST_CHARACTERS).collect())
            .filter(|text: &String| !text.is_empty())
    }
}

impl Program {
    fn run(&self, picture_png: &[u8]) -> Option<String> {
        let (program, arguments) = self.command.split_first()?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return None };
        let picture = picture_png.to_vec();
        // A program that does not read its input must not hold up the one who writes it, nor one who never ends.
        thread::spawn(move || input.write_all(&picture));
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            let read = output.take(4 * MOST_CHARACTERS as u64).read_to_end(&mut text);
            let _ = sender.send(read.map(|_| text));
        });
        let said = receiver.recv_timeout(self.wall).ok().and_then(Result::ok);
        let ended_well = end(&mut child, said.is_some());
        said.filter(|_| ended_well).map(|text| String::from_utf8_lossy(&text).into_owned())
    }
}

/// Waits for a program that has said all; stops one that has not. True when it ended well.
fn end(child: &mut Child, has_said: bool) -> bool {
    if !has_said {
        let _ = child.kill();
    }
    child.wait().is_ok_and(|status| has_said && status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(script: &str) -> Option<String> {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        Program { command, wall: Duration::from_millis(400) }.propose(b"picture")
    }

    #[test]
    fn the_time_for_one_arrival_runs_out_once() {
        let command = ["sh", "-c", "exec sleep 30"].map(str::to_owned).to_vec();
        let hangs = Program { command, wall: Duration::from_millis(60) };
        let proposals = Proposals::new(Some(&hangs), Duration::from_millis(50));
        let start = Instant::now();
        assert!((0..1000).all(|_| proposals.propose(b"picture").is_none()));
        assert!(start.elapsed() < Duration::from_secs(30), "one try, not a thousand of 60 ms");
        assert_eq!(Proposals::new(None, Duration::from_secs(1)).propose(b""), None);
    }

    #[test]
    fn a_program_proposes_and_one_that_fails_hangs_or_says_nothing_does_not() {
        assert_eq!(said("cat; echo ' と読めます'").as_deref(), Some("picture と読めます"));
        assert_eq!(said("echo half; exit 3"), None);
        assert_eq!(said("exec sleep 30"), None);
        assert_eq!(said("echo"), None);
        assert_eq!(said("head -c 100000 /dev/zero | tr '\\0' x").map(|text| text.len()), None);
        assert_eq!(said("printf '\\377\\376'").map(|text| text.chars().count()), Some(2));
        let missing =
            Program { command: vec!["no-such-program-here".to_owned()], wall: Duration::from_secs(1) };
        assert_eq!(missing.propose(b""), None);
        assert_eq!(Program { command: Vec::new(), ..missing }.propose(b""), None);
    }
}
