#include "store/block.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace mailfunnel {

namespace {

constexpr std::uint8_t k_version = 1;
constexpr std::size_t k_header = 20, k_entry = 8, k_tail = 8;
constexpr std::size_t k_sub_header = 12; // base time, six widths, dictionary size, pad

/// Distinct evidence values of a sub-block, sorted: there are few.
class EvidenceDictionary {
public:
  /// Of rows that have none.
  explicit EvidenceDictionary(std::span<const PlainRow>) : m_values{0} {}
  explicit EvidenceDictionary(std::span<const EventRow> rows) {
    for (const auto& row : rows) {
      // What stands there is of an earlier dictionary, unless the value has that place in this one.
      auto& place = places()[row.evidence];
      if (place >= m_values.size() || m_values[place] != row.evidence) {
        place = static_cast<std::uint16_t>(m_values.size());
        m_values.push_back(row.evidence);
      }
    }
    std::sort(m_values.begin(), m_values.end());
    for (std::size_t i = 0; i < m_values.size(); ++i) {
      places()[m_values[i]] = static_cast<std::uint16_t>(i);
    }
  }
  const std::vector<std::uint16_t>& values() const { return m_values; }
  /// Of each value its place among them.
  static std::uint16_t* places() {
    thread_local std::vector<std::uint16_t> t_places(std::size_t{1} << 16);
    return t_places.data();
  }

private:
  std::vector<std::uint16_t> m_values;
};

struct Widths {
  std::uint8_t recipient, time, link, evidence, extra, system;
};

std::string name_of_block(std::uint64_t key) {
  return "chunk " + std::to_string(key >> 40) + ", campaign " + std::to_string(campaign_of(key)) +
         ", " + std::string(name_of(kind_of(key)));
}

template<typename Number> void store_at(std::string& out, std::size_t at, Number value) {
  std::memcpy(out.data() + at, &value, sizeof value);
}

/// Grows an optional column to `before` zeros when it is wanted for the first time.
template<typename Column>
auto* grow(Column& column, std::size_t before, std::size_t count, bool wanted) {
  using Value = typename Column::value_type;
  if (!wanted && column.empty()) {
    return static_cast<Value*>(nullptr);
  }
  column.resize(before + count);
  return column.data() + before;
}

/// What a row has besides its recipient, a time and evidence.
struct Rest {
  std::uint32_t link = 0, extra = 0, system = 0;
};
Rest rest_of(const EventRow& row) {
  return {row.link, row.extra, row.system};
}
Rest rest_of(const PlainRow&) {
  return {};
}

template<typename Row> void append_rows(std::string& out, std::span<const Row> rows) {
  constexpr bool k_plain = std::is_same_v<Row, PlainRow>;
  std::uint32_t base = ~0U, top = 0, delta = 0;
  Rest most;
  auto before = rows.empty() ? 0 : rows.front().recipient;
  for (const auto& row : rows) {
    base = std::min(base, row.time);
    top = std::max(top, row.time);
    delta = std::max(delta, row.recipient - std::exchange(before, row.recipient));
    const auto rest = rest_of(row);
    most.link = std::max(most.link, rest.link);
    most.extra |= rest.extra;
    most.system |= rest.system;
  }
  const EvidenceDictionary dictionary(rows);
  const auto& values = dictionary.values();
  const bool no_evidence = values.size() == 1 && values[0] == 0;
  const auto dictionary_size = no_evidence ? 0 : values.size();
  const Widths bits{static_cast<std::uint8_t>(bits_of(delta)),
                    static_cast<std::uint8_t>(bits_of(top - base)),
                    static_cast<std::uint8_t>(bits_of(most.link)),
                    static_cast<std::uint8_t>(bits_of(values.size() - 1)),
                    static_cast<std::uint8_t>(bits_of(most.extra)),
                    static_cast<std::uint8_t>(bits_of(most.system))};
  ByteWriter write(out);
  write.number(base);
  write.number(bits);
  write.number(static_cast<std::uint16_t>(dictionary_size));
  for (std::size_t i = 0; i < dictionary_size; ++i) {
    write.number(values[i]);
  }
  const auto n = rows.size();
  pack_bits(out, n, bits.recipient, [&](std::size_t i) {
    return rows[i].recipient - rows[i - (i == 0 ? 0 : 1)].recipient;
  });
  pack_bits(out, n, bits.time, [&](std::size_t i) { return rows[i].time - base; });
  if constexpr (!k_plain) {
    pack_bits(out, n, bits.link, [&](std::size_t i) { return std::uint32_t{rows[i].link}; });
    pack_bits(out, n, bits.evidence, [&, places = EvidenceDictionary::places()](std::size_t i) {
      return std::uint32_t{places[rows[i].evidence]};
    });
    pack_bits(out, n, bits.extra, [&](std::size_t i) { return std::uint32_t{rows[i].extra}; });
    pack_bits(out, n, bits.system, [&](std::size_t i) { return std::uint32_t{rows[i].system}; });
  }
}

template<typename Row> std::string block_of(std::span<const Row> rows) {
  const auto subs = (rows.size() + k_sub_block - 1) / k_sub_block;
  std::string out(k_header + subs * k_entry, '\0');
  out.reserve(out.size() + rows.size() * 4 + 64);
  for (std::size_t i = 0; i < subs; ++i) {
    const auto part =
        rows.subspan(i * k_sub_block, std::min(k_sub_block, rows.size() - i * k_sub_block));
    const auto at = k_header + i * k_entry;
    store_at(out, at, static_cast<std::uint16_t>(part[0].recipient));
    store_at(out, at + 2, static_cast<std::uint16_t>(part.size()));
    store_at(out, at + 4, static_cast<std::uint32_t>(out.size()));
    append_rows(out, part);
  }
  out.append(k_tail, '\0');
  out[0] = static_cast<char>(k_version);
  store_at(out, 4, static_cast<std::uint32_t>(rows.size()));
  store_at(out, 8, static_cast<std::uint32_t>(subs));
  store_at(out, 12, hash64(std::string_view(out).substr(k_header)));
  return out;
}

} // namespace

