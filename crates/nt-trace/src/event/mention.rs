//! Which objects a payload names.

use super::{Actor, Callback, EtwField, IrpOrigin, LockForm, PoolKind, SpinLockForm, UrbKind};
use crate::object::ObjectId;
use crate::value::{Arg, Args, NtStatus, PoolTag, Site, Text};

/// A field that may name objects.
pub(super) trait Mention {
    fn mention(&self, visit: &mut dyn FnMut(ObjectId));
}

macro_rules! names_nothing {
    ($($type:ty),*) => { $(impl Mention for $type { fn mention(&self, _: &mut dyn FnMut(ObjectId)) {} })* };
}

names_nothing!(u8, u16, u32, u64, i64, bool, Option<i64>, [u64; 4], Text, NtStatus, PoolTag, Option<Site>);
names_nothing!(Actor, IrpOrigin, LockForm, PoolKind, SpinLockForm, UrbKind);

impl Mention for ObjectId {
    fn mention(&self, visit: &mut dyn FnMut(ObjectId)) {
        if self.is_some() {
            visit(*self);
        }
    }
}

impl Mention for Arg {
    fn mention(&self, visit: &mut dyn FnMut(ObjectId)) {
        if let Self::Object(id) = self {
            id.mention(visit);
        }
    }
}

impl Mention for Args {
    fn mention(&self, visit: &mut dyn FnMut(ObjectId)) {
        self.as_slice().iter().for_each(|arg| arg.mention(visit));
    }
}

impl Mention for EtwField {
    fn mention(&self, visit: &mut dyn FnMut(ObjectId)) {
        self.value.mention(visit);
    }
}

impl<T: Mention> Mention for Vec<T> {
    fn mention(&self, visit: &mut dyn FnMut(ObjectId)) {
        for item in self {
            item.mention(visit);
        }
    }
}

impl Mention for Callback {
    fn mention(&self, visit: &mut dyn FnMut(ObjectId)) {
        let both: [ObjectId; 2] = match *self {
            Self::DriverEntry | Self::Unload => [ObjectId::NONE; 2],
            Self::AddDevice { pdo } => [pdo, ObjectId::NONE],
            Self::Dispatch { irp, device, .. }
            | Self::Completion { irp, device, .. }
            | Self::Cancel { irp, device } => [irp, device],
            Self::Dpc { dpc } => [dpc, ObjectId::NONE],
            Self::WorkItem { item } => [item, ObjectId::NONE],
            Self::Timer { timer } => [timer, ObjectId::NONE],
            Self::PowerCompletion { device, .. } => [device, ObjectId::NONE],
            Self::Idle { irp } => [irp, ObjectId::NONE],
            Self::Thread { thread } => [thread, ObjectId::NONE],
            Self::EtwEnable { provider } => [provider, ObjectId::NONE],
            Self::MiniportSetOptions { miniport } => [miniport, ObjectId::NONE],
            Self::MiniportInitialize { adapter }
            | Self::MiniportHalt { adapter }
            | Self::MiniportPnpEvent { adapter } => [adapter, ObjectId::NONE],
        };
        for id in both {
            id.mention(visit);
        }
    }
}
