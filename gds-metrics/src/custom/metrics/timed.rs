//! Timers for futures.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Histogram, Observe, Summary, Timer};

pin_project! {
    /// A future with a timer that runs from the first poll to the end.
    struct Timed<F, M: Observe> {
        #[pin]
        future: F,
        // The metric of the timer, until the timer starts.
        metric: Option<M>,
        timer: Option<Timer<M>>,
    }
}

impl<F: Future, M: Observe> Timed<F, M> {
    fn new(future: F, metric: M) -> Self {
        Self {
            future,
            metric: Some(metric),
            timer: None,
        }
    }

    /// The future's output, with the running timer.
    fn poll_running(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<(F::Output, Option<Timer<M>>)> {
        let this = self.project();
        if let Some(metric) = this.metric.take() {
            *this.timer = Some(Timer::start(metric));
        }
        let output = ready!(this.future.poll(cx));
        Poll::Ready((output, this.timer.take()))
    }
}

impl<F: Future, M: Observe> Future for Timed<F, M> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // This drops the timer, which observes.
        self.poll_running(cx).map(|(output, _)| output)
    }
}

pin_project! {
    /// A future with a result. Its timer belongs to the metric of failures until the future succeeds.
    struct TimedResult<F, M: Observe> {
        #[pin]
        timed: Timed<F, M>,
        success: Option<M>,
    }
}

impl<F: Future<Output = Result<T, E>>, M: Observe, T, E> Future for TimedResult<F, M> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (output, timer) = ready!(this.timed.poll_running(cx));
        let timer = match (&output, this.success.take()) {
            (Ok(_), Some(success)) => timer.map(|timer| timer.report_to(success)),
            _ => timer,
        };
        drop(timer);
        Poll::Ready(output)
    }
}

macro_rules! time {
    ($($metric:ident),+) => {$(
        impl $metric {
            /// Observes the seconds that `future` takes, from its first poll to its end.
            ///
            /// A future that is dropped before its end (a cancelled request, a timeout) is also observed, with
            /// the time until then. Otherwise the slowest futures would be missing. A future that is never polled
            /// is not observed.
            ///
            /// ```
            /// use gds_metrics::Summary;
            ///
            /// # #[actix_web::main]
            /// # async fn main() {
            /// let render_duration = Summary::default();
            /// let page = render_duration.time(async { "…" }).await;
            /// assert_eq!((page, render_duration.count()), ("…", 1));
            /// # }
            /// ```
            pub fn time<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
                Timed::new(future, self.clone())
            }

            /// Observes the seconds that `future` takes, in this metric if the result is `Ok` and in `failed` if
            /// it is `Err`.
            ///
            /// `failed` is another metric, or another series of the same family. A future that panics or is
            /// dropped before its end counts as failed, with the time until then. A future that is never
            /// polled is not observed.
            ///
            /// ```
            /// use gds_metrics::{ClosedFamily, EncodeLabelSet, EncodeLabelValue, Summary};
            ///
            /// #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
            /// struct Query {
            ///     outcome: Outcome,
            /// }
            ///
            /// #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
            /// enum Outcome {
            ///     Ok,
            ///     Error,
            /// }
            ///
            /// # #[actix_web::main]
            /// # async fn main() {
            /// let queries: ClosedFamily<Query, Summary> = ClosedFamily::default();
            /// let ok = queries.get(&Query { outcome: Outcome::Ok });
            /// let failed = queries.get(&Query { outcome: Outcome::Error });
            ///
            /// let user = ok.time_result(failed, async { "7".parse::<u32>() }).await;
            /// assert_eq!(user, Ok(7));
            /// assert_eq!((ok.count(), failed.count()), (1, 0));
            /// # }
            /// ```
            pub fn time_result<T, E, F: Future<Output = Result<T, E>>>(
                &self,
                failed: &Self,
                future: F,
            ) -> impl Future<Output = Result<T, E>> + use<T, E, F> {
                TimedResult {
                    timed: Timed::new(future, failed.clone()),
                    success: Some(self.clone()),
                }
            }
        }
    )+};
}

time!(Histogram, Summary);

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
        pin::pin,
        task::Waker,
    };

    use super::*;

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_future_is_observed_at_its_end() {
        let histogram = Histogram::new([1.0]);
        let mut future = pin!(histogram.time(ready(7)));
        assert_eq!(histogram.count(), 0);
        assert_eq!(poll(future.as_mut()), Poll::Ready(7));
        assert_eq!(histogram.count(), 1);
    }

    #[test]
    fn a_dropped_future_is_observed_if_it_was_polled() {
        let summary = Summary::default();
        drop(summary.time(pending::<()>()));
        assert_eq!(summary.count(), 0);

        let mut future = Box::pin(summary.time(pending::<()>()));
        assert!(poll(future.as_mut()).is_pending());
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(summary.count(), 0);
        drop(future);
        assert_eq!(summary.count(), 1);
    }

    #[test]
    fn ok_and_err_are_observed_separately() {
        let (ok, failed) = (Summary::default(), Summary::default());
        let counts = || (ok.count(), failed.count());

        let mut good = pin!(ok.time_result(&failed, ready(Ok::<_, ()>(1))));
        assert_eq!(poll(good.as_mut()), Poll::Ready(Ok(1)));
        assert_eq!(counts(), (1, 0));

        let mut bad = pin!(ok.time_result(&failed, ready(Err::<(), _>(2))));
        assert_eq!(poll(bad.as_mut()), Poll::Ready(Err(2)));
        assert_eq!(counts(), (1, 1));

        drop(ok.time_result(&failed, pending::<Result<(), ()>>()));
        assert_eq!(counts(), (1, 1));
        let mut given_up = Box::pin(ok.time_result(&failed, pending::<Result<(), ()>>()));
        assert!(poll(given_up.as_mut()).is_pending());
        drop(given_up);
        assert_eq!(counts(), (1, 2));

        let panics =
            std::future::poll_fn(|_| -> Poll<Result<(), ()>> { resume_unwind(Box::new(())) });
        let mut panics = Box::pin(ok.time_result(&failed, panics));
        assert!(catch_unwind(AssertUnwindSafe(|| poll(panics.as_mut()))).is_err());
        drop(panics);
        assert_eq!(counts(), (1, 3));
    }

    /// The timed future is `Send` and `'static` if the original is.
    #[test]
    fn a_timed_future_is_send_and_static() {
        fn check<F: Send + 'static>(_: F) {}
        let histogram = Histogram::new([1.0]);
        check(histogram.time(ready(1)));
        check(histogram.time_result(&Histogram::new([1.0]), ready(Ok::<_, ()>(1))));
    }
}
