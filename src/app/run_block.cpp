#include "app/run_block.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace mailfunnel {

namespace {

// Format 3: version u8, checksum u64 (of all that follows), recipients u32, then column after
// column:
//   base i64, unit u16, bits u8, and for each recipient (value - base) / unit in so many bits;
//   above 32 bits in 64. The base is the smallest value; the unit is 1000 where all are whole
//   points, and fewer than 2^32 thousandths, apart.
// 8 bytes 0, so that packed bits may be read a word at a time.
constexpr char k_format = 3;
constexpr std::size_t k_head = 9, k_tail = 8;

/// The columns in the order of the format, which is that of ScoreColumns; the rest follows from
/// them (Scorer::derive).
template<typename Scores> auto columns_of(Scores& s) {
  return std::tie(s.score, s.fit, s.fit_known, s.status, s.override_rule, s.suppressed, s.phase,
                  s.clicks_tofu, s.clicks_mofu, s.clicks_bofu, s.opens, s.non_opens, s.received,
                  s.non_opens_in_a_row);
}

/// How far a value lies above the base.
template<typename Value> std::uint64_t above(Value value, Value base) {
  return static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(base);
}

/// Every value's way above the base in whole points; nothing where one is not whole.
template<typename Value>
std::optional<std::vector<std::uint32_t>> whole_points(const std::vector<Value>& values,
                                                       Value base) {
  std::vector<std::uint32_t> points(values.size());
  std::uint32_t rest = 0;
  for (std::size_t r = 0; r < values.size(); ++r) {
    const auto value = static_cast<std::uint32_t>(above(values[r], base));
    points[r] = value / std::uint32_t{k_point};
    rest |= value - points[r] * std::uint32_t{k_point};
  }
  return rest == 0 ? std::optional(std::move(points)) : std::nullopt;
}

template<typename Value> void append_column(std::string& out, const std::vector<Value>& values) {
  Value base = values.empty() ? Value{} : values.front(), top = base;
  for (const auto value : values) {
    base = std::min(base, value);
    top = std::max(top, value);
  }
  const auto farthest = above(top, base);
  std::optional<std::vector<std::uint32_t>> points;
  if (farthest >= k_point && farthest <= 0xFFFF'FFFF) {
    points = whole_points(values, base);
  }
  const std::uint16_t unit = points ? k_point : 1;
  const auto bits = bits_of(farthest / unit);
  ByteWriter write(out);
  write.number(static_cast<std::int64_t>(base));
  write.number(unit);
  write.number(static_cast<std::uint8_t>(bits));
  if (bits > 32) {
    for (const auto value : values) {
      write.number(above(value, base));
    }
  } else if (points) {
    pack_bits(out, values.size(), bits, [&points = *points](std::size_t r) { return points[r]; });
  } else {
    pack_bits(out, values.size(), bits,
              [&](std::size_t r) { return static_cast<std::uint32_t>(above(values[r], base)); });
  }
}

/// `wanted`: else the column is passed over, and empty.
template<typename Value>
bool read_column(ByteReader& read, std::size_t count, std::vector<Value>& values, bool wanted) {
  const auto base = static_cast<std::uint64_t>(read.number<std::int64_t>());
  const auto unit = read.number<std::uint16_t>();
  const unsigned bits = read.number<std::uint8_t>();
  const auto bytes = read.take(packed_size(count, bits > 32 ? 64 : bits));
  if (!read.good() || read.left() < k_tail || bits > 64) {
    return false;
  }
  values.resize(wanted ? count : 0);
  if (!wanted) {
    return true;
  }
  const auto put = [&](std::size_t r, std::uint64_t steps) {
    values[r] = static_cast<Value>(base + unit * steps);
  };
  if (bits == 0) {
    std::fill(values.begin(), values.end(), static_cast<Value>(base));
  } else if (bits <= 32) {
    unpack_bits(bytes.data(), count, bits, put);
  } else {
    ByteReader numbers(bytes);
    for (std::size_t r = 0; r < count; ++r) {
      put(r, numbers.number<std::uint64_t>());
    }
  }
  return true;
}

} // namespace

std::string pack_scores(const ChunkScores& scores) {
  std::string out(k_head, k_format);
  out.reserve(scores.size() * 8);
  ByteWriter(out).number(static_cast<std::uint32_t>(scores.size()));
  std::apply([&out](const auto&... columns) { (append_column(out, columns), ...); },
             columns_of(scores));
  out.append(k_tail, '\0');
  const auto checksum = hash64(std::string_view(out).substr(k_head));
  std::memcpy(out.data() + 1, &checksum, sizeof checksum);
  return out;
}

namespace {

/// False when the block is damaged.
bool read_columns(std::string_view blob, ChunkScores& scores, ScoreColumns wanted) {
  ByteReader read(blob);
  const auto format = read.number<char>();
  const auto checksum = read.number<std::uint64_t>();
  const auto count = read.number<std::uint32_t>();
  if (!read.good() || format != k_format || checksum != hash64(blob.substr(k_head)) ||
      count > k_chunk_size) {
    return false;
  }
  for (auto* derived : {&scores.level, &scores.grade, &scores.scale_status}) {
    derived->clear();
  }
  scores.scale.clear();
  scores.last_open.assign(wanted.has_all() ? count : 0, 0);
  scores.last_click.assign(wanted.has_all() ? count : 0, 0);
  unsigned column = 0;
  return std::apply(
             [&](auto&... columns) {
               return (read_column(read, count, columns,
                                   wanted.has(static_cast<ScoreColumns::Column>(column++))) &&
                       ...);
             },
             columns_of(scores)) &&
         read.left() == k_tail;
}

} // namespace

void unpack_scores(std::string_view blob, const Scorer& scorer, ChunkScores& scores,
                   ScoreColumns wanted) {
  wanted |= {ScoreColumns::score}; // how many there are
  const bool by_scale = wanted.has(ScoreColumns::scale) || wanted.has(ScoreColumns::scale_status);
  if (by_scale || wanted.has(ScoreColumns::grade)) {
    wanted |= {ScoreColumns::fit};
  }
  const bool good =
      read_columns(blob, scores, wanted) &&
      std::all_of(scores.status.begin(), scores.status.end(),
                  [&](std::uint8_t status) { return status < scorer.statuses().size(); });
  if (!good) {
    throw Failure({ErrorCode::io, "the scores of a run are damaged, or of another version: run "
                                  "`mailfunnel score` again"});
  }
  scorer.derive(scores, wanted);
}

std::string without_people(std::string_view blob, std::span<const std::uint32_t> people) {
  ChunkScores scores;
  if (!read_columns(blob, scores, ScoreColumns::all())) {
    return {};
  }
  for (const auto r : people) {
    if (r < scores.size()) {
      scores.forget(r);
      scores.status[r] = 0;
      scores.suppressed[r] = suppressed_by::erased;
    }
  }
  return pack_scores(scores);
}

} // namespace mailfunnel
