//! Hosts `examples/`, `tests/` and `benches/` of the workspace. Nothing is published from here.
