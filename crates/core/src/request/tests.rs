//! Every refusal, and what passes.
