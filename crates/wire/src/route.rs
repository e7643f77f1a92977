//! The letterbox's public routes: a method and a path, read once. Everything else is not found.

use crate::date::Date;
use crate::upload::MAX_PARTS;

/// Where the page is.
pub const PAGE: &str = "/";
/// Where the intake document and its signature are.
pub const INTAKE: &str = "/intake";
/// Where the board and its signature are.
pub const BOARD: &str = "/board";
/// Where a page without scripts leads who wants to leave.
pub const LEAVE: &str = "/leave";
/// Where tips go: this, then the day the epoch starts.
pub const TIPS: &str = "/tips/";
/// Where a page without scripts sends a sealed file: such a page is the same for every week, so it can't name one. Whoever
/// knows it puts a `/` and the day the epoch starts behind this.
pub const FORM: &str = "/form";
/// Where uploads begin, and say what is held.
pub const UPLOADS: &str = "/uploads";
/// Where the parts of an upload go: this, then the part's number.
pub const PARTS: &str = "/uploads/parts/";
/// Where an upload becomes a tip.
pub const COMMIT: &str = "/uploads/commit";

/// What a visitor can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `GET /`
    Page,
    /// `GET /intake`
    Intake,
    /// `GET /board`
    Board,
    /// `GET /leave`
    Leave,
    /// `POST /tips/{epoch start}`
    Tip(Date),
    /// `POST /form` for the week of the letterbox's clock, `POST /form/{epoch start}` for another
    Form(Option<Date>),
    /// `POST /uploads`
    Begin,
    /// `GET /uploads`
    Held,
    /// `PUT /uploads/parts/{number}`, 0 to 1 023
    Part(u32),
    /// `POST /uploads/commit`
    Commit,
}

/// Why a request leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// There is nothing at that path.
    #[error("nothing is at that path")]
    NotFound,
    /// The path exists, the method does not fit.
    #[error("that method does not fit the path")]
    MethodNotAllowed,
}

impl Route {
    /// Reads a request's method and path. A query is part of the path, so it leads nowhere.
    ///
    /// # Errors
    /// See [`RouteError`].
    pub fn parse(method: &str, path: &str) -> Result<Self, RouteError> {
        let (route, allowed) = match path {
            PAGE => (Self::Page, "GET"),
            INTAKE => (Self::Intake, "GET"),
            BOARD => (Self::Board, "GET"),
            LEAVE => (Self::Leave, "GET"),
            FORM => (Self::Form(None), "POST"),
            UPLOADS if method == "GET" => (Self::Held, "GET"),
            UPLOADS => (Self::Begin, "POST"),
            COMMIT => (Self::Commit, "POST"),
            _ => Self::with_argument(path).ok_or(RouteError::NotFound)?,
        };
        if method == allowed { Ok(route) } else { Err(RouteError::MethodNotAllowed) }
    }

    fn with_argument(path: &str) -> Option<(Self, &'static str)> {
        if let Some(date) = path.strip_prefix(TIPS) {
            return Some((Self::Tip(Date::parse(date)?), "POST"));
        }
        if let Some(date) = path.strip_prefix(FORM).and_then(|rest| rest.strip_prefix('/')) {
            return Some((Self::Form(Some(Date::parse(date)?)), "POST"));
        }
        Some((Self::Part(part_number(path.strip_prefix(PARTS)?)?), "PUT"))
    }
}

/// Digits without a sign or a leading zero, below [`MAX_PARTS`].
fn part_number(text: &str) -> Option<u32> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = canonical && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number < MAX_PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_its_methods_and_one_path() {
        let monday = Date::parse("2026-11-23").unwrap();
        for (method, path, route) in [
            ("GET", "/", Route::Page),
            ("GET", "/intake", Route::Intake),
            ("GET", "/board", Route::Board),
            ("GET", "/leave", Route::Leave),
            ("POST", "/tips/2026-11-23", Route::Tip(monday)),
            ("POST", "/form/2026-11-23", Route::Form(Some(monday))),
            ("POST", "/form", Route::Form(None)),
            ("POST", "/uploads", Route::Begin),
            ("GET", "/uploads", Route::Held),
            ("PUT", "/uploads/parts/0", Route::Part(0)),
            ("PUT", "/uploads/parts/1023", Route::Part(1_023)),
            ("POST", "/uploads/commit", Route::Commit),
        ] {
            assert_eq!(Route::parse(method, path), Ok(route), "{method} {path}");
            assert_eq!(Route::parse("DELETE", path), Err(RouteError::MethodNotAllowed), "{path}");
        }
        assert_eq!(Route::parse("POST", "/"), Err(RouteError::MethodNotAllowed));
        assert_eq!(Route::parse("GET", "/tips/2026-11-23"), Err(RouteError::MethodNotAllowed));
        for path in [
            "",
            "/?a",
            "//",
            "/tips/",
            "/tips/2026-11-23/",
            "/tips/2026-11-31",
            "/form/",
            "/uploads/",
            "/uploads/parts/",
            "/uploads/parts/00",
            "/uploads/parts/+1",
            "/uploads/parts/1024",
            "/uploads/parts/99999999999999999999",
            "/index.html",
            "*",
            "/intake/../",
        ] {
            assert_eq!(Route::parse("GET", path), Err(RouteError::NotFound), "{path}");
        }
    }
}
