//! What can happen in a history: the moves that a script is made of, and how they are made up.

use proptest::{collection::vec, prelude::*};
use usb_models::models::loopback::{BULK_IN, BULK_OUT, FLUSH, INTERRUPT_IN, LEVEL, MEMORY};
use usbclient_protocol::{SetupPacket, control_code};

use crate::{
    pnp::{Refusal, Way},
    power::Sleep,
    scenario::{Bytes, Completion, Face, Ioctl, PnpOperation, Poke},
};

/// Devices that there are at most.
pub(super) const DEVICES: u8 = 3;
/// Handles that there are at most.
pub(super) const FILES: u8 = 4;
/// Requests that have a name at a time.
pub(super) const REQUESTS: u8 = 5;
/// Processes that open files.
pub(super) const PROCESSES: u8 = 2;
/// Moves of a script, before those are left out that are not legal when their turn comes.
const MOVES: std::ops::Range<usize> = 3..45;

/// One thing that happens. Devices, handles and requests are numbers.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// A device is plugged in, or the same one again.
    Plug {
        device: u8,
        face: Face,
        way: Completion,
        /// It is started at once.
        start: bool,
        /// It says that it is the first device: the same instance.
        twin: bool,
    },
    Unplug {
        device: u8,
    },
    Poke {
        device: u8,
        poke: Poke,
    },
    Pnp {
        device: u8,
        operation: PnpOperation,
    },
    /// The filter above refuses something next time.
    Refuse {
        device: u8,
        what: Refusal,
        way: Way,
    },
    Open {
        device: u8,
        file: u8,
        process: u8,
    },
    Close {
        file: u8,
    },
    Duplicate {
        file: u8,
        to: u8,
    },
    Exit {
        process: u8,
    },
    Submit {
        request: u8,
        file: u8,
        what: What,
    },
    Cancel {
        request: u8,
    },
    CancelFile {
        file: u8,
    },
    /// Waits for a request that must end.
    Await {
        request: u8,
    },
    /// Driver Verifier's enhanced I/O verification goes on.
    Enhanced,
    Sleep {
        microseconds: u16,
    },
    /// The system sleeps and wakes; programs do this meanwhile.
    Nap {
        state: Sleep,
        critical: bool,
        during: Vec<Self>,
    },
    /// Several threads at once.
    Race {
        branches: Vec<Vec<Self>>,
    },
}

/// What a program asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Read { packets: u8 },
    Write { packets: u8 },
    Report,
    ControlIn,
    ControlOut,
    Abort,
    Reset,
    Pipes,
    Unknown { code: u32, room: u16 },
}

impl What {
    /// The request itself.
    pub(super) fn ioctl(self, file: &str) -> Ioctl {
        let setup = |request_type, request, length| SetupPacket {
            request_type,
            request,
            length,
            ..SetupPacket::default()
        };
        match self {
            Self::Read { packets } => Ioctl::read(file, BULK_IN, u32::from(packets) * 512),
            Self::Write { packets } => {
                Ioctl::write(file, BULK_OUT, Bytes::pattern(1, u32::from(packets) * 512))
            }
            Self::Report => Ioctl::read(file, INTERRUPT_IN, 64),
            Self::ControlIn => Ioctl::control_in(file, setup(0xC0, LEVEL, 4)),
            Self::ControlOut => {
                let memory = setup(0x40, MEMORY, 8);
                Ioctl::control_out(file, memory, Bytes::pattern(2, 8))
            }
            Self::Abort => Ioctl::abort(file, BULK_IN),
            Self::Reset => Ioctl::reset(file, BULK_OUT),
            Self::Pipes => Ioctl::new(file, control_code::GET_PIPES, Bytes::none(), Bytes::room(256)),
            Self::Unknown { code, room: 0 } => {
                Ioctl::control_out(file, SetupPacket { index: 1, ..setup(0x40, FLUSH, 0) }, Bytes::none())
                    .with(code)
            }
            Self::Unknown { code, room } => {
                Ioctl::new(file, code, Bytes::pattern(3, u32::from(room)), Bytes::room(u32::from(room)))
            }
        }
    }
}

impl Ioctl {
    /// The same with another code.
    const fn with(mut self, code: u32) -> Self {
        self.code.0 = code;
        self
    }
}

/// Histories.
pub(super) fn histories() -> impl Strategy<Value = Vec<Move>> {
    // Most begin with a device that works and is open: much depends on that.
    let usual = (any::<bool>(), stack()).prop_map(|(begins, (face, way))| {
        if !begins {
            return Vec::new();
        }
        vec![
            Move::Plug { device: 0, face, way, start: true, twin: false },
            Move::Open { device: 0, file: 0, process: 0 },
        ]
    });
    (usual, vec(with_races(), MOVES)).prop_map(|(mut first, rest)| {
        first.extend(rest);
        first
    })
}

