//! The example's sync plugin in Rust, built with the plain compiler: no crates,
//! the flat core signatures of the world written by hand. It keeps its debug
//! information, so that traps in it can be read.

use std::alloc::{alloc, realloc, Layout};
use std::fs;
use std::path::Path;
use std::slice;

#[link(wasm_import_module = "$root")]
extern "C" {
    #[link_name = "canister-call"]
    fn raw_canister_call(
        method: *const u8, method_size: usize, arg: *const u8, arg_size: usize, query: u32, direct: u32, cycles: u64,
        result: *mut CallResult,
    );
}

#[repr(C)]
struct CallResult {
    is_error: u8,
    data: *mut u8,
    size: usize,
}

fn call(method: &str, arg: &[u8], direct: bool) -> Result<Vec<u8>, String> {
    let mut r = CallResult { is_error: 0, data: std::ptr::null_mut(), size: 0 };
    let value = unsafe {
        raw_canister_call(method.as_ptr(), method.len(), arg.as_ptr(), arg.len(), 0, direct as u32, 0, &mut r);
        if r.size == 0 { Vec::new() } else { Vec::from_raw_parts(r.data, r.size, r.size) }
    };
    if r.is_error == 0 { Ok(value) } else { Err(String::from_utf8(value).expect("the host writes UTF-8")) }
}

/// Candid: the header, then each part with its length before it.
fn candid(header: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut out = header.to_vec();
    for part in parts {
        let mut left = part.len();
        while left > 0x7f {
            out.push(left as u8 | 0x80);
            left >>= 7;
        }
        out.push(left as u8);
        out.extend_from_slice(part);
    }
    out
}

/// The bytes of a principal's text: base 32, less a checksum of four bytes.
fn principal(text: &str) -> Vec<u8> {
    let (mut raw, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for c in text.bytes().filter(|c| *c != b'-') {
        bits = bits << 5 | (if c >= b'a' { c - b'a' } else { c - b'2' + 26 }) as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            raw.push((bits >> count) as u8);
        }
    }
    raw.split_off(4)
}

fn register(path: &Path) -> Result<u32, String> {
    let name = path.display().to_string();
    let content = fs::read_to_string(path).map_err(|e| format!("read {name}: {e}"))?;
    let arg = candid(b"DIDL\0\x02\x71\x71", &[name.as_bytes(), content.trim().as_bytes()]);
    call("register", &arg, true).map_err(|e| format!("register {name}: {e}"))?;
    println!("{name}: ok");
    Ok(1)
}

fn walk(dir: &Path) -> Result<u32, String> {
    let describe = |e| format!("read_dir {}: {}", dir.display(), e);
    let mut paths: Vec<_> = fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
        .map_err(describe)?;
    paths.sort();
    let mut registered = 0;
    for path in paths {
        let kind = fs::symlink_metadata(&path).map_err(describe)?.file_type();
        registered += if kind.is_dir() {
            walk(&path)?
        } else if kind.is_file() {
            register(&path)?
        } else {
            0
        };
    }
    Ok(registered)
}

fn run(canister: &str, environment: &str, dirs: &[&str], identity: &str) -> Result<(), String> {
    println!("seeding {canister}");
    if environment == "panic" {
        let none: [u8; 3] = [1, 2, 3];
        let at = environment.len() + 2;
        println!("{}", none[at]);
    }
    call("set_uploader", &candid(b"DIDL\0\x01\x68\x01", &[&principal(identity)]), false)
        .map_err(|e| format!("set_uploader: {e}"))?;
    let mut registered = 0;
    for dir in dirs {
        registered += walk(Path::new(dir))?;
    }
    eprintln!("registered {registered} item(s) in canister {canister} (environment: {environment})");
    Ok(())
}

#[repr(C)]
pub struct Text {
    data: *const u8,
    size: usize,
}

unsafe fn text<'a>(data: *const u8, size: usize) -> &'a str {
    std::str::from_utf8(slice::from_raw_parts(data, size)).expect("the host writes UTF-8")
}

#[repr(C)]
pub struct ExecResult {
    is_error: u8,
    data: *const u8,
    size: usize,
}

static mut RESULT: ExecResult = ExecResult { is_error: 0, data: std::ptr::null(), size: 0 };

/// # Safety
/// Called by the host with what the world says.
#[no_mangle]
pub unsafe extern "C" fn exec(
    canister: *const u8, canister_size: usize, environment: *const u8, environment_size: usize, dirs: *const Text,
    dir_count: usize, _files: *const u8, _file_count: usize, identity: *const u8, identity_size: usize,
    _has_proxy: u32, _proxy: *const u8, _proxy_size: usize,
) -> *const ExecResult {
    let dirs: Vec<&str> = slice::from_raw_parts(dirs, dir_count).iter().map(|d| text(d.data, d.size)).collect();
    let outcome = run(
        text(canister, canister_size), text(environment, environment_size), &dirs, text(identity, identity_size),
    );
    RESULT.is_error = outcome.is_err() as u8;
    if let Err(message) = outcome {
        let message = message.into_bytes().leak();
        RESULT.data = message.as_ptr();
        RESULT.size = message.len();
    }
    &RESULT
}

#[no_mangle]
pub unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    if size == 0 {
        return align as *mut u8;
    }
    let p = if old.is_null() {
        alloc(Layout::from_size_align_unchecked(size, align))
    } else {
        realloc(old, Layout::from_size_align_unchecked(old_size, align), size)
    };
    if p.is_null() {
        std::process::abort();
    }
    p
}

fn main() {}
