//! The sentences for files that cannot be opened as they should. It decides nothing.

use crate::domain::reading::{Problem, ProblemCode};

pub(super) fn empty() -> Problem {
    Problem::new(
        ProblemCode::Empty,
        "ファイルが空です。もう一度お送りください。 / The file is empty; please send it again.",
    )
}

pub(super) fn unknown_kind() -> Problem {
    Problem::new(
        ProblemCode::UnknownKind,
        "PDF・TIFF・JPEG・PNG のいずれでもないファイルです。 / The file is not a PDF, TIFF, JPEG or PNG.",
    )
}

pub(super) fn file_too_large(max_bytes: usize) -> Problem {
    let max_mb = max_bytes >> 20;
    Problem::new(
        ProblemCode::TooLarge,
        format!(
            "ファイルが {max_mb} MB を超えています。分けてお送りください。 / The file is larger than {max_mb} MB; please send it in parts."
        ),
    )
}

pub(super) fn too_many_pages(max_pages: u32) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!(
            "{max_pages} ページを超える部分は読んでいません。原本をご確認ください。 / Pages after {max_pages} were not read; please look at the original."
        ),
    )
}

pub(super) fn broken(kind: &str) -> Problem {
    Problem::new(
        ProblemCode::Broken,
        format!(
            "{kind} ファイルが壊れていて開けません。再送をお願いしてください。 / The {kind} file is broken; please ask for it again."
        ),
    )
}

pub(super) fn broken_after(kind: &str, page: u32) -> Problem {
    Problem::new(
        ProblemCode::Broken,
        format!(
            "{kind} ファイルは {page} ページ目より後が壊れています。再送をお願いしてください。 / The {kind} file is broken after page {page}; please ask for it again."
        ),
    )
}

pub(super) fn encrypted() -> Problem {
    Problem::new(
        ProblemCode::Encrypted,
        "パスワード付きの PDF は開けません。パスワードなしでお送りください。 / The PDF needs a password; please send it without one.",
    )
}

pub(super) fn page_broken(page: u32) -> Problem {
    Problem::new(
        ProblemCode::Broken,
        format!(
            "{page} ページ目を開けません。原本をご確認ください。 / Page {page} cannot be opened; please look at the original."
        ),
    )
}

pub(super) fn page_too_large(page: u32) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!(
            "{page} ページ目の画像が大きすぎるため開いていません。 / Page {page} is too large a picture and was not opened."
        ),
    )
}

pub(super) fn page_too_much(page: u32) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!(
            "{page} ページ目は描画が多すぎるため開いていません。紙に印刷して FAX するか、画像でお送りください。 / Page {page} asks for too much drawing and was not opened; please fax it from paper or send it as a picture."
        ),
    )
}

pub(super) fn stream_too_large() -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        "PDF の中身が大きすぎるため開いていません。 / The PDF unpacks to more than is allowed and was not opened.",
    )
}

pub(super) fn damaged_lines(kept: usize, of: usize) -> Problem {
    Problem::new(
        ProblemCode::DamagedLines,
        format!(
            "画像の一部の行が壊れています（{of} 行のうち無傷は {kept} 行）。 / Some lines of the picture are damaged ({kept} of {of} are sound)."
        ),
    )
}

pub(super) fn lying_tags() -> Problem {
    Problem::new(
        ProblemCode::LyingTags,
        "ファイルの解像度または白黒の指定が画像と合わないため、画像から判断しました。 / The file's resolution or colour tags contradict its pixels; the pixels were believed.",
    )
}