void append_sub_block(std::string& out, std::span<const EventRow> rows) {
  append_rows(out, rows);
}

std::string encode_block(std::span<const EventRow> rows) {
  return block_of(rows);
}
std::string encode_block(std::span<const PlainRow> rows) {
  return block_of(rows);
}

BlockReader::BlockReader(std::string_view blob, std::uint64_t key)
    : m_blob(blob), m_directory(nullptr), m_key(key) {
  ByteReader read(blob);
  const auto version = read.number<std::uint8_t>();
  read.take(3);
  m_count = read.number<std::uint32_t>();
  m_subs = read.number<std::uint32_t>();
  const auto checksum = read.number<std::uint64_t>();
  if (version != k_version && read.good()) {
    throw Failure(
        {ErrorCode::unsupported, "activity block " + name_of_block(key) + " has format " +
                                     std::to_string(version) +
                                     ": it was written by a newer mailfunnel, use that one"});
  }
  if (!read.good() || read.left() < m_subs * k_entry + k_tail ||
      hash64(blob.substr(k_header)) != checksum) {
    damaged();
  }
  m_directory = blob.data() + k_header;
  std::size_t count = 0; // the header is not in the checksum
  for (std::size_t i = 0; i < m_subs; ++i) {
    const auto of_sub = entry(i).count;
    count += of_sub;
    if (of_sub > k_sub_block) {
      damaged();
    }
  }
  if (count != m_count) {
    damaged();
  }
}

BlockReader::BlockReader(std::string_view blob, const char* entry, std::uint64_t key)
    : m_blob(blob), m_directory(entry), m_key(key), m_subs(1) {
  m_count = this->entry(0).count;
}

void BlockReader::damaged() const {
  throw Failure({ErrorCode::io, "activity block " + name_of_block(m_key) +
                                    " is damaged (checksum): restore the store from a backup, or "
                                    "import that mailing's log again into a new one"});
}

BlockReader::Entry BlockReader::entry(std::size_t i) const {
  Entry found;
  std::memcpy(&found, m_directory + i * k_entry, k_entry);
  return found;
}

/// A sub-block taken apart: where its columns of `count` values each begin.
struct BlockReader::SubBlock {
  std::uint32_t first, base;
  std::size_t count;
  Widths bits;
  std::string_view dictionary; // of evidence; empty: there is none
  const char *recipient, *time, *link, *evidence, *extra, *system;

  std::size_t dictionary_size() const { return dictionary.size() / 2; }
  /// The k-th event, without those before it; they tell whose it is.
  EventRow row(std::size_t k, std::uint32_t of) const {
    const auto value = [k](const char* column, unsigned width) {
      return packed_value(column, k * width, width);
    };
    EventRow row{};
    row.recipient = of;
    row.time = base + value(time, bits.time);
    row.link = static_cast<LinkNumber>(value(link, bits.link));
    if (const auto place = value(evidence, bits.evidence); place < dictionary_size()) {
      std::memcpy(&row.evidence, dictionary.data() + place * 2, 2);
    }
    row.extra = static_cast<std::uint16_t>(value(extra, bits.extra));
    row.system = static_cast<std::uint8_t>(value(system, bits.system));
    return row;
  }
};

