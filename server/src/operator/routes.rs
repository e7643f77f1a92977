//! What the operator alone may ask for; everything else is the hatch's.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request};

use super::Hatch;
use crate::backup;
use crate::doctor;
use crate::http::answer::Answer;
use crate::http::door::Handler;
use crate::limits::Limits;
use crate::office::Office;
use crate::store::Letterbox;

/// Answers the operator.
#[derive(Debug)]
pub struct Operator<S> {
    office: Arc<Office<S>>,
    hatch: Hatch<S>,
}

impl<S: Letterbox> Handler for Operator<S> {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/status") => doctor::status::answer(&self.office).await,
            (&Method::GET, "/scan") => doctor::scan::answer(&self.office).await,
            (&Method::GET, "/backup") => backup::serve::list(&self.office).await,
            (&Method::GET, path) => match path.strip_prefix("/backup/") {
                Some(name) => backup::serve::fetch(&self.office, name).await,
                None => self.hatch.answer(request).await,
            },
            _ => self.hatch.answer(request).await,
        }
    }
}

impl<S: Letterbox> Operator<S> {
    /// The door of an office.
    #[must_use]
    pub fn new(office: Arc<Office<S>>, limits: Limits) -> Self {
        Self { hatch: Hatch::new(Arc::clone(&office), limits), office }
    }
}
