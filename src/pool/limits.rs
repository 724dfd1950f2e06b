//! What a child may use. Each limit with its reason; the child sets them on itself before it reads a byte.

use rustix::process::{Resource, Rlimit, setrlimit};
use std::process::Command;
use std::time::Duration;

/// The limits of a reading.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// The most bytes of a file: a hundred fine fax pages are 10 MB; a phone's photos are larger.
    pub file_bytes: u64,
    /// Address space of a child. A page needs some 60 MB; a bomb of 60000² pixels would need 3.5 GB.
    pub memory_bytes: u64,
    /// Seconds of CPU in a child's whole life; a page needs 0.05.
    pub cpu_seconds: u64,
    /// Time for one file by the clock: a hundred fax pages take three seconds.
    pub wall: Duration,
    /// A child is replaced after so many pages, so that what leaks does not grow.
    pub pages_a_child: u32,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            file_bytes: 50_000_000,
            memory_bytes: 1 << 30,
            cpu_seconds: 120,
            wall: Duration::from_secs(20),
            pages_a_child: 300,
        }
    }
}

const MEMORY: &str = "RENRAKU_READER_MEMORY_BYTES";
const CPU: &str = "RENRAKU_READER_CPU_SECONDS";

impl PoolLimits {
    /// Tells a child its limits.
    pub(super) fn put_into(&self, command: &mut Command) {
        command.env(MEMORY, self.memory_bytes.to_string()).env(CPU, self.cpu_seconds.to_string());
    }
}

/// Sets this process's limits from what the parent said, or the defaults; no core files, which would hold
/// a client's page.
///
/// # Errors
/// When the system refuses: then nothing may be read.
pub(super) fn limit_self() -> std::io::Result<()> {
    let defaults = PoolLimits::default();
    let told = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let set = |resource, value| setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    set(Resource::As, told(MEMORY, defaults.memory_bytes))?;
    set(Resource::Cpu, told(CPU, defaults.cpu_seconds))?;
    set(Resource::Core, 0)?;
    Ok(())
}
