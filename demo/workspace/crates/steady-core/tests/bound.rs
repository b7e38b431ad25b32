//! A process that runs for weeks meets more keys than it can remember.

use steady_core::prompts;
use steady_core::resolver::CommandResolver;

const KEYS: usize = 5_000;
const BOUND: usize = 1_000;

#[test]
fn bound_prompts() {
    for number in 0..KEYS {
        prompts::system_prompt(&format!("role {number}"));
    }
    let remembered = prompts::remembered();
    assert!(
        remembered <= BOUND,
        "{remembered} prompts remembered, at most {BOUND} wanted"
    );
}

#[test]
fn bound_resolutions() {
    let mut resolver = CommandResolver::new(vec!["/bin".into()]);
    for number in 0..KEYS {
        resolver.resolve(&format!("command{number}"));
    }
    let remembered = resolver.len();
    assert!(
        remembered <= BOUND,
        "{remembered} resolutions remembered, at most {BOUND} wanted"
    );
}

#[test]
fn answers_stay_the_same_however_many_keys_came_between() {
    let mut resolver = CommandResolver::new(vec!["/bin".into()]);
    let first = resolver.resolve("ls");
    for number in 0..KEYS {
        resolver.resolve(&format!("command{number}"));
    }
    assert_eq!(resolver.resolve("ls"), first);
}
