//! What everybody is shown, whoever they are: the page, the intake document and the board.

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::ACCEPT_ENCODING;
use tipline_wire::answer::Say;

use super::Public;
use crate::http::answer::{self, Answer};
use crate::page::coding_for;
use crate::store::Letterbox;

impl<S: Letterbox> Public<S> {
    pub(super) fn page(&self, request: &Request<Incoming>) -> Answer {
        self.office.shown().page.answer(coding_for(request.headers().get(ACCEPT_ENCODING)))
    }

    pub(super) fn intake(&self) -> Answer {
        match &self.office.shown().intake {
            Some(intake) => answer::document(intake.clone()),
            None => answer::say(Say::NotOpenYet),
        }
    }

    pub(super) fn board(&self) -> Answer {
        match &self.office.shown().board {
            Some(board) => answer::board(board.clone()),
            None => answer::say(Say::NotFound),
        }
    }
}
