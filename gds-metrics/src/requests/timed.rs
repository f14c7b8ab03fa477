//! Times the calls and polls that block the worker for a request, if
//! [`Blocking`](super::blocking::Blocking) is on.

use std::time::{Duration, Instant};

use actix_web::{Error, body::MessageBody, dev::ServiceResponse, http::Version};

use super::{BodyObserver, OnUnwind, Recording, blocking::Timing, routes::Route};

/// A call or a poll that is being timed.
#[derive(Debug)]
pub(crate) struct Timed<'r> {
    recording: &'r mut Recording,
    began: Instant,
}

impl Timed<'_> {
    /// Records a panic in the code that follows, up to [`disarm`](OnUnwind::disarm).
    pub(crate) fn arm(&mut self) -> OnUnwind<'_, Self> {
        OnUnwind::new(self, Self::panicked)
    }

    fn panicked(&mut self) {
        let held = self.began.elapsed();
        self.recording.panicked();
        self.recording.note_by_path(held);
    }

    /// The call of the service has returned.
    pub(crate) fn called(self, version: Version) {
        // Actix polls an HTTP/2 request in its own task, which may have to wait for other tasks.
        if version >= Version::HTTP_2 {
            self.pending();
        }
    }

    /// The future is not ready.
    ///
    /// It may never become ready, so a long poll is counted now, under the route that the path
    /// alone determines.
    pub(crate) fn pending(self) {
        self.recording.timing = Timing::EachPoll;
        self.recording.note_by_path(self.began.elapsed());
    }

    pub(crate) fn response<B: MessageBody>(self, res: &ServiceResponse<B>) -> Option<BodyObserver> {
        self.recording.response_at(res, Some(self.began))
    }

    pub(crate) fn error(self, error: &Error) {
        let held = self.began.elapsed();
        self.recording.error(error);
        self.recording.note_by_path(held);
    }
}

impl Recording {
    #[inline(always)]
    pub(crate) fn is_timed(&self) -> bool {
        self.timing != Timing::Off
    }

    /// Starts to time the code that follows.
    pub(crate) fn time(&mut self) -> Timed<'_> {
        let began = match self.timing {
            Timing::FromStart => self.start,
            Timing::Off | Timing::EachPoll => Instant::now(),
        };
        Timed {
            recording: self,
            began,
        }
    }

    /// Counts a poll of a route if it was long. Nothing may be borrowed, because this may log.
    #[inline]
    pub(super) fn note(&self, route: Route, held: Duration) {
        if let Some(path) = route
            && let Some(blocking) = &self.recorder.store.blocking
            && blocking.is_long(held)
        {
            self.recorder.store.long_poll(blocking, path, held);
        }
    }

    /// Counts a poll if it was long, without a response that gives the route.
    fn note_by_path(&self, held: Duration) {
        if let Some(blocking) = &self.recorder.store.blocking
            && blocking.is_long(held)
        {
            let route = self.recorder.route_of_path(self.path.as_ref());
            self.note(route, held);
        }
    }
}
