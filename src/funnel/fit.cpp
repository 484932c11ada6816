#include "funnel/fit.hpp"

#include "base/text.hpp"
#include "funnel/scorer.hpp"

#include <algorithm>
#include <map>

namespace mailfunnel {

namespace {

/// A value made ready for the conditions: folded, cut into words, as a number.
struct FoldedValue {
  explicit FoldedValue(std::string_view value)
      : text(fold(trim(value))), plain(fold_plain(trim(value))), parts(words(value)),
        number(parse_double(trim(value))) {}
  std::string text, plain;
  std::vector<std::string> parts;
  std::optional<double> number;
};

/// A rule's word may be several ("head of"): they must follow one another.
bool has_words(const std::vector<std::string>& parts, const std::string& wanted) {
  const auto sequence = words(wanted);
  return !sequence.empty() &&
         std::search(parts.begin(), parts.end(), sequence.begin(), sequence.end()) != parts.end();
}

bool matches(const FitRule& rule, const FoldedValue& value) {
  const auto any = [](const auto& list, auto test) {
    return std::any_of(list.begin(), list.end(), test);
  };
  if (!rule.words.empty()) {
    return any(rule.words, [&](const auto& word) { return has_words(value.parts, word); });
  }
  if (!rule.contains.empty()) {
    return any(rule.contains, [&](const auto& part) {
      return value.text.find(fold(part)) != std::string::npos ||
             value.plain.find(fold_plain(part)) != std::string::npos;
    });
  }
  if (!rule.equals.empty()) {
    return any(rule.equals, [&](const auto& text) {
      return value.text == fold(text) || value.plain == fold_plain(text);
    });
  }
  if (rule.min || rule.max) {
    return value.number && (!rule.min || *value.number >= *rule.min) &&
           (!rule.max || *value.number <= *rule.max);
  }
  return rule.otherwise;
}

/// Recipient in the block, value in its dictionary.
using ValuesOfPeople = std::vector<std::pair<std::uint16_t, std::uint32_t>>;

/// Which values of the block hold at the moment, one a recipient at most: the last statement not
/// after it.
void values_at(const AttributeColumn& column, std::uint32_t moment, ValuesOfPeople& out) {
  out.resize(column.recipient.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < column.recipient.size(); ++i) {
    if (column.valid_from[i] <= moment) {
      const bool same = size != 0 && out[size - 1].first == column.recipient[i];
      size += same ? 0 : 1;
      out[size - 1] = {column.recipient[i], column.value[i]};
    }
  }
  out.resize(size);
}

/// "domain" and "email" as if they were attributes.
bool address_column(ChunkSource& source, std::uint32_t block, bool domain,
                    AttributeColumn& column) {
  column = {};
  const auto first = block * k_recipient_block,
             end = std::min(source.size(), first + k_recipient_block);
  for (auto r = first; r < end; ++r) {
    auto address = source.address(r);
    if (address.empty()) {
      continue;
    }
    if (domain) {
      address.remove_prefix(address.rfind('@') + 1);
    }
    column.recipient.push_back(static_cast<std::uint16_t>(r - first));
    column.valid_from.push_back(0);
    column.value.push_back(static_cast<std::uint32_t>(column.values.size()));
    column.values.push_back(address);
  }
  return !column.recipient.empty();
}

class FitScan {
public:
  FitScan(const FitRules& rules, ChunkSource& source, std::uint32_t moment, ChunkScores& scores,
          FitMemory& memory, Ledger* ledger, RuleHits* hits)
      : m_rules(rules), m_source(source), m_moment(moment), m_out(scores), m_ledger(ledger),
        m_hits(hits), m_sums_only(ledger == nullptr && hits == nullptr) {
    if (hits != nullptr) {
      hits->fit.resize(rules.rules.size());
      hits->fit_people.assign(rules.rules.size(), {});
    }
    std::map<std::string, unsigned> groups;
    std::vector<std::string> attribute_of_group;
    for (std::size_t i = 0; i < rules.rules.size(); ++i) {
      const auto& rule = rules.rules[i];
      const auto name = rule.group.empty() ? "\x1f" + std::to_string(i) : rule.group;
      const auto group = groups.emplace(name, static_cast<unsigned>(groups.size())).first->second;
      m_group.push_back(group);
      m_attribute.push_back(index_of(rule.attribute));
      if (group == m_simple.size()) {
        m_simple.push_back(true);
        attribute_of_group.push_back(rule.attribute);
      } else if (attribute_of_group[group] != rule.attribute) {
        m_simple[group] = false;
      }
    }
    for (std::size_t i = 0; i < m_attribute.size(); ++i) {
      auto& attribute = m_attributes[m_attribute[i]];
      attribute.simple_only = m_sums_only && attribute.simple_only && m_simple[m_group[i]];
    }
    for (std::size_t i = 0; i < m_attributes.size(); ++i) {
      m_attributes[i].known = &memory.of(i);
    }
    m_words = (groups.size() + 63) / 64;
  }

