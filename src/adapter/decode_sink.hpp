#pragma once
// Records as JSON, a line each: what `mailfunnel decode` prints and golden files hold
// (schema/event.schema.json).

#include "adapter/adapter.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace mailfunnel {

/// Writes every record it gets as one line to `write`, in the order of the calls.
/// Line and offset of a record are found from where it stands in `text`, the chunk being read.
class DecodeSink : public RecordSink {
public:
  DecodeSink(std::string adapter, std::string file, std::function<void(std::string_view)> write);
  /// Before each chunk: its text, and what of the input stood before it.
  void begin_chunk(std::string_view text);
  /// After each chunk: moves line and offset on.
  void end_chunk();

  Wants wants() const override { return {.details = true}; }
  void accept(const EventView& event) override;
  void accept(const RecipientView& recipient) override;
  void accept(const Campaign& campaign, std::string_view record) override;
  void reject(std::string_view why, std::string_view record) override;
  void skip(std::string_view record) override;

  std::uint64_t events = 0, recipients = 0, campaigns = 0, rejected = 0, skipped = 0;

private:
  void append_source(std::string_view record);
  void put_line();

  std::string m_adapter, m_file, m_line;
  std::function<void(std::string_view)> m_write;
  std::string_view m_text;
  std::uint64_t m_lines_before = 0, m_bytes_before = 0;
  std::size_t m_seen = 0; // bytes of m_text whose lines are counted
  std::uint64_t m_seen_lines = 0;
};

} // namespace mailfunnel
