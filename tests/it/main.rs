//! All integration tests in one binary, since linking takes longer than running them.

mod forms;
