// What is known of recipients: their attributes, block by block.

#include "store/recipients.hpp"

#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "store/blob_writer.hpp"
#include "store/recipient_place.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace mailfunnel {

std::optional<std::uint16_t> Recipients::attribute_id(std::string_view name) {
  m_database
      ->use("INSERT OR IGNORE INTO attribute(name) SELECT ?1 WHERE (SELECT coalesce(max(id), 0) "
            "FROM attribute) < ?2")
      .bind(name, k_most_attributes)
      .run();
  auto query = m_database->use("SELECT id FROM attribute WHERE name = ?1 AND id <= ?2");
  return query.bind(name, k_most_attributes).step()
             ? std::optional(static_cast<std::uint16_t>(query.integer(0)))
             : std::nullopt;
}

std::vector<std::pair<std::uint16_t, std::string>> Recipients::attributes() {
  std::vector<std::pair<std::uint16_t, std::string>> rows;
  auto query = m_database->use("SELECT id, name FROM attribute ORDER BY id");
  while (query.step()) {
    rows.emplace_back(static_cast<std::uint16_t>(query.integer(0)), std::string(query.text(1)));
  }
  return rows;
}

std::string Recipients::attribute_block(std::uint32_t block) {
  auto query = m_database->use("SELECT data FROM attribute_block WHERE block = ?1");
  query.bind(block);
  return query.step() ? std::string(query.blob(0)) : std::string();
}

namespace {

bool before(const AttributeEntry& a, const AttributeEntry& b) {
  const auto key = [](const AttributeEntry& e) {
    return std::uint64_t{e.attribute} << 48 | std::uint64_t{e.recipient} << 32 | e.valid_from;
  };
  return key(a) != key(b) ? key(a) < key(b) : a.value < b.value;
}

/// Old and new entries of a block as one, without those that only repeat the value before them. Of
/// two values at one moment the greater text wins, so that the order of imports does not matter.
std::vector<AttributeEntry> united(std::vector<AttributeEntry> entries) {
  if (!std::is_sorted(entries.begin(), entries.end(), before)) {
    std::sort(entries.begin(), entries.end(), before);
  }
  std::vector<AttributeEntry> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) {
    const bool same_person = !out.empty() && out.back().attribute == entry.attribute &&
                             out.back().recipient == entry.recipient;
    if (same_person && out.back().valid_from == entry.valid_from) {
      out.back().value = entry.value;
      if (out.size() > 1 && out[out.size() - 2].attribute == entry.attribute &&
          out[out.size() - 2].recipient == entry.recipient &&
          out[out.size() - 2].value == entry.value) {
        out.pop_back();
      }
    } else if (!same_person || out.back().value != entry.value) {
      out.push_back(entry);
    }
  }
  return out;
}

/// All entries of a block; their values point into `columns`.
std::vector<AttributeEntry> entries_of(const std::string& blob, std::uint32_t block,
                                       std::vector<AttributeColumn>& columns) {
  std::vector<AttributeEntry> entries;
  if (blob.empty()) {
    return entries;
  }
  const AttributeBlock old(blob, block_name("attribute", block));
  const auto ids = old.attributes();
  columns.resize(ids.size());
  for (std::size_t a = 0; a < ids.size(); ++a) {
    old.read(ids[a], columns[a]);
    for (std::size_t k = 0; k < columns[a].recipient.size(); ++k) {
      entries.push_back({ids[a], columns[a].recipient[k], columns[a].valid_from[k],
                         columns[a].values[columns[a].value[k]]});
    }
  }
  return entries;
}

