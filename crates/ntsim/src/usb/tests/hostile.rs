//! URBs that make no sense: the stack refuses them or stops the machine, and goes on itself.

use nt_trace::event::Actor;

use super::{Client, block, with};
use crate::{
    abi::urb::URB_HEADER,
    kernel::io::cancel_irp,
    mem::Addr,
    sched::SplitMix,
    stop::Stop,
    usb::{Completion, Face},
};

/// Sizes that structures of the union have.
const SIZES: [u16; 8] = [24, 32, 40, 88, 128, 136, 152, 0xFFFF];

fn below(random: &mut SplitMix, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap_or(0)
}

/// Fills an URB with words that are pointers of all kinds, small numbers, or nothing in particular.
fn scribble(client: &Client, urb: Addr, words: &[u64], random: &mut SplitMix) -> Result<(), Stop> {
    let mut kernel = client.cpu.k();
    for offset in (24..152).step_by(8) {
        let word = match random.below(4) {
            0 => random.next(),
            1 => random.below(600),
            _ => words.get(below(random, words.len())).copied().unwrap_or(0),
        };
        kernel.mem.write(urb.add(offset), &word)?;
    }
    let header: &mut URB_HEADER = kernel.mem.at_mut(urb)?;
    header.Length = SIZES.get(below(random, SIZES.len())).copied().unwrap_or(0);
    header.Function = u16::try_from(random.below(0x40)).unwrap_or(0);
    Ok(())
}

#[test]
fn any_urb_is_survived() {
    for (face, completion) in [(Face::Usb3, Completion::Inline), (Face::Usb2, Completion::Dispatch)] {
        with("loopback-hs", face, completion, move |client: Client| async move {
            let mut random = SplitMix::new(1);
            let pipes = client.select().await?;
            let descriptor = client.configuration().await?;
            let (select, list) = client.select_urb(descriptor)?;
            let buffer = block(&mut client.cpu.k(), 512)?;
            let mdl = client.cpu.k().allocate_mdl(buffer, 512, false)?;
            let words = [
                0,
                0,
                pipes.out.0,
                pipes.into.0,
                pipes.interrupt.0,
                pipes.configuration.0,
                descriptor.0,
                select.0,
                list.0,
                buffer.0,
                mdl.0,
                u64::MAX,
            ];
            let mut survived = 0;
            let mut urb = client.urb()?;
            for _ in 0..4_000 {
                scribble(&client, urb, &words, &mut random)?;
                match client.send(urb).await {
                    Ok(sent) => {
                        survived += 1;
                        if sent.done.get().is_none() {
                            cancel_irp(&client.cpu, sent.irp, Actor::System).await?;
                        }
                        client.wait(&sent).await;
                    }
                    // The machine would stop here; another URB is tried on what is left of it.
                    Err(Stop::BugCheck { .. } | Stop::BadAccess(_)) => urb = client.urb()?,
                    Err(stop) => return Err(stop),
                }
            }
            assert!(survived > 1_000, "{survived} were refused or carried out");
            Ok(())
        });
    }
}
