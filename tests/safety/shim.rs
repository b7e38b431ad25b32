//! Preloaded into git and Python: counts the calls that change files below `FAULT_ROOT`, in all
//! processes together, and lets the one with the number `FAULT_AT` go wrong as `FAULT_KIND` says.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void, CStr};

extern "C" {
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn getenv(name: *const c_char) -> *const c_char;
    fn readlink(path: *const c_char, out: *mut c_char, size: usize) -> isize;
    fn lseek(fd: c_int, offset: c_long, whence: c_int) -> c_long;
    fn close(fd: c_int) -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn getpid() -> c_int;
    fn getsid(pid: c_int) -> c_int;
    fn __errno_location() -> *mut c_int;
}

const APPEND: c_int = 0o2001 | 0o100;
const CHANGES: c_int = 0o3 | 0o100 | 0o1000; // to write, to create, to cut
const RECORD: usize = 24; // bytes in the log for each call: its name

/// What a call is about.
enum Place {
    Path(*const c_char),
    Open(c_int),
}

fn real(name: &CStr) -> *mut c_void {
    unsafe { dlsym(-1isize as *mut c_void, name.as_ptr()) }
}

fn variable(name: &CStr) -> Option<&'static [u8]> {
    let value = unsafe { getenv(name.as_ptr()) };
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }.to_bytes())
}

/// Whether a place is below the root. A relative path is: all work in folders there.
fn counts(place: &Place) -> bool {
    let Some(root) = variable(c"FAULT_ROOT") else { return false };
    match place {
        Place::Path(path) => {
            let path = unsafe { CStr::from_ptr(*path) }.to_bytes();
            !path.starts_with(b"/") || path.starts_with(root)
        }
        Place::Open(fd) => {
            let mut link = [0u8; 64];
            let mut target = [0u8; 512];
            link[..14].copy_from_slice(b"/proc/self/fd/");
            let (mut digits, mut rest, mut at) = ([0u8; 10], *fd, 0);
            while at == 0 || rest > 0 {
                digits[at] = b'0' + (rest % 10) as u8;
                rest /= 10;
                at += 1;
            }
            for (place, digit) in link[14..].iter_mut().zip(digits[..at].iter().rev()) {
                *place = *digit;
            }
            let size = unsafe { readlink(link.as_ptr().cast(), target.as_mut_ptr().cast(), 512) };
            size > 0 && target[..size as usize].starts_with(root)
        }
    }
}

/// Writes the call down; gives its number, the first is 1.
fn number(name: &CStr) -> usize {
    type Open = unsafe extern "C" fn(*const c_char, c_int, c_uint) -> c_int;
    type Write = unsafe extern "C" fn(c_int, *const c_void, usize) -> isize;
    let Some(log) = variable(c"FAULT_LOG") else { return 0 };
    let mut record = [b' '; RECORD];
    record[RECORD - 1] = b'\n';
    for (to, from) in record.iter_mut().zip(name.to_bytes().iter().take(RECORD - 1)) {
        *to = *from;
    }
    unsafe {
        let open: Open = std::mem::transmute(real(c"open"));
        let write: Write = std::mem::transmute(real(c"write"));
        let fd = open(log.as_ptr().cast(), APPEND, 0o600);
        write(fd, record.as_ptr().cast(), RECORD);
        let end = lseek(fd, 0, 1);
        close(fd);
        end as usize / RECORD
    }
}

/// The error that the call is to have, if any; perhaps it never comes back.
fn fault(name: &CStr, place: Place) -> Option<c_int> {
    let saved = unsafe { *__errno_location() };
    if !counts(&place) {
        unsafe { *__errno_location() = saved };
        return None;
    }
    let at = variable(c"FAULT_AT").map_or(0, |digits| {
        digits.iter().fold(0, |value, digit| value * 10 + usize::from(digit - b'0'))
    });
    let now = number(name);
    unsafe { *__errno_location() = saved };
    let kind = variable(c"FAULT_KIND").unwrap_or(b"");
    match kind {
        b"full" if at > 0 && now >= at && !frees(name) => Some(28),
        _ if now != at || at == 0 => None,
        b"enospc" => Some(28),
        b"eio" => Some(5),
        b"kill" => { unsafe { kill(getpid(), 9) }; None }
        b"parent" => { unsafe { kill(getsid(0), 9) }; None }
        b"all" => { unsafe { kill(0, 9) }; None }
        _ => None,
    }
}

/// Whether a call gives space back, which it can on a full disk.
fn frees(name: &CStr) -> bool {
    [c"unlink", c"unlinkat", c"rmdir"].contains(&name)
}

fn failed(error: c_int) -> c_int {
    unsafe { *__errno_location() = error };
    -1
}

macro_rules! hook {
    ($name:ident($($arg:ident: $kind:ty),*) -> $out:ty, $place:expr, $when:expr) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name($($arg: $kind),*) -> $out {
            type Real = unsafe extern "C" fn($($kind),*) -> $out;
            const NAME: &CStr = match CStr::from_bytes_with_nul(
                concat!(stringify!($name), "\0").as_bytes()) { Ok(it) => it, Err(_) => panic!() };
            if $when {
                if let Some(error) = fault(NAME, $place) { return failed(error) as $out; }
            }
            let call: Real = std::mem::transmute(real(NAME));
            call($($arg),*)
        }
    };
}

type Path = *const c_char;
hook!(open(path: Path, flags: c_int, mode: c_uint) -> c_int, Place::Path(path), flags & CHANGES != 0);
hook!(open64(path: Path, flags: c_int, mode: c_uint) -> c_int, Place::Path(path), flags & CHANGES != 0);
hook!(openat(at: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, Place::Path(path), flags & CHANGES != 0);
hook!(openat64(at: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, Place::Path(path), flags & CHANGES != 0);
hook!(mkstemp64(path: *mut c_char) -> c_int, Place::Path(path), true);
hook!(write(fd: c_int, data: *const c_void, size: usize) -> isize, Place::Open(fd), fd > 2);
hook!(pwrite64(fd: c_int, data: *const c_void, size: usize, at: c_long) -> isize, Place::Open(fd), true);
hook!(ftruncate64(fd: c_int, size: c_long) -> c_int, Place::Open(fd), true);
hook!(fsync(fd: c_int) -> c_int, Place::Open(fd), true);
hook!(fdatasync(fd: c_int) -> c_int, Place::Open(fd), true);
hook!(sync_file_range(fd: c_int, at: c_long, size: c_long, flags: c_uint) -> c_int, Place::Open(fd), true);
hook!(fchmod(fd: c_int, mode: c_uint) -> c_int, Place::Open(fd), true);
hook!(chmod(path: Path, mode: c_uint) -> c_int, Place::Path(path), true);
hook!(utime(path: Path, times: *const c_void) -> c_int, Place::Path(path), true);
hook!(mkdir(path: Path, mode: c_uint) -> c_int, Place::Path(path), true);
hook!(rmdir(path: Path) -> c_int, Place::Path(path), true);
hook!(unlink(path: Path) -> c_int, Place::Path(path), true);
hook!(unlinkat(at: c_int, path: Path, flags: c_int) -> c_int, Place::Path(path), true);
hook!(rename(from: Path, to: Path) -> c_int, Place::Path(to), true);
hook!(link(from: Path, to: Path) -> c_int, Place::Path(to), true);
hook!(symlink(from: Path, to: Path) -> c_int, Place::Path(to), true);