BlockReader::SubBlock BlockReader::sub_block(std::size_t i) const {
  const auto place = entry(i);
  if (place.offset + k_sub_header > m_blob.size()) {
    damaged();
  }
  ByteReader read(m_blob.substr(place.offset));
  SubBlock sub{};
  sub.first = place.first;
  sub.count = place.count;
  sub.base = read.number<std::uint32_t>();
  sub.bits = read.number<Widths>();
  sub.dictionary = read.take(read.number<std::uint16_t>() * 2U);
  const auto column = [&](const char*& begin, std::uint8_t width) {
    if (width > 32) {
      damaged();
    }
    begin = read.take(packed_size(sub.count, width)).data();
  };
  column(sub.recipient, sub.bits.recipient);
  column(sub.time, sub.bits.time);
  column(sub.link, sub.bits.link);
  column(sub.evidence, sub.bits.evidence);
  column(sub.extra, sub.bits.extra);
  column(sub.system, sub.bits.system);
  if (!read.good() || read.left() < k_tail || sub.dictionary_size() > k_sub_block) {
    damaged();
  }
  return sub;
}

void BlockReader::unpack_recipients(const SubBlock& sub, std::uint16_t* out) {
  auto recipient = sub.first;
  unpack_bits(sub.recipient, sub.count, sub.bits.recipient,
              [&](std::size_t k, std::uint32_t delta) {
                recipient += delta;
                out[k] = static_cast<std::uint16_t>(recipient);
              });
}

void BlockReader::read_sub_block(std::size_t i, EventColumns& columns) const {
  const auto sub = sub_block(i);
  const auto& bits = sub.bits;
  const auto n = sub.count, before = columns.size();
  columns.recipient.resize(before + n);
  columns.time.resize(before + n);
  unpack_recipients(sub, columns.recipient.data() + before);
  unpack_bits(sub.time, n, bits.time,
              [base = sub.base, out = columns.time.data() + before](
                  std::size_t k, std::uint32_t v) { out[k] = base + v; });
  const auto small = [&](auto& column, const char* packed, unsigned width) {
    using Value = typename std::remove_reference_t<decltype(column)>::value_type;
    if (auto* out = grow(column, before, n, width != 0); out != nullptr && width != 0) {
      unpack_bits(packed, n, width,
                  [out](std::size_t k, std::uint32_t v) { out[k] = static_cast<Value>(v); });
    }
  };
  small(columns.link, sub.link, bits.link);
  const bool any = !sub.dictionary.empty();
  if (auto* out = grow(columns.evidence, before, n, any); any) {
    std::array<std::uint16_t, k_sub_block> values; // at most as many as the sub-block has events
    const auto known = sub.dictionary_size();
    std::memcpy(values.data(), sub.dictionary.data(), known * 2);
    unpack_bits(sub.evidence, n, bits.evidence, [&, out](std::size_t k, std::uint32_t v) {
      out[k] = v < known ? values[v] : std::uint16_t{0};
    });
  }
  small(columns.extra, sub.extra, bits.extra);
  small(columns.system, sub.system, bits.system);
}

void BlockReader::read_all(EventColumns& columns) const {
  columns.recipient.reserve(columns.size() + m_count);
  columns.time.reserve(columns.time.size() + m_count);
  for (std::size_t i = 0; i < m_subs; ++i) {
    read_sub_block(i, columns);
  }
}

void BlockReader::read_recipients(std::vector<std::uint16_t>& out) const {
  out.reserve(out.size() + m_count);
  for (std::size_t i = 0; i < m_subs; ++i) {
    const auto sub = sub_block(i);
    const auto before = out.size();
    out.resize(before + sub.count);
    unpack_recipients(sub, out.data() + before);
  }
}

void BlockReader::read_recipients(std::uint16_t first, std::uint16_t last,
                                  EventColumns& columns) const {
  // The last sub-block that begins before the first recipient may hold the first of his events.
  std::size_t low = 0, high = m_subs;
  while (low < high) {
    const auto middle = (low + high) / 2;
    (entry(middle).first < first ? low : high) = entry(middle).first < first ? middle + 1 : middle;
  }
  for (std::size_t i = low == 0 ? 0 : low - 1; i < m_subs && entry(i).first <= last; ++i) {
    const auto sub = sub_block(i);
    auto recipient = sub.first;
    for (std::size_t k = 0; k < sub.count; ++k) {
      recipient += packed_value(sub.recipient, k * sub.bits.recipient, sub.bits.recipient);
      if (recipient > last) {
        break;
      }
      if (recipient >= first) {
        columns.append(sub.row(k, recipient));
      }
    }
  }
}

void normalise_rows(std::vector<EventRow>& rows, EventKind kind) {
  const auto before = [](const EventRow& a, const EventRow& b) {
    return a.recipient != b.recipient ? a.recipient < b.recipient
           : a.time != b.time         ? a.time < b.time
                                      : a.link < b.link;
  };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) {
    std::sort(rows.begin(), rows.end(), before);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept != 0 && !before(rows[kept - 1], rows[i])) {
      unite(rows[kept - 1], rows[i], kind);
    } else {
      rows[kept++] = rows[i];
    }
  }
  rows.resize(kept);
}

} // namespace mailfunnel