/// Stable counting sort by a small number.
template<typename Key> void counting_sort(std::vector<AttributeEntry>& entries, Key key) {
  std::vector<std::uint32_t> starts;
  for (const auto& entry : entries) {
    starts.resize(std::max<std::size_t>(starts.size(), key(entry) + 2U));
    ++starts[key(entry) + 1U];
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<AttributeEntry> sorted(entries.size());
  for (const auto& entry : entries) {
    sorted[starts[key(entry)]++] = entry;
  }
  entries.swap(sorted);
}

/// By (attribute, recipient), stable: what an import gives is then sorted but for times.
void by_attribute(std::vector<AttributeEntry>& entries) {
  counting_sort(entries, [](const AttributeEntry& entry) { return entry.recipient; });
  counting_sort(entries, [](const AttributeEntry& entry) { return entry.attribute; });
}

/// Who is told of, in the order of their numbers.
struct ToldPerson {
  RecipientId recipient;
  std::uint32_t place; // in all that is told, part for part
};

/// What several threads gathered, as one.
class AllTold {
public:
  explicit AllTold(std::span<const AttributeChanges* const> parts) : m_parts(parts) {}
  /// Calls see(person, place) for everybody.
  template<typename See> void each(See see) const {
    std::uint32_t place = 0;
    for (const auto* part : m_parts) {
      for (const auto& person : part->people()) {
        see(person, place++);
      }
    }
  }
  /// Calls see(entry) with all that is told of him; he stands at `index` in his block.
  template<typename See> void each_entry(std::uint32_t place, std::uint16_t index, See see) const {
    const auto* part = m_parts.data();
    while (place >= (*part)->people().size()) {
      place -= static_cast<std::uint32_t>((*part++)->people().size());
    }
    const auto& person = (*part)->people()[place];
    for (std::uint64_t i = 0; i < person.count; ++i) {
      const auto& value = (*part)->value(person, i);
      see(AttributeEntry{value.attribute, index, person.valid_from, value.view()});
    }
  }

private:
  std::span<const AttributeChanges* const> m_parts;
};

/// What is told of people of a block of whom nothing is known, where it tells of each attribute of
/// each of them once; "": it does not.
std::string encode_fresh(const AllTold& all, std::span<const ToldPerson> told, std::size_t& count) {
  thread_local std::vector<std::vector<AttributeEntry>> t_columns; // by attribute
  for (auto& column : t_columns) {
    column.clear();
  }
  count = 0;
  bool once = true;
  for (const auto& person : told) {
    const auto index = static_cast<std::uint16_t>(index_of(person.recipient));
    all.each_entry(person.place, index, [&](const AttributeEntry& entry) {
      if (entry.attribute >= t_columns.size()) {
        t_columns.resize(entry.attribute + 1U);
      }
      auto& column = t_columns[entry.attribute];
      once = once && (column.empty() || column.back().recipient < index);
      column.push_back(entry);
      ++count;
    });
    if (!once) {
      return {};
    }
  }
  std::vector<std::span<const AttributeEntry>> columns;
  for (const auto& column : t_columns) {
    if (!column.empty()) {
      columns.emplace_back(column);
    }
  }
  return encode_attributes(columns);
}

} // namespace

