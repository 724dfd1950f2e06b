//! How much of a stranger's file is looked at, each bound with its reason. It measures nothing.

/// Bounds on a file. The defaults let every honest fax, scan and photograph of a form pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A mail with a 20 MB file is about the most that mail servers carry; a fax page is 50 kB.
    pub max_file_bytes: usize,
    /// A fax of more pages is an error of the sender's machine; the first ones are still read.
    pub max_pages: u32,
    /// Pixels of one page: A4 at 600 dots an inch has 35 million.
    pub max_pixels: usize,
    /// Pixels along one side: A3 at 600 dots an inch has 9,900; a long roll at 196 has 20,000 for
    /// 2.6 m. Catches the flat bombs (65 535 × 600) that a bound on the area lets pass.
    pub max_side_px: usize,
    /// Filters on one PDF stream: real files have one, or two with ASCII85.
    pub max_pdf_filters: usize,
    /// What one PDF stream may inflate to: `max_pixels` in three colours.
    pub max_decoded_stream_bytes: usize,
    /// Drawing instructions of one PDF page or form: a dense page of text has 0.2 MB; the renderer takes
    /// thirty times their size.
    pub max_content_bytes: usize,
    /// Drawing instructions of one PDF page with all forms and patterns that it draws, each as often as it does.
    pub max_drawn_bytes: u64,
    /// What all streams of a PDF may inflate to together: this bounds the time that is spent on them.
    pub max_decoded_total_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 32 << 20,
            max_pages: 100,
            max_pixels: 40_000_000,
            max_side_px: 20_000,
            max_pdf_filters: 4,
            max_decoded_stream_bytes: 120_000_000,
            max_content_bytes: 4_000_000,
            max_drawn_bytes: 16_000_000,
            max_decoded_total_bytes: 480_000_000,
        }
    }
}

impl Limits {
    /// True for a page that may be allocated.
    pub(super) fn allow(&self, width_px: usize, height_px: usize) -> bool {
        width_px.max(height_px) <= self.max_side_px
            && width_px.checked_mul(height_px).is_some_and(|pixels| pixels <= self.max_pixels)
    }

    /// The most rows that a page of this width may have.
    pub(super) fn max_rows(&self, width_px: usize) -> usize {
        self.max_side_px.min(self.max_pixels / width_px.max(1))
    }
}
