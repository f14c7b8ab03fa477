//! A second, simple implementation of what should be recorded.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::support::{exposition::Scrape, random::Random};

/// Half of all requests use these hosts.
pub(crate) const HOSTS: usize = 20;

/// Routes `/r0/{id}` to `/r19/{id}` of [`Request::random`].
pub(crate) const ROUTES: usize = 20;

const KNOWN: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY",
];

/// A request that an attacker might send.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) host: Vec<u8>,
    pub(crate) path: String,
    label: Label,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Label {
    method: &'static str,
    /// `None` if the text is not a valid host.
    host: Option<String>,
    path: Option<String>,
}

pub(crate) fn host_name(number: usize) -> String {
    format!("host{number}.example")
}

impl Request {
    pub(crate) fn random(random: &mut Random) -> Self {
        let (method, method_label) = match random.below(4) {
            0 => {
                let method = random.text(b"abcdefghijklmnopqrstuvwxyz-_", 40);
                (method, "_OTHER")
            }
            _ => {
                let known = *random.pick(&KNOWN);
                (known.to_owned(), known)
            }
        };
        let (host, host_label) = match random.below(8) {
            0 => (b"\"\\ \xff{}/@"[random.below(8)..].to_vec(), None),
            1..=4 => {
                let host = host_name(random.below(HOSTS));
                (host.to_uppercase().into_bytes(), Some(host))
            }
            _ => {
                let host = random.text(b"abcdefghijklmnopqrstuvwxyz0123456789-.", 250);
                (format!("{host}:443").into_bytes(), Some(host))
            }
        };
        let route = random.below(ROUTES);
        let id = random
            .text(b"abcdefghijklmnopqrstuvwxyz/~%2F", 200)
            .replace('%', "%25");
        let (path, path_label) = match random.below(3) {
            0 => (format!("/scan/{id}"), None),
            _ => {
                let id = id.replace('/', "-");
                (format!("/r{route}/{id}"), Some(format!("/r{route}/{{id}}")))
            }
        };
        Self {
            method,
            host,
            path,
            label: Label {
                method: method_label,
                host: host_label,
                path: path_label,
            },
        }
    }

    /// A request to a real route.
    pub(crate) fn random_routed(random: &mut Random) -> Self {
        loop {
            let request = Self::random(random);
            if request.label.path.is_some() {
                return request;
            }
        }
    }
}

/// The rules of the caps.
#[derive(Debug)]
pub(crate) struct Model {
    /// The cap on hosts; `None` if the hosts are listed.
    max_hosts: Option<usize>,
    max_label_sets: usize,
    hosts: HashSet<String>,
    counts: BTreeMap<[String; 4], u64>,
    folded_hosts: u64,
    folded_paths: u64,
}

impl Model {
    pub(crate) fn new(max_hosts: usize, max_label_sets: usize) -> Self {
        Self {
            max_hosts: Some(max_hosts),
            max_label_sets,
            hosts: HashSet::new(),
            counts: BTreeMap::new(),
            folded_hosts: 0,
            folded_paths: 0,
        }
    }

    /// A model with listed hosts.
    pub(crate) fn listed(hosts: &[String], max_label_sets: usize) -> Self {
        Self {
            max_hosts: None,
            hosts: hosts.iter().cloned().collect(),
            ..Self::new(0, max_label_sets)
        }
    }

    pub(crate) fn record(&mut self, request: &Request, code: u16) {
        let Label { method, host, path } = &request.label;
        let routed = path.is_some();
        let mut host_folded = false;
        let host = match host {
            None => "_invalid",
            Some(host) if self.hosts.contains(host) => host,
            Some(_) if !routed => "_other",
            Some(host) if self.max_hosts.is_some_and(|max| self.hosts.len() < max) => {
                self.hosts.insert(host.clone());
                host
            }
            Some(_) => {
                // With a list, hosts are not folded because of a cap.
                host_folded = self.max_hosts.is_some();
                "_other"
            }
        };
        let path = path.as_deref().unwrap_or("No endpoint");
        let key = |host: &str, path: &str, code: &str| {
            let labels = [*method, host, path, code];
            labels.map(str::to_owned)
        };

        let max = self.max_label_sets;
        let (code, class) = (code.to_string(), format!("{}xx", code / 100));
        // A request counts once: for its path if the path was folded, otherwise for its host.
        if self.count(key(host, path, &code), max) {
            self.folded_hosts += u64::from(host_folded);
        } else if self.count(key("_other", path, &code), max * 2) {
            self.folded_hosts += u64::from(host_folded || host != "_other");
        } else {
            self.folded_paths += 1;
            assert!(self.count(key("_other", "_other", &class), usize::MAX));
        }
    }

    fn count(&mut self, key: [String; 4], max: usize) -> bool {
        let room = self.counts.len() < max;
        match self.counts.get_mut(&key) {
            Some(count) => *count += 1,
            None if room => drop(self.counts.insert(key, 1)),
            None => return false,
        }
        true
    }

    pub(crate) fn label_sets(&self) -> usize {
        self.counts.len()
    }

    pub(crate) fn folded(&self) -> (u64, u64) {
        (self.folded_hosts, self.folded_paths)
    }

    /// Every line must be equal to the model's.
    pub(crate) fn compare(&self, scrape: &Scrape) {
        let expected: BTreeSet<String> = self
            .counts
            .iter()
            .map(|(labels, count)| format!("{} x{count}", labels.join(" ")))
            .collect();
        let found: BTreeSet<String> = scrape.recorded().into_iter().collect();
        let difference: Vec<_> = found.symmetric_difference(&expected).take(10).collect();
        assert!(difference.is_empty(), "{difference:#?}");
        assert_eq!(
            (scrape.folded("host"), scrape.folded("path")),
            (self.folded_hosts as f64, self.folded_paths as f64)
        );
    }
}
