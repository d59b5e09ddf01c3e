//! A program that breaks as its first argument says. It keeps its debug information,
//! so that what is reported of a trap can be compared with these lines.

use std::env;

mod plan {
    pub struct Plan {
        slots: Vec<u32>,
    }

    impl Plan {
        pub fn new(n: u32) -> Plan {
            Plan { slots: (0..n).collect() }
        }

        #[inline(always)]
        fn slot(&self, at: usize) -> u32 {
            self.slots[at] // index
        }

        #[inline(never)]
        pub fn sum<I: Iterator<Item = usize>>(&self, which: I) -> u32 {
            which.map(|at| self.slot(at)).sum()
        }
    }
}

#[inline(never)]
fn abort(words: bool) -> u32 {
    if words {
        eprintln!("\x1b[2Jabout to abort\u{202e}");
    }
    std::process::abort() // abort
}

#[inline(never)]
fn stray(at: usize) -> u32 {
    unsafe { *(at as *const u32) } // stray
}

#[inline(never)]
fn deeper(n: u32) -> u32 {
    let page = [n; 64];
    unsafe { std::ptr::read_volatile(&page) };
    deeper(n + 1) + page[(n % 64) as usize] // deeper
}

fn main() {
    let how = env::args().nth(1).unwrap_or_default();
    println!("breaking by {how}");
    let n = match how.as_str() {
        "index" => plan::Plan::new(3).sum([0, 7].iter().copied()),
        "abort" => abort(false),
        "words" => abort(true),
        "stray" => stray(usize::MAX - 7),
        "deeper" => deeper(0),
        _ => 0,
    };
    println!("{n}");
}
