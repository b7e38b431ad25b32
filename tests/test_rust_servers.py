"""State of a server: reached from another file, through what hands it to a request."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import crate

STATE = """
use std::collections::HashMap;
use std::sync::RwLock;
#[derive(Default)]
pub(crate) struct AppState { pub(crate) name_cache: RwLock<HashMap<String, String>> }
"""
MEMO = """
    if let Some(hit) = state.name_cache.read().unwrap().get(name) { return hit.clone(); }
    let made = name.to_uppercase();
    state.name_cache.write().unwrap().insert(name.to_owned(), made.clone());
    made
"""
MAIN = """
mod handlers;
mod state;
use std::sync::Arc;
fn main() {
    let api = handlers::Api { state: Arc::new(state::AppState::default()) };
    loop { handlers::name(&api, &next()); }
}
"""
IMPORTS = """
use crate::state::AppState;
use std::sync::Arc;
pub(crate) struct Api { pub(crate) state: Arc<AppState> }
"""


def said(given: str, first: str = "", imports: str = "") -> str:
    """What is said of the cache where a function that is given something fills it."""
    handlers = f"{IMPORTS}{imports} pub(crate) fn name({given}, name: &str) -> String {{"
    files = {
        "src/main.rs": MAIN,
        "src/state.rs": STATE,
        "src/handlers.rs": f"{handlers} {first} {MEMO} }}",
    }
    manifest = '[package]\nname = "x"\nedition = "2021"\n[dependencies]\n'
    needed = "".join(f'{name} = "1"\n' for name in ("actix-web", "axum", "rocket", "tauri"))
    found = check(
        (CacheBounds(),), crate("", {**files, "Cargo.toml": manifest + needed}), cache=False
    )
    if not found.findings:
        return "; ".join(reason for _, one, _ in found.left_alone for reason in one.reasons)
    (one,) = found.findings
    assert one.finding.item == "AppState.name_cache"
    return "fix" if one.finding.fix is not None else "; ".join(one.finding.why)


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ("api: &Api", "let state = &api.state;"),
        ("api: &Api", "let state = api.state.clone();"),
        ("api: &Api", "let state = Arc::clone(&api.state);"),
        ("api: &Api", "let state = api.state.clone().clone();"),
        ("state: Arc<AppState>", ""),
        ("state: &Arc<AppState>", "let state = state.clone();"),
        ("state: Option<Arc<AppState>>", "let state = state.clone().unwrap();"),
    ],
)
def test_a_pointer_that_is_cloned(given: str, first: str) -> None:
    assert said(given, first) == "fix"


@pytest.mark.parametrize(
    ("given", "first", "imports"),
    [
        ("State(state): State<Arc<AppState>>", "", "use axum::extract::State;"),
        ("state: State<Arc<AppState>>", "", "use axum::extract::State;"),
        ("state: State<Arc<AppState>>", "let state = state.clone();", "use axum::extract::State;"),
        ("Extension(state): Extension<Arc<AppState>>", "", "use axum::Extension;"),
        ("state: axum::Extension<Arc<AppState>>", "", ""),
        ("state: web::Data<AppState>", "", "use actix_web::web;"),
        ("state: web::Data<AppState>", "let state = state.clone();", "use actix_web::web;"),
        ("state: &State<AppState>", "", "use rocket::State;"),
        ("state: tauri::State<'_, AppState>", "", ""),
    ],
)
def test_what_a_server_hands_over(given: str, first: str, imports: str) -> None:
    assert said(given, first, imports) == "fix"


@pytest.mark.parametrize(
    ("given", "first", "imports"),
    [
        # a copy of its own: what is done to that is done to nothing that lives on
        ("state: AppState", "let state = state.clone();", ""),
        ("state: &AppState", "let state = state.clone();", ""),
        # types of others that are only called so
        ("state: Data<AppState>", "", "use other::Data;"),
        ("state: State<AppState>", "", "struct State<T>(T);"),
    ],
)
def test_what_may_be_something_else(given: str, first: str, imports: str) -> None:
    assert said(given, first, imports) != "fix"