  void run() {
    for (std::uint32_t block = 0; block * k_recipient_block < m_source.size(); ++block) {
      score_block(block);
    }
  }

private:
  /// An attribute that rules ask for, and what a block says of it.
  struct Attribute {
    std::string name;
    bool derived = false;    // of the address
    bool simple_only = true; // all groups that ask for it are simple
    FitMemory::Values* known = nullptr;
    bool there = false;
    AttributeColumn column;
    ValuesOfPeople values;
    std::vector<const FitMemory::Verdict*> verdicts; // by value
    std::vector<Points> simple;                      // likewise
  };

  std::size_t index_of(const std::string& name) {
    const auto place = std::find_if(m_attributes.begin(), m_attributes.end(),
                                    [&](const Attribute& one) { return one.name == name; });
    const auto index = static_cast<std::size_t>(place - m_attributes.begin());
    if (place == m_attributes.end()) {
      auto& added = m_attributes.emplace_back();
      added.name = name;
      added.derived = name == "domain" || name == "email";
    }
    return index;
  }

  void load(std::uint32_t block, Attribute& attribute) {
    auto& column = attribute.column;
    attribute.there = attribute.derived
                          ? address_column(m_source, block, attribute.name == "domain", column)
                          : m_source.attribute(block, attribute.name, column);
    if (!attribute.there) {
      return;
    }
    if (!attribute.simple_only) {
      values_at(column, m_moment, attribute.values);
    }
    attribute.verdicts.clear();
    attribute.simple.clear();
    for (const auto value : column.values) {
      const auto& verdict = verdict_on(attribute, value);
      attribute.simple.push_back(m_sums_only ? verdict.simple : 0);
      if (!attribute.simple_only) {
        attribute.verdicts.push_back(&verdict);
      }
    }
  }

  void add_line(std::uint32_t r, std::string_view attribute, std::string_view value,
                std::string_view rule, Points points) {
    if (m_ledger == nullptr) {
      return;
    }
    if (m_ledger->only_sums) {
      m_ledger->fit_sums[r] += points;
    } else {
      m_ledger->fit.push_back(
          {std::string(attribute), std::string(value), std::string(rule), points});
    }
  }

  /// The points of simple groups, to each whose last statement it is.
  void add_simple(const Attribute& attribute, Points* fit, std::uint8_t* fit_known) const {
    const auto& column = attribute.column;
    const std::uint8_t known = attribute.derived ? 0 : 1;
    const auto n = attribute.there ? column.recipient.size() : 0;
    if (column.one_each) { // of most attributes: an import told it of everybody
      const auto there = n != 0 && column.valid_from.front() <= m_moment ? n : 0;
      for (std::size_t r = 0; r < there; ++r) {
        fit[r] += attribute.simple[column.value[r]];
        fit_known[r] |= known;
      }
      return;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const auto r = column.recipient[i];
      const bool later =
          i + 1 < n && column.recipient[i + 1] == r && column.valid_from[i + 1] <= m_moment;
      if (column.valid_from[i] <= m_moment && !later) {
        fit[r] += attribute.simple[column.value[i]];
        fit_known[r] |= known;
      }
    }
  }

