//! Trusted proxies.

use std::net::IpAddr;

use actix_web::{dev::ServiceRequest, http::header};
use ipnet::IpNet;

/// Whether an address is in one of these ranges.
pub(crate) fn contains(ranges: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    ranges.iter().any(|range| range.contains(&address))
}

/// Whether a request reached a trusted proxy over `https`, if the proxy says so in a readable
/// header.
///
/// Of several values only the last one counts, because the proxy itself added it.
#[cold]
pub(super) fn forwarded_https(proxies: &[IpNet], req: &ServiceRequest) -> Option<bool> {
    let peer = req.peer_addr()?.ip();
    if !contains(proxies, peer) {
        return None;
    }
    let header = req.headers().get_all(header::X_FORWARDED_PROTO).next_back();
    let last = header?.as_bytes().rsplit(|&byte| byte == b',').next()?;
    let last = last.trim_ascii();
    if last.eq_ignore_ascii_case(b"https") {
        Some(true)
    } else if last.eq_ignore_ascii_case(b"http") {
        Some(false)
    } else {
        None
    }
}
