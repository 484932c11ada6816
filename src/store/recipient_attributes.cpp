// What is known of recipients: their attributes, block by block.

#include "store/recipients.hpp"

#include "base/large_memory.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "store/blob_writer.hpp"
#include "store/recipient_place.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
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

/// All stored ones have lower numbers.
std::uint32_t Recipients::attribute_blocks() {
  auto query = m_database->use("SELECT coalesce(max(block) + 1, 0) FROM attribute_block");
  query.step();
  return static_cast<std::uint32_t>(query.integer(0));
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

/// Those of a block: by number, then by place.
void put_in_order(std::span<ToldPerson> people) {
  constexpr std::uint32_t k_nobody = ~0U;
  std::array<std::uint32_t, k_recipient_block> places;
  places.fill(k_nobody);
  for (const auto& [recipient, place] : people) {
    if (std::exchange(places[index_of(recipient)], place) != k_nobody) { // told of twice
      std::sort(people.begin(), people.end(), [](const ToldPerson& a, const ToldPerson& b) {
        return std::tie(a.recipient, a.place) < std::tie(b.recipient, b.place);
      });
      return;
    }
  }
  const auto first = people.front().recipient - index_of(people.front().recipient);
  auto next = people.begin();
  for (std::uint32_t index = 0; index < places.size(); ++index) {
    if (places[index] != k_nobody) {
      *next++ = {first + index, places[index]};
    }
  }
}

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
  std::size_t parts() const { return m_parts.size(); }
  const AttributeChanges& part(std::size_t i) const { return *m_parts[i]; }
  struct Told {
    std::size_t part;
    const AttributeChanges::Person& person;
  };
  Told at(std::uint32_t place) const {
    std::size_t part = 0;
    while (place >= m_parts[part]->people().size()) {
      place -= static_cast<std::uint32_t>(m_parts[part++]->people().size());
    }
    return {part, m_parts[part]->people()[place]};
  }
  /// Calls see(part, number of a value in it, valid_from) with all that is told of him.
  template<typename See> void each_number(std::uint32_t place, See see) const {
    const auto [part, person] = at(place);
    m_parts[part]->each_number(person, [&, part = part, since = person.valid_from](
                                           std::uint32_t number) { see(part, number, since); });
  }
  /// The same with see(value, valid_from).
  template<typename See> void each_value(std::uint32_t place, See see) const {
    each_number(place, [&](std::size_t part, std::uint32_t number, std::uint32_t since) {
      see(m_parts[part]->value(number), since);
    });
  }

private:
  std::span<const AttributeChanges* const> m_parts;
};

/// Values of all parts by one number each, where they are few, as of most attributes: in a block
/// they are then known without a look at their texts.
class UnitedValues {
public:
  explicit UnitedValues(const AllTold& all) {
    constexpr std::uint64_t k_few = 1 << 16;
    std::uint64_t values = 0;
    for (std::size_t part = 0; part < all.parts(); ++part) {
      values += all.part(part).values();
    }
    if (values > k_few) {
      return;
    }
    std::vector<const AttributeChanges::Value*> known(std::bit_ceil(2 * values + 1));
    std::vector<std::uint32_t> numbers(known.size());
    for (std::size_t part = 0; part < all.parts(); ++part) {
      auto& of_part = m_numbers.emplace_back();
      for (std::uint32_t number = 0; number < all.part(part).values(); ++number) {
        const auto& value = all.part(part).value(number);
        auto place = value.hash & (known.size() - 1);
        while (known[place] != nullptr && !alike(*known[place], value)) {
          place = (place + 1) & (known.size() - 1);
        }
        if (known[place] == nullptr) {
          known[place] = &value;
          numbers[place] = count();
          m_values.push_back(&value);
        }
        of_part.push_back(numbers[place]);
      }
    }
  }
  /// Otherwise they are too many.
  explicit operator bool() const { return !m_numbers.empty(); }
  std::uint32_t count() const { return static_cast<std::uint32_t>(m_values.size()); }
  const AttributeChanges::Value& value(std::uint32_t united) const { return *m_values[united]; }
  std::uint32_t number(std::size_t part, std::uint32_t number) const {
    return m_numbers[part][number];
  }

private:
  static bool alike(const AttributeChanges::Value& a, const AttributeChanges::Value& b) {
    return a.hash == b.hash && a.attribute == b.attribute && a.view() == b.view();
  }
  std::vector<std::vector<std::uint32_t>> m_numbers;    // by part, then by its own number
  std::vector<const AttributeChanges::Value*> m_values; // by united number
};

