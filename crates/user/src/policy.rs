//! Policies: those of the device, and how any is asked for and set.

use std::time::Duration;

use usbclient_protocol::{PolicyGet, PolicySet, PolicyValue, control_code, policy};

use crate::{
    device::{Device, milliseconds, short_reply},
    operation::Operation,
};

/// The default pipe and the device, as a target.
const DEVICE: u32 = 0;

pub fn get(device: &Device, target: u32, policy: u32) -> Operation<u32> {
    let input = PolicyGet { target, policy }.encode();
    device.operation(async move |line| {
        const DOING: &str = "asking for a policy";
        let reply = line.send(DOING, control_code::GET_POLICY, &input, vec![0; PolicyValue::SIZE]).await?;
        Ok(PolicyValue::decode(&reply).ok_or_else(|| short_reply(DOING))?.value)
    })
}

pub fn set(device: &Device, target: u32, policy: u32, value: u32) -> Operation<()> {
    let input = PolicySet { target, policy, value }.encode();
    device.order("setting a policy", control_code::SET_POLICY, &input)
}

/// A timeout policy's value.
pub const fn timeout(milliseconds: u32) -> Option<Duration> {
    if milliseconds == 0 { None } else { Some(Duration::from_millis(milliseconds as u64)) }
}

/// The policies of the device itself and of its default pipe: [`Device::policies`].
#[derive(Clone, Debug)]
pub struct DevicePolicies(Device);

impl DevicePolicies {
    pub(crate) const fn new(device: Device) -> Self {
        Self(device)
    }

    /// How long control transfers may take that have no timeout of their own. None: for ever.
    pub fn control_timeout(&self) -> Operation<Option<Duration>> {
        get(&self.0, DEVICE, policy::PIPE_TRANSFER_TIMEOUT).map(timeout)
    }

    /// See [`control_timeout`](Self::control_timeout). 5 seconds at first; in whole milliseconds, at least one.
    pub fn set_control_timeout(&self, timeout: Option<Duration>) -> Operation<()> {
        set(&self.0, DEVICE, policy::PIPE_TRANSFER_TIMEOUT, milliseconds(timeout))
    }

    /// Whether the device is suspended when it is idle.
    pub fn auto_suspend(&self) -> Operation<bool> {
        get(&self.0, DEVICE, policy::AUTO_SUSPEND).map(|value| value != 0)
    }

    /// See [`auto_suspend`](Self::auto_suspend). The INF says what at first.
    pub fn set_auto_suspend(&self, on: bool) -> Operation<()> {
        set(&self.0, DEVICE, policy::AUTO_SUSPEND, on.into())
    }

    /// How long the device is without a request until it is suspended.
    pub fn suspend_delay(&self) -> Operation<Duration> {
        let delay = get(&self.0, DEVICE, policy::SUSPEND_DELAY);
        delay.map(|value| Duration::from_millis(value.into()))
    }

    /// See [`suspend_delay`](Self::suspend_delay). In whole milliseconds, at least one.
    pub fn set_suspend_delay(&self, delay: Duration) -> Operation<()> {
        set(&self.0, DEVICE, policy::SUSPEND_DELAY, milliseconds(Some(delay)))
    }
}
