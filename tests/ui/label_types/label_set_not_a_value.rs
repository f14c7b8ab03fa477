use std::net::IpAddr;

use actix_web::http::StatusCode;
use gds_metrics::EncodeLabelSet;

enum Kind {
    Small,
}

#[derive(EncodeLabelSet)]
struct Labels {
    kind: Kind,
    address: IpAddr,
    status: StatusCode,
    letter: Option<char>,
}

fn main() {}
