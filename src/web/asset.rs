//! What pages load beside themselves: style sheets and scripts, all carried by the program and served under a
//! name that changes with their content. Nothing is loaded from elsewhere.

use crate::seal::digest::digest_hex;
use std::sync::LazyLock;

/// The files of `assets/web/`, by name; the list is made by `build.rs`.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// One file.
#[derive(Debug)]
pub struct Asset {
    /// `style.css`.
    pub name: &'static str,
    /// `style-0123456789ab.css`.
    pub hashed: String,
    /// What it is.
    pub media_type: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
}

static ASSETS: LazyLock<Vec<Asset>> =
    LazyLock::new(|| FILES.iter().map(|(name, bytes)| asset(name, bytes)).collect());

/// The file that is served as `hashed`.
#[must_use]
pub fn find(hashed: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.hashed == hashed)
}

/// The address of the file `name`; an address that finds nothing where there is none.
#[must_use]
pub fn address(name: &str) -> String {
    let hashed = ASSETS.iter().find(|asset| asset.name == name).map_or(name, |asset| &asset.hashed);
    format!("/assets/{hashed}")
}

fn asset(name: &'static str, bytes: &'static [u8]) -> Asset {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let media_type = match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let digest = digest_hex(bytes);
    Asset { name, hashed: format!("{stem}-{}.{ending}", &digest[..12]), media_type, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_hashed_name_alone() {
        for (name, bytes) in FILES {
            let address = address(name);
            let hashed = address.strip_prefix("/assets/").unwrap();
            assert_ne!(hashed, *name);
            assert_eq!(find(hashed).map(|asset| asset.bytes), Some(*bytes));
            assert!(find(name).is_none());
        }
        assert_eq!(address("nothing.css"), "/assets/nothing.css");
    }

    /// One brace that is missing takes every rule after it away, without a word.
    #[test]
    fn every_brace_of_a_style_sheet_is_closed() {
        for (name, bytes) in FILES.iter().filter(|(name, _)| name.contains(".css")) {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{name}");
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for (name, bytes) in FILES.iter().filter(|(name, _)| name.contains(".css")) {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains("url(") && !text.contains("@import"), "{name}");
        }
    }
}
