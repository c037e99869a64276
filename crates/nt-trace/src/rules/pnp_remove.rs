//! `PnpRemove` and `NsRemoveLock*`: PnP requests that must not be failed, least of all with
//! `STATUS_NOT_SUPPORTED`.

use super::exit::{Exit, must_not_fail};
use super::predicate::Predicate;
use crate::event::{Event, Tag};
use crate::names::pnp;
use crate::value::NtStatus;
use crate::violation::Findings;
use crate::world::World;

pub const RULE: Predicate = Predicate {
    names: &[
        "PnpRemove",
        "NsRemoveLockMnRemove",
        "NsRemoveLockMnSurpriseRemove",
        "NsRemoveLockQueryMnRemove",
    ],
    interest: &[Tag::CallbackLeave],
    on,
};

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let Some(exit) = Exit::of(event, world) else { return };
    let own_query_failure = exit.is_pnp(pnp::QUERY_REMOVE_DEVICE)
        && exit.returned == NtStatus::NOT_SUPPORTED
        && exit.frame.lower != Some(NtStatus::NOT_SUPPORTED);
    if !exit.fails_what_must_not_fail() && !own_query_failure {
        return;
    }
    let not_supported = (exit.returned == NtStatus::NOT_SUPPORTED).then_some(exit.minor);
    let rule = match not_supported {
        Some(pnp::REMOVE_DEVICE) => "NsRemoveLockMnRemove",
        Some(pnp::SURPRISE_REMOVAL) => "NsRemoveLockMnSurpriseRemove",
        Some(pnp::QUERY_REMOVE_DEVICE) => "NsRemoveLockQueryMnRemove",
        _ => "PnpRemove",
    };
    let detail = format!("{} returned {}", exit.request(), exit.returned);
    let found = exit.violation(rule, event).detail(detail);
    findings.report(if must_not_fail(exit.major, exit.minor) { found.code(0xC9, 0x306) } else { found });
}
