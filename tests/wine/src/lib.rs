//! Plays scenarios with the shipped driver under Wine and compares with the simulated kernel.
