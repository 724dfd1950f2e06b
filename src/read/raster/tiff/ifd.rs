//! The directories of a TIFF (TIFF 6.0 section 2), read as tolerantly as fax software writes them.
//! It knows no picture.
//!
//! The `tiff` crate refuses a file as a whole when a tag is missing that a fax does not need (colour,
//! byte counts) or when a count disagrees, and it cannot go on to the next page then; hence this walk.

/// One page's tags.
#[derive(Debug, Clone)]
pub(super) struct Directory<'a> {
    file: File<'a>,
    /// Where in the file it stands.
    pub(super) at: usize,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    /// Where the four bytes of value or offset stand.
    value_at: usize,
}

/// A page of more strips than this is no fax: one strip for every row of the longest page.
const MAX_VALUES: usize = 100_000;
const MAX_ENTRIES: usize = 1000;

/// The directories, one page each, in the file's order. Stops at a directory that is outside of the
/// file or was seen before; `true` beside the pages when it stopped so.
pub(super) fn directories(bytes: &[u8], max: usize) -> (Vec<Directory<'_>>, bool) {
    let file = File { bytes, big_endian: bytes.starts_with(b"MM") };
    let mut found: Vec<Directory<'_>> = Vec::new();
    let mut next = file.u32_at(4);
    loop {
        match next {
            Some(0) => return (found, false),
            Some(at) if found.len() < max => {
                let seen = found.iter().any(|one| one.at == at as usize);
                let Some((directory, link)) = file.directory(at as usize).filter(|_| !seen) else {
                    return (found, true);
                };
                found.push(directory);
                next = link;
            }
            Some(_) => return (found, false),
            None => return (found, true),
        }
    }
}

impl<'a> Directory<'a> {
    /// The first whole number of a tag.
    pub(super) fn number(&self, tag: u16) -> Option<u32> {
        self.numbers(tag).first().copied()
    }

    /// All whole numbers of a tag that lie within the file; empty for other kinds.
    pub(super) fn numbers(&self, tag: u16) -> Vec<u32> {
        let Some(entry) = self.entry(tag) else { return Vec::new() };
        let size = match entry.kind {
            1 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 13 => 4,
            _ => return Vec::new(),
        };
        let start = self.start_of(entry, size);
        let values = (0..entry.count).map_while(|index| self.file.uint_at(start? + index * size, size));
        values.collect()
    }

    /// The first RATIONAL of a tag; some writers put a whole number there.
    pub(super) fn ratio(&self, tag: u16) -> Option<f64> {
        let entry = self.entry(tag)?;
        if !matches!(entry.kind, 5 | 10) {
            return self.number(tag).map(f64::from);
        }
        let at = self.file.u32_at(entry.value_at)? as usize;
        let (over, under) = (self.file.u32_at(at)?, self.file.u32_at(at.checked_add(4)?)?);
        (under != 0).then(|| f64::from(over) / f64::from(under))
    }

    /// True when the tag is there at all.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// The bytes of a strip, as far as the file has them; no length means to the file's end.
    pub(super) fn strip(&self, offset: u32, length: Option<u32>) -> &'a [u8] {
        let from = (offset as usize).min(self.file.bytes.len());
        let rest = self.file.bytes.get(from..).unwrap_or(&[]);
        match length {
            Some(length) => rest.get(..length as usize).unwrap_or(rest),
            None => rest,
        }
    }

    /// The length of the whole file.
    pub(super) fn file_bytes(&self) -> usize {
        self.file.bytes.len()
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    fn start_of(&self, entry: &Entry, size: usize) -> Option<usize> {
        if entry.count * size <= 4 {
            return Some(entry.value_at);
        }
        self.file.u32_at(entry.value_at).map(|at| at as usize)
    }
}

impl<'a> File<'a> {
    fn directory(self, at: usize) -> Option<(Directory<'a>, Option<u32>)> {
        let entries = (self.uint_at(at, 2)? as usize).min(MAX_ENTRIES);
        let first = at.checked_add(2)?;
        let found: Vec<Entry> = (0..entries).map_while(|index| self.entry(first + index * 12)).collect();
        // A directory that is cut off has no link to a next one, and no page without its width.
        let link = if found.len() == entries { self.u32_at(first + entries * 12) } else { None };
        (!found.is_empty()).then_some((Directory { file: self, at, entries: found }, link))
    }

    fn entry(self, at: usize) -> Option<Entry> {
        Some(Entry {
            tag: self.uint_at(at, 2)? as u16,
            kind: self.uint_at(at + 2, 2)? as u16,
            count: (self.u32_at(at + 4)? as usize).min(MAX_VALUES),
            value_at: at + 8,
        })
    }

    fn u32_at(self, at: usize) -> Option<u32> {
        self.uint_at(at, 4)
    }

    fn uint_at(self, at: usize, size: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let push = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) })
    }
}
