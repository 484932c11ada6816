#pragma once
// What becomes of memory that is free again.

namespace mailfunnel::cli {

/// Columns of a chunk come and go by the megabyte: what is given back to the system each time must
/// be zeroed again for the next chunk. For commands that compute.
void keep_memory();
/// A process that stays, or mostly waits for answers, gives back what a batch took.
void give_memory_back();

} // namespace mailfunnel::cli
