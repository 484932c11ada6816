// The table `recipient`: a row a person, with all addresses and attributes. Read 512 people at a
// time, as they are stored.

#include "app/sql_fields.hpp"
#include "app/sql_tables.hpp"
#include "base/json.hpp"
#include "store/catalog.hpp"

#include <map>
#include <memory>

namespace mailfunnel {

namespace {

/// What is known of the people of one block, by their place in it.
struct RecipientBlock {
  bool with_attributes = false;
  KeyBlock keys;                       // addresses and contact keys; the first address is shown
  std::vector<std::string> attributes; // as JSON; "" is none
};
using RecipientBlockPtr = std::shared_ptr<const RecipientBlock>;

std::uint32_t block_of(RecipientId id) {
  return id >> k_recipient_block_bits;
}
std::uint32_t place_of(RecipientId id) {
  return id & (k_recipient_block - 1);
}

/// Loads blocks and keeps the last ones: a join asks for the same people again for each mailing.
class RecipientBlocks {
public:
  explicit RecipientBlocks(SqlSnapshot& snapshot)
      : m_recipients(snapshot.database()), m_as_of(snapshot.as_of()) {}

  RecipientBlockPtr load(std::uint32_t block, bool attributes) {
    auto& kept = m_kept[block];
    if (kept && (kept->with_attributes || !attributes)) {
      return kept;
    }
    auto fresh = std::make_shared<RecipientBlock>();
    fresh->with_attributes = attributes;
    fresh->keys.resize(k_recipient_block);
    each_key(m_recipients.keys_of_block(block), [&](std::uint32_t place, std::string_view key) {
      fresh->keys.at(place).emplace_back(key);
    });
    if (attributes) {
      fresh->attributes = attributes_of(block);
    }
    kept = fresh;
    if (m_kept.size() > k_most_kept) {
      m_kept.clear();
    }
    return fresh;
  }

private:
  static constexpr std::size_t k_most_kept = 256; // of 512 people each

  std::vector<std::string> attributes_of(std::uint32_t block) {
    std::vector<std::string> out(k_recipient_block);
    const auto blob = m_recipients.attribute_block(block);
    if (blob.empty()) {
      return out;
    }
    if (m_names.empty()) {
      m_names = m_recipients.attributes();
    }
    const AttributeBlock stored(blob, "attribute block " + std::to_string(block));
    AttributeColumn column;
    for (const auto& [attribute, name] : m_names) {
      if (stored.read(attribute, column)) {
        append(name, column, out);
      }
    }
    return out;
  }

  /// Adds one attribute to each person's JSON, without the brace that closes it.
  void append(std::string_view name, const AttributeColumn& column, std::vector<std::string>& out) {
    const auto n = column.recipient.size(); // by recipient, then time: the last one holds
    for (std::size_t i = 0; i < n; ++i) {
      const bool later = i + 1 < n && column.recipient[i + 1] == column.recipient[i] &&
                         Seconds{column.valid_from[i + 1]} <= m_as_of;
      if (!later && Seconds{column.valid_from[i]} <= m_as_of) {
        auto& json = out.at(column.recipient[i]);
        json += json.empty() ? '{' : ',';
        append_json_string(json, name);
        json += ':';
        append_json_string(json, column.values.at(column.value[i]));
      }
    }
  }

  Recipients m_recipients;
  Seconds m_as_of;
  std::vector<std::pair<std::uint16_t, std::string>> m_names; // of attributes
  std::unordered_map<std::uint32_t, RecipientBlockPtr> m_kept;
};

class RecipientTable;

class RecipientCursor : public SqlCursor {
public:
  RecipientCursor(RecipientTable& table, SqlPeopleRange range, bool attributes)
      : m_table(table), m_attributes(attributes), m_next(range.first), m_end(range.end) {}

  bool next() override;
  SqlValue value(std::size_t column) override;
  std::int64_t row_id() const override { return m_id; }

  SqlValue email() { return text_or_null(address()); }
  SqlValue number() { return integer(m_id); }
  SqlValue domain() {
    const auto email = address();
    return text_or_null(email.substr(email.empty() ? 0 : email.rfind('@') + 1));
  }
  SqlValue addresses();
  SqlValue contact_ids();
  SqlValue attributes() {
    const auto& json = m_block->attributes[place_of(m_id)];
    m_text = json.empty() ? "{}" : json + "}";
    return m_text;
  }

private:
  std::string_view address() const {
    for (const auto& key : m_block->keys[place_of(m_id)]) {
      if (!is_contact_key(key)) {
        return key;
      }
    }
    return {};
  }

