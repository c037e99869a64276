//! Traces of miniport drivers that break the rules about files and attributes.

use nt_trace::NtStatus;
use nt_trace::event::*;

use crate::Case;
use crate::life::*;

const ADAPTER: ObjectId = ObjectId::new(ObjectKind::Adapter, 1);
const MINIPORT: ObjectId = ObjectId::new(ObjectKind::Miniport, 1);
pub const FILE: ObjectId = ObjectId::new(ObjectKind::NdisFile, 1);
const ALREADY_MAPPED: NtStatus = NtStatus(0xC001_001D);
const NOT_ACCEPTED: NtStatus = NtStatus(0x0001_0003);

pub const CASES: &[Case] = &[
    ("NdisFileLeftOpen", "", |life| {
        initialise(life, open);
    }),
    ("NdisFileLeftOpen", "", |life| {
        // Closing it too late is the same mistake.
        initialise(life, open);
        life.push(NdisFileClosed { file: FILE });
    }),
    ("NdisFileLeftOpen", "", |life| {
        // Somebody else still initialises.
        let other = ObjectId::new(ObjectKind::Adapter, 2);
        life.on(2, |life| {
            life.push(CallbackEnter { callback: Callback::MiniportInitialize { adapter: other } });
        });
        initialise(life, open);
    }),
    ("NdisFileOutsideInitialization", "", |life| {
        life.push(NdisFileOpened { status: FAILED, ..NdisFileOpened::default() });
    }),
    ("NdisFileOutsideInitialization", "", |life| {
        // In another thread than the one that initialises.
        initialise(life, |life| {
            life.on(2, open);
            life.push(NdisFileMapped { file: FILE, status: OK }).push(NdisFileClosed { file: FILE });
        });
    }),
    ("NdisFileHandle", "", |life| {
        initialise(life, |life| {
            open(life);
            life.push(NdisFileClosed { file: FILE }).push(NdisFileClosed { file: FILE });
        });
    }),
    ("NdisFileHandle", "", |life| {
        initialise(life, |life| {
            open(life);
            life.push(NdisFileClosed { file: FILE }).push(NdisFileMapped { file: FILE, status: OK });
        });
    }),
    ("NdisFileHandle", "", |life| {
        initialise(life, |life| {
            life.push(NdisFileUnmapped { file: ObjectId::NONE });
        });
    }),
    ("NdisFileMapping", "", |life| {
        initialise(life, |life| {
            open(life);
            life.push(NdisFileMapped { file: FILE, status: OK });
            life.push(NdisFileMapped { file: FILE, status: ALREADY_MAPPED });
            life.push(NdisFileUnmapped { file: FILE }).push(NdisFileClosed { file: FILE });
        });
    }),
    ("NdisFileMapping", "", |life| {
        initialise(life, |life| {
            open(life);
            // What failed does not count.
            life.push(NdisFileMapped { file: FILE, status: ALREADY_MAPPED });
            life.push(NdisFileUnmapped { file: FILE }).push(NdisFileClosed { file: FILE });
        });
    }),
    ("NdisMiniportAttributes", "", |life| {
        life.callback(Callback::MiniportInitialize { adapter: ADAPTER }, OK, |_| {});
    }),
    ("NdisMiniportAttributes", "", |life| {
        life.callback(Callback::MiniportInitialize { adapter: ADAPTER }, OK, |life| {
            set(life, "registration");
        });
    }),
    ("NdisMiniportAttributes", "", |life| {
        life.callback(Callback::MiniportInitialize { adapter: ADAPTER }, OK, |life| {
            set(life, "general");
            set(life, "registration");
        });
    }),
    ("NdisMiniportAttributes", "", |life| {
        life.callback(Callback::MiniportInitialize { adapter: ADAPTER }, NOT_ACCEPTED, |life| {
            set(life, "registration");
            set(life, "offload");
        });
    }),
    ("LeakAtUnload", "", |life| {
        life.push(MiniportRegistered { miniport: MINIPORT, status: OK }).unload();
    }),
];

/// An adapter is initialised, and all goes well but for `body`.
pub fn initialise(life: &mut Life, body: impl FnOnce(&mut Life)) {
    life.callback(Callback::MiniportInitialize { adapter: ADAPTER }, OK, |life| {
        set(life, "registration");
        set(life, "general");
        body(life);
    });
}

fn set(life: &mut Life, attributes: &'static str) {
    life.push(MiniportAttributesSet { adapter: ADAPTER, attributes: attributes.into(), status: OK });
}

pub fn open(life: &mut Life) {
    life.push(NdisFileOpened {
        file: FILE,
        name: "\\SystemRoot\\firmware.bin".into(),
        length: 4,
        status: OK,
    });
}
