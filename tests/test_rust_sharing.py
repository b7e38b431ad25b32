"""Clones behind new pointers: what is said of one crate in memory, use by use."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check, plan
from rustfix_mem.rust.file import items, syntax, wraps
from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.sharing import small_types
from rustfix_mem.rust.sharing.typed import Typed
from rustfix_mem_codemods.shared_styles import SharedStyles
from support import LIB, codebase, crate

HEAD = """use std::rc::Rc;
use std::sync::Arc;
#[derive(Clone, PartialEq, Debug)]
struct Look { name: String, size: u8, inner: Inner }
#[derive(Clone, PartialEq, Debug)]
struct Inner { text: String }
impl Look {
    fn width(&self) -> usize { self.name.len() }
    fn into_name(self) -> String { self.name }
}
impl Inner { fn len(&self) -> usize { self.text.len() } }
fn make() -> Look { todo!() }
fn lend(look: &Look) {}
fn lend_any<T>(look: &T) {}
fn keep(look: Arc<Look>) {}
"""


def said(source: str, files: dict[str, str] | None = None) -> str:
    """`fix LEVEL`, `report: reasons` or `alone: reasons` of the first clone; `nothing`."""
    found = check((SharedStyles(),), crate(source, files), cache=False)
    defects = [one.finding for one in found.findings if one.finding.shape != "inline"]
    if defects:
        fix = defects[0].fix
        return f"fix {fix.applicability.word}" if fix else "report: " + "; ".join(defects[0].why)
    alone = [one for _, one, _ in found.left_alone]
    return "alone: " + "; ".join(alone[0].reasons) if alone else "nothing"


def pair(uses: str) -> str:
    return (
        f"{HEAD}fn f() {{\n    let x = make();\n    let y = Arc::new(x.clone());\n    {uses}\n}}\n"
    )


def after(source: str) -> str:
    """The library as the codemod leaves it."""
    return plan(SharedStyles(), crate(source), jobs=1).after.read(LIB).decode()


@pytest.mark.parametrize(
    ("use", "written"),
    [
        ("lend(&x);", "lend(&y);"),
        ("let z = x.clone();", "let z = (*y).clone();"),
        ("x.width();", "y.width();"),
        ("if x == make() {}", "if *y == make() {}"),
        ("if make() != x {}", "if make() != *y {}"),
        ("let n = x.size;", "let n = y.size;"),
        ("let n = &x.name;", "let n = &y.name;"),
        ("let n = x.name.clone();", "let n = y.name.clone();"),
        ("x.inner.len();", "y.inner.len();"),
        ("x.name.is_empty();", "y.name.is_empty();"),
        ('println!("{:?}", x);', 'println!("{:?}", y);'),
        ('println!("{}", x.name);', 'println!("{}", y.name);'),
        ("keep(Arc::new(x.clone()));", "keep(Arc::clone(&y));"),
        ("let v = vec![Arc::new(x.clone())];", "let v = vec![y.clone()];"),
        ("let c = || lend(&x);", "let c = || lend(&y);"),
        ("let z = Z { x: 1, ..w }; lend(&x);", "let z = Z { x: 1, ..w }; lend(&y);"),
        ("{ let x = 1; g(x); } lend(&x);", "{ let x = 1; g(x); } lend(&y);"),
        ("match z { x => g(x) } lend(&x);", "match z { x => g(x) } lend(&y);"),
        ("z.map(|x| g(x)); lend(&x);", "z.map(|x| g(x)); lend(&y);"),
    ],
)
def test_a_use_of_the_value_is_one_of_the_pointer(use: str, written: str) -> None:
    made = after(pair(use))
    assert f"    let y = Arc::new(make());\n    {written}\n" in made
    assert "let x = make()" not in made


@pytest.mark.parametrize(
    ("use", "why"),
    [
        ("consume(x);", "alone: `x` itself goes elsewhere"),
        ("let z = x;", "alone: `x` itself goes elsewhere"),
        ("x", "alone: `x` itself goes elsewhere"),
        ("return x;", "alone: `x` itself goes elsewhere"),
        ("Held { x }", "alone: `x` itself goes elsewhere"),
        ("go(move || lend(&x));", "alone: `x` is moved into a closure"),
        ("go(async move { lend(&x) });", "alone: `x` is moved into a closure"),
        ("keep(y); lend(&x);", "alone: `y` is given away, and `x` is used besides"),
        ("go(move || keep(y)); lend(&x);", "alone: `y` is given away"),
        ("lend_any(&x);", "report: `lend_any` takes `&T`, which may be more"),
        ("strange(&x);", "report: nobody can say what `strange(&x)` takes"),
        ("let r = &x;", "report: `x` itself is used in"),
        ("x.into_name();", "report: `into_name` takes more than a reference"),
        ("x.unknown();", "report: nobody can say what `unknown` does with it"),
        ("x.borrow();", "report: `borrow` may be one of the pointer's own"),
        ("let n = x.name;", "report: `let n = x.name;` may move a field out"),
        ("let n = x.name + s;", "report: `x.name + s` may move a field out"),
        ("x.inner.unknown();", "report: nobody can say what `unknown` does with it"),
        ("match x { _ => {} }", "report: `x` itself is used in"),
        ("strange!(x);", "report: the macro `strange!` names it"),
        ('println!("{x:?}");', "report: a string names it"),
        ('println!("{:p}", x);', "report: the macro `println!` names it"),
        ("{ let y = 1; lend(&x); }", "report: `y` means something else where `x` is used"),
        ('println!("{}", own(x.name));', "report: the macro `println!` names it"),
        ('println!("{}", x.name + s);', "report: the macro `println!` names it"),
        ("assert!(own(x.name));", "report: the macro `assert!` names it"),
        ("assert_eq!(x.name, s);", "fix machine-applicable"),
        ("match z { n if x == n => {} _ => {} }", "fix machine-applicable"),
        ("if x == *x.peer() {}", "report: both sides of"),
    ],
)
def test_a_use_that_may_need_the_value_itself_is_no_edit(use: str, why: str) -> None:
    assert said(pair(use)).startswith(why)


@pytest.mark.parametrize(
    ("lets", "why"),
    [
        ("let mut x = make(); let y = Arc::new(x.clone());", "alone: `x` may be changed"),
        ("let x = make(); let mut y = Arc::new(x.clone());", "alone: `x` may be changed"),
        ("let x: Look = make(); let y = Arc::new(x.clone());", "report: the type of `x` is"),
        ("let x = make(); let y: Arc<Look> = Arc::new(x.clone());", "report: `y` is more than"),
        ("let x = strange(); let y = Arc::new(x.clone());", "alone: nobody can say what type"),
        ("let x = &w; let y = Arc::new(x.clone());", "alone: nobody can say what type"),
        ("let x = make();\n g().await;\n let y = Rc::new(x.clone());", "report: `y` would be kept"),
        ("let x = make(); g(y); let y = Arc::new(x.clone());", "report: `y` means something else"),
        (
            "let x = make(); // one\n let y = Arc::new(x.clone()); // two\n",
            "report: both have comments",
        ),
    ],
)
def test_a_pair_that_is_more_than_two_lets_is_no_edit(lets: str, why: str) -> None:
    assert said(f"{HEAD}async fn f() {{\n    {lets}\n}}\n").startswith(why)


def test_an_rc_in_a_closure_may_go_to_another_thread() -> None:
    source = pair("scope(|| lend(&x));").replace("Arc::new", "Rc::new")
    assert said(source) == "report: a closure may take `x` to another thread"


def test_a_lint_may_want_every_clone_of_a_pointer_to_say_so() -> None:
    lint = "#![warn(clippy::clone_on_ref_ptr)]\n"
    assert said(lint + pair("keep(Arc::new(x.clone()));")) == "fix machine-applicable"
    unknown = lint + pair("strange(Arc::new(x.clone()));")
    assert said(unknown).startswith("report: `clone_on_ref_ptr` is asked for")


def test_an_rc_stays_in_its_thread_with_a_parameter_too() -> None:
    source = (HEAD + WIDE).replace("Arc<Look>", "Rc<Look>").replace("Arc::new", "Rc::new")
    assert said(source) == "fix machine-applicable"
    source = source.replace("keep(Rc", "scope(|| lend(look)); keep(Rc")
    assert said(source) == "report: a closure may take `look` to another thread"


WIDE = """
struct Held { look: Arc<Look> }
fn go(held: &Held) { put(&held.look); }
fn put(look: &Look) { keep(Arc::new(look.clone())); }
"""


def test_a_private_function_takes_the_pointer() -> None:
    made = after(HEAD + WIDE)
    assert "fn put(look: &Arc<Look>) { keep(Arc::clone(look)); }" in made
    assert said(HEAD + WIDE) == "fix machine-applicable"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("fn put(", "pub fn put(", "nothing"),
        ("fn put(", 'extern "C" fn put(', "report: `put` is called from elsewhere"),
        ("fn put(", "#[strange]\nfn put(", "report: `put` has an attribute: `#[strange]`"),
        ("put(look: &Look)", "put(look: Look)", "alone: `look` is given as `Look`"),
        ("put(look: &Look)", "put(look: &mut Look)", "alone: `look` is given as `&mut Look`"),
        ("put(look: &Look)", "put(look: &dyn Any)", "alone: `look` is given as `&dyn Any`"),
        ("put(&held.look)", "put(&held.other)", "alone: no caller of `put` holds one"),
        ("put(&held.look)", "strange!(put(&held.look))", "alone: no caller of `put` holds one"),
        ("put(&held.look);", "put(&held.look); strange!(put(w));", "report: a macro names `put`"),
        ("put(&held.look);", "put(&held.look); w.map(put);", "report: `put` is used as a value"),
        ("put(&held.look);", "put(&held.look); use self::put as p;", "report: `put` is imported"),
        ("keep(Arc", "return look; keep(Arc", "report: `look` itself is used in"),
        ("keep(Arc", "lend_any(look); keep(Arc", "report: `lend_any` takes `&T`"),
        ("keep(Arc", "use std::sync::Arc; keep(Arc", "report: `Arc` is imported inside"),
        ("clone()));", "clone())); g(Rc::new(look.clone()));", "report: there are an `Arc` and"),
        ("keep(Arc", "look.to_owned(); keep(Arc", "report: `to_owned` may be one of"),
        ("keep(Arc", "strange(Arc", "fix machine-applicable"),
    ],
)
def test_a_function_that_cannot_take_it_is_left(old: str, new: str, why: str) -> None:
    assert said((HEAD + WIDE).replace(old, new, 1)).startswith(why)


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("put(&held.look)", "put(&*held.look)", "put(&held.look)"),
        ("put(&held.look)", "put(held.look.as_ref())", "put(&held.look)"),
        ("held: &Held) { put(&held.look)", "l: &Arc<Look>) { put(&**l)", "put(l)"),
        ("keep(Arc", "if *look == make() {} keep(Arc", "if **look == make() {} keep"),
        ("keep(Arc", "if &make() == look {} keep(Arc", "if make() == **look {} keep"),
        ("keep(Arc", "lend(look); look.width(); keep(Arc", "lend(look); look.width(); keep"),
        ("keep(Arc", "let z = look.clone(); keep(Arc", "let z = (**look).clone(); keep"),
        ("keep(Arc", "match look.size { _ => {} } keep(Arc", "match look.size { _ => {} } keep"),
        ("keep(Arc", "if w { put(look); } keep(Arc", "if w { put(look); } keep"),
    ],
)
def test_callers_and_the_body_follow(old: str, new: str, written: str) -> None:
    assert written in after((HEAD + WIDE).replace(old, new, 1))


def test_a_private_function_is_called_in_its_module_only() -> None:
    files = {"src/other.rs": "fn put(l: u8) {}\nfn g() { put(1); }\n"}
    assert said("mod other;\n" + HEAD + WIDE, files) == "fix machine-applicable"
    public = WIDE.replace("fn put", "pub(crate) fn put")
    files = {"src/other.rs": "use crate::put;\nfn g(w: &crate::Look) { put(w); put(w); }\n"}
    assert said("mod other;\n" + HEAD + public, files).startswith("alone: few callers")


@pytest.mark.parametrize(
    ("asks", "why"),
    [
        ("fn a(h: &mut Held) { Arc::get_mut(&mut h.look); }", "report: `get_mut` may be asked"),
        ("fn a(h: &Held) -> usize { Arc::strong_count(&h.look) }", "report: `strong_count` may"),
        ("fn a(h: Held) { Some(h.look).map(Arc::into_inner); }", "report: `into_inner` may"),
        ("fn a(h: &Held) { assert!(!Arc::ptr_eq(&h.look, w)); }", "report: `ptr_eq` may be asked"),
        ("fn a<T>(h: Arc<T>) { Arc::get_mut(&mut h); }", "fix"),
        ("fn a(h: Arc<String>) { Arc::get_mut(&mut h); }", "fix"),
        ("// Arc::get_mut(look)", "fix"),
        ("#[test] fn a(h: &Held) { assert!(Arc::ptr_eq(&h.look, w)); }", "fix"),
    ],
)
def test_who_would_notice_that_two_are_one(asks: str, why: str) -> None:
    assert said(HEAD + WIDE + asks).startswith(why)


def test_a_public_type_of_a_library_may_be_asked_elsewhere() -> None:
    assert said((HEAD + WIDE).replace("struct Look", "pub struct Look")) == "fix maybe-incorrect"


LOOP = "fn f(x: &Look) {\n    for n in w {\n        keep(Arc::new(x.clone()));\n    }\n}\n"


def test_a_pointer_is_made_before_the_loop() -> None:
    made = after(HEAD + LOOP)
    assert "    let x_arc = Arc::new(x.clone());\n    for n in w {\n" in made
    assert "        keep(Arc::clone(&x_arc));\n" in made


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("for n", "let x_arc = 1;\n for n", "report: `x_arc` means something else"),
        ("for n in w {", "let y = loop {", "report: the loop is an expression"),
        ("keep(", "g()?; keep(", "fix maybe-incorrect"),
        ("keep(Arc::new(x.clone()));", "keep(Arc::new(x.clone()))?;", "fix maybe-incorrect"),
        ("keep(", "return keep(", "report: not every time round"),
        ("keep(", "if n { break; } keep(", "fix maybe-incorrect"),
        ("keep(", "if n { keep(w); } w || keep(", "report: not every time round"),
        ("keep(", "for m in w { keep(w); } keep(", "fix maybe-incorrect"),
        (
            "keep(Arc::new(x.clone()));",
            "for m in w { keep(Arc::new(x.clone())); }",
            "report: there",
        ),
        ("fn f(x: &Look)", "fn f(x: &mut Look)", "alone: `x` may be changed"),
    ],
)
def test_a_loop_that_may_make_none_keeps_its_clone(old: str, new: str, why: str) -> None:
    assert said(HEAD + LOOP.replace(old, new, 1).replace("    }\n}", "    };\n}")).startswith(why)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("let y = Arc::new((*x).clone());", "fix"),
        ("let y = Arc::new(x.as_ref().clone());", "fix"),
        ("let y = Rc::new((*x).clone());", "alone: `x` is no `Rc`"),
        ("let mut y = Arc::new((*x).clone());", "alone: the copy may be changed"),
    ],
)
def test_what_is_behind_a_pointer_is_shared(body: str, why: str) -> None:
    assert said(f"{HEAD}fn f(x: Arc<Look>) {{ {body} }}").startswith(why)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ("std::cell::RefCell<u8>", "`RefCell` in it can be changed"),
        ("std::fs::File", "`File` in it may do something"),
        ("foreign::Thing", "what `foreign::Thing` is, is unknown"),
        ("Box<dyn Fn()>", "what `dyn Fn()` is, is unknown"),
    ],
)
def test_a_value_must_do_as_well_as_its_clone(kept: str, why: str) -> None:
    source = pair("lend(&x);").replace("inner: Inner", f"inner: {kept}")
    assert said(source).startswith(f"report: {why}")


@pytest.mark.parametrize(
    ("field", "size"),
    [
        ("u8", 1),
        ("(u8, u32)", 8),
        ("Option<u32>", 8),
        ("Option<bool>", 1),
        ("Option<&'static u8>", 8),
        ("Option<anstyle::Color>", 4),
        ("Level", 1),
        ("Pair", 10),
        ("String", None),
        ("Foreign", None),
    ],
)
def test_sizes_are_those_of_rustc(field: str, size: int | None) -> None:
    source = (
        f"enum Level {{ A, B }}\nstruct Pair(Option<anstyle::Color>, anstyle::Color, u16);\n"
        f"struct One {{ f: {field} }}\n"
    )
    files = codebase({LIB: source, "Cargo.toml": MANIFEST})
    tree = Typed(TypeTree("One"), LIB, "")
    found = small_types.size_of(tree, files)
    assert (found.bytes if found is not None else None) == size


MANIFEST = '[package]\nname = "x"\nedition = "2021"\n[dependencies]\nanstyle = "1"\n'


def test_a_small_type_is_better_kept_in_place() -> None:
    source = (
        pair("lend(&x);").replace("name: String", "name: u8").replace("inner: Inner", "b: bool")
    )
    found = check((SharedStyles(),), crate(source), cache=False)
    (proposal,) = [one.finding for one in found.findings if one.finding.shape == "inline"]
    assert proposal.message == (
        "`Look` could be `Copy` and takes 3 bytes: a pointer to it takes 8,"
        " and 24 more for each allocation"
    )


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("fn f() { let x = m(); let y = Arc::new(x.clone()); }", ["pair"]),
        ("fn f() { let x = m(); g(Arc::new(x.clone())); }", []),
        ("fn f() { let x = m(); loop { g(Rc::new(x.clone())); } }", ["let"]),
        ("fn f(x: &T) { g(std::sync::Arc::new(x.clone())); }", ["param"]),
        ("pub fn f(x: &T) { g(Arc::new(x.clone())); }", []),
        ("impl A for B { fn f(x: &T) { g(Arc::new(x.clone())); } }", []),
        ("fn f(x: &T) { g(Arc::new(x.y.clone())); }", []),
        ("fn f(x: &T) { g(my::Arc::new(x.clone())); }", []),
        ("fn f() { g(Arc::new((*self.x).clone())); }", ["held"]),
        ("fn f((x, y): (&T, &T)) { g(Arc::new(x.clone())); }", []),
    ],
)
def test_what_is_seen_of_a_file(source: str, seen: list[str]) -> None:
    with syntax.parsed(source.encode()) as tree:
        assert [one.source for one in wraps.wraps(tree)] == seen
        assert items.collect(tree.root).functions
    if seen:
        assert any(pattern.search(source.encode()) for pattern in wraps.GATE)


@pytest.mark.parametrize(
    ("use", "why"),
    [
        ("go(|n| n.first().second().of(x.size));", "fix"),
        ("let n = w.iter().filter(|one| one.width() > x.width()).z();", "report: rustfmt"),
        ("g(aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb, x.size);", "report: rustfmt"),
        ("let n = [aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb, x.size];", "report: rustfmt"),
        ("let n = Z { aaaaaaa: x.size };", "report: rustfmt"),
        ("let n = if x.size == aaaaaaaaaaaaaaa { bbbbbb } else { c };", "report: rustfmt"),
    ],
)
def test_lines_stay_as_rustfmt_has_them(use: str, why: str) -> None:
    source = pair(use).replace("let y =", "let x_behind_its_pointer =")
    assert said(source).startswith(why)


SHARED = f"{HEAD}fn f(x: &Look) {{\n    let y = Arc::new(x.clone());\n    USE\n}}\n"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "let x = make() else { return };\n    let y = Arc::new(x.clone());",
            "report: `x` is not made",
        ),
        (
            "let x;\n    x = make();\n    let y = Arc::new(x.clone());",
            "alone: it is not made where",
        ),
        ("let x = lender();\n    let y = Arc::new(x.clone());", "alone: it is a reference"),
        (
            "let x = Look {\n        ..make()\n    };\n    let y = Arc::new(x.clone());",
            "report: `x` is made on several lines",
        ),
        (
            "let x = make();\n    g(1);\n    // why\n    let y = Arc::new(x.clone());",
            "report: a comment would have to be moved",
        ),
    ],
)
def test_a_pair_of_which_one_line_cannot_be_made(body: str, why: str) -> None:
    lender = "fn lender() -> &'static Look { todo!() }\n"
    assert said(f"{HEAD}{lender}fn f() {{\n    {body}\n}}\n").startswith(why)


@pytest.mark.parametrize(
    ("use", "why"),
    [
        ("let z = Arc::new(x.clone());", "fix"),
        ("go(move || keep(Arc::new(x.clone())));", "report: `y` would be moved into a closure"),
        ("keep(Arc::new(\n        x.clone()));", "report: it stands on several lines"),
    ],
)
def test_a_second_pointer(use: str, why: str) -> None:
    assert said(SHARED.replace("USE", use)).startswith(why)


def test_a_second_pointer_to_what_may_be_changed_stays() -> None:
    source = SHARED.replace("let y", "let mut y").replace("USE", "let z = Arc::new(x.clone());")
    assert said(source) == "report: `y` may be changed"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("let y = Arc::new((*strange()).clone());", "nothing"),
        ("let x = strange(); let y = Arc::new((*x).clone());", "alone: nobody can say whether `x`"),
        ("let y = Arc::new(\n(*x).clone());", "report: it stands on several lines"),
    ],
)
def test_a_pointer_that_cannot_be_shared(body: str, why: str) -> None:
    assert said(f"{HEAD}fn f(x: Arc<Look>) {{ {body} }}").startswith(why)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("keep(", "g().await; keep(", "report: an `Rc` would be kept over an `await`"),
        ("keep(", "keep(Rc::new(x.clone())); keep(", "report: the loop makes several"),
        ("    for n", "    g(); for n", "report: something stands before the loop on its line"),
        ("x", "x" * 40, "report: the line would be too long"),
    ],
)
def test_a_loop_before_which_no_pointer_can_be_made(old: str, new: str, why: str) -> None:
    source = LOOP.replace("Arc::new", "Rc::new").replace(old, new, 1 if old != "x" else -1)
    assert said(HEAD + source.replace("fn f", "async fn f")).startswith(why)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("keep(Arc", "if *look + w {} keep(Arc", "report: `*look + w` is more than a comparison"),
        ("keep(Arc", "if w == look {} keep(Arc", "report: what it is compared with in"),
        (
            "keep(Arc",
            "lend(w, look); keep(Arc",
            "report: nobody can say what `lend(w, look)` takes",
        ),
        (
            "keep(Arc",
            "strange(look); keep(Arc",
            "report: nobody can say what `strange(look)` takes",
        ),
        ("keep(Arc", "let z = *look; keep(Arc", "alone: `look` itself goes elsewhere"),
        ("put(look: &Look", "put(look: &Arc<Look>", "report: `look` is a pointer already"),
        ("struct Held", "const P: fn(&Look) = put;\nstruct Held", "report: `put` is named outside"),
    ],
)
def test_a_parameter_that_stays_what_it_is(old: str, new: str, why: str) -> None:
    assert said((HEAD + WIDE).replace(old, new, 1)).startswith(why)


LOOPED = "{ for n in w { keep(Arc::new(look.clone())); }"


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("pub fn put(look: &Look) {", "`put` is public: who calls it is unknown"),
        ("impl Other for Held { fn put(look: &Look) {", "`put` is a method of a trait"),
    ],
)
def test_a_function_that_others_may_call_keeps_its_parameter(head: str, why: str) -> None:
    source = (HEAD + WIDE).replace("fn put(look: &Look) {", f"{head[:-1]}{LOOPED}", 1)
    source += "}\n" if head.startswith("impl") else ""
    found = check((SharedStyles(),), crate(source), cache=False)
    assert why in [why for _, one, _ in found.left_alone for why in one.reasons]


def test_a_clone_that_is_written_by_hand_may_differ() -> None:
    derived = "#[derive(Clone, PartialEq, Debug)]\nstruct Inner"
    by_hand = "impl Clone for Inner { fn clone(&self) -> Inner { todo!() } }\n"
    source = pair("lend(&x);").replace(derived, derived.replace("Clone, ", "")) + by_hand
    assert said(source) == "report: how `Inner` is cloned, is written by hand"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("src/lost.rs", "alone: a file that rustc never sees"),
        ("benches/a.rs", "alone: a benchmark"),
    ],
)
def test_what_runs_for_nobody_is_left(path: str, why: str) -> None:
    assert said("", {path: HEAD + WIDE}).startswith(why)


def of_a_cell(source: str) -> str:
    """The source with a value that must not be shared."""
    return source.replace("inner: Inner", "inner: std::cell::RefCell<u8>")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (of_a_cell(pair("lend(&x);")), "report: `RefCell`"),
        (of_a_cell(pair("consume(x);")), "alone: `x` itself goes elsewhere"),
        (of_a_cell(pair("lend(&x);").replace("let x", "let mut x")), "alone: `x` may be changed"),
        (pair("").replace("make()", f"make_{'a' * 80}()"), "report: the line would be too long"),
        (
            (
                f"{HEAD}fn f() {{\n    let x = strange();\n    for n in w {{\n        "
                "keep(Arc::new(x.clone()));\n    }\n}\n"
            ),
            "report: nobody can say what type `x` has",
        ),
        (
            (HEAD + WIDE.replace("look: &Look)", "\n    look: &Look,\n)")).replace(
                "Look", "L" * 86
            ),
            "report: its line would be too long",
        ),
    ],
)
def test_what_is_said_first(source: str, why: str) -> None:
    assert said(source).startswith(why)
