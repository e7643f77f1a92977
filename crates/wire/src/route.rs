//! The letterbox's public routes: a method and a path, read once. Everything else is not found.

use crate::date::Date;

/// Where the page is.
pub const PAGE: &str = "/";
/// Where the intake document and its signature are.
pub const INTAKE: &str = "/intake";
/// Where tips go: this, then the day the epoch starts.
pub const TIPS: &str = "/tips/";

/// What a visitor can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `GET /`
    Page,
    /// `GET /intake`
    Intake,
    /// `POST /tips/{epoch start}`
    Tip(Date),
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
            _ => {
                let date = path.strip_prefix(TIPS).and_then(Date::parse).ok_or(RouteError::NotFound)?;
                (Self::Tip(date), "POST")
            }
        };
        if method == allowed { Ok(route) } else { Err(RouteError::MethodNotAllowed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_one_method_and_one_path() {
        let monday = Date::parse("2026-11-23").unwrap();
        assert_eq!(Route::parse("GET", "/"), Ok(Route::Page));
        assert_eq!(Route::parse("GET", "/intake"), Ok(Route::Intake));
        assert_eq!(Route::parse("POST", "/tips/2026-11-23"), Ok(Route::Tip(monday)));
        assert_eq!(Route::parse("POST", "/"), Err(RouteError::MethodNotAllowed));
        assert_eq!(Route::parse("GET", "/tips/2026-11-23"), Err(RouteError::MethodNotAllowed));
        for path in [
            "",
            "/?a",
            "//",
            "/tips/",
            "/tips/2026-11-23/",
            "/tips/2026-11-31",
            "/index.html",
            "*",
            "/intake/../",
        ] {
            assert_eq!(Route::parse("GET", path), Err(RouteError::NotFound), "{path}");
        }
    }
}
