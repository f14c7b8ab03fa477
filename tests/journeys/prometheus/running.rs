//! Programs that run during a test and end with it.

use std::{
    env,
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(30);

/// A program that is stopped when the test ends or fails.
pub(crate) struct Running {
    child: Child,
    /// The output so far.
    log: Arc<Mutex<String>>,
}

impl Running {
    /// Starts a program and waits until a line of its output contains its address.
    pub(crate) fn start(
        command: &mut Command,
        address: fn(&str) -> Option<SocketAddr>,
    ) -> (Self, SocketAddr) {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let out: Option<Box<dyn Read + Send>> = child.stdout.take().map(|out| Box::new(out) as _);
        let err: Option<Box<dyn Read + Send>> = child.stderr.take().map(|err| Box::new(err) as _);

        let running = Self {
            child,
            log: Arc::default(),
        };
        let (found, listens) = mpsc::channel();
        for output in out.into_iter().chain(err) {
            let (found, log) = (found.clone(), Arc::clone(&running.log));
            // Reads to the end, so that the program never blocks on a full pipe.
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    *log.lock().expect("no panic while it is held") += &format!("{line}\n");
                    if let Some(address) = address(&line) {
                        let _ = found.send(address);
                    }
                }
            });
        }
        match listens.recv_timeout(LIMIT) {
            Ok(address) => (running, address),
            Err(_) => panic!("{command:?} does not listen:\n{}", running.log()),
        }
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no panic while it is held").clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An example, to be started on its own port and without any configuration from the environment.
/// Cargo builds the examples next to the folder of the tests.
pub(crate) fn example(name: &str) -> Command {
    let test = env::current_exe().expect("the path of this test");
    let target = test.parent().and_then(Path::parent).expect("its folders");
    let path = target
        .join("examples")
        .join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: `cargo build --examples` makes it",
        path.display()
    );

    let mut command = Command::new(path);
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("METRICS_")
            || ["PROMETHEUS_METRICS_PATH", "VCAP_APPLICATION", "PORT"].contains(&&*name)
        {
            command.env_remove(&variable);
        }
    }
    command.env("EXAMPLE_ADDR", "127.0.0.1:0");
    command
}
