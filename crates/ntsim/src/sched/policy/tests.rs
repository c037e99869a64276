//! Policies on a toy: threads that each take a number of steps, between which others may run.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use super::{Bounds, Explorer, Moment, Pct, Point, Policy, Random, Replay, RoundRobin, Steered};
use crate::{campaign::Share, sched::ThreadId};

/// Threads 1, 2, … with this many steps each; before the steps at which it blocks, a thread ends its turn.
struct Toy {
    steps: Vec<u32>,
}

impl Toy {
    /// The order in which threads took their steps, and the choices made.
    fn run(&self, policy: &mut dyn Policy) -> (Vec<u32>, Vec<ThreadId>) {
        let mut left = self.steps.clone();
        let (mut order, mut choices) = (Vec::new(), Vec::new());
        let mut current = ThreadId(0);
        let mut point = Point::Blocked;
        loop {
            let runnable: Vec<ThreadId> =
                (1..).zip(&left).filter(|(_, left)| **left > 0).map(|(id, _)| ThreadId(id)).collect();
            let picked = match runnable.as_slice() {
                [] => return (order, choices),
                [only] => *only,
                several => {
                    let moment = Moment { point, current, runnable: several, racing: true, private: false };
                    let picked = policy.pick(&moment);
                    assert!(several.contains(&picked));
                    choices.push(picked);
                    picked
                }
            };
            order.push(picked.0);
            current = picked;
            let left = &mut left[picked.0 as usize - 1];
            *left -= 1;
            point = if *left == 0 { Point::Blocked } else { Point::KernelCall };
        }
    }

    fn explore(&self, bounds: Bounds, share: Share) -> Vec<Vec<u32>> {
        let explorer = Rc::new(RefCell::new(Explorer::new(bounds, share)));
        let mut orders = Vec::new();
        while explorer.borrow_mut().next_life() {
            orders.push(self.run(&mut Steered(Rc::clone(&explorer))).0);
        }
        assert!(!explorer.borrow().has_diverged());
        orders
    }
}

fn preemptions(order: &[u32], steps: &[u32]) -> usize {
    let mut left = steps.to_vec();
    let mut count = 0;
    for pair in order.windows(2) {
        let left = &mut left[pair[0] as usize - 1];
        *left -= 1;
        count += usize::from(pair[0] != pair[1] && *left > 0);
    }
    count
}

/// Every order of the threads' steps.
fn all_orders(steps: &[u32]) -> BTreeSet<Vec<u32>> {
    fn go(left: &mut Vec<u32>, order: &mut Vec<u32>, all: &mut BTreeSet<Vec<u32>>) {
        if left.iter().all(|left| *left == 0) {
            all.insert(order.clone());
        }
        for thread in 0..left.len() {
            if left[thread] > 0 {
                left[thread] -= 1;
                order.push(u32::try_from(thread).unwrap() + 1);
                go(left, order, all);
                order.pop();
                left[thread] += 1;
            }
        }
    }
    let mut all = BTreeSet::new();
    go(&mut steps.to_vec(), &mut Vec::new(), &mut all);
    all
}

const WITHOUT_BOUND: Bounds = Bounds { preemptions: None, turns: None };

#[test]
fn without_a_bound_every_order_is_tried_once() {
    for steps in [vec![3, 3], vec![2, 2, 2], vec![1, 4, 2]] {
        let orders = Toy { steps: steps.clone() }.explore(WITHOUT_BOUND, Share::default());
        let distinct: BTreeSet<_> = orders.iter().cloned().collect();
        assert_eq!(distinct.len(), orders.len(), "no order twice");
        assert_eq!(distinct, all_orders(&steps));
    }
}

#[test]
fn within_a_bound_exactly_the_orders_with_so_many_preemptions_are_tried() {
    let steps = vec![4, 3, 2];
    for bound in 0..4 {
        let bounds = Bounds { preemptions: Some(bound), turns: None };
        let orders = Toy { steps: steps.clone() }.explore(bounds, Share::default());
        let expected: BTreeSet<_> = all_orders(&steps)
            .into_iter()
            .filter(|order| preemptions(order, &steps) <= bound as usize)
            .collect();
        assert_eq!(orders.iter().cloned().collect::<BTreeSet<_>>(), expected);
        assert_eq!(orders.len(), expected.len());
    }
}

#[test]
fn a_bound_on_turns_counts_them() {
    let toy = Toy { steps: vec![2, 2, 2] };
    let turns =
        |turns| toy.explore(Bounds { preemptions: Some(0), turns: Some(turns) }, Share::default()).len();
    // Three ways to begin, two to go on.
    assert_eq!((turns(0), turns(1), turns(9)), (1, 4, 6));
}

