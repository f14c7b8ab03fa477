//! The live page: one HTML document that reads the exposition beside it and draws it.
//!
//! The document is the same for every client and contains no data. The style sheet and the script
//! are inline, and the `Content-Security-Policy` names them by their hashes.

use std::{future::ready, sync::LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    dev::{AppService, HttpServiceFactory as _},
    http::{
        Method,
        header::{self, ContentType},
    },
    web::{self, Bytes},
};

const STYLE: &str = concat!(
    include_str!("uplot/uPlot.min.css"),
    "\n",
    include_str!("style.css")
);

/// The page's own code is inside a function; uPlot is the only global.
const SCRIPT: &str = concat!(
    include_str!("uplot/uPlot.iife.min.js"),
    "\n(() => {\n\"use strict\";\n",
    include_str!("exposition.js"),
    include_str!("history.js"),
    include_str!("model.js"),
    include_str!("format.js"),
    include_str!("elements.js"),
    include_str!("table.js"),
    include_str!("chart.js"),
    include_str!("figures.js"),
    include_str!("view.js"),
    include_str!("page.js"),
    "})();\n",
);

/// The hashes are those of [`STYLE`] and [`SCRIPT`]. After a change to a file, the test
/// `content_security_policy` prints the new hashes.
const CONTENT_SECURITY_POLICY: &str = concat!(
    "default-src 'none'; ",
    "script-src 'sha256-Sv7RjigUsTvABvWM0GiCq1MxRyFGhnDFcAjko+lheS0='; ",
    "style-src 'sha256-JKGHlvU0MvhWbHAF2DdfZsNLvGGBV5Myw8Ks5+KAfwE='; ",
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ",
    "require-trusted-types-for 'script'; trusted-types 'none'",
);

static PAGE: LazyLock<Bytes> = LazyLock::new(|| {
    let page = include_str!("page.html")
        .replace("/*style*/", STYLE)
        .replace("/*licence*/", include_str!("uplot/LICENSE"))
        .replace("/*script*/", SCRIPT);
    Bytes::from(page)
});

/// `None` without the feature `gzip`: then nothing is compressed.
static COMPRESSED: LazyLock<Option<Bytes>> = LazyLock::new(compressed);

#[cfg(feature = "gzip")]
fn compressed() -> Option<Bytes> {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&PAGE).ok()?;
    Some(Bytes::from(encoder.finish().ok()?))
}

#[cfg(not(feature = "gzip"))]
fn compressed() -> Option<Bytes> {
    None
}

/// How to answer a request for the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    /// Whether the address is allowed. The token is not checked here: the script asks the user for
    /// it, and the metrics require it.
    pub(super) is_allowed: bool,
    pub(super) gzip: bool,
}

/// Registers the page of the metrics at `path`.
pub(super) fn register(
    path: &str,
    reply: impl Fn(&HttpRequest) -> Reply + Clone + 'static,
    config: &mut AppService,
) {
    let path = format!("{}/live", path.trim_end_matches('/'));
    let answer = move |req: HttpRequest| ready(answer(req.method(), reply(&req)));
    web::resource(path)
        .route(web::route().to(answer))
        .register(config);
}

fn answer(method: &Method, reply: Reply) -> HttpResponse {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed()
            .insert_header((header::ALLOW, "GET, HEAD"))
            .finish();
    }
    if !reply.is_allowed {
        return HttpResponse::Forbidden().finish();
    }
    let mut response = HttpResponse::Ok();
    response
        .insert_header(ContentType::html())
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        // Another version of the crate may have another page.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept-Encoding"));
    match &*COMPRESSED {
        Some(compressed) if reply.gzip => response
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(compressed.clone()),
        _ => response.body(PAGE.clone()),
    }
}
