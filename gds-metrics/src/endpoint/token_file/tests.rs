//! Files that are half written, endless or not regular, and a file system that does not answer.

use std::{
    fs,
    process::{self, Command},
    sync::{
        Condvar, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use super::*;

const QUICK: Pace = Pace {
    interval: Duration::from_millis(1),
    patience: Duration::from_secs(20),
    limit: Duration::from_secs(20),
};

/// A separate path for each test, where nothing exists.
fn temporary(name: &str) -> PathBuf {
    let name = format!("gds-metrics-token-{}-{name}", process::id());
    std::env::temp_dir().join(name)
}

fn start_error(path: &Path) -> String {
    let error = TokenFile::open(path.to_owned());
    error.expect_err("no token").to_string()
}

#[test]
fn one_newline_is_trimmed() {
    let path = temporary("newlines");
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

#[test]
fn at_most_64_kib() {
    let path = temporary("long");
    let longest = "x".repeat(64 * 1024);
    fs::write(&path, &longest).expect("a temporary file");
    assert_eq!(read(&path).ok().as_deref(), Some(&*longest));
    fs::write(&path, format!("{longest}\n")).expect("a temporary file");
    let error = start_error(&path);
    assert!(error.ends_with("it is longer than 64 KiB"), "{error}");
    fs::remove_file(&path).expect("a temporary file");
}

#[cfg(unix)]
#[test]
fn pipes_and_folders_are_rejected() {
    let path = temporary("pipe");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo").success());
    for path in [&path, &std::env::temp_dir()] {
        let error = start_error(path);
        assert!(error.ends_with("it is not a regular file"), "{error}");
    }
    fs::remove_file(&path).expect("a temporary file");
}

/// `/dev/zero` never ends.
#[cfg(unix)]
#[test]
fn devices_are_rejected() {
    let error = start_error(Path::new("/dev/zero"));
    assert!(error.ends_with("it is not a regular file"), "{error}");
}

#[test]
fn a_token_in_the_wrong_variable_is_not_shown() {
    for (path, is_shown) in [
        ("", true),
        ("/nowhere/at/all", true),
        ("./nowhere/at/all", true),
        ("../nowhere/at/all", true),
        ("hunter2", false),
        ("hunter2/hunter2==", false),
        (".hunter2", false),
        ("..hunter2", false),
    ] {
        let expected = if is_shown { path } else { "…" };
        let error = TokenFile::open(PathBuf::from(path)).expect_err("nothing there");
        let begin =
            format!("METRICS_AUTH_TOKEN_FILE is `{expected}`, but no token can be read from it: ");
        for text in [
            format!("{error}"),
            format!("{error:?}"),
            format!("{error:#?}"),
        ] {
            assert!(text.starts_with(&begin), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}

/// A file that reads as each of `texts` in turn, and then as the last one for ever.
fn file_with(texts: &'static [&'static str], pace: Pace) -> (TokenFile, Arc<AtomicUsize>) {
    let reads = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&reads);
    let read = move |_: &Path| {
        let text = texts.get(counted.fetch_add(1, SeqCst)).or(texts.last());
        match text {
            Some(&"") | None => Err(io::Error::other("it is empty")),
            Some(&text) => Ok(text.into()),
        }
    };
    let file = TokenFile::open_with(PathBuf::from("/token"), Box::new(read), pace);
    (file.expect("a token"), reads)
}

/// A token is accepted if two looks agree.
#[actix_web::test]
async fn a_half_written_token_is_never_accepted() {
    let texts = &["first", "s", "se", "sec", "", "second"];
    let (file, reads) = file_with(texts, QUICK);
    let mut believed = Vec::new();
    while reads.load(SeqCst) < 10 {
        thread::sleep(QUICK.interval);
        believed.push(file.current().await.to_string());
    }
    believed.dedup();
    assert_eq!(believed, ["first", "second"]);
}

/// The scrape that detects a change waits until it is accepted.
#[actix_web::test]
async fn one_scrape_is_enough_for_a_change() {
    let pace = Pace {
        // Long enough for a busy machine to reach the first scrape.
        interval: Duration::from_millis(500),
        ..QUICK
    };
    let (file, reads) = file_with(&["first", "second"], pace);
    assert_eq!(&*file.current().await, "first");
    assert_eq!(reads.load(SeqCst), 1, "not looked at again before its time");
    thread::sleep(pace.interval);
    assert_eq!(&*file.current().await, "second");
}

/// A file system that can be told to hang.
#[derive(Default)]
struct Disk {
    hangs: Mutex<bool>,
    answers: Condvar,
    reads: AtomicUsize,
}

impl Disk {
    fn hang(&self, hangs: bool) {
        *self.hangs.lock().expect("no panic under the lock") = hangs;
        self.answers.notify_all();
    }

    fn read(&self, token: &str) -> Arc<str> {
        self.reads.fetch_add(1, SeqCst);
        let hangs = self.hangs.lock().expect("no panic under the lock");
        let answered = self.answers.wait_while(hangs, |hangs| *hangs);
        drop(answered.expect("no panic under the lock"));
        token.into()
    }
}

#[actix_web::test]
async fn a_look_that_hangs_is_given_up() {
    let pace = Pace {
        interval: Duration::from_millis(1),
        patience: Duration::from_millis(10),
        limit: Duration::from_millis(50),
    };
    let disk = Arc::<Disk>::default();
    let token = Arc::new(Mutex::new("first"));
    let (of_file, held) = (Arc::clone(&disk), Arc::clone(&token));
    let read = move |_: &Path| {
        let token = *held.lock().expect("no panic under the lock");
        Ok(of_file.read(token))
    };
    let file = TokenFile::open_with(PathBuf::from("/token"), Box::new(read), pace);
    let file = file.expect("a token");

    disk.hang(true);
    let mut begin = Instant::now();
    while disk.reads.load(SeqCst) < 1 + MAX_LOOKS {
        assert!(begin.elapsed() < QUICK.limit, "it is looked at anew");
        thread::sleep(pace.interval);
        assert_eq!(&*file.current().await, "first");
    }
    begin = Instant::now();
    while begin.elapsed() < pace.limit * 3 {
        thread::sleep(pace.interval);
        assert_eq!(&*file.current().await, "first");
    }
    assert_eq!(disk.reads.load(SeqCst), 1 + MAX_LOOKS, "no more threads");
    let trouble = file.inner.state.borrow().trouble.clone();
    assert_eq!(
        trouble,
        Some("reading it takes longer than 50ms".to_owned())
    );
    // Nothing waits for a look that was given up.
    let waited = Instant::now();
    for _ in 0..100 {
        file.current().await;
    }
    assert!(waited.elapsed() < pace.patience * 100);

    *token.lock().expect("no panic under the lock") = "second";
    disk.hang(false);
    begin = Instant::now();
    while &*file.current().await != "second" {
        assert!(begin.elapsed() < QUICK.limit, "rotation works again");
        thread::sleep(pace.interval);
    }
    assert_eq!(file.inner.state.borrow().trouble, None);
}

#[test]
fn a_start_has_a_time_limit() {
    let pace = Pace {
        limit: Duration::from_millis(10),
        ..QUICK
    };
    let disk = Arc::<Disk>::default();
    disk.hang(true);
    let of_file = Arc::clone(&disk);
    let read = move |_: &Path| Ok(of_file.read("first"));
    let file = TokenFile::open_with(PathBuf::from("/token"), Box::new(read), pace);
    let error = file.expect_err("a file system that hangs").to_string();
    assert_eq!(
        error,
        "METRICS_AUTH_TOKEN_FILE is `/token`, but no token can be read from it: reading it takes longer than \
         10ms"
    );
    disk.hang(false);
}
