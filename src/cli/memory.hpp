#pragma once
// What becomes of memory that is free again.

namespace mailfunnel::cli {

/// Columns of a chunk come and go by the megabyte: what is given back to the system each time must
/// be zeroed again for the next chunk. For commands that compute.
void keep_memory();
/// Lets the heap grow far ahead, in huge pages (base/large_memory.hpp says why). For commands that
/// read the store alone: of what is reserved and not used it takes memory too, which must not be
/// what others send. Once.
void grow_in_huge_pages();
/// For a command whose threads need little: each takes from the same heap, as one of its own costs
/// more than waiting for each other.
void share_memory();
/// A process that stays, or mostly waits for answers, gives back what a batch took.
void give_memory_back();

} // namespace mailfunnel::cli
