//! What is recorded of a request, exactly once: the cases that need no socket.
