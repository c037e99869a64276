//! Owns one handle obtained by a documented open call and gives it back exactly once.
