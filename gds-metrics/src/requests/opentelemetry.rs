//! The request data that only OpenTelemetry's label names need.

use actix_web::{dev::ServiceRequest, http::Version};
use ipnet::IpNet;

use super::{
    keys::{Head, MAX_METHODS, MethodId},
    labels::Method,
    proxies::forwarded_https,
};

/// The settings of OpenTelemetry's label names.
#[derive(Debug, Default)]
pub(crate) struct OpenTelemetry {
    pub(crate) methods: KnownMethods,
    /// The proxies whose `X-Forwarded-Proto` is trusted.
    pub(crate) proxies: Vec<IpNet>,
}

impl OpenTelemetry {
    #[inline]
    pub(super) fn head(&self, req: &ServiceRequest, method: Method) -> Head {
        let forwarded = if self.proxies.is_empty() {
            None
        } else {
            forwarded_https(&self.proxies, req)
        };
        let https = forwarded.unwrap_or_else(|| req.app_config().secure());
        let version = match req.version() {
            Version::HTTP_11 => HTTP_1_1,
            Version::HTTP_2 => HTTP_2,
            Version::HTTP_10 => HTTP_1_0,
            Version::HTTP_3 => HTTP_3,
            Version::HTTP_09 => HTTP_0_9,
            _ => UNKNOWN,
        };
        let method = self.methods.id(method, req);
        Head::of(method).with(https, version)
    }
}

const UNKNOWN: u8 = 0;
const HTTP_0_9: u8 = 1;
const HTTP_1_0: u8 = 2;
const HTTP_1_1: u8 = 3;
const HTTP_2: u8 = 4;
const HTTP_3: u8 = 5;

/// The value of `network.protocol.version`, if it is known.
pub(super) fn version(head: Head) -> Option<&'static str> {
    const VERSIONS: [&str; 5] = ["0.9", "1.0", "1.1", "2", "3"];
    let at = usize::from(head.version()).checked_sub(1)?;
    VERSIONS.get(at).copied()
}

/// The methods that the labels distinguish; all others are `_OTHER`.
#[derive(Debug)]
pub(crate) struct KnownMethods {
    /// One bit for each [`Method`].
    standard: u16,
    /// Other methods. Their numbers follow those of [`Method`].
    further: Box<[Box<str>]>,
}

/// The maximum number of methods in a list besides the [standard ones](Method).
pub(crate) const MAX_FURTHER_METHODS: usize = MAX_METHODS as usize - Method::ALL.len();

impl KnownMethods {
    /// Replaces the standard methods with these.
    pub(crate) fn these<'m>(methods: impl IntoIterator<Item = &'m str>) -> Self {
        let mut standard = 0;
        let mut further: Vec<Box<str>> = Vec::new();
        for name in methods {
            let known = Method::ALL.into_iter().find(|known| known.as_str() == name);
            if let Some(method) = known {
                standard |= 1 << method as MethodId;
            } else if further.iter().all(|other| **other != *name) {
                further.push(name.into());
            }
        }
        Self {
            standard,
            further: further.into(),
        }
    }

    /// The number of methods besides the standard ones.
    pub(crate) fn further(&self) -> usize {
        self.further.len()
    }

    #[inline]
    fn id(&self, method: Method, req: &ServiceRequest) -> MethodId {
        if method == Method::Other {
            self.further_id(req.method().as_str())
        } else if self.standard >> method as MethodId & 1 == 1 {
            method as MethodId
        } else {
            Method::Other as MethodId
        }
    }

    #[cold]
    fn further_id(&self, name: &str) -> MethodId {
        let at = self.further.iter().position(|method| **method == *name);
        let id = at.and_then(|at| MethodId::try_from(at + Method::ALL.len()).ok());
        id.unwrap_or(Method::Other as MethodId)
    }

    pub(super) fn name(&self, id: MethodId) -> &str {
        let id = usize::from(id);
        let standard = Method::ALL.get(id).map(|method| method.as_str());
        let further = || self.further.get(id - Method::ALL.len());
        standard.unwrap_or_else(|| further().map_or(Method::Other.as_str(), |name| name))
    }
}

impl Default for KnownMethods {
    fn default() -> Self {
        Self {
            standard: u16::MAX,
            further: Box::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn name<'m>(methods: &'m KnownMethods, method: &str) -> &'m str {
        let request = TestRequest::default().method(method.parse().expect("a method"));
        let request = request.to_srv_request();
        methods.name(methods.id(Method::of(request.method()), &request))
    }

    #[test]
    fn the_standard_methods_are_known() {
        let methods = KnownMethods::default();
        for method in Method::ALL {
            assert_eq!(name(&methods, method.as_str()), method.as_str());
        }
        for other in ["get", "PROPFIND"] {
            assert_eq!(name(&methods, other), "_OTHER");
        }
    }

    #[test]
    fn a_list_replaces_the_standard_methods() {
        let methods =
            KnownMethods::these(["GET", "PROPFIND", "get", "_OTHER", "PROPFIND", "QUERY"]);
        assert_eq!(methods.further(), 2);
        for known in ["GET", "PROPFIND", "get", "QUERY"] {
            assert_eq!(name(&methods, known), known);
        }
        for other in ["POST", "CONNECT", "propfind", "_OTHER", "Get"] {
            assert_eq!(name(&methods, other), "_OTHER", "{other}");
        }
        let none = KnownMethods::these([]);
        assert_eq!(name(&none, "GET"), "_OTHER");
    }

    #[test]
    fn all_method_numbers_can_be_used() {
        let names: Vec<String> = (0..MAX_FURTHER_METHODS).map(|i| format!("M{i}")).collect();
        let methods = KnownMethods::these(names.iter().map(String::as_str));
        for each in &names {
            assert_eq!(name(&methods, each), each);
        }
    }
}
