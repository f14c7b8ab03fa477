//! A token that lies in a file and may be rotated there.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use actix_web::rt::time::timeout;
use tokio::sync::watch;

use crate::error::ConfigError;

pub(crate) const TOKEN_FILE: &str = "METRICS_AUTH_TOKEN_FILE";

/// How old what was read may become, and how long a scrape waits for a new look.
const INTERVAL: Duration = Duration::from_secs(1);

/// The token in a file. It is looked at again when asked for, at most once a second, on a thread of
/// its own: a file system that hangs must hold up neither the event loop nor the blocking pool.
pub(crate) struct TokenFile {
    path: PathBuf,
    last: watch::Sender<Look>,
}

struct Look {
    token: Arc<str>,
    at: Instant,
    /// Another look is being taken.
    busy: bool,
}

impl TokenFile {
    pub(crate) fn open(path: PathBuf) -> Result<Self, ConfigError> {
        let token = match read(&path) {
            Ok(token) => token,
            Err(source) => return Err(ConfigError::TokenFile { path, source }),
        };
        let last = watch::Sender::new(Look {
            token,
            at: Instant::now(),
            busy: false,
        });
        Ok(Self { path, last })
    }

    /// The token as the file holds it now, or the last good one.
    pub(crate) async fn current(&self) -> Arc<str> {
        if self.begin_look() {
            self.look();
        }
        let mut last = self.last.subscribe();
        // When it takes too long, the last good one must do.
        let _ = timeout(INTERVAL, last.wait_for(|look| !look.busy)).await;
        Arc::clone(&self.last.borrow().token)
    }

    /// Whether a look is due that nobody else is taking.
    fn begin_look(&self) -> bool {
        let mut begun = false;
        self.last.send_if_modified(|look| {
            begun = !look.busy && look.at.elapsed() >= INTERVAL;
            look.busy |= begun;
            false
        });
        begun
    }

    fn look(&self) {
        let (path, last) = (self.path.clone(), self.last.clone());
        let thread = thread::Builder::new().name("gds-metrics-token".to_owned());
        let spawned = thread.spawn(move || end_look(&last, &path, read(&path)));
        if let Err(error) = spawned {
            end_look(&self.last, &self.path, Err(error));
        }
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenFile").field(&self.path).finish()
    }
}

fn end_look(last: &watch::Sender<Look>, path: &Path, read: io::Result<Arc<str>>) {
    // Not while the lock is held: a logger may block.
    if let Err(error) = &read {
        log::error!(
            "{TOKEN_FILE} is `{}`, which cannot be read any more: {error}; the token read last stays \
             valid",
            path.display()
        );
    }
    last.send_modify(|look| {
        look.at = Instant::now();
        look.busy = false;
        if let Ok(token) = read {
            look.token = token;
        }
    });
}

/// Whether a token can arrive in a header: visible ASCII, at least one.
pub(crate) fn check_token(setting: &'static str, token: &str) -> Result<(), ConfigError> {
    let problem = if token.is_empty() {
        "is empty"
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        "has white space or something that is not visible ASCII"
    } else {
        return Ok(());
    };
    Err(ConfigError::Token { setting, problem })
}

/// Reads a token, less one newline at its end.
fn read(path: &Path) -> io::Result<Arc<str>> {
    let text = fs::read_to_string(path)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let token = line.strip_suffix('\r').unwrap_or(line);
    check_token(TOKEN_FILE, token)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    Ok(token.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_is_trimmed() {
        let path = std::env::temp_dir().join(format!("gds-metrics-token-{}", std::process::id()));
        for (text, expected) in [
            ("secret", Some("secret")),
            ("secret\n", Some("secret")),
            ("secret\r\n", Some("secret")),
            ("secret\n\n", None),
            (" secret", None),
            ("", None),
            ("\n", None),
        ] {
            fs::write(&path, text).expect("a temporary file");
            assert_eq!(read(&path).ok().as_deref(), expected, "{text:?}");
        }
        fs::remove_file(&path).expect("a temporary file");
        assert!(TokenFile::open(path).is_err());
    }
}
