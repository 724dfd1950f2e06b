//! The stages of reading one page, for whoever holds a stop-watch. The reader itself has none.

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Lost lines mended, ink summed up.
    Summing,
    /// Corner squares and code found and decoded.
    Finding,
    /// The map fitted through what is printed.
    Placing,
    /// Boxes judged.
    Boxes,
    /// Handwriting areas judged and cut out.
    Areas,
    /// Ink outside every field looked for.
    Outside,
}

impl Stage {
    /// As it stands in `renraku read --timings`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Summing => "summing",
            Self::Finding => "finding",
            Self::Placing => "placing",
            Self::Boxes => "boxes",
            Self::Areas => "areas",
            Self::Outside => "outside",
        }
    }
}

/// Told of every stage when it is done.
pub type Watch<'a> = &'a dyn Fn(Stage);
