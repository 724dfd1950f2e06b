//! The directories of a TIFF (TIFF 6.0 section 2) or `BigTIFF` (the same with offsets of 64 bits), read as tolerantly as
//! fax software writes them. It knows no picture.
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
    /// `BigTIFF`.
    wide: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: usize,
    /// Where the four (or eight) bytes of value or offset stand.
    value_at: usize,
}

/// A page of more strips than this is no fax: one strip for every row of the longest page.
const MAX_VALUES: usize = 100_000;
const MAX_ENTRIES: usize = 1000;

/// The directories, one page each, in the file's order. Stops at a directory that is outside of the
/// file or was seen before; `true` beside the pages when it stopped so.
pub(super) fn directories(bytes: &[u8], max: usize) -> (Vec<Directory<'_>>, bool) {
    let file = File::new(bytes);
    let mut found: Vec<Directory<'_>> = Vec::new();
    let mut next = file.offset_at(file.first_link_at());
    loop {
        match next {
            Some(0) => return (found, false),
            Some(at) if found.len() < max => {
                let seen = found.iter().any(|one| one.at == at);
                let Some((directory, link)) = file.directory(at).filter(|_| !seen) else {
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
            16..=18 => 8,
            _ => return Vec::new(),
        };
        let start = self.start_of(entry, size);
        let value = |index| self.file.uint_at(start?.checked_add(index * size)?, size);
        // What does not fit points beyond any file that is read.
        let values =
            (0..entry.count).map_while(|index| Some(u32::try_from(value(index)?).unwrap_or(u32::MAX)));
        values.collect()
    }

    /// The first RATIONAL of a tag; some writers put a whole number there.
    pub(super) fn ratio(&self, tag: u16) -> Option<f64> {
        let entry = self.entry(tag)?;
        if !matches!(entry.kind, 5 | 10) {
            return self.number(tag).map(f64::from);
        }
        let at = self.start_of(entry, 8)?;
        let (over, under) = (self.file.uint_at(at, 4)?, self.file.uint_at(at.checked_add(4)?, 4)?);
        (under != 0).then(|| over as f64 / under as f64)
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

    /// True in a `BigTIFF`.
    pub(super) fn is_wide(&self) -> bool {
        self.file.wide
    }

    /// The length of the whole file.
    pub(super) fn file_bytes(&self) -> usize {
        self.file.bytes.len()
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    fn start_of(&self, entry: &Entry, size: usize) -> Option<usize> {
        if entry.count * size <= self.file.word() {
            return Some(entry.value_at);
        }
        self.file.offset_at(entry.value_at)
    }
}

impl<'a> File<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let wide = bytes.get(..4).is_some_and(|magic| magic == b"II\x2b\0" || magic == b"MM\0\x2b");
        Self { bytes, big_endian: bytes.starts_with(b"MM"), wide }
    }

    /// Bytes of an offset, a count, and a value that stands in its entry.
    fn word(self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    fn first_link_at(self) -> usize {
        self.word()
    }

    fn directory(self, at: usize) -> Option<(Directory<'a>, Option<usize>)> {
        let head = if self.wide { 8 } else { 2 };
        let entry_bytes = 4 + 2 * self.word();
        let entries = usize::try_from(self.uint_at(at, head)?).ok()?.min(MAX_ENTRIES);
        let first = at.checked_add(head)?;
        let entry_at = |index: usize| first.checked_add(index * entry_bytes);
        let found: Vec<Entry> = (0..entries).map_while(|index| self.entry(entry_at(index)?)).collect();
        // A directory that is cut off has no link to a next one, and no page without its width.
        let link = if found.len() == entries { self.offset_at(entry_at(entries)?) } else { None };
        (!found.is_empty()).then_some((Directory { file: self, at, entries: found }, link))
    }

    fn entry(self, at: usize) -> Option<Entry> {
        Some(Entry {
            tag: self.uint_at(at, 2)? as u16,
            kind: self.uint_at(at.checked_add(2)?, 2)? as u16,
            count: self.offset_at(at.checked_add(4)?)?.min(MAX_VALUES),
            value_at: at.checked_add(4 + self.word())?,
        })
    }

    /// An offset or a count; one that no memory could hold is as good as one beyond the file.
    fn offset_at(self, at: usize) -> Option<usize> {
        self.uint_at(at, self.word()).map(|value| usize::try_from(value).unwrap_or(usize::MAX))
    }

    fn uint_at(self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let push = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) })
    }
}
