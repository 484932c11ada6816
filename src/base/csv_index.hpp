#pragma once
// Where the fields and rows of a CSV text end: separators and line ends outside quotes, found 64
// bytes at a time, in the fastest way that the processor has.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mailfunnel {

/// Where positions are written to; what is written ahead is overwritten. In `ends` and `lines`
/// there is room for one position a byte, and for k_ahead more; in `quotes` for one a block of 64
/// bytes.
struct CsvMarks {
  static constexpr std::size_t k_ahead = 64;
  const std::uint32_t* first;  // of the ends of fields
  std::uint32_t* ends;         // of fields: positions in the text
  std::uint32_t* lines;        // which of these, from `first` on, end a row
  std::uint32_t* quotes;       // the 64 bytes in which some are
  bool open;                   // the text so far ends inside quotes
  std::uint64_t line_ends = 0; // quoted ones too
};

/// Writes down what is in `text`, whose first byte is at `base`.
using CsvIndex = void (*)(std::string_view text, std::uint32_t base, char separator, char quote,
                          CsvMarks& marks);
/// Those that this processor can run, the fastest last. They find the same.
std::span<const CsvIndex> csv_indexes();
/// Where nothing is ever quoted.
void index_unquoted_csv(std::string_view text, std::uint32_t base, char separator, CsvMarks& marks);

std::uint64_t count_char(std::string_view text, char c);
inline bool odd_count(std::string_view text, char c) {
  return (count_char(text, c) & 1) != 0;
}

} // namespace mailfunnel
