#include "app/segment_export.hpp"

#include "app/score_run.hpp"
#include "base/csv.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace mailfunnel {

namespace {

enum class CellType : std::uint8_t { text, number, moment };

/// One column of an export: what it is called and where its value comes from.
struct Column {
  std::string name;
  CellType type = CellType::text;
  std::string attribute; // for attributes
};

CellType type_of(const std::string& name) {
  constexpr std::string_view k_numbers[] = {
      "score",     "scale",       "level",       "fit",         "opens",
      "non_opens", "clicks_tofu", "clicks_mofu", "clicks_bofu", "mailings"};
  if (std::find(std::begin(k_numbers), std::end(k_numbers), name) != std::end(k_numbers)) {
    return CellType::number;
  }
  return name == "last_open" || name == "last_click" ? CellType::moment : CellType::text;
}

std::string reasons_of(const ChunkScores& s, std::size_t r, Seconds) {
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t count, std::string_view one, std::string_view many) {
    if (count != 0) {
      parts.push_back(fmt::format("{} {}", count, count == 1 ? one : many));
    }
  };
  add(s.clicks_bofu[r], "BOFU click", "BOFU clicks");
  add(s.clicks_mofu[r], "MOFU click", "MOFU clicks");
  add(s.clicks_tofu[r], "TOFU click", "TOFU clicks");
  if (s.last_click[r] != 0) {
    parts.push_back("last click " + format_date(Seconds{s.last_click[r]}));
  }
  add(s.non_opens[r], "mail not opened", "mails not opened");
  if (s.suppressed[r] != 0) {
    parts.push_back(suppression_words(s.suppressed[r]));
  }
  if (s.override_rule[r] != 0) {
    parts.push_back("status by override");
  }
  return join(parts, ", ");
}

/// The attribute values of a chunk's people as of a moment, by column.
class AttributeTable {
public:
  AttributeTable(ChunkSource& source, const std::string& name, Seconds as_of)
      : m_values(source.size()) {
    AttributeColumn column;
    for (std::uint32_t block = 0; block * k_recipient_block < source.size(); ++block) {
      if (source.attribute(block, name, column)) {
        for (std::size_t i = 0; i < column.recipient.size(); ++i) {
          if (Seconds{column.valid_from[i]} <= as_of) {
            m_values[block * k_recipient_block + column.recipient[i]] =
                column.values[column.value[i]];
          }
        }
      }
    }
  }
  const std::string& operator[](std::size_t r) const { return m_values[r]; }

private:
  std::vector<std::string> m_values;
};

class RowWriter {
public:
  RowWriter(const Scorer& scorer, const Locale& locale, TimeZone zone, ExportFormat format)
      : m_scorer(scorer), m_locale(locale), m_zone(zone), m_format(format) {}

  std::string header(const std::vector<Column>& columns) const {
    std::string out;
    if (m_format == ExportFormat::ndjson || m_format == ExportFormat::cells) {
      return out;
    }
    if (m_format == ExportFormat::people && m_locale.bom) {
      out += "\xEF\xBB\xBF";
    }
    for (const auto& column : columns) {
      out += &column == &columns.front() ? "" : std::string(1, separator());
      append_csv_field(out, column.name, separator());
    }
    return out + line_end();
  }

  void row(std::string& out, const std::vector<Column>& columns, std::string_view email,
           const ChunkScores& s, std::size_t r,
           const std::vector<AttributeTable*>& attributes) const {
    const bool json = m_format == ExportFormat::ndjson;
    out += json ? "{" : "";
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (c != 0) {
        out += json ? ',' : separator();
      }
      if (json) {
        append_json_string(out, columns[c].name);
        out += ':';
      }
      cell(out, columns[c], email, s, r, attributes[c]);
    }
    out += json ? "}\n" : line_end();
  }