std::size_t Recipients::change_attributes(std::span<const AttributeChanges* const> changes,
                                          unsigned threads) {
  const AllTold all(changes);
  // By block: counting sort.
  std::vector<std::size_t> starts(1);
  all.each([&starts](const AttributeChanges::Person& person, std::uint32_t) {
    const auto block = block_of(person.recipient);
    starts.resize(std::max<std::size_t>(starts.size(), block + 2U));
    starts[block + 1U] += person.count == 0 ? 0 : 1;
  });
  if (starts.size() == 1) {
    return 0;
  }
  const auto top = static_cast<std::uint32_t>(starts.size() - 2);
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  LargeVector<ToldPerson> order(starts.back());
  auto next = starts;
  all.each([&](const AttributeChanges::Person& person, std::uint32_t place) {
    if (person.count != 0) {
      order[next[block_of(person.recipient)]++] = {person.recipient, place};
    }
  });
  struct Piece {
    std::uint32_t block;
    std::string old;
    std::size_t added = 0;
  };
  std::vector<Piece> pieces;
  for (std::uint32_t block = 0; block <= top; ++block) {
    if (starts[block] != starts[block + 1]) {
      pieces.push_back({block, attribute_block(block)});
    }
  }
  BlobWriter writer(m_database->use("INSERT INTO attribute_block VALUES (?1, ?2) ON CONFLICT "
                                    "(block) DO UPDATE SET data = excluded.data"));
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned) {
    auto& piece = pieces[p];
    const std::span mine(order.data() + starts[piece.block],
                         starts[piece.block + 1] - starts[piece.block]);
    std::sort(mine.begin(), mine.end(), [](const ToldPerson& a, const ToldPerson& b) {
      return std::tie(a.recipient, a.place) < std::tie(b.recipient, b.place);
    });
    if (piece.old.empty()) {
      if (auto fresh = encode_fresh(all, mine, piece.added); !fresh.empty()) {
        writer.put(piece.block, std::move(fresh));
        return;
      }
    }
    std::vector<AttributeColumn> columns;
    auto entries = entries_of(piece.old, piece.block, columns);
    const auto had = entries.size();
    for (const auto& person : mine) {
      all.each_entry(person.place, static_cast<std::uint16_t>(index_of(person.recipient)),
                     [&entries](const AttributeEntry& entry) { entries.push_back(entry); });
    }
    by_attribute(entries);
    entries = united(std::move(entries));
    auto packed = encode_attributes(entries);
    piece.added = entries.size() > had ? entries.size() - had : packed != piece.old ? 1 : 0;
    if (packed != piece.old) {
      writer.put(piece.block, std::move(packed));
    }
  });
  writer.finish();
  std::size_t added = 0;
  for (const auto& piece : pieces) {
    added += piece.added;
  }
  return added;
}

std::vector<std::pair<std::string, std::string>> Recipients::attributes_of(RecipientId id,
                                                                           Seconds as_of) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto blob = attribute_block(block_of(id));
  if (blob.empty()) {
    return out;
  }
  const AttributeBlock block(blob, block_name("attribute", block_of(id)));
  AttributeColumn column;
  for (const auto& [attribute, name] : attributes()) {
    if (!block.read(attribute, column)) {
      continue;
    }
    std::optional<std::string> value;
    for (std::size_t k = 0; k < column.recipient.size(); ++k) {
      if (column.recipient[k] == (id & (k_recipient_block - 1)) && column.valid_from[k] <= as_of) {
        value = column.values[column.value[k]];
      }
    }
    if (value) {
      out.emplace_back(name, *value);
    }
  }
  return out;
}

std::vector<Recipients::Statement> Recipients::statements_of(RecipientId id) {
  std::vector<Statement> out;
  std::vector<AttributeColumn> columns;
  const auto blob = attribute_block(block_of(id));
  const auto entries = entries_of(blob, block_of(id), columns);
  std::map<std::uint16_t, std::string> names;
  for (auto& [attribute, name] : attributes()) {
    names.emplace(attribute, std::move(name));
  }
  for (const auto& entry : entries) {
    if (entry.recipient == (id & (k_recipient_block - 1))) {
      out.push_back({names[entry.attribute], std::string(entry.value), entry.valid_from});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Statement& a, const Statement& b) {
    return std::tie(a.name, a.valid_from) < std::tie(b.name, b.valid_from);
  });
  return out;
}

void Recipients::remove_attributes(std::uint32_t block, std::span<const RecipientId> numbers) {
  std::vector<AttributeColumn> columns;
  const auto blob = attribute_block(block);
  auto entries = entries_of(blob, block, columns);
  const auto removed = std::erase_if(entries, [&](const AttributeEntry& entry) {
    return std::find(numbers.begin(), numbers.end(),
                     block << k_recipient_block_bits | entry.recipient) != numbers.end();
  });
  if (removed == 0) {
    return;
  }
  if (entries.empty()) {
    m_database->use("DELETE FROM attribute_block WHERE block = ?1").bind(block).run();
  } else {
    m_database->use("UPDATE attribute_block SET data = ?2 WHERE block = ?1")
        .bind(block, Blob{encode_attributes(entries)})
        .run();
  }
}

} // namespace mailfunnel
