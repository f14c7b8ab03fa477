//! A token in a file, which may be rotated.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use actix_web::rt::time::timeout;
use tokio::sync::watch;

use crate::error::ConfigError;

pub(crate) const TOKEN_FILE: &str = "METRICS_AUTH_TOKEN_FILE";

/// A longer file cannot contain a token.
const MAX_LEN: u64 = 64 * 1024;
/// The maximum number of threads that wait for a file system that does not answer.
const MAX_LOOKS: usize = 4;

/// The token in a file. The file is read again when the token is needed, at most once a second, on
/// a separate thread: a file system that hangs must not block the event loop or the blocking pool.
pub(crate) struct TokenFile {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    read: Box<Reader>,
    pace: Pace,
    state: watch::Sender<State>,
}

type Reader = dyn Fn(&Path) -> io::Result<Arc<str>> + Send + Sync;

#[derive(Clone, Copy)]
struct Pace {
    /// How long a token is fresh after it was read, and how long a change must last to be accepted.
    interval: Duration,
    /// How long a scrape waits for a look: long enough to accept a change.
    patience: Duration,
    /// The time after which a look is given up.
    limit: Duration,
}

const PACE: Pace = Pace {
    interval: Duration::from_secs(1),
    patience: Duration::from_secs(2),
    limit: Duration::from_secs(10),
};

struct State {
    token: Arc<str>,
    /// When the last look ended.
    looked: Instant,
    look: Option<Look>,
    /// The number of looks that were started.
    begun: u64,
    /// The number of looks that have not returned, including those that were given up.
    out: usize,
    /// The problem that was logged last, while it lasts.
    trouble: Option<String>,
}

/// The look that is awaited.
#[derive(Clone, Copy)]
struct Look {
    number: u64,
    at: Instant,
}

impl TokenFile {
    pub(crate) fn open(path: PathBuf) -> Result<Self, ConfigError> {
        Self::open_with(path, Box::new(read), PACE)
    }

    fn open_with(path: PathBuf, read: Box<Reader>, pace: Pace) -> Result<Self, ConfigError> {
        let inner = Arc::new(Inner {
            path,
            read,
            pace,
            state: watch::Sender::new(State {
                token: Arc::default(),
                looked: Instant::now(),
                look: None,
                begun: 0,
                out: 0,
                trouble: None,
            }),
        });
        match inner.read_first() {
            Ok(token) => {
                inner.state.send_modify(|state| state.token = token);
                Ok(Self { inner })
            }
            Err(source) => Err(ConfigError::TokenFile {
                path: shown(&inner.path).to_owned(),
                source,
            }),
        }
    }

    /// The token as the file holds it now, or the last good one.
    pub(crate) async fn current(&self) -> Arc<str> {
        let Inner { pace, state, .. } = &*self.inner;
        self.inner.look_if_due();
        let mut state = state.subscribe();
        let look = state.borrow().look;
        if let Some(look) = look {
            // If the look takes too long, the last good token counts.
            let left = pace.patience.saturating_sub(look.at.elapsed());
            if !left.is_zero() {
                let ended = state.wait_for(|state| !state.awaits(look.number));
                let _ = timeout(left, ended).await;
            }
        }
        Arc::clone(&state.borrow().token)
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = shown(&self.inner.path);
        f.debug_tuple("TokenFile").field(&path).finish()
    }
}