private:
  char separator() const {
    return m_format == ExportFormat::people  ? m_locale.separator
           : m_format == ExportFormat::cells ? '\x1f'
                                             : ',';
  }
  std::string line_end() const { return m_format == ExportFormat::people ? "\r\n" : "\n"; }

  void number(std::string& out, Points thousandths) const {
    if (thousandths % k_point == 0) {
      fmt::format_to(std::back_inserter(out), "{}", thousandths / k_point);
      return;
    }
    auto text = format_points(thousandths);
    if (m_format == ExportFormat::people && m_locale.decimal != '.') {
      std::replace(text.begin(), text.end(), '.', m_locale.decimal);
    }
    out += text;
  }

  void moment(std::string& out, std::uint32_t seconds) const {
    if (m_format == ExportFormat::people || m_format == ExportFormat::cells) {
      if (seconds != 0) {
        const auto c = utc_to_local(seconds, m_zone);
        out +=
            fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", c.year, c.month, c.day, c.hour, c.minute);
      }
    } else if (m_format == ExportFormat::ndjson) {
      out += seconds == 0 ? "null" : "\"" + format_time(seconds) + "\"";
    } else if (seconds != 0) {
      out += format_time(seconds);
    }
  }

  void text(std::string& out, std::string_view value) const {
    if (m_format == ExportFormat::ndjson) {
      append_json_string(out, value);
      return;
    }
    if (m_format == ExportFormat::cells) {
      out += printable(value, 400); // no control characters: they part the cells
      return;
    }
    if (m_format == ExportFormat::people && !value.empty() &&
        std::string_view("=+-@\t\r|%").find(value.front()) != std::string_view::npos) {
      append_csv_field(out, "'" + std::string(value),
                       separator()); // a spreadsheet must not take it for a formula
      return;
    }
    append_csv_field(out, value, separator());
  }

  void cell(std::string& out, const Column& column, std::string_view email, const ChunkScores& s,
            std::size_t r, const AttributeTable* attribute) const {
    const auto& n = column.name;
    if (attribute != nullptr) {
      text(out, (*attribute)[r]);
    } else if (n == "email") {
      text(out, email);
    } else if (column.type == CellType::moment) {
      moment(out, n == "last_open" ? s.last_open[r] : s.last_click[r]);
    } else if (column.type == CellType::number) {
      number(out, number_of(n, s, r));
    } else if (n == "grade") {
      text(out, std::string(1, static_cast<char>('A' + s.grade[r])));
    } else if (n == "status") {
      text(out, m_scorer.statuses()[s.status[r]]);
    } else if (n == "phase") {
      text(out, s.phase[r] == 0 ? "" : name_of(static_cast<Stage>(s.phase[r])));
    } else if (n == "suppressed") {
      text(out, suppression_words(s.suppressed[r]));
    } else if (n == "reasons") {
      text(out, reasons_of(s, r, m_scorer.as_of()));
    }
  }

  static Points number_of(const std::string& n, const ChunkScores& s, std::size_t r) {
    const std::pair<std::string_view, std::uint64_t> k_counts[] = {
        {"level", s.level[r]},
        {"opens", s.opens[r]},
        {"non_opens", s.non_opens[r]},
        {"clicks_tofu", s.clicks_tofu[r]},
        {"clicks_mofu", s.clicks_mofu[r]},
        {"clicks_bofu", s.clicks_bofu[r]},
        {"mailings", s.received[r]}};
    for (const auto& [name, count] : k_counts) {
      if (name == n) {
        return static_cast<Points>(count) * k_point;
      }
    }
    return n == "score" ? s.score[r] : n == "scale" ? s.scale[r] : s.fit[r];
  }

  const Scorer& m_scorer;
  const Locale& m_locale;
  TimeZone m_zone;
  ExportFormat m_format;
};

/// A member with its rendered row, before all are put in order.
struct Member {
  Points score;
  std::string_view email, row;
};

/// What one thread found of one segment: texts stay where they are until the file is put together.
struct Found {
  std::deque<std::string> texts;
  std::vector<Member> members;
  SegmentResult counts;
};

class SegmentRun {
public:
  SegmentRun(const Workspace& workspace, const Scorer& scorer,
             const std::vector<SegmentRequest>& requests, std::optional<ExportFormat> format)
      : m_workspace(workspace), m_scorer(scorer), m_requests(requests), m_format(format),
        m_writer(scorer, workspace.config.locale, workspace.config.report_zone,
                 format.value_or(ExportFormat::machine)) {
    for (const auto& request : requests) {
      auto& columns = m_columns.emplace_back();
      for (const auto& name : request.columns) {
        const auto& own = export_columns();
        const bool known = std::find(own.begin(), own.end(), name) != own.end();
        columns.push_back({name, known ? type_of(name) : CellType::text, known ? "" : name});
      }
    }
    m_found.resize(std::max(workspace.threads, 1U), std::vector<Found>(requests.size()));
  }

