#pragma once
// Where an input may be cut.

#include "adapter/adapter.hpp"

namespace mailfunnel {

/// Bytes of the largest record that is read; of a document, all of it. A CSV record of separators
/// alone takes four times as much again for their places, and may come out of a bomb.
std::size_t largest_record(Framing framing);

/// Bytes at the front of `text` that hold whole records; 0: no whole record yet (or, for a
/// document, never).
std::size_t whole_records(const LogReader& reader, std::string_view text);

/// Gives a text that is all in memory to a reader, in chunks of about `chunk_size` bytes (0: in
/// one). k_padding bytes behind it must be readable. For webhooks, tests and `decode` of small
/// inputs.
void read_text(LogReader& reader, std::string_view text, RecordSink& sink,
               std::size_t chunk_size = 0);

} // namespace mailfunnel