fn with_races() -> impl Strategy<Value = Move> {
    let race = vec(vec(simple(), 1..4), 2..4).prop_map(|branches| Move::Race { branches });
    let state = prop::sample::select(vec![Sleep::S1, Sleep::S2, Sleep::S3, Sleep::S4]);
    let critical = prop_oneof![5 => Just(false), 1 => Just(true)];
    let during = prop_oneof![1 => Just(Vec::new()), 1 => vec(simple(), 1..5)];
    let nap =
        (state, critical, during).prop_map(|(state, critical, during)| Move::Nap { state, critical, during });
    prop_oneof![24 => simple(), 2 => race, 1 => nap]
}

fn stack() -> impl Strategy<Value = (Face, Completion)> {
    let face = prop_oneof![3 => Just(Face::Usb3), 1 => Just(Face::Usb2)];
    let way = prop_oneof![
        4 => Just(Completion::Dispatch),
        1 => Just(Completion::Passive),
        1 => Just(Completion::Inline),
        1 => Just(Completion::InlinePending),
        1 => Just(Completion::Racing),
    ];
    (face, way)
}

fn simple() -> impl Strategy<Value = Move> {
    prop_oneof![
        14 => (0..REQUESTS, file(), what()).prop_map(|(request, file, what)| Move::Submit { request, file, what }),
        10 => (device(), operation()).prop_map(|(device, operation)| Move::Pnp { device, operation }),
        6 => (device(), file(), 0..PROCESSES)
            .prop_map(|(device, file, process)| Move::Open { device, file, process }),
        5 => file().prop_map(|file| Move::Close { file }),
        4 => (0..REQUESTS).prop_map(|request| Move::Cancel { request }),
        4 => (0..REQUESTS).prop_map(|request| Move::Await { request }),
        4 => plug(),
        3 => device().prop_map(|device| Move::Unplug { device }),
        2 => file().prop_map(|file| Move::CancelFile { file }),
        2 => (file(), file()).prop_map(|(file, to)| Move::Duplicate { file, to }),
        2 => (0..3000_u16).prop_map(|microseconds| Move::Sleep { microseconds }),
        2 => (device(), poke()).prop_map(|(device, poke)| Move::Poke { device, poke }),
        2 => refuse(),
        1 => (0..PROCESSES).prop_map(|process| Move::Exit { process }),
        1 => Just(Move::Enhanced),
    ]
}

/// The first device more often than the others.
fn device() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0_u8), 2 => 1..DEVICES]
}

fn file() -> impl Strategy<Value = u8> {
    prop_oneof![2 => Just(0_u8), 2 => 1..FILES]
}

fn plug() -> impl Strategy<Value = Move> {
    let start = prop_oneof![1 => Just(false), 5 => Just(true)];
    let twin = prop_oneof![4 => Just(false), 1 => Just(true)];
    (device(), stack(), start, twin).prop_map(|(device, (face, way), start, twin)| Move::Plug {
        device,
        face,
        way,
        start,
        twin,
    })
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        4 => (1..9_u8).prop_map(|packets| What::Read { packets }),
        3 => (0..9_u8).prop_map(|packets| What::Write { packets }),
        1 => Just(What::Report),
        1 => Just(What::ControlIn),
        1 => Just(What::ControlOut),
        1 => Just(What::Abort),
        1 => Just(What::Reset),
        1 => Just(What::Pipes),
        1 => (any::<u32>(), 0..600_u16).prop_map(|(code, room)| What::Unknown { code, room }),
    ]
}

fn operation() -> impl Strategy<Value = PnpOperation> {
    use PnpOperation as It;
    let states = prop::sample::select(vec![
        It::OrderlyRemove,
        It::Enable,
        It::Rebalance,
        It::RebalanceFailRestart,
        It::CancelStop,
        It::CancelRemove,
        It::QueryStop,
        It::Stop,
        It::Start,
        It::QueryRemove,
        It::SpuriousCancelRemove,
        It::SpuriousCancelStop,
        It::Remove,
        It::SurpriseRemoval,
    ]);
    let questions = prop::sample::select(vec![
        It::QueryCapabilities,
        It::QueryPnpDeviceState,
        It::QueryBusRelations,
        It::UsageNotification { in_path: true },
        It::UsageNotification { in_path: false },
        It::Minor { minor: 0x08 },
        It::Minor { minor: 0x12 },
        It::Minor { minor: 0x7F },
        It::SystemControl { minor: 0x00 },
        It::SystemControl { minor: 0x08 },
        It::SystemControl { minor: 0x7F },
    ]);
    prop_oneof![4 => states, 1 => questions]
}

fn poke() -> impl Strategy<Value = Poke> {
    prop::sample::select(vec![
        Poke::Pull,
        Poke::CyclePort,
        Poke::Mute,
        Poke::Halt { endpoint: BULK_IN },
        Poke::Halt { endpoint: BULK_OUT },
        Poke::Nak { endpoint: BULK_IN, on: true },
        Poke::Nak { endpoint: BULK_OUT, on: true },
    ])
}

fn refuse() -> impl Strategy<Value = Move> {
    let what = prop::sample::select(vec![
        Refusal::AddDevice,
        Refusal::Start,
        Refusal::QueryStop,
        Refusal::QueryRemove,
    ]);
    let way = prop::sample::select(vec![Way::Down, Way::Up]);
    (device(), what, way).prop_map(|(device, what, way)| Move::Refuse { device, what, way })
}
