//! Follows the call and the polls of a request, and times them if
//! [`Blocking`](super::blocking::Blocking) is on.

use std::time::{Duration, Instant};

use actix_web::{Error, body::MessageBody, dev::ServiceResponse};

use super::{BodyObserver, OnUnwind, Recording, blocking::Timing, routes::Route};

/// A call or a poll in progress.
#[derive(Debug)]
pub(crate) struct Timed<'r> {
    recording: &'r mut Recording,
    /// `None` if polls are not timed, and if this began with the request.
    began: Option<Instant>,
}

impl Timed<'_> {
    /// Records a panic in the code that follows, up to [`disarm`](OnUnwind::disarm).
    #[inline]
    pub(crate) fn arm(&mut self) -> OnUnwind<'_, Self> {
        OnUnwind::new(self, Self::panicked)
    }

    fn panicked(&mut self) {
        let now = Instant::now();
        self.recording.panicked();
        self.recording.note_by_path(self.began, now);
    }

    /// The call of the service has returned.
    #[inline]
    pub(crate) fn called(self) {
        if self.recording.timing == Timing::Apart {
            self.note_pending();
        }
    }

    /// The future is not ready.
    #[inline]
    pub(crate) fn pending(self) {
        if self.recording.timing != Timing::Off {
            self.note_pending();
        }
    }

    /// The request may never be answered, so a long poll is counted now, under the route that the
    /// path alone determines.
    #[inline(never)]
    fn note_pending(self) {
        self.recording.timing = Timing::EachPoll;
        self.recording.note_by_path(self.began, Instant::now());
    }

    #[inline]
    pub(crate) fn response<B: MessageBody>(self, res: &ServiceResponse<B>) -> Option<BodyObserver> {
        self.recording.response(res, self.began)
    }

    pub(crate) fn error(self, error: &Error) {
        self.recording.note_by_path(self.began, Instant::now());
        self.recording.error(error);
    }
}

impl Recording {
    /// Starts the call of the service.
    #[inline(always)]
    pub(crate) fn call(&mut self) -> Timed<'_> {
        Timed {
            recording: self,
            began: None,
        }
    }

    /// Starts a poll.
    #[inline(always)]
    pub(crate) fn poll(&mut self) -> Timed<'_> {
        let began = match self.timing {
            Timing::Off | Timing::FromStart | Timing::Apart => None,
            Timing::EachPoll => Some(Instant::now()),
        };
        Timed {
            recording: self,
            began,
        }
    }

    /// Counts the poll that ended with a response, if it was long. `nanos`: the duration of the
    /// request.
    #[inline]
    pub(super) fn note_response<B>(
        &self,
        (began, now): (Option<Instant>, Instant),
        res: &ServiceResponse<B>,
        nanos: u64,
    ) {
        // No poll is longer than its request.
        if let Some(blocking) = &self.recorder.store.blocking
            && Duration::from_nanos(nanos) > blocking.limit
        {
            let route = || self.recorder.route_of_response(res.request(), res.status());
            self.note(began, now, route);
        }
    }

    /// Counts a poll if it was long, without a response that gives the route.
    fn note_by_path(&self, began: Option<Instant>, now: Instant) {
        self.note(began, now, || {
            self.recorder.route_of_path(self.path.as_ref())
        });
    }

    #[inline]
    fn note(&self, began: Option<Instant>, now: Instant, route: impl FnOnce() -> Route) {
        let began = began.unwrap_or(self.start);
        if let Some(blocking) = &self.recorder.store.blocking
            && blocking.is_long(began, now)
            && let Some(path) = route()
        {
            let held = now.duration_since(began);
            self.recorder.store.long_poll(blocking, path, held);
        }
    }
}
