//! Limits and chunks.
