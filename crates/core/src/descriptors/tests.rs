//! Hostile and honest descriptors.
