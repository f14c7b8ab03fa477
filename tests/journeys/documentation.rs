//! The README and the guides: their links, their structure, and what they quote.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service},
    web,
};
use gds_metrics::{Format, GdsMetrics};

const BASE: &str = "https://docs.rs/gds-metrics/latest/gds_metrics/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages in `gds-metrics/docs`, by name.
fn pages() -> BTreeMap<String, String> {
    let folder = fs::read_dir(root().join("gds-metrics/docs")).expect("the pages");
    folder
        .map(|entry| {
            let path = entry.expect("a page").path();
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, read(path))
        })
        .collect()
}

/// A page without its code blocks.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// The anchors that rustdoc generates for headings.
fn anchors(page: &str) -> Vec<String> {
    prose(page)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            let kept = text.chars().filter_map(|c| match c {
                ' ' | '-' => Some('-'),
                c if c.is_alphanumeric() || c == '_' => Some(c),
                _ => None,
            });
            kept.collect()
        })
        .collect()
}

#[test]
fn links_lead_to_pages_that_exist() {
    let pages = pages();
    let readme = read("README.md");
    let mut links = Vec::new();
    for (name, page) in pages.iter().chain([(&"README".to_owned(), &readme)]) {
        for (at, _) in page.match_indices("](") {
            let target = page[at + 2..].split(')').next().expect("an end");
            links.push((name.clone(), target.to_owned()));
        }
    }
    assert!(links.len() > 30, "{links:?}");

    for (from, target) in links {
        let (page, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let name = if let Some(path) = page.strip_prefix(BASE) {
            let path = path.trim_end_matches("/index.html");
            match path.strip_prefix("guides/") {
                Some(name) => name,
                None if path == "guarantees" => "guarantees",
                // An item, or the list of the guides.
                None => continue,
            }
        } else if let Some(name) = page.strip_prefix("crate::guides::") {
            name
        } else if page.is_empty() {
            &from
        } else if page.contains("::") || page.contains('@') || page.starts_with("https://") {
            continue;
        } else {
            // crates.io resolves a relative link against the repository. Only the picture needs
            // that.
            let is_picture = Path::new(page).extension().is_some_and(|end| end == "png");
            assert!(is_picture && root().join(page).exists(), "{from}: {target}");
            continue;
        };
        let found = pages.get(name);
        let found = found.unwrap_or_else(|| panic!("{from}: there is no page for {target}"));
        assert!(
            anchor.is_empty() || anchors(found).iter().any(|other| other == anchor),
            "{from}: no heading for {target} in {:?}",
            anchors(found)
        );
    }
}

#[test]
fn every_guide_names_its_reader_and_its_limits() {
    let modules = read("gds-metrics/src/guides.rs");
    for (name, page) in pages() {
        assert!(page.starts_with("For "), "{name}: who is it for?");
        let limits = prose(&page)
            .lines()
            .any(|line| line.ends_with("Limits") || line.starts_with("Limits:"));
        assert!(limits, "{name} has no limits");
        assert!(
            name == "guarantees" || modules.contains(&format!("pub mod {name} {{}}")),
            "{name} is not in guides.rs"
        );
    }
}

/// All source files of the library.
fn sources(folder: PathBuf) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all += &sources(path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all += &read(path);
        }
    }
    all
}

#[test]
fn quoted_log_lines_are_in_the_code() {
    let code = sources(root().join("gds-metrics/src"));
    // A `\` at the end of a line continues a string without the leading white space of the next
    // line.
    let texts: Vec<_> = code.split("\\\n").map(str::trim_start).collect();
    let code = texts.concat();
    let page = prose(&read("gds-metrics/docs/troubleshooting.md")).replace('\n', " ");
    let mut quotes = 0;
    for (at, says) in page.match_indices("log says “") {
        let quote = page[at + says.len()..].split('”').next().expect("an end");
        let quote = quote.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(code.contains(&quote), "no log line says {quote:?}");
        quotes += 1;
    }
    assert!(quotes >= 5, "{quotes} log lines are quoted");
}

