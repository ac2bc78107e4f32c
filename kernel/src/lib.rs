//! What a module is written against.