  void take(StoreChunk& source, ChunkScores& scores, unsigned thread) {
    const EvaluationContext context{m_scorer, source, scores};
    std::optional<Bits> excluded;
    if (m_workspace.config.exclude_expression) {
      excluded = evaluate(*m_workspace.config.exclude_expression, context);
    }
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      take_segment(i, evaluate(*m_requests[i].where, context), excluded, source, scores,
                   m_found[thread][i]);
    }
  }

  std::vector<SegmentResult> results(std::size_t limit) {
    std::vector<SegmentResult> out(m_requests.size());
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      std::vector<Member> members;
      for (auto& of_thread : m_found) {
        auto& found = of_thread[i];
        out[i].members += found.counts.members;
        out[i].kept_out_suppressed += found.counts.kept_out_suppressed;
        out[i].kept_out_excluded += found.counts.kept_out_excluded;
        out[i].kept_out_no_address += found.counts.kept_out_no_address;
        members.insert(members.end(), found.members.begin(), found.members.end());
      }
      if (!m_format) {
        continue;
      }
      std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
        return a.score != b.score ? a.score > b.score : a.email < b.email;
      });
      members.resize(limit != 0 ? std::min(limit, members.size()) : members.size());
      std::size_t size = 0;
      for (const auto& member : members) {
        size += member.row.size();
      }
      auto& text = out[i].text = m_writer.header(m_columns[i]);
      text.reserve(text.size() + size);
      for (const auto& member : members) {
        text += member.row;
      }
    }
    return out;
  }

private:
  void take_segment(std::size_t i, Bits members, const std::optional<Bits>& excluded,
                    StoreChunk& source, const ChunkScores& scores, Found& found) {
    const auto use = m_requests[i].use;
    const std::uint8_t barred =
        use == SegmentUse::mailing ? std::uint8_t{0xFF}
        : use == SegmentUse::sales
            ? static_cast<std::uint8_t>(suppressed_by::objection | suppressed_by::erased)
            : suppressed_by::erased;
    members.each([&](std::size_t r) {
      if ((scores.suppressed[r] & barred) != 0) {
        ++found.counts.kept_out_suppressed;
        members.reset(r);
      } else if (excluded && use != SegmentUse::suppression && excluded->test(r)) {
        ++found.counts.kept_out_excluded;
        members.reset(r);
      }
    });
    if (!m_format) {
      found.counts.members += members.count();
      return;
    }
    std::vector<std::unique_ptr<AttributeTable>> tables;
    std::vector<AttributeTable*> attributes;
    for (const auto& column : m_columns[i]) {
      tables.push_back(column.attribute.empty() ? nullptr
                                                : std::make_unique<AttributeTable>(
                                                      source, column.attribute, m_scorer.as_of()));
      attributes.push_back(tables.back().get());
    }
    auto& text = found.texts.emplace_back();
    struct Place {
      Points score;
      std::size_t email, email_size, row, row_size;
    };
    std::vector<Place> places;
    members.each([&](std::size_t r) {
      const auto email = source.address(static_cast<std::uint32_t>(r));
      if (email.empty()) {
        ++found.counts.kept_out_no_address;
        return;
      }
      ++found.counts.members;
      const auto at = text.size();
      text += email;
      const auto row = text.size();
      m_writer.row(text, m_columns[i], email, scores, r, attributes);
      places.push_back({scores.score[r], at, row - at, row, text.size() - row});
    });
    for (const auto& place : places) { // the text does not move any more
      const std::string_view view(text);
      found.members.push_back({place.score, view.substr(place.email, place.email_size),
                               view.substr(place.row, place.row_size)});
    }
  }

  const Workspace& m_workspace;
  const Scorer& m_scorer;
  const std::vector<SegmentRequest>& m_requests;
  std::optional<ExportFormat> m_format;
  RowWriter m_writer;
  std::vector<std::vector<Column>> m_columns;
  std::vector<std::vector<Found>> m_found; // by thread, then segment
};

} // namespace

std::vector<SegmentResult> run_segments(Store& store, const Workspace& workspace, Seconds as_of,
                                        const std::vector<SegmentRequest>& requests,
                                        std::optional<ExportFormat> format, std::size_t limit) {
  const auto world = build_world(store.database(), workspace.config, workspace.config.rules.tagging,
                                 workspace.registry, as_of);
  const Scorer scorer(workspace.config.rules, world, as_of);
  SegmentRun run(workspace, scorer, requests, format);
  score_store(store, workspace, workspace.config.rules, world, as_of,
              [&](std::uint32_t, StoreChunk& source, ChunkScores& scores, unsigned thread) {
                run.take(source, scores, thread);
              });
  return run.results(limit);
}

Seconds segments_moment(Store& store, const Workspace& workspace, Seconds now) {
  const auto run = current_run(store, workspace.config.rules);
  return run && now - *run <= k_day ? *run : now;
}

} // namespace mailfunnel
