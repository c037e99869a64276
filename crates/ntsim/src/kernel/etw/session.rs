//! Who listens: one session, to every provider.
//!
//! Which events a session wants is said on the page of `PENABLECALLBACK`: level 0 wants every level, an event without
//! keywords is wanted by everybody, any other if it has one of the keywords of which it must have one, and all of those
//! that it must have.
//!
//! Pages: [ETWENABLECALLBACK](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-etwenablecallback),
//! [PENABLECALLBACK](https://learn.microsoft.com/windows/win32/api/evntprov/nc-evntprov-penablecallback),
//! [EtwEventEnabled](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etweventenabled),
//! [EtwProviderEnabled](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwproviderenabled)

use nt_trace::event::{Callback, EtwEnabled};
use serde::{Deserialize, Serialize};

use super::write::EventDescriptor;
use crate::{
    kernel::{Kernel, callback, export::Args},
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// What a session listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The highest level that it wants, 0 for every level.
    pub level: u8,
    /// Keywords of which an event must have one.
    pub any: u64,
    /// Keywords of which an event must have all.
    #[serde(default)]
    pub all: u64,
}

impl Session {
    /// Whether it wants events of this level with these keywords.
    pub(super) const fn wants(self, level: u8, keyword: u64) -> bool {
        (self.level == 0 || level <= self.level)
            && (keyword == 0 || keyword & self.any != 0 && keyword & self.all == self.all)
    }
}

impl Kernel {
    /// A session listens before any driver is loaded.
    pub const fn listen_from_start(&mut self, session: Session) {
        self.etw.session = Some(session);
    }
}

/// Begins a session, changes what it listens to, or ends it. Every provider is told.
pub async fn listen(cpu: &Cpu, session: Option<Session>) -> Result<(), Stop> {
    let handles: Vec<u64> = {
        let mut kernel = cpu.k();
        kernel.etw.session = session;
        kernel.etw.providers.keys().copied().collect()
    };
    for handle in handles {
        tell(cpu, handle).await?;
    }
    Ok(())
}

/// Tells a provider that has just registered about a session that listens already.
pub(super) async fn tell_one(cpu: &Cpu, handle: u64) -> Result<(), Stop> {
    if cpu.look().etw.session.is_none() {
        return Ok(());
    }
    tell(cpu, handle).await
}

async fn tell(cpu: &Cpu, handle: u64) -> Result<(), Stop> {
    let (id, routine, context, session) = {
        let mut kernel = cpu.k();
        let session = kernel.etw.session;
        let Some(provider) = kernel.etw.providers.get(&handle) else { return Ok(()) };
        let (id, routine, context) = (provider.id, provider.callback, provider.context);
        let Session { level, any, all } = session.unwrap_or(Session { level: 0, any: 0, all: 0 });
        kernel.emit_at(None, EtwEnabled { provider: id, on: session.is_some(), level, any, all });
        (id, routine, context, session)
    };
    if routine.is_null() {
        return Ok(());
    }
    // EVENT_CONTROL_CODE_DISABLE_PROVIDER, EVENT_CONTROL_CODE_ENABLE_PROVIDER. A session of a tracing tool has no source.
    let (code, session) = session.map_or((0, Session { level: 0, any: 0, all: 0 }), |session| (1, session));
    let source = guid_null();
    let arguments = [
        source,
        Addr(code),
        Addr(session.level.into()),
        Addr(session.any),
        Addr(session.all),
        Addr::NULL,
        context,
    ];
    callback::call(cpu, Callback::EtwEnable { provider: id }, routine, &arguments).await.map(drop)
}

/// `GUID_NULL`, in the simulator: a driver only reads it.
fn guid_null() -> Addr {
    static NONE: [u8; 16] = [0; 16];
    Addr(NONE.as_ptr() as u64)
}

/// `EtwProviderEnabled`: handle, level, keyword.
pub(super) fn provider_enabled(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, level, keyword) = (args.get(kernel, 0)?, args.byte(kernel, 1)?, args.get(kernel, 2)?);
    Ok(is_wanted(kernel, handle, level, keyword).into())
}

/// `EtwEventEnabled`: handle, descriptor.
pub(super) fn event_enabled(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, event) = (args.get(kernel, 0)?, args.pointer(kernel, 1)?);
    let event: EventDescriptor = kernel.mem.read(event)?;
    Ok(is_wanted(kernel, handle, event.level, event.keyword).into())
}

fn is_wanted(kernel: &Kernel, handle: u64, level: u8, keyword: u64) -> bool {
    let wants = kernel.etw.session.is_some_and(|session| session.wants(level, keyword));
    wants && kernel.etw.providers.contains_key(&handle)
}
