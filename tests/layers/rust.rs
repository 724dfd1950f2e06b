//! Rust text → the paths and the string literals in it, with their lines. Knows just enough of the language
//! for that: comments, literals, nested groups, inline modules. It judges nothing.

/// A path such as `crate::mail::parse`; a group `a::{b, c}` gives one for each member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub line: usize,
    /// As written, a `*` included; what climbs is resolved only by [`Path::leads_to`].
    pub segments: Vec<String>,
    /// The inline modules around it.
    pub inside: Vec<String>,
}

impl Path {
    /// Where it leads from the crate's root, for one that goes there out of `module`: `crate::…`, `super::…`
    /// once it has climbed to the root, or `renraku::…` as the binary writes it.
    pub fn leads_to(&self, module: &[String]) -> Option<&[String]> {
        let start = usize::from(self.segments.first().is_some_and(|first| first == "self"));
        let steps = self.segments[start..].iter().take_while(|segment| *segment == "super").count();
        match self.segments.first()?.as_str() {
            "crate" | "renraku" => Some(&self.segments[1..]),
            _ if steps > 0 && steps == module.len() + self.inside.len() => {
                Some(&self.segments[start + steps..])
            }
            _ => None,
        }
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Source {
    pub paths: Vec<Path>,
    /// Line and content.
    pub texts: Vec<(usize, String)>,
    /// Names of methods that are called, `.like_this(`.
    pub calls: Vec<(usize, String)>,
    /// Modules that are declared or written out here.
    pub modules: Vec<String>,
}

impl Source {
    pub fn parse(text: &str) -> Self {
        let mut reader = Reader { tokens: tokens(text), at: 0, inside: Vec::new(), open: 0 };
        let mut source = Self::default();
        while reader.at < reader.tokens.len() {
            reader.step(&mut source);
        }
        source
    }

    /// Names that stand for something of the crate itself in this file, so that they are no outside crate.
    pub fn local_names(&self) -> Vec<&str> {
        let ours = self.paths.iter().filter(|path| {
            matches!(path.segments[0].as_str(), "crate" | "super" | "self") && path.segments.len() > 1
        });
        let names = ours.filter_map(|path| path.segments.iter().rev().find(|segment| *segment != "self"));
        names.chain(&self.modules).map(String::as_str).collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    /// `::`
    Then,
    Mark(char),
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    /// Inline modules that are open, each with the number of braces around it.
    inside: Vec<(usize, String)>,
    open: usize,
}

impl Reader {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|(_, token)| token)
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.token(at)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn step(&mut self, source: &mut Source) {
        let (line, token) = self.tokens[self.at].clone();
        match token {
            Token::Text(text) => source.texts.push((line, text)),
            Token::Mark('{') => self.open += 1,
            Token::Mark('}') => {
                self.open = self.open.saturating_sub(1);
                self.inside.retain(|(open, _)| *open <= self.open);
            }
            Token::Word(word) if word == "mod" => self.module(source),
            Token::Word(word) => return self.path_or_call(line, word, source),
            Token::Then | Token::Mark(_) => {}
        }
        self.at += 1;
    }

    /// At `mod name;` or `mod name {`.
    fn module(&mut self, source: &mut Source) {
        let Some(name) = self.word(self.at + 1).map(str::to_owned) else { return };
        if self.token(self.at + 2) == Some(&Token::Mark('{')) {
            self.inside.push((self.open + 1, name.clone()));
        }
        source.modules.push(name);
        self.at += 1;
    }

    fn path_or_call(&mut self, line: usize, word: String, source: &mut Source) {
        let before = self.at.checked_sub(1).and_then(|at| self.token(at));
        if before == Some(&Token::Mark('.')) && self.token(self.at + 1) == Some(&Token::Mark('(')) {
            source.calls.push((line, word));
            self.at += 1;
            return;
        }
        let inside: Vec<String> = self.inside.iter().map(|(_, name)| name.clone()).collect();
        let in_use = before == Some(&Token::Word("use".to_owned()));
        let mut found = Vec::new();
        self.tree(Vec::new(), &mut found);
        let paths = found.into_iter().filter(|(_, segments)| segments.len() > 1 || in_use);
        source.paths.extend(paths.map(|(line, segments)| Path { line, segments, inside: inside.clone() }));
    }

    /// A path, or in a group many; stops behind it.
    fn tree(&mut self, mut so_far: Vec<String>, found: &mut Vec<(usize, Vec<String>)>) {
        let line = self.tokens.get(self.at).map_or(0, |(line, _)| *line);
        loop {
            match self.token(self.at).cloned() {
                Some(Token::Word(word)) => so_far.push(word),
                Some(Token::Mark('*')) => so_far.push("*".to_owned()),
                Some(Token::Mark('{')) if !so_far.is_empty() => return self.group(&so_far, found),
                _ => break,
            }
            self.at += 1;
            if self.token(self.at) != Some(&Token::Then) {
                break;
            }
            self.at += 1;
        }
        found.push((line, so_far));
    }

    fn group(&mut self, so_far: &[String], found: &mut Vec<(usize, Vec<String>)>) {
        self.at += 1;
        while let Some(token) = self.token(self.at) {
            match token {
                Token::Mark('}') => break,
                // `as name`: the name is no path.
                Token::Word(word) if word == "as" => self.at += 2,
                Token::Word(_) | Token::Mark('*') => self.tree(so_far.to_vec(), found),
                _ => self.at += 1,
            }
        }
        self.at += 1;
    }
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let (token, next) = token(&chars, at);
        tokens.extend(token.map(|token| (line, token)));
        line += chars[at..next].iter().filter(|one| **one == '\n').count();
        at = next;
    }
    tokens
}

/// What stands at `at`, if it is more than space or comment, and where the next thing begins.
fn token(chars: &[char], at: usize) -> (Option<Token>, usize) {
    let starts = |text: &str| text.chars().enumerate().all(|(i, one)| chars.get(at + i) == Some(&one));
    let is_word = |one: &char| one.is_alphanumeric() || *one == '_';
    if starts("//") {
        return (None, chars[at..].iter().position(|one| *one == '\n').map_or(chars.len(), |n| at + n));
    }
    if starts("/*") {
        return (None, end_of_comment(chars, at));
    }
    if starts("::") {
        return (Some(Token::Then), at + 2);
    }
    match chars[at] {
        '"' => text(chars, at, None),
        '\'' => (None, end_of_quote(chars, at)),
        one if is_word(&one) => {
            let end = at + chars[at..].iter().take_while(|one| is_word(one)).count();
            let word: String = chars[at..end].iter().collect();
            let hashes = chars[end..].iter().take_while(|one| **one == '#').count();
            let quoted = chars.get(end + hashes) == Some(&'"');
            match word.as_str() {
                "b" | "c" if quoted && hashes == 0 => text(chars, end, None),
                "r" | "br" | "cr" if quoted => text(chars, end + hashes, Some(hashes)),
                "b" if chars.get(end) == Some(&'\'') => (None, end_of_quote(chars, end)),
                // A raw name, `r#use`.
                "r" if hashes == 1 => (None, end + 1),
                _ => (Some(Token::Word(word)), end),
            }
        }
        one if one.is_whitespace() => (None, at + 1),
        one => (Some(Token::Mark(one)), at + 1),
    }
}

/// A string literal whose opening `"` is at `at`; `raw` is the number of `#` of a raw one.
fn text(chars: &[char], at: usize, raw: Option<usize>) -> (Option<Token>, usize) {
    let mut end = at + 1;
    while end < chars.len() {
        let closing = chars[end] == '"'
            && chars[end + 1..].iter().take_while(|one| **one == '#').count() >= raw.unwrap_or(0);
        if closing {
            break;
        }
        end += if raw.is_none() && chars[end] == '\\' { 2 } else { 1 };
    }
    let end = end.min(chars.len());
    let content = chars[at + 1..end].iter().collect();
    (Some(Token::Text(content)), (end + 1 + raw.unwrap_or(0)).min(chars.len()))
}

/// Behind a character literal, or behind the `'` of a lifetime.
fn end_of_quote(chars: &[char], at: usize) -> usize {
    match chars.get(at + 1) {
        Some('\\') => chars[(at + 3).min(chars.len())..]
            .iter()
            .position(|one| *one == '\'')
            .map_or(chars.len(), |n| at + 4 + n),
        _ if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at + 1,
    }
}

/// Comments nest.
fn end_of_comment(chars: &[char], at: usize) -> usize {
    let (mut open, mut end) = (0_usize, at);
    while end < chars.len() {
        match (chars[end], chars.get(end + 1)) {
            ('/', Some('*')) => (open, end) = (open + 1, end + 2),
            ('*', Some('/')) => (open, end) = (open - 1, end + 2),
            _ => end += 1,
        }
        if open == 0 {
            break;
        }
    }
    end
}