  RecipientTable& m_table;
  bool m_attributes;
  RecipientId m_next, m_end, m_id = 0;
  std::uint32_t m_block_number = ~0U;
  RecipientBlockPtr m_block;
  std::string m_text;
};

const SqlFields<RecipientCursor>& fields() {
  static const SqlFields<RecipientCursor> k_fields(
      "recipient", "the people, with what is known of each at the moment",
      {{k_email, &RecipientCursor::email},
       {k_recipient, &RecipientCursor::number},
       {{"domain", SqlType::word, "what stands behind the @"}, &RecipientCursor::domain},
       {{"addresses", SqlType::json, "all addresses of the person"}, &RecipientCursor::addresses},
       {{"contact_ids", SqlType::json, "ids of the person at the platforms: \"account/id\""},
        &RecipientCursor::contact_ids},
       {{"attributes", SqlType::json, "by name, all of them texts: attributes->>'country'"},
        &RecipientCursor::attributes}});
  return k_fields;
}

class RecipientTable : public SqlTable {
public:
  explicit RecipientTable(SqlSnapshot& snapshot) : m_snapshot(snapshot), m_blocks(snapshot) {}
  const SqlTableInfo& info() const override { return fields().info(); }

  SqlPlan plan(std::span<const SqlCondition> offered) override {
    if (const auto person = person_condition(offered)) {
      constexpr double k_block = 100; // a person costs as much as the block
      return {{*person}, 1, k_block, true};
    }
    const double all = m_snapshot.recipients();
    return {{}, all, all, false};
  }
  std::unique_ptr<SqlCursor> scan(const SqlScan& scan) override {
    return std::make_unique<RecipientCursor>(*this, people_of(m_snapshot, scan),
                                             reads_any(scan, info(), {"attributes"}));
  }

  SqlSnapshot& snapshot() { return m_snapshot; }
  RecipientBlocks& blocks() { return m_blocks; }

  /// All addresses and contact keys, also of those who turned out to be the same person.
  std::vector<std::string> keys(const RecipientBlock& block, RecipientId id) {
    auto keys = block.keys[place_of(id)];
    if (m_snapshot.merged().size() != m_merged_from.size()) {
      for (const auto& [from, into] : m_snapshot.merged()) {
        m_merged_from.emplace(into, from);
      }
    }
    const auto [first, end] = m_merged_from.equal_range(id);
    for (auto other = first; other != end; ++other) {
      const auto& more =
          m_blocks.load(block_of(other->second), false)->keys[place_of(other->second)];
      keys.insert(keys.end(), more.begin(), more.end());
    }
    return keys;
  }

  /// "newsletter/4711", of a contact key.
  std::string contact(std::string_view key) {
    if (m_accounts.empty()) {
      for (const auto& account : Catalog(m_snapshot.database()).accounts()) {
        m_accounts.emplace(std::to_string(account.id), account.name);
      }
    }
    const auto split = key.find('\x1f', 1);
    const auto account = m_accounts.find(key.substr(1, split - 1));
    return (account == m_accounts.end() ? std::string() : account->second) + "/" +
           std::string(key.substr(split + 1));
  }

private:
  SqlSnapshot& m_snapshot;
  RecipientBlocks m_blocks;
  std::multimap<RecipientId, RecipientId> m_merged_from;      // into, from
  std::map<std::string, std::string, std::less<>> m_accounts; // number, name
};

bool RecipientCursor::next() {
  auto& snapshot = m_table.snapshot();
  while (m_next < m_end && snapshot.is_merged(m_next)) {
    ++m_next;
  }
  if (m_next >= m_end) {
    return false;
  }
  m_id = m_next++;
  if (m_block == nullptr || block_of(m_id) != m_block_number) {
    m_block_number = block_of(m_id);
    m_block = m_table.blocks().load(m_block_number, m_attributes);
  }
  return true;
}

SqlValue RecipientCursor::value(std::size_t column) {
  return fields().value(*this, column);
}

template<typename Wanted, typename Shown>
std::string json_list(const std::vector<std::string>& keys, Wanted wanted, Shown shown) {
  std::string out = "[";
  for (const auto& key : keys) {
    if (wanted(key)) {
      out += out.size() == 1 ? "" : ",";
      append_json_string(out, shown(key));
    }
  }
  return out + "]";
}

SqlValue RecipientCursor::addresses() {
  m_text = json_list(
      m_table.keys(*m_block, m_id), [](const auto& key) { return !is_contact_key(key); },
      [](const auto& key) { return std::string_view(key); });
  return m_text;
}

SqlValue RecipientCursor::contact_ids() {
  m_text = json_list(
      m_table.keys(*m_block, m_id), [](const auto& key) { return is_contact_key(key); },
      [this](const auto& key) { return m_table.contact(key); });
  return m_text;
}

} // namespace

const SqlTableInfo& recipient_info() {
  return fields().info();
}

std::unique_ptr<SqlTable> recipient_table(SqlSnapshot& snapshot) {
  return std::make_unique<RecipientTable>(snapshot);
}

} // namespace mailfunnel
