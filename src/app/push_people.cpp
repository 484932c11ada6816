#include "app/push_people.hpp"

#include "app/row_writer.hpp"
#include "app/status_since.hpp"
#include "base/text.hpp"
#include "ingest/session.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>

namespace mailfunnel {

namespace {

/// Who left a list of some account, by what its platform says of subscriptions.
class Leavers {
public:
  Leavers(ChunkSource& source, Seconds as_of) {
    constexpr std::string_view k_prefix = "subscription:";
    for (const auto& name : source.attribute_names()) {
      if (name.starts_with(k_prefix)) {
        m_lists.push_back({name.substr(k_prefix.size()),
                           std::make_unique<const AttributeTable>(source, name, as_of)});
      }
    }
  }
  std::string of(std::size_t r) const {
    for (const auto& [list, values] : m_lists) {
      const auto value = (*values)[r];
      if (value == name_of(Subscription::unsubscribed) || value == name_of(Subscription::cleaned)) {
        return std::string(value) + " at " + list;
      }
    }
    return {};
  }

private:
  struct List {
    std::string name;
    std::unique_ptr<const AttributeTable> values;
  };
  std::vector<List> m_lists;
};

bool asks_for_status(const Expression& expression) {
  return any_part(expression, [](const Expression& part) {
    return part.type == Expression::Type::compare && part.field == Field::status;
  });
}

/// Statuses of everybody at a moment, by recipient.
std::vector<std::uint8_t> statuses_at(Store& store, const Workspace& workspace, Seconds as_of) {
  const auto& rules = workspace.config.rules;
  const auto world = build_world(store, workspace, rules, as_of);
  std::vector<std::uint8_t> out(Recipients(store.database()).count());
  score_store(store, workspace, rules, world, as_of,
              [&](std::uint32_t chunk, StoreChunk&, ChunkScores& scores, unsigned) {
                const auto first = std::min(std::size_t{chunk} << k_chunk_bits, out.size());
                std::copy_n(scores.status.begin(), // who came in since was of no status then
                            std::min(scores.status.size(), out.size() - first),
                            out.begin() + static_cast<std::ptrdiff_t>(first));
              });
  return out;
}

struct Scored {
  Points score;
  SegmentPerson person;
};

/// Takes the people of one chunk after the other, from several threads.
class Gatherer {
public:
  Gatherer(const Workspace& workspace, const SegmentConfig& segment, const PushConfig& target,
           const Scorer& scorer, std::vector<std::uint8_t> before, StatusSince& since)
      : m_workspace(workspace), m_segment(segment), m_scorer(scorer), m_before(std::move(before)),
        m_since(since), m_plain(),
        m_writer(scorer, m_plain, nullptr, ExportFormat::cells, columns_of(target)) {
    const auto& names = scorer.statuses();
    const auto found = std::find(names.begin(), names.end(), "SQL");
    m_sql = static_cast<std::uint8_t>(found - names.begin());
  }

  void take(std::uint32_t chunk, StoreChunk& source, ChunkScores& scores) {
    const EvaluationContext context{m_scorer, source, scores};
    const auto matches = evaluate(*m_segment.expression, context);
    std::optional<Bits> excluded;
    if (m_workspace.config.exclude_expression && m_segment.use != SegmentUse::suppression) {
      excluded = evaluate(*m_workspace.config.exclude_expression, context);
    }
    const Leavers leavers(source, m_scorer.as_of());
    const ChunkValues values(m_writer.columns(), source, scores, m_scorer.as_of(),
                             shows_since(m_writer.columns())
                                 ? m_since.of_chunk(chunk, source, scores, matches)
                                 : std::vector<std::uint32_t>());
    std::vector<Scored> found;
    for (std::uint32_t r = 0; r < source.size(); ++r) {
      SegmentPerson person;
      person.recipient = chunk << k_chunk_bits | r;
      person.matches = matches.test(r);
      person.barred = barred(scores, r, excluded, leavers);
      person.held = person.barred.empty() && is_held(person.recipient, scores, r);
      if (!person.matches && !person.held) {
        continue;
      }
      person.address = source.address(r);
      if (person.address.empty()) {
        continue; // known by a contact id only
      }
      if (!m_writer.columns().empty()) {
        person.values = cells_of(person.address, values, r);
      }
      found.push_back({scores.score[r], std::move(person)});
    }
    const std::lock_guard lock(m_mutex);
    std::move(found.begin(), found.end(), std::back_inserter(m_found));
  }

  std::vector<SegmentPerson> people() {
    std::sort(m_found.begin(), m_found.end(), [](const Scored& a, const Scored& b) {
      return a.score != b.score ? a.score > b.score : a.person.address < b.person.address;
    });
    std::vector<SegmentPerson> out;
    out.reserve(m_found.size());
    for (auto& one : m_found) {
      out.push_back(std::move(one.person));
    }
    return out;
  }

private:
  static std::vector<ExportColumn> columns_of(const PushConfig& target) {
    std::vector<ExportColumn> out;
    for (const auto& [column, field] : target.fields) {
      out.push_back(column);
    }
    return out;
  }