  void score_block(std::uint32_t block) {
    for (auto& attribute : m_attributes) {
      load(block, attribute);
    }
    const auto first = block * k_recipient_block;
    m_done.assign(k_recipient_block * m_words, 0);
    for (std::size_t i = 0; i < m_rules.rules.size(); ++i) {
      const auto& rule = m_rules.rules[i];
      const auto& loaded = m_attributes[m_attribute[i]];
      if (!loaded.there || (m_sums_only && m_simple[m_group[i]])) {
        continue;
      }
      const auto word = m_group[i] / 64;
      const auto bit = std::uint64_t{1} << (m_group[i] % 64);
      for (const auto& [r, value] : loaded.values) {
        auto& done = m_done[r * m_words + word];
        if ((done & bit) == 0 && loaded.verdicts[value]->hits[i]) {
          done |= bit;
          m_out.fit[first + r] += rule.points;
          if (m_hits != nullptr) {
            ++m_hits->fit[i];
            m_hits->fit_people[i].push_back(static_cast<std::uint16_t>(first + r));
          }
          add_line(first + r, rule.attribute, loaded.column.values[value], rule.name, rule.points);
        }
      }
    }
    for (const auto& attribute : m_attributes) {
      add_simple(attribute, m_out.fit.data() + first, m_out.fit_known.data() + first);
    }
    const auto end = std::min(m_source.size(), first + k_recipient_block);
    for (auto r = first; r < end; ++r) {
      const auto sum = m_out.fit[r];
      m_out.fit[r] = std::clamp(sum, m_rules.floor, m_rules.cap);
      if (sum != m_out.fit[r]) {
        add_line(r, "", "", sum > m_rules.cap ? "cap" : "floor", m_out.fit[r] - sum);
      }
    }
  }

  /// Values come again in every block: judged once.
  const FitMemory::Verdict& verdict_on(Attribute& attribute, std::string_view value) {
    auto& cache = *attribute.known;
    const auto known = cache.by_text.find(value);
    if (known != cache.by_text.end()) {
      return *known->second;
    }
    const FoldedValue folded(value);
    FitMemory::Verdict verdict;
    std::vector<bool> done(m_simple.size());
    for (std::size_t i = 0; i < m_rules.rules.size(); ++i) {
      const auto& rule = m_rules.rules[i];
      const bool hit = rule.attribute == attribute.name && matches(rule, folded);
      verdict.hits.push_back(hit);
      if (hit && m_simple[m_group[i]] && !done[m_group[i]]) {
        done[m_group[i]] = true;
        verdict.simple += rule.points;
      }
    }
    const auto& kept = cache.verdicts.emplace_back(std::string(value), std::move(verdict));
    cache.by_text.emplace(kept.first, &kept.second);
    return kept.second;
  }

  const FitRules& m_rules;
  ChunkSource& m_source;
  std::uint32_t m_moment;
  ChunkScores& m_out;
  Ledger* m_ledger;
  RuleHits* m_hits;
  std::vector<unsigned> m_group;        // by rule
  std::vector<std::size_t> m_attribute; // by rule, index in m_attributes
  bool m_sums_only;                     // nobody wants the lines or counts
  std::vector<bool> m_simple;           // by group: all its rules ask for one attribute
  std::size_t m_words = 1;
  std::vector<std::uint64_t> m_done;
  std::vector<Attribute> m_attributes;
};

} // namespace

FitMemory::Values& FitMemory::of(std::size_t attribute) {
  constexpr std::size_t k_most = 1U << 12; // values; besides those of a chunk
  if (m_attributes.size() <= attribute) {
    m_attributes.resize(attribute + 1);
  }
  auto& values = m_attributes[attribute];
  if (values.verdicts.size() > k_most) {
    values = {};
  }
  return values;
}

std::unique_ptr<FitMemory> FitMemories::take() {
  const std::lock_guard lock(m_mutex);
  if (m_free.empty()) {
    return std::make_unique<FitMemory>();
  }
  auto memory = std::move(m_free.back());
  m_free.pop_back();
  return memory;
}

void FitMemories::give_back(std::unique_ptr<FitMemory> memory) {
  const std::lock_guard lock(m_mutex);
  m_free.push_back(std::move(memory));
}

void score_fit(const FitRules& rules, ChunkSource& source, Seconds as_of, ChunkScores& scores,
               FitMemory& memory, Ledger* ledger, RuleHits* hits) {
  if (ledger != nullptr) {
    ledger->fit_sums.assign(ledger->only_sums ? source.size() : 0, 0);
  }
  if (!rules.rules.empty()) {
    FitScan(rules, source, static_cast<std::uint32_t>(std::clamp<Seconds>(as_of, 0, 0xFFFFFFFF)),
            scores, memory, ledger, hits)
        .run();
  }
}

} // namespace mailfunnel
