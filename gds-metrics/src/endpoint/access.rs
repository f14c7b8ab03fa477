//! Access control: bearer tokens and address lists.

use std::{fmt, net::IpAddr};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};
use actix_web_httpauth::headers::authorization::{Bearer, Scheme as _};
use ipnet::IpNet;
use subtle::{Choice, ConstantTimeEq};

use super::token_file::TokenFile;
use crate::requests::contains;

/// Why a scrape is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The request has no usable credentials: 401.
    Unauthorized,
    /// The token is wrong, or the address is not allowed: 403.
    Forbidden,
}

/// Who may scrape, by token and by address.
#[derive(Debug, Default)]
pub(crate) struct Access {
    pub(crate) tokens: Tokens,
    pub(crate) addresses: Option<Addresses>,
}

impl Access {
    /// Whether everybody may scrape.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.tokens, Tokens::None) && self.addresses.is_none()
    }

    /// Whether the request comes from an allowed address. The token is not checked.
    pub(crate) fn allows_address(&self, req: &HttpRequest) -> bool {
        let addresses = self.addresses.as_ref();
        addresses.is_none_or(|addresses| addresses.allow(req))
    }

    /// Checks the address and the token, if they are configured.
    pub(crate) async fn check(&self, req: &HttpRequest) -> Result<(), Denied> {
        if !self.allows_address(req) {
            return Err(Denied::Forbidden);
        }
        match &self.tokens {
            Tokens::None => Ok(()),
            Tokens::Fixed(tokens) => compare(&bearer(req)?, tokens),
            Tokens::File(file) => {
                // A request without a token does not cause a read of the file.
                let presented = bearer(req)?;
                compare(&presented, &[file.current().await])
            }
        }
    }
}

/// The accepted tokens.
#[derive(Default)]
pub(crate) enum Tokens {
    #[default]
    None,
    Fixed(Vec<String>),
    File(TokenFile),
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Fixed(tokens) => write!(f, "Fixed({} tokens)", tokens.len()),
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
        }
    }
}

/// The token in the `Authorization` header.
fn bearer(req: &HttpRequest) -> Result<Bearer, Denied> {
    let mut headers = req.headers().get_all(header::AUTHORIZATION);
    let header = headers.next().ok_or(Denied::Unauthorized)?;
    // If there are several headers, a proxy may have checked a different one from the one read
    // here.
    if headers.next().is_some() {
        return Err(Denied::Forbidden);
    }
    let usual = usual_scheme(header);
    Bearer::parse(usual.as_ref().unwrap_or(header)).map_err(|_| Denied::Unauthorized)
}

/// The header with the scheme spelt `Bearer`, if it is spelt in another case. httpauth compares case,
/// although the scheme is case-insensitive (RFC 9110, 11.1).
fn usual_scheme(header: &HeaderValue) -> Option<HeaderValue> {
    const SCHEME: &[u8] = b"Bearer";
    let (scheme, rest) = header.as_bytes().split_at_checked(SCHEME.len())?;
    if scheme == SCHEME || !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    HeaderValue::from_bytes(&[SCHEME, rest].concat()).ok()
}

fn compare(presented: &Bearer, tokens: &[impl AsRef<str>]) -> Result<(), Denied> {
    let presented = presented.token().as_bytes();
    // All tokens are compared, so the time does not reveal which one matched.
    let matched = tokens.iter().fold(Choice::from(0), |matched, token| {
        matched | token.as_ref().as_bytes().ct_eq(presented)
    });
    if bool::from(matched) {
        Ok(())
    } else {
        Err(Denied::Forbidden)
    }
}

/// The addresses that may scrape.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) allowed: Vec<IpNet>,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub(crate) proxies: Vec<IpNet>,
}

impl Addresses {
    fn allow(&self, req: &HttpRequest) -> bool {
        let peer = req.peer_addr().map(|peer| peer.ip());
        let forwarded = req.headers().get_all(header::X_FORWARDED_FOR);
        self.client(peer, forwarded)
            .is_some_and(|client| contains(&self.allowed, client))
    }

    /// The client's address: the peer, or, if the peer is a trusted proxy, the right-most address in
    /// `X-Forwarded-For` that is not a trusted proxy. To the left of it, the client can write
    /// anything.
    fn client<'h>(
        &self,
        peer: Option<IpAddr>,
        forwarded: impl DoubleEndedIterator<Item = &'h HeaderValue>,
    ) -> Option<IpAddr> {
        let peer = peer?.to_canonical();
        if !contains(&self.proxies, peer) {
            return Some(peer);
        }
        let mut farthest = peer;
        for line in forwarded.rev() {
            // An unreadable line or entry ends the search: what is to its left cannot be trusted.
            for entry in line.to_str().ok()?.rsplit(',') {
                farthest = parse_forwarded(entry)?;
                if !contains(&self.proxies, farthest) {
                    return Some(farthest);
                }
            }
        }
        Some(farthest)
    }

    /// An allowed range that overlaps a trusted proxy. If that proxy sends no `X-Forwarded-For`,
    /// everybody behind it is let in.
    pub(crate) fn range_with_proxy(&self) -> Option<(&IpNet, &IpNet)> {
        self.allowed.iter().find_map(|range| {
            let covers = |proxy: &&IpNet| range.contains(*proxy) || proxy.contains(range);
            Some((range, self.proxies.iter().find(covers)?))
        })
    }
}

/// An entry of `X-Forwarded-For`. Some proxies add the port.
fn parse_forwarded(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let address = entry.parse().ok().or_else(|| {
        let socket = entry.parse::<std::net::SocketAddr>();
        socket.ok().map(|socket| socket.ip())
    });
    Some(address?.to_canonical())
}