  std::string barred(const ChunkScores& scores, std::uint32_t r,
                     const std::optional<Bits>& excluded, const Leavers& leavers) const {
    if (const auto bits = scores.suppressed[r] & barring(m_segment.use); bits != 0) {
      return suppression_words(static_cast<std::uint8_t>(bits));
    }
    if (excluded && excluded->test(r)) {
      return "[audience] exclude";
    }
    return m_segment.use == SegmentUse::mailing ? leavers.of(r) : std::string();
  }

  /// Upward to SQL goes out at once.
  bool is_held(RecipientId recipient, const ChunkScores& scores, std::uint32_t r) const {
    return recipient < m_before.size() && scores.status[r] != m_before[recipient] &&
           scores.status[r] != m_sql;
  }

  std::vector<std::string> cells_of(const std::string& address, const ChunkValues& values,
                                    std::uint32_t r) const {
    RowText text;
    m_writer.row(text, address, values, r);
    std::vector<std::string> out;
    for (auto rest = text.row().substr(0, text.row().size() - 1);;) { // without its line end
      const auto end = rest.find('\x1f');
      out.emplace_back(rest.substr(0, end));
      if (end == std::string_view::npos) {
        return out;
      }
      rest.remove_prefix(end + 1);
    }
  }

  const Workspace& m_workspace;
  const SegmentConfig& m_segment;
  const Scorer& m_scorer;
  std::vector<std::uint8_t> m_before; // statuses when the hold time began; empty: nobody is held
  StatusSince& m_since;
  std::uint8_t m_sql;
  Locale m_plain;
  RowWriter m_writer;
  std::mutex m_mutex;
  std::vector<Scored> m_found;
};

} // namespace

std::uint8_t barring(SegmentUse use) {
  switch (use) {
  case SegmentUse::mailing:
    return 0xFF;
  case SegmentUse::sales:
    return suppressed_by::from_sales;
  case SegmentUse::suppression:
    return suppressed_by::erased;
  }
  return 0xFF;
}

SegmentPeople people_of(Store& store, const Workspace& workspace, const SegmentConfig& segment,
                        const PushConfig& target, Seconds as_of) {
  const auto& rules = workspace.config.rules;
  const auto hold = workspace.config.push.hold;
  fold_inbox(store, workspace.threads);
  std::vector<std::uint8_t> before;
  const bool of_status =
      asks_for_status(*segment.expression) ||
      std::any_of(target.fields.begin(), target.fields.end(), [](const auto& field) {
        return field.first.field == ExportField::status || field.first.field == ExportField::since;
      });
  if (hold > 0 && of_status) {
    before = statuses_at(store, workspace, as_of - hold);
  }
  SegmentPeople out;
  out.as_of = as_of;
  Worlds worlds(store, workspace, rules);
  out.world = worlds.at(as_of);
  const Scorer scorer(rules, *out.world, as_of);
  StatusSince since(store, workspace, worlds, as_of);
  Gatherer gatherer(workspace, segment, target, scorer, std::move(before), since);
  RunRecorder recorder(store, workspace, rules, as_of);
  score_store(store, workspace, rules, *out.world, as_of,
              [&](std::uint32_t chunk, StoreChunk& source, ChunkScores& scores, unsigned) {
                recorder.add(chunk, scores);
                gatherer.take(chunk, source, scores);
              });
  out.run = recorder.save();
  out.people = gatherer.people();
  return out;
}

SuppressionCheck::SuppressionCheck(Store& store, const Workspace& workspace, Seconds now)
    : m_store(store), m_workspace(workspace), m_now(now) {}

void SuppressionCheck::look() {
  const auto changes = m_store.changes();
  if (changes == m_changes) {
    return;
  }
  fold_inbox(m_store, m_workspace.threads);
  m_changes = m_store.changes();
  m_suppressed.clear();
  m_left.clear();
  const auto& rules = m_workspace.config.rules;
  // Also what clocks that are ahead of ours date in our future.
  const auto moment = std::max<Seconds>(m_now, Activity(m_store.database()).newest());
  const auto world = build_world(m_store, m_workspace, rules, moment);
  std::mutex mutex;
  score_store(m_store, m_workspace, rules, world, moment,
              [&](std::uint32_t chunk, StoreChunk& source, ChunkScores& scores, unsigned) {
                const Leavers leavers(source, moment);
                const std::lock_guard lock(mutex);
                for (std::uint32_t r = 0; r < source.size(); ++r) {
                  const auto id = chunk << k_chunk_bits | r;
                  if (scores.suppressed[r] != 0) {
                    m_suppressed[id] = scores.suppressed[r];
                  } else if (auto left = leavers.of(r); !left.empty()) {
                    m_left[id] = std::move(left);
                  }
                }
              });
}

std::string SuppressionCheck::bars(RecipientId recipient, SegmentUse use) const {
  if (const auto found = m_suppressed.find(recipient); found != m_suppressed.end()) {
    if (const auto bits = found->second & barring(use); bits != 0) {
      return suppression_words(static_cast<std::uint8_t>(bits));
    }
  }
  if (use == SegmentUse::mailing) {
    if (const auto found = m_left.find(recipient); found != m_left.end()) {
      return found->second;
    }
  }
  return {};
}

} // namespace mailfunnel