/// One attribute of people of a block, as it grows.
class FreshColumn {
public:
  void clear() {
    m_column.recipient.clear();
    m_column.valid_from.clear();
    m_column.value.clear();
    m_column.values.clear();
    if (m_slots) {
      m_slots->fill({});
    }
  }
  /// False: each is once, in the order of their numbers, and this one is not.
  bool add(std::uint16_t recipient, std::uint32_t valid_from, std::uint32_t value) {
    if (!m_column.recipient.empty() && recipient <= m_column.recipient.back()) {
      return false;
    }
    m_column.recipient.push_back(recipient);
    m_column.valid_from.push_back(valid_from);
    m_column.value.push_back(value);
    return true;
  }
  const AttributeColumn& column() const { return m_column; }
  AttributeColumn& column() { return m_column; }
  /// The number that a value gets which is not in the column yet.
  std::uint32_t new_number_of(const AttributeChanges::Value& value) {
    m_column.values.push_back(value.view());
    return static_cast<std::uint32_t>(m_column.values.size() - 1);
  }
  /// Of one that may be in it, by the hash that the import made: parts of it may have a value each.
  std::uint32_t number_of(const AttributeChanges::Value& value) {
    if (!m_slots) {
      m_slots = std::make_unique<Slots>();
    }
    const auto tag = static_cast<std::uint16_t>(value.hash >> 16);
    for (auto place = value.hash;; ++place) {
      auto& slot = (*m_slots)[place % m_slots->size()];
      if (slot.next_number == 0) {
        m_column.values.push_back(value.view());
        slot = {tag, static_cast<std::uint16_t>(m_column.values.size())};
      } else if (const auto known = m_column.values[slot.next_number - 1U];
                 slot.tag != tag || !same(known, value.view())) {
        continue;
      }
      return slot.next_number - 1U;
    }
  }

private:
  struct Slot {
    std::uint16_t tag = 0, next_number = 0; // of a value + 1; 0: nobody is here
  };
  using Slots = std::array<Slot, std::size_t{2} * k_recipient_block>;
  std::unique_ptr<Slots> m_slots; // once a value was looked up
  AttributeColumn m_column;
};

/// Blocks of people of whom nothing is known, one after the other; one a thread.
class FreshBlocks {
public:
  FreshBlocks(const AllTold& all, const UnitedValues& united)
      : m_all(all), m_united(united), m_known(united.count()) {}

  /// "": not each attribute of each of them is told once. `count`: of what is told.
  std::string encode(std::span<const ToldPerson> people, std::size_t& count) {
    if (take_table(people, count)) {
      return written();
    }
    begin();
    count = 0;
    for (const auto& person : people) {
      const auto index = static_cast<std::uint16_t>(index_of(person.recipient));
      bool once = true;
      m_all.each_number(person.place,
                        [&](std::size_t part, std::uint32_t number, std::uint32_t since) {
                          if (once) { // a column has room for so many values
                            const auto known = known_value(part, number);
                            once = m_columns[known.attribute]->add(index, since, known.in_column);
                            ++count;
                          }
                        });
      if (!once) {
        return {};
      }
    }
    return written();
  }

private:
  void begin() {
    for (const auto attribute : m_used) {
      m_columns[attribute]->clear();
    }
    m_used.clear();
    ++m_block;
  }
  std::string written() {
    std::sort(m_used.begin(), m_used.end());
    AttributeWriter writer;
    for (const auto attribute : m_used) {
      writer.add(attribute, m_columns[attribute]->column());
    }
    return writer.finish();
  }

  /// As a table tells of people: of each the same attributes in the same order, so that a column
  /// can be made after the other. False: it is not so.
  bool take_table(std::span<const ToldPerson> people, std::size_t& count) {
    constexpr std::uint64_t k_most = 64; // columns
    const auto width = m_all.at(people.front().place).person.count;
    if (!m_united || width > k_most) {
      return false;
    }
    begin();
    m_cells.resize(width * k_recipient_block);
    m_recipients.resize(people.size());
    m_since.resize(people.size());
    for (std::size_t i = 0; i < people.size(); ++i) {
      const auto [part, person] = m_all.at(people[i].place);
      const auto index = static_cast<std::uint16_t>(index_of(people[i].recipient));
      if (person.count != width || (i != 0 && index <= m_recipients[i - 1])) {
        return false;
      }
      m_recipients[i] = index;
      m_since[i] = person.valid_from;
      auto* cell = m_cells.data() + i;
      m_all.part(part).each_number(person, [&, part = part](std::uint32_t number) {
        *cell = m_united.number(part, number);
        cell += k_recipient_block;
      });
    }
    for (std::size_t column = 0; column < width; ++column) {
      if (!take_column({m_cells.data() + column * k_recipient_block, people.size()})) {
        return false;
      }
    }
    count = width * people.size();
    return true;
  }
  /// `cells`: united numbers of values. False: they are not of one attribute, or it has a column.
  bool take_column(std::span<const std::uint32_t> cells) {
    const auto attribute = m_united.value(cells.front()).attribute;
    auto& made = column_of(attribute);
    auto& column = made.column();
    if (!column.recipient.empty()) {
      return false;
    }
    column.recipient = m_recipients;
    column.valid_from = m_since;
    column.value.resize(cells.size());
    unsigned others = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      auto& known = m_known[cells[i]];
      if (known.block != m_block) {
        const auto& value = m_united.value(cells[i]);
        known = {m_block, static_cast<std::uint16_t>(made.new_number_of(value)), value.attribute};
      }
      others |= unsigned{known.attribute} ^ attribute;
      column.value[i] = known.in_column;
    }
    return others == 0;
  }

  struct Known {             // a value
    std::uint32_t block = 0; // the last one in which it was seen, counted from 1
    std::uint16_t in_column = 0, attribute = 0;
  };
  /// Where they are united, each is looked at once a block: most are told of many.
  Known known_value(std::size_t part, std::uint32_t number) {
    const auto first_look = [&](auto number_in) {
      const auto& value = m_all.part(part).value(number);
      const auto in_column = number_in(column_of(value.attribute), value);
      return Known{m_block, static_cast<std::uint16_t>(in_column), value.attribute};
    };
    if (!m_united) {
      return first_look(
          [](FreshColumn& column, const auto& value) { return column.number_of(value); });
    }
    auto& known = m_known[m_united.number(part, number)];
    if (known.block != m_block) {
      known = first_look(
          [](FreshColumn& column, const auto& value) { return column.new_number_of(value); });
    }
    return known;
  }

  FreshColumn& column_of(std::uint16_t attribute) {
    if (attribute >= m_columns.size()) {
      m_columns.resize(attribute + 1U);
    }
    auto& column = m_columns[attribute];
    if (!column) {
      column = std::make_unique<FreshColumn>();
    }
    if (column->column().values.empty()) { // the first value in the block
      m_used.push_back(attribute);
    }
    return *column;
  }

  const AllTold& m_all;
  const UnitedValues& m_united;
  std::uint32_t m_block = 0;
  std::vector<Known> m_known;                          // of united values, by number
  std::vector<std::unique_ptr<FreshColumn>> m_columns; // by attribute; null: it was never told
  std::vector<std::uint16_t> m_used;                   // in the block
  // A block that is a table: united numbers of values by column, then person; who, and since when.
  std::vector<std::uint32_t> m_cells;
  std::vector<std::uint16_t> m_recipients;
  std::vector<std::uint32_t> m_since;
};

} // namespace

