#include "app/run_block.hpp"

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "store/zstd.hpp"

#include <algorithm>
#include <tuple>

namespace mailfunnel {

namespace {

// Format 2: version u8, zstd( recipients u32, column after column ); a column: bytes of a value u8
// (1, 2, 4 or 8), values, least significant byte first, negative ones as two's complement.
constexpr char k_format = 2;

/// The columns in the order of the format; the rest follows from them (Scorer::derive).
template<typename Scores> auto columns_of(Scores& s) {
  return std::tie(s.score, s.fit, s.fit_known, s.status, s.override_rule, s.suppressed, s.phase,
                  s.clicks_tofu, s.clicks_mofu, s.clicks_bofu, s.opens, s.non_opens, s.received,
                  s.non_opens_in_a_row);
}

template<typename Narrow, typename Value> bool fits(const std::vector<Value>& values) {
  if constexpr (sizeof(Narrow) >= sizeof(Value)) {
    return true;
  } else {
    // Without a branch in the loop: what is lost by narrowing, of all of them.
    std::make_unsigned_t<Value> lost = 0;
    for (const auto value : values) {
      lost |= static_cast<std::make_unsigned_t<Value>>(
          value ^ static_cast<Value>(static_cast<Narrow>(value)));
    }
    return lost == 0;
  }
}

template<typename Narrow, typename Value>
void append_as(std::string& plain, const std::vector<Value>& values) {
  const auto before = plain.size() + 1;
  plain += static_cast<char>(sizeof(Narrow));
  plain.resize(before + values.size() * sizeof(Narrow));
  auto* into = plain.data() + before;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto narrow = static_cast<Narrow>(values[i]);
    std::memcpy(into + i * sizeof(Narrow), &narrow, sizeof(Narrow));
  }
}

/// The same width as Value, signed or not as it is, in `Bytes` bytes.
template<typename Value, typename Signed, typename Unsigned>
using Narrowed = std::conditional_t<std::is_signed_v<Value>, Signed, Unsigned>;

template<typename Value> void append_column(std::string& plain, const std::vector<Value>& values) {
  using As8 = Narrowed<Value, std::int8_t, std::uint8_t>;
  using As16 = Narrowed<Value, std::int16_t, std::uint16_t>;
  using As32 = Narrowed<Value, std::int32_t, std::uint32_t>;
  if (fits<As8>(values)) {
    append_as<As8>(plain, values);
  } else if (fits<As16>(values)) {
    append_as<As16>(plain, values);
  } else if (fits<As32>(values)) {
    append_as<As32>(plain, values);
  } else {
    append_as<Value>(plain, values);
  }
}

template<typename Narrow, typename Value>
void read_as(std::string_view bytes, std::vector<Value>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Narrow narrow;
    std::memcpy(&narrow, bytes.data() + i * sizeof(Narrow), sizeof(Narrow));
    values[i] = static_cast<Value>(narrow); // NOLINT(bugprone-signed-char-misuse): a number
  }
}

template<typename Value> bool read_column(ByteReader& read, std::vector<Value>& values) {
  const std::size_t width = read.number<std::uint8_t>();
  const auto bytes = read.take(width * values.size());
  if (!read.good() || width > sizeof(Value)) {
    return false;
  }
  switch (width) {
  case 1:
    read_as<Narrowed<Value, std::int8_t, std::uint8_t>>(bytes, values);
    return true;
  case 2:
    read_as<Narrowed<Value, std::int16_t, std::uint16_t>>(bytes, values);
    return true;
  case 4:
    read_as<Narrowed<Value, std::int32_t, std::uint32_t>>(bytes, values);
    return true;
  case 8:
    read_as<Narrowed<Value, std::int64_t, std::uint64_t>>(bytes, values);
    return true;
  default:
    return false;
  }
}

} // namespace

std::string pack_scores(const ChunkScores& scores) {
  thread_local std::string t_plain;
  t_plain.clear();
  ByteWriter(t_plain).number(static_cast<std::uint32_t>(scores.size()));
  std::apply([](const auto&... columns) { (append_column(t_plain, columns), ...); },
             columns_of(scores));
  std::string out(1, k_format);
  append_compressed(out, t_plain);
  return out;
}

void unpack_scores(std::string_view blob, const Scorer& scorer, ChunkScores& scores) {
  constexpr std::string_view k_name = "the scores of a run";
  bool good = !blob.empty() && blob.front() == k_format;
  if (good) {
    const auto plain = decompressed(blob.substr(1), k_name);
    ByteReader read(plain);
    const auto count = read.number<std::uint32_t>();
    good = read.good() && count <= k_chunk_size;
    if (good) {
      scores.resize(count);
      good = std::apply([&](auto&... columns) { return (read_column(read, columns) && ...); },
                        columns_of(scores));
    }
    good = good && read.left() == 0 &&
           std::all_of(scores.status.begin(), scores.status.end(),
                       [&](std::uint8_t status) { return status < scorer.statuses().size(); });
  }
  if (!good) {
    throw Failure(
        {ErrorCode::io, std::string(k_name) + " are damaged: run `mailfunnel score` again"});
  }
  scorer.derive(scores);
}

} // namespace mailfunnel
