//! What is posted: a form's fields (`application/x-www-form-urlencoded`), or fields with files
//! (`multipart/form-data`, RFC 7578). Read whole within limits; what is too large is read and thrown away, so that the
//! browser hears the answer instead of a broken connection.

use super::WebError;
use super::pairs::Pairs;
use crate::domain::attachment::ATTACHED_FILE_BYTES;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, Limited};
use multer::{Field, Multipart};

/// More than the longest form with everything filled in.
const MOST_FIELD_BYTES: usize = 256 * 1024;
/// So much is read at the most.
const MOST_DRAINED_BYTES: usize = 64 * 1024 * 1024;
/// The most files of one form.
const MOST_FILES: usize = 10;
/// All files of one form together: two of the largest.
const MOST_FILES_BYTES: usize = 2 * ATTACHED_FILE_BYTES;
/// The field that says that files were chosen, whatever became of them.
pub const FILES_CHOSEN: &str = "files-chosen";

/// A file.
pub struct Upload {
    /// As the browser calls it.
    pub name: String,
    /// `None`: larger than a file may be.
    pub bytes: Option<Vec<u8>>,
}

/// A form with its files.
#[derive(Default)]
pub struct Posted {
    /// The fields; [`FILES_CHOSEN`] among them when files were chosen.
    pub form: Pairs,
    /// The files, unless they are not taken.
    pub files: Vec<Upload>,
}

/// Reads it. Without `takes_files` a file's bytes are thrown away as they come.
///
/// # Errors
/// [`WebError::TooLarge`].
pub async fn read(body: Body, headers: &HeaderMap, takes_files: bool) -> Result<Posted, WebError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match multer::parse_boundary(kind) {
        Ok(boundary) => read_parts(body, boundary, takes_files).await,
        Err(_) => Ok(Posted { form: Pairs::decode(&read_fields(body).await?), files: Vec::new() }),
    }
}

async fn read_fields(body: Body) -> Result<Vec<u8>, WebError> {
    let mut limited = Limited::new(body, MOST_DRAINED_BYTES);
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(frame) = limited.frame().await {
        let frame = frame.map_err(|_| WebError::TooLarge)?;
        let Ok(data) = frame.into_data() else { continue };
        fits &= bytes.len() + data.len() <= MOST_FIELD_BYTES;
        if fits {
            bytes.extend_from_slice(&data);
        }
    }
    if fits { Ok(bytes) } else { Err(WebError::TooLarge) }
}

async fn read_parts(body: Body, boundary: String, takes_files: bool) -> Result<Posted, WebError> {
    let limited = Body::new(Limited::new(body, MOST_DRAINED_BYTES));
    let mut parts = Multipart::new(limited.into_data_stream(), boundary);
    let mut posted = Posted::default();
    let (mut field_bytes, mut file_bytes) = (0, 0);
    // A body that breaks off or contradicts itself is no form: nothing of it is believed.
    while let Some(mut part) = parts.next_field().await.map_err(|_| WebError::TooLarge)? {
        let name = part.name().unwrap_or_default().to_owned();
        let Some(file) = part.file_name().map(str::to_owned) else {
            let bytes = take(&mut part, MOST_FIELD_BYTES.saturating_sub(field_bytes)).await?;
            let bytes = bytes.ok_or(WebError::TooLarge)?;
            field_bytes += name.len() + bytes.len();
            posted.form.add(&name, &String::from_utf8_lossy(&bytes));
            continue;
        };
        let room = if takes_files { MOST_FILES_BYTES.saturating_sub(file_bytes) } else { 0 };
        let bytes = take(&mut part, room.min(ATTACHED_FILE_BYTES)).await?;
        // A field of files in which none was chosen is posted as one without a name.
        if file.is_empty() && bytes.as_ref().is_none_or(Vec::is_empty) {
            continue;
        }
        file_bytes += bytes.as_ref().map_or(0, Vec::len);
        if posted.form.get(FILES_CHOSEN).is_empty() {
            posted.form.add(FILES_CHOSEN, "1");
        }
        if takes_files && posted.files.len() < MOST_FILES {
            posted.files.push(Upload { name: file, bytes });
        } else if takes_files {
            return Err(WebError::TooLarge);
        }
    }
    Ok(posted)
}

/// The part whole, or `None` when it is larger than `most`; it is read to its end in any case.
async fn take(part: &mut Field<'_>, most: usize) -> Result<Option<Vec<u8>>, WebError> {
    let mut bytes = Some(Vec::new());
    while let Some(chunk) = part.chunk().await.map_err(|_| WebError::TooLarge)? {
        bytes = bytes.filter(|bytes| bytes.len() + chunk.len() <= most);
        if let Some(bytes) = &mut bytes {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(headers: &str, body: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; {headers}\r\n\r\n{body}\r\n")
    }

    async fn posted(parts: &str, takes_files: bool) -> Result<Posted, WebError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "multipart/form-data; boundary=b".parse().unwrap());
        read(Body::from(format!("{parts}--b--\r\n")), &headers, takes_files).await
    }

    #[tokio::test]
    async fn fields_and_files_are_told_apart() {
        let parts = part("name=\"a\"", "一\r\n二")
            + &part("name=\"file\"; filename=\"第1表.pdf\"\r\nContent-Type: application/pdf", "%PDF-1.4")
            + &part("name=\"a\"", "");
        let taken = posted(&parts, true).await.unwrap();
        assert_eq!(taken.form.all("a").collect::<Vec<_>>(), ["一\r\n二", ""]);
        assert_eq!(taken.files.len(), 1);
        assert_eq!((taken.files[0].name.as_str(), taken.form.get(FILES_CHOSEN)), ("第1表.pdf", "1"));
        assert_eq!(taken.files[0].bytes.as_deref(), Some(&b"%PDF-1.4"[..]));
        // Whoever is not signed in: that files were chosen is known, and nothing of them is kept.
        let left = posted(&parts, false).await.unwrap();
        assert_eq!((left.files.len(), left.form.get(FILES_CHOSEN)), (0, "1"));
        // Nothing was chosen.
        let none = posted(&part("name=\"file\"; filename=\"\"", ""), true).await.unwrap();
        assert_eq!((none.files.len(), none.form.get(FILES_CHOSEN)), (0, ""));
    }

    #[tokio::test]
    async fn what_is_too_large_is_told() {
        let file = |bytes: usize| part("name=\"file\"; filename=\"a.pdf\"", &"x".repeat(bytes));
        let large = posted(&file(ATTACHED_FILE_BYTES + 1), true).await.unwrap();
        assert!(large.files[0].bytes.is_none());
        assert_eq!(
            posted(&file(ATTACHED_FILE_BYTES), true).await.unwrap().files[0].bytes.as_ref().unwrap().len(),
            ATTACHED_FILE_BYTES
        );
        let many = file(1).repeat(MOST_FILES + 1);
        assert!(matches!(posted(&many, true).await, Err(WebError::TooLarge)));
        let long = part("name=\"a\"", &"x".repeat(MOST_FIELD_BYTES + 1));
        assert!(matches!(posted(&long, true).await, Err(WebError::TooLarge)));
        let broken = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end";
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "multipart/form-data; boundary=b".parse().unwrap());
        assert!(read(Body::from(broken), &headers, true).await.is_err());
    }
}