std::size_t Recipients::change_attributes(std::span<const AttributeChanges* const> changes,
                                          unsigned threads) {
  const AllTold all(changes);
  // By block: counting sort.
  std::optional<std::uint32_t> top; // the last block
  all.each([&top](const AttributeChanges::Person& person, std::uint32_t) {
    if (person.count != 0) {
      top = std::max(top.value_or(0), block_of(person.recipient));
    }
  });
  if (!top) {
    return 0;
  }
  std::vector<std::size_t> starts(*top + 2U);
  all.each([&starts](const AttributeChanges::Person& person, std::uint32_t) {
    if (person.count != 0) {
      ++starts[block_of(person.recipient) + 1U];
    }
  });
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
  const auto stored = attribute_blocks();
  for (std::uint32_t block = 0; block <= *top; ++block) {
    if (starts[block] != starts[block + 1]) {
      pieces.push_back({block, block < stored ? attribute_block(block) : std::string()});
    }
  }
  const UnitedValues as_one(all);
  std::vector<std::optional<FreshBlocks>> fresh_blocks(threads);
  BlobWriter writer(m_database->use("INSERT INTO attribute_block VALUES (?1, ?2) ON CONFLICT "
                                    "(block) DO UPDATE SET data = excluded.data"));
  parallel_for(pieces.size(), threads, [&](std::size_t p, unsigned thread) {
    auto& piece = pieces[p];
    const std::span mine(order.data() + starts[piece.block],
                         starts[piece.block + 1] - starts[piece.block]);
    put_in_order(mine);
    if (piece.old.empty()) {
      auto& blocks = fresh_blocks[thread];
      if (!blocks) {
        blocks.emplace(all, as_one);
      }
      if (auto fresh = blocks->encode(mine, piece.added); !fresh.empty()) {
        writer.put(piece.block, std::move(fresh));
        return;
      }
    }
    std::vector<AttributeColumn> columns;
    auto entries = entries_of(piece.old, piece.block, columns);
    const auto had = entries.size();
    for (const auto& person : mine) {
      const auto index = static_cast<std::uint16_t>(index_of(person.recipient));
      all.each_value(person.place, [&](const AttributeChanges::Value& value, std::uint32_t since) {
        entries.push_back({value.attribute, index, since, value.view()});
      });
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

void Recipients::take_attributes(const std::unordered_map<RecipientId, RecipientId>& people,
                                 AttributeChanges& changes) {
  std::map<std::uint32_t, std::map<std::uint16_t, RecipientId>> by_block;
  for (const auto& [from, into] : people) {
    by_block[block_of(from)].emplace(index_of(from), into);
  }
  for (const auto& [block, of_block] : by_block) {
    std::vector<AttributeColumn> columns;
    const auto blob = attribute_block(block);
    std::set<RecipientId> told;
    for (const auto& entry : entries_of(blob, block, columns)) {
      if (const auto into = of_block.find(entry.recipient); into != of_block.end()) {
        changes.begin(into->second, entry.valid_from);
        changes.add(entry.attribute, entry.value);
        told.insert(block << k_recipient_block_bits | entry.recipient);
      }
    }
    if (!told.empty()) {
      remove_attributes(block, std::vector(told.begin(), told.end()));
    }
  }
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