#[test]
fn shares_try_everything_between_them() {
    let toy = Toy { steps: vec![3, 3, 2] };
    let whole: BTreeSet<_> = toy.explore(WITHOUT_BOUND, Share::default()).into_iter().collect();
    let parts: Vec<_> = Share::all(4).map(|share| toy.explore(WITHOUT_BOUND, share)).collect();
    let usual = &parts[0][0];
    assert!(parts.iter().all(|part| &part[0] == usual && part.len() > 1));
    let together: Vec<_> = parts.iter().flat_map(|part| &part[1..]).cloned().collect();
    assert_eq!(together.len() + 1, whole.len(), "no order twice, but for the usual one");
    assert_eq!(together.into_iter().chain([usual.clone()]).collect::<BTreeSet<_>>(), whole);
}

#[test]
fn saved_choices_give_the_same_order_whoever_made_them() {
    let toy = Toy { steps: vec![5, 4, 6] };
    for seed in 0..50 {
        let mut policies: [Box<dyn Policy>; 3] =
            [Box::new(Random::new(seed)), Box::new(Pct::new(seed, 3, 15)), Box::new(RoundRobin)];
        for policy in &mut policies {
            let (order, choices) = toy.run(policy.as_mut());
            assert_eq!(toy.run(&mut Replay::new(choices.clone())), (order, choices));
        }
    }
}

#[test]
fn priorities_change_as_often_as_the_depth_says() {
    let steps = vec![6, 6];
    let toy = Toy { steps: steps.clone() };
    for depth in 1..5 {
        for seed in 0..200 {
            let (order, _) = toy.run(&mut Pct::new(seed, depth, 12));
            assert!(preemptions(&order, &steps) < depth as usize, "{depth}: {order:?}");
        }
    }
}

/// A defect of depth 2: thread 1 must be interrupted between its second and third step, and thread 2 run to its end.
#[test]
fn pct_finds_a_defect_of_its_depth_as_often_as_is_proven() {
    let toy = Toy { steps: vec![4, 2] };
    let bad = [1, 1, 2, 2, 1, 1];
    let (threads, steps, lives) = (2, 6, 1200);
    let found = (0..lives).filter(|seed| toy.run(&mut Pct::new(*seed, 2, steps)).0 == bad).count() as u64;
    assert!(found >= lives / (threads * steps), "{found} of {lives}");
    let shallow = (0..lives).filter(|seed| toy.run(&mut Pct::new(*seed, 1, steps)).0 == bad).count();
    assert_eq!(shallow, 0);
}

#[test]
fn a_thread_that_yields_stands_back() {
    let runnable = [ThreadId(1), ThreadId(2)];
    let moment = Moment {
        point: Point::Yield,
        current: ThreadId(1),
        runnable: &runnable,
        racing: true,
        private: false,
    };
    for seed in 0..50 {
        assert_eq!(Pct::new(seed, 2, 10).pick(&moment), ThreadId(2));
    }
}

/// Threads 1 and 2 take steps; thread 3 is woken between them and never does anything.
fn orders_beside_an_idle_thread(tell: bool) -> (BTreeSet<Vec<u32>>, u64) {
    let explorer = Rc::new(RefCell::new(Explorer::new(WITHOUT_BOUND, Share::default())));
    let mut orders = BTreeSet::new();
    while explorer.borrow_mut().next_life() {
        let mut policy = Steered(Rc::clone(&explorer));
        let (mut left, mut awake, mut order) = ([2, 2], 2, Vec::new());
        let (mut current, mut point) = (ThreadId(0), Point::Blocked);
        while left != [0, 0] {
            let mut runnable: Vec<ThreadId> =
                (1..).zip(left).filter(|(_, left)| *left > 0).map(|(id, _)| ThreadId(id)).collect();
            runnable.extend((awake > 0).then_some(ThreadId(3)));
            let chosen = runnable.len() > 1;
            let picked = if chosen {
                policy.pick(&Moment { point, current, runnable: &runnable, racing: true, private: false })
            } else {
                runnable[0]
            };
            (current, point) = (picked, Point::KernelCall);
            if picked.0 == 3 {
                awake -= 1;
                point = Point::Blocked;
                if chosen && tell {
                    policy.stepped_idly();
                }
            } else {
                order.push(picked.0);
                let left = &mut left[picked.0 as usize - 1];
                *left -= 1;
                if *left == 0 {
                    point = Point::Blocked;
                }
            }
        }
        orders.insert(order);
    }
    let lives = explorer.borrow().lives();
    (orders, lives)
}

#[test]
fn steps_without_effect_are_not_tried_everywhere_and_nothing_is_lost() {
    let (all, many) = orders_beside_an_idle_thread(false);
    let (same, few) = orders_beside_an_idle_thread(true);
    assert_eq!(all, all_orders(&[2, 2]));
    assert_eq!(same, all);
    assert!(few < many, "{few} lives instead of {many}");
}
