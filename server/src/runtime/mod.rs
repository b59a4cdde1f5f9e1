//! What a core runs on.

pub mod mesh;
