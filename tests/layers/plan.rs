//! The table: every top-level module with its floor, the crates that it may use and what of the world it may
//! reach. Exceptions stand below it, each with its reason.

/// A top-level module.
pub struct Room {
    pub name: &'static str,
    /// It uses only lower ones.
    pub floor: u8,
    /// Crates, as Rust writes them.
    pub outside: &'static [&'static str],
    /// Of files, network, environment, processes and clock. A room without `clock` is told the time.
    pub reach: &'static [&'static str],
}

pub fn room(name: &str) -> Option<&'static Room> {
    PLAN.iter().find(|room| room.name == name)
}

#[rustfmt::skip]
pub const PLAN: &[Room] = &[
    // Words and rules.
    Room { name: "domain", floor: 0, reach: &[], outside: &["jiff", "serde", "serde_json", "sha2", "thiserror", "unicode_normalization", "uuid"] },
    // What the rest is made with.
    Room { name: "form", floor: 1, reach: &["files"], outside: &["jiff", "serde", "serde_json", "thiserror", "toml"] },
    Room { name: "seal", floor: 1, reach: &[], outside: &["argon2", "getrandom", "hmac", "ring", "serde", "sha2", "thiserror", "toml"] },
    Room { name: "typeset", floor: 1, reach: &[], outside: &["flate2", "icu_segmenter", "printpdf", "subsetter", "thiserror", "ttf_parser"] },
    // The five trades; none knows another.
    Room { name: "sheet", floor: 2, reach: &[], outside: &["jiff", "lopdf", "qrcode", "thiserror"] },
    Room { name: "read", floor: 2, reach: &[], outside: &["base64", "fax", "hayro", "hayro_ccitt", "hayro_jbig2", "image", "lopdf", "rqrr", "serde", "thiserror", "tiff"] },
    Room { name: "mail", floor: 2, reach: &["files", "network"], outside: &["base64", "imap_proto", "jiff", "lettre", "mail_parser", "serde", "thiserror", "tokio", "tokio_rustls", "toml", "unicode_normalization", "webpki_roots"] },
    Room { name: "store", floor: 2, reach: &["files", "clock"], outside: &["jiff", "rusqlite", "serde", "serde_json", "sha2", "thiserror", "uuid"] },
    Room { name: "report", floor: 2, reach: &[], outside: &["csv", "jiff", "serde", "serde_json"] },
    // Strangers' bytes, kept away from everything.
    Room { name: "pool", floor: 3, reach: &["processes", "environment", "clock"], outside: &["rustix", "serde", "serde_json", "tokio", "tracing"] },
    // The verbs.
    Room { name: "flow", floor: 4, reach: &["network"], outside: &["jiff", "serde_json", "thiserror", "tokio", "tracing"] },
    // Who calls them.
    Room { name: "web", floor: 5, reach: &["network"], outside: &["axum", "fluent_bundle", "form_urlencoded", "http_body_util", "jiff", "minijinja", "multer", "serde", "serde_json", "thiserror", "tokio", "tracing", "unic_langid"] },
    Room { name: "jobs", floor: 5, reach: &["files", "clock"], outside: &["jiff", "rustix", "thiserror", "tokio", "tracing"] },
    Room { name: "practice", floor: 5, reach: &["files", "network"], outside: &["fax", "jiff", "rand", "rand_chacha", "serde", "thiserror", "tokio"] },
    // Wires everything, once.
    Room { name: "config", floor: 6, reach: &["files", "network"], outside: &["jiff", "serde", "thiserror", "toml"] },
    Room { name: "cli", floor: 6, reach: &["files", "network", "environment", "processes", "clock"], outside: &["axum", "clap", "jiff", "rand", "rand_chacha", "serde", "serde_json", "thiserror", "tokio", "toml", "tracing", "tracing_subscriber"] },
    Room { name: "main", floor: 6, reach: &["processes"], outside: &["clap"] },
];

/// Arrows between rooms of one floor: who, whom, why.
pub const SIDEWAYS: &[(&str, &str, &str)] = &[
    ("cli", "config", "the settings are what it wires the rest with"),
    ("main", "cli", "the binary only parses and calls"),
];

/// What a room may use only in some places: room, crate or reach, a place's path, why.
pub const NARROWER: &[(&str, &str, &str, &str)] = &[
    (
        "form",
        "files",
        "form/catalogue.rs",
        "a newcomer's form is a file; the language itself is text in, form out",
    ),
    ("pool", "environment", "pool/limits.rs", "a child is told its limits that way and nothing else"),
    ("pool", "clock", "pool/child.rs", "a stop-watch for the stages of reading; no time of day"),
    (
        "pool",
        "clock",
        "pool/transcriber.rs",
        "a stop-watch for what an arrival's programs take; no time of day",
    ),
    ("mail", "base64", "mail/receive/imap", "a mailbox's name and a login are written so"),
    ("mail", "imap_proto", "mail/receive/imap", "what a mail server answers is read in one place"),
    ("mail", "tokio_rustls", "mail/receive/imap", "lettre encrypts what is sent"),
    ("mail", "webpki_roots", "mail/receive/imap", "lettre encrypts what is sent"),
    ("store", "rusqlite", "store/sqlite", "flows see a trait; the database could be another"),
    (
        "store",
        "clock",
        "store/blob.rs",
        "the age of unfinished files is the file system's time, not the gateway's",
    ),
    (
        "flow",
        "network",
        "flow/sign_in.rs",
        "tells one visitor's network from another; nothing is connected to",
    ),
    ("jobs", "rustix", "jobs/lock.rs", "one worker at a time: a lock of the operating system"),
    ("jobs", "files", "jobs/lock.rs", "the lock is a file"),
    (
        "web",
        "network",
        "web/door.rs",
        "where a visit comes from goes into the audit log; nothing is connected to",
    ),
    ("web", "minijinja", "web/page.rs", "templates are written in one place; pages give them plain data"),
    ("web", "fluent_bundle", "web/message.rs", "one catalogue of texts"),
    ("web", "unic_langid", "web/message.rs", "names the catalogue's languages"),
    ("web", "multer", "web/posted.rs", "what is posted with files is read in one place"),
    ("web", "form_urlencoded", "web/pairs.rs", "what is posted is read in one place"),
    ("cli", "axum", "cli/serve.rs", "hands the router of web to a listener, and stops both together"),
];