#[actix_web::test]
async fn the_scrape_in_the_readme_is_real() {
    let metrics = GdsMetrics::builder()
        .build()
        .expect("the defaults are valid");
    let route = web::get().to(|| async { "hello" });
    let app = App::new().route("/users/{id}", route).wrap(metrics.clone());
    let app = init_service(app).await;
    for path in ["/users/7", "/users/8", "/nowhere"] {
        let request = TestRequest::with_uri(path).insert_header(("Host", "127.0.0.1:8080"));
        call_service(&app, request.to_request()).await;
    }

    let exposition = metrics.encode(Format::OpenMetrics).expect("the metrics");
    let exposition = exposition + &metrics.encode(Format::Text).expect("the metrics");
    let readme = read("README.md");
    let scrape = readme.split("```text\n").nth(1).expect("the scrape");
    let scrape = scrape.split("```").next().expect("its end");
    assert!(scrape.lines().count() > 8, "{scrape}");
    for line in scrape.lines() {
        let (start, value) = line.rsplit_once(' ').expect("a value");
        // The duration of the requests varies.
        let varies = start.contains("_sum{") || start.contains("le=\"") && !start.contains("+Inf");
        let found = exposition
            .lines()
            .any(|other| other == line || varies && other.starts_with(&format!("{start} ")));
        assert!(found, "{line} ({value}) is not in\n{exposition}");
    }
}

/// The numbers in the cells of a row of a Markdown table.
fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The bounds of CI, by case: instructions.
fn bounds() -> BTreeMap<String, f64> {
    let source = read("benches/bounds.rs");
    let rows = source.lines().filter_map(|line| {
        let row = line.trim().strip_prefix("(\"")?.strip_suffix("),")?;
        let (case, numbers) = row.split_once("\", ")?;
        let (instructions, _) = numbers.split_once(", ")?;
        Some((case.to_owned(), instructions.parse().ok()?))
    });
    rows.collect()
}

fn number(text: &str) -> f64 {
    let digits = text.replace(',', "");
    digits
        .parse()
        .unwrap_or_else(|_| panic!("{text:?} is not a number"))
}

#[test]
fn counts_agree_with_the_bounds_of_ci() {
    let page = read("docs/benchmarks.md");
    let counts: BTreeMap<String, f64> = page
        .lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(|line| match cells(line)[..] {
            [_, case, count, _] => Some((case.strip_prefix('`')?.strip_suffix('`')?, count)),
            _ => None,
        })
        .map(|(case, count)| (case.to_owned(), number(count)))
        .collect();
    let bounds = bounds();
    assert!(bounds.len() > 20, "{bounds:?}");
    assert!(counts.keys().eq(bounds.keys()), "{counts:?}, {bounds:?}");
    for (case, bound) in bounds {
        let count = counts[&case];
        assert!(count < bound, "{case}: {count} counted, bound {bound}");
        assert!(
            bound < 1.02 * count,
            "{case}: {count} counted, bound {bound}"
        );
    }
}

/// The README's table is a part of the page's.
#[test]
fn the_readme_quotes_the_benchmarks() {
    let (page, readme) = (read("docs/benchmarks.md"), read("README.md"));
    let measured = |middleware: &str, routes: &str| {
        let row = page
            .lines()
            .map(cells)
            .find(|row| row.starts_with(&[middleware, routes]));
        let row = row.unwrap_or_else(|| panic!("{middleware}, {routes}"));
        [row[2], row[3], row[4]].map(number)
    };
    let rows: Vec<_> = readme
        .lines()
        .skip_while(|line| !line.starts_with("| middleware |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(cells)
        .collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let quoted: Vec<f64> = row[1..].iter().map(|cell| number(cell)).collect();
        let measured = [measured(row[0], "named"), measured(row[0], "unnamed")];
        assert_eq!(quoted, measured.concat(), "{}", row[0]);
    }
    for case in ["named", "unnamed"] {
        let row = page
            .lines()
            .map(cells)
            .find(|row| row.get(1) == Some(&&*format!("`{case}`")));
        let count = row.expect("the case")[2];
        assert!(
            readme.contains(&format!("{count} instructions for {case} routes")),
            "{count}"
        );
    }
}