// Log lines are written after the state is updated and unlocked: a logger may block, or panic.
impl Inner {
    /// The first look, for which the start waits.
    fn read_first(self: &Arc<Self>) -> io::Result<Arc<str>> {
        let (sender, first) = mpsc::sync_channel(1);
        let this = Arc::clone(self);
        spawn(move || {
            // If the read took too long, there is no receiver any more.
            let _ = sender.send((this.read)(&this.path));
        })?;
        match first.recv_timeout(self.pace.limit) {
            Ok(read) => read,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, self.hangs())),
        }
    }

    fn look_if_due(self: &Arc<Self>) {
        let now = Instant::now();
        let (mut begun, mut news) = (None, None);
        self.state.send_if_modified(|state| {
            let due = match state.look {
                Some(look) => now.duration_since(look.at) >= self.pace.limit,
                None => now.duration_since(state.looked) >= self.pace.interval,
            };
            if due && state.look.is_some() {
                news = state.news(self.hangs());
            }
            if due && state.out < MAX_LOOKS {
                begun = Some(state.begin_look(now));
            }
            false
        });
        if let Some(number) = begun {
            let this = Arc::clone(self);
            let spawned = spawn(move || this.end_look(number, this.look()));
            if let Err(error) = spawned {
                self.end_look(number, Err(error));
            }
        }
        self.tell(news);
    }

    /// A new token in the file, if two reads agree. A half-written one does not last.
    fn look(&self) -> io::Result<Option<Arc<str>>> {
        let found = (self.read)(&self.path);
        if let Ok(token) = &found
            && *token == self.state.borrow().token
        {
            return Ok(None);
        }
        thread::sleep(self.pace.interval);
        let again = (self.read)(&self.path)?;
        Ok(found.is_ok_and(|found| found == again).then_some(again))
    }

    fn end_look(&self, number: u64, found: io::Result<Option<Arc<str>>>) {
        let found = found.map_err(|error| error.to_string());
        let mut news = None;
        self.state.send_modify(|state| {
            state.out -= 1;
            // The result of a look that was given up may be out of date.
            if !state.awaits(number) {
                return;
            }
            state.look = None;
            state.looked = Instant::now();
            match found {
                Ok(token) => {
                    state.trouble = None;
                    if let Some(token) = token {
                        state.token = token;
                    }
                }
                Err(trouble) => news = state.news(trouble),
            }
        });
        self.tell(news);
    }

    fn hangs(&self) -> String {
        format!("reading it takes longer than {:?}", self.pace.limit)
    }

    fn tell(&self, news: Option<String>) {
        if let Some(trouble) = news {
            log::error!(
                "{TOKEN_FILE} is `{}`, but no token can be read from it: {trouble}; the last valid \
                 token stays in use",
                shown(&self.path).display()
            );
        }
    }
}

impl State {
    fn begin_look(&mut self, at: Instant) -> u64 {
        self.begun += 1;
        self.out += 1;
        let number = self.begun;
        self.look = Some(Look { number, at });
        number
    }

    fn awaits(&self, number: u64) -> bool {
        self.look.is_some_and(|look| look.number == number)
    }

    /// The problem, if it differs from the previous one.
    fn news(&mut self, trouble: String) -> Option<String> {
        if self.trouble.as_ref() == Some(&trouble) {
            return None;
        }
        self.trouble.insert(trouble).clone().into()
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name("gds-metrics-token".to_owned());
    thread.spawn(work).map(drop)
}

/// The path, if it is certainly a path. Otherwise it may be a token in the wrong variable.
fn shown(path: &Path) -> &Path {
    let is_path = path.is_absolute() || path.starts_with(".") || path.starts_with("..");
    if is_path || path.as_os_str().is_empty() {
        path
    } else {
        Path::new("…")
    }
}

/// Checks that a token can be sent in a header: visible ASCII, at least one character.
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

/// Reads a token, without one newline at its end.
fn read(path: &Path) -> io::Result<Arc<str>> {
    let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    let mut options = File::options();
    options.read(true);
    // Without this, opening a pipe would wait for a writer.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(invalid("it is not a regular file".to_owned()));
    }
    let mut text = String::new();
    file.take(MAX_LEN + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_LEN {
        return Err(invalid("it is longer than 64 KiB".to_owned()));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let token = line.strip_suffix('\r').unwrap_or(line);
    check_token("the file", token).map_err(|error| invalid(error.to_string()))?;
    Ok(token.into())
}

#[cfg(test)]
mod tests;
