//! Typed kernel trace and the rules that judge it.
