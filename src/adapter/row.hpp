#pragma once
// Records whose fields have names, whatever they are written in: tables with a header, tables
// without one whose columns are known, flat JSON objects. An adapter lists its columns once, in the
// order of an enum, and reads every row by it:
//
//   enum Column : std::size_t { email, status };
//   constexpr std::array k_columns{RowColumn{"Email|E-mail", true}, RowColumn{"Status"}};
//   void read(const Row& row, RecordSink& sink) { … row[email] … }
//   constexpr RowFormat k_contacts{"contacts, CSV", k_columns, read};

#include "adapter/adapter.hpp"
#include "adapter/input_facts.hpp"
#include "adapter/json_value.hpp"
#include "base/csv.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

struct RowColumn {
  std::string_view
      names;           // as the ESP writes it, without case; spellings and languages split by '|'
  bool needed = false; // a table without it is not of this format
};

class Row {
public:
  /// Trimmed; "" where the column is not there.
  std::string_view operator[](std::size_t column) const { return fields[column]; }
  /// Its moment, in the account's zone where it names none; nothing: it is no time.
  std::optional<Instant> time(std::size_t column) const {
    return parse_time(fields[column], input->zone);
  }

  std::vector<std::string_view> fields; // by the columns of the format
  /// Everything else, under the names that attributes have; no empty ones.
  std::vector<std::pair<std::string_view, std::string_view>> others;
  std::string_view text; // the record in the chunk
  const InputFacts* input = nullptr;
};

/// A constant, which outlives its readers.
struct RowFormat {
  std::string_view name; // for people
  std::span<const RowColumn> columns;
  /// Ends in a call of the sink, as every record does. Reads nothing but the row.
  void (*read)(const Row& row, RecordSink& sink);
  bool zoneless = false;     // times name no zone: the account's is asked for
  bool one_campaign = false; // rows do not name their mailing: it is asked for
};

/// A reader for a table whose header has every needed column; nullptr: it has not. Rows of another
/// length than the header are rejected.
std::unique_ptr<LogReader> open_table(std::string_view head, const RowFormat& format,
                                      const LogContext& context);

/// A reader for a table without a header: `columns` are its names, split by commas.
std::unique_ptr<LogReader> read_table(const RowFormat& format, std::string_view columns,
                                      CsvDialect dialect, const LogContext& context);

/// Reads a JSON object as a row of its members. Of their values, numbers, true and false are text.
void read_row(const RowFormat& format, const Json& object, std::string_view text,
              const InputFacts& input, RecordSink& sink);

/// The column for a name; nothing: the format has none of that name.
std::optional<std::size_t> column_named(const RowFormat& format, std::string_view name);

} // namespace mailfunnel
