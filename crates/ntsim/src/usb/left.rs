//! What a driver left behind of the stack's when it was unloaded.

use nt_trace::event::UrbKind;

use super::Usb;
use crate::kernel::leak::Left;

impl Usb {
    /// Handles that are open, and URBs that were not freed.
    pub fn left(&self) -> impl Iterator<Item = Left> {
        let handles = self.handles.values().filter(|handle| !handle.closed);
        let handles =
            handles.map(|handle| Left { object: handle.id, what: "USBD handle".into(), site: handle.site });
        let urbs = self.urbs.values().filter(|urb| urb.kind != UrbKind::Foreign);
        let urbs = urbs.map(|urb| Left { object: urb.id, what: "URB".into(), site: urb.site });
        handles.chain(urbs)
    }
}
