//! Small WDM drivers that each break one rule.
