#include "app/segment_export.hpp"

#include "app/earlier_moments.hpp"
#include "app/push_people.hpp"
#include "app/row_writer.hpp"
#include "app/run_block.hpp"
#include "app/score_run.hpp"
#include "app/status_since.hpp"
#include "base/json_text.hpp"
#include "base/parallel.hpp"

#include <boost/sort/pdqsort/pdqsort.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>

namespace mailfunnel {

namespace {

/// A member with its rendered row, before all are put in order.
struct Member {
  std::uint64_t order;  // the score, hottest smallest
  std::uint64_t prefix; // the first eight bytes of the address, as a big-endian number
  const char* row;
  std::uint32_t row_size;
  std::uint32_t email_size : 31;
  std::uint32_t email_behind : 1; // the address stands behind the row; else the row begins with it

  std::string_view text() const { return {row, row_size}; }
  std::string_view email() const { return {row + (email_behind != 0 ? row_size : 0), email_size}; }
};

std::uint64_t order_of(Points score) {
  return ~(static_cast<std::uint64_t>(score) ^ (std::uint64_t{1} << 63));
}
Points score_of(std::uint64_t order) {
  return static_cast<Points>(~order ^ (std::uint64_t{1} << 63));
}

/// The first bytes of a text, so that numbers compare as the texts do.
std::uint64_t prefix_of(std::string_view text) {
  std::uint64_t word = 0;
  if (!text.empty()) {
    std::memcpy(&word, text.data(), std::min(text.size(), sizeof word));
  }
  return __builtin_bswap64(word);
}

/// As far as the numbers tell. Without a branch, none of which could be foreseen.
bool numbers_before(const Member& a, const Member& b) {
  return static_cast<bool>(
      static_cast<int>(a.order < b.order) |
      (static_cast<int>(a.order == b.order) & static_cast<int>(a.prefix < b.prefix)));
}

bool before(const Member& a, const Member& b) {
  return numbers_before(a, b) || (!numbers_before(b, a) && a.email() < b.email());
}

/// Whose addresses are alike up to `depth`, where their prefixes begin. Addresses of one company or
/// one name are alike for long, so it goes on word by word: to compare the texts is a cache miss
/// each.
void sort_members(std::span<Member> members, std::size_t depth = 0) {
  constexpr std::size_t k_word = sizeof(Member::prefix), k_deepest = 4 * k_word;
  boost::sort::pdqsort_branchless(members.begin(), members.end(), numbers_before);
  for (std::size_t first = 0, end = 0; first < members.size(); first = end) {
    while (end < members.size() && !numbers_before(members[first], members[end])) {
      ++end;
    }
    const auto alike = members.subspan(first, end - first);
    if (alike.size() > 1 && depth == k_deepest) {
      std::sort(alike.begin(), alike.end(),
                [](const Member& a, const Member& b) { return a.email() < b.email(); });
    } else if (alike.size() > 1) {
      const auto prefix = alike.front().prefix;
      for (auto& member : alike) {
        const auto email = member.email();
        member.prefix = prefix_of(email.substr(std::min(depth + k_word, email.size())));
      }
      sort_members(alike, depth + k_word);
      for (auto& member : alike) {
        member.prefix = prefix;
      }
    }
  }
}

/// What one thread found of one segment: texts stay where they are until the file is put together.
struct Found {
  std::deque<std::string> texts;
  std::vector<Member> members; // sorted in the end
  std::uint64_t wanted = 0;    // without a limit there would be so many
  SegmentResult counts;
};

class SegmentRun {
public:
  SegmentRun(Store& store, const Workspace& workspace, Worlds& worlds, const Scorer& scorer,
             const std::vector<SegmentRequest>& requests, std::optional<ExportFormat> format,
             std::size_t limit)
      : m_workspace(workspace), m_scorer(scorer), m_requests(requests), m_format(format),
        m_limit(limit), m_earlier(store), m_since(store, workspace, worlds, scorer.as_of()) {
    if (const auto& exclude = workspace.config.exclude_expression) {
      m_earlier.add(*exclude, scorer.as_of(), worlds);
    }
    for (const auto& request : requests) {
      m_earlier.add(*request.where, scorer.as_of(), worlds);
      m_writers.emplace_back(scorer, workspace.config.locale, workspace.config.report_zone,
                             format.value_or(ExportFormat::machine),
                             parse_columns(request.columns));
    }
    m_found.resize(std::max(workspace.threads, 1U), std::vector<Found>(requests.size()));
  }

  /// The members of one chunk, on any thread.
  void take(std::uint32_t chunk, StoreChunk& source, ChunkScores& scores, unsigned thread) {
    const EarlierMoments::OfChunk earlier(m_earlier, chunk);
    const EvaluationContext context{m_scorer, source, scores, &earlier};
    std::optional<Bits> excluded;
    if (m_workspace.config.exclude_expression) {
      excluded = evaluate(*m_workspace.config.exclude_expression, context);
    }
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      take_segment(i, evaluate(*m_requests[i].where, context), excluded, chunk, source, scores,
                   m_found[thread][i]);
    }
  }

  /// The files go to `put`.
  std::vector<SegmentResult> results(const PutPiece& put) {
    const auto threads = static_cast<unsigned>(m_found.size());
    if (m_format) {
      on_threads(threads, [&](unsigned thread) {
        for (auto& found : m_found[thread]) {
          sort_members(found.members);
        }
      });
    }
    std::vector<SegmentResult> out(m_requests.size());
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      for (const auto& of_thread : m_found) {
        const auto& counts = of_thread[i].counts;
        out[i].members += counts.members;
        out[i].kept_out_suppressed += counts.kept_out_suppressed;
        out[i].kept_out_excluded += counts.kept_out_excluded;
        out[i].kept_out_no_address += counts.kept_out_no_address;
      }
      if (m_format) {
        write(i, threads, put, out[i]);
      }
    }
    return out;
  }

private:
  using Range = std::span<const Member>;

  /// The file of segment i: the threads' sorted members cut at the same places, each slice merged
  /// by one thread and put by the one that comes when all before it are. So one thread merges while
  /// another writes, and what is written is still in the cache.
  void write(std::size_t i, unsigned threads, const PutPiece& put, SegmentResult& result) {
    std::vector<Range> runs;
    std::size_t total = 0;
    std::uint64_t wanted = 0;
    for (const auto& of_thread : m_found) {
      wanted += of_thread[i].wanted;
      runs.emplace_back(of_thread[i].members);
      total += runs.back().size();
    }
    constexpr std::size_t k_slice = 2048;
    const auto slices = m_limit != 0 ? std::size_t{1} : total / k_slice + 1;
    const auto longest = *std::max_element(runs.begin(), runs.end(),
                                           [](Range a, Range b) { return a.size() < b.size(); });
    std::vector<std::vector<Range>> cut(slices);
    for (std::size_t slice = 0; slice < slices; ++slice) {
      for (auto& run : runs) {
        auto end = run.size();
        if (slice + 1 < slices) {
          const auto& border = longest[longest.size() * (slice + 1) / slices];
          end = static_cast<std::size_t>(std::lower_bound(run.begin(), run.end(), border, before) -
                                         run.begin());
        }
        cut[slice].push_back(run.first(end));
        run = run.subspan(end);
      }
    }
    put(i, m_writers[i].header());
    std::mutex mutex;
    std::map<std::size_t, std::string> ready;
    std::size_t next = 0;
    parallel_for(slices, threads, [&](std::size_t slice, unsigned) {
      const Member* last = nullptr;
      auto text = merged(cut[slice], m_limit != 0 ? m_limit : total, last);
      const std::lock_guard lock(mutex);
      if (last != nullptr && m_limit != 0 && wanted > m_limit) { // then there is one slice
        result.last = SegmentPlace{score_of(last->order), std::string(last->email())};
      }
      ready.emplace(slice, std::move(text));
      for (; !ready.empty() && ready.begin()->first == next; ++next) {
        put(i, ready.begin()->second);
        ready.erase(ready.begin());
      }
    });
  }

  /// `last`: the last one that is in the text.
  static std::string merged(std::vector<Range>& runs, std::size_t most, const Member*& last) {
    std::string text;
    std::size_t size = 0;
    for (const auto run : runs) {
      for (const auto& member : run) {
        size += member.row_size;
      }
    }
    text.reserve(size);
    constexpr std::size_t k_ahead = 8; // rows are all over the memory
    while (most-- != 0) {
      Range* first = nullptr;
      for (auto& run : runs) {
        if (!run.empty() && (first == nullptr || before(run.front(), first->front()))) {
          first = &run;
        }
      }
      if (first == nullptr) {
        break;
      }
      if (first->size() > k_ahead) {
        __builtin_prefetch((*first)[k_ahead].row);
      }
      last = &first->front();
      text += last->text();
      *first = first->subspan(1);
    }
    return text;
  }

  void take_segment(std::size_t i, Bits members, const std::optional<Bits>& excluded,
                    std::uint32_t chunk, StoreChunk& source, const ChunkScores& scores,
                    Found& found) {
    const auto use = m_requests[i].use;
    const auto barred = barring(use);
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
    members.each([&](std::size_t r) {
      if (source.address(static_cast<std::uint32_t>(r)).empty()) {
        ++found.counts.kept_out_no_address;
        members.reset(r);
      }
    });
    found.counts.members += members.count();
    if (const auto& after = m_requests[i].after) {
      keep_behind(*after, members, source, scores);
    }
    const auto count = members.count();
    found.wanted += count;
    if (m_limit != 0 && count > m_limit) {
      keep_hottest(members, scores);
    }
    render(i, members, chunk, source, scores, found);
  }

  static void keep_behind(const SegmentPlace& place, Bits& members, StoreChunk& source,
                          const ChunkScores& scores) {
    members.each([&](std::size_t r) {
      const auto score = scores.score[r];
      if (score > place.score ||
          (score == place.score && source.address(static_cast<std::uint32_t>(r)) <= place.email)) {
        members.reset(r);
      }
    });
  }

  /// Drops who can't be among the first m_limit: below the score of that place.
  void keep_hottest(Bits& members, const ChunkScores& scores) const {
    std::vector<Points> points;
    members.each([&](std::size_t r) { points.push_back(scores.score[r]); });
    const auto last = points.begin() + static_cast<std::ptrdiff_t>(m_limit - 1);
    std::nth_element(points.begin(), last, points.end(), std::greater<>());
    members.each([&](std::size_t r) {
      if (scores.score[r] < *last) {
        members.reset(r);
      }
    });
  }

  void render(std::size_t i, const Bits& members, std::uint32_t chunk, StoreChunk& source,
              const ChunkScores& scores, Found& found) {
    const auto& writer = m_writers[i];
    std::vector<std::unique_ptr<const AttributeTable>> tables;
    std::vector<const AttributeTable*> attributes;
    for (const auto& column : writer.columns()) {
      tables.push_back(
          column.field != ExportField::attribute
              ? nullptr
              : std::make_unique<const AttributeTable>(source, column.name, m_scorer.as_of()));
      attributes.push_back(tables.back().get());
    }
    const auto since = shows_since(writer.columns())
                           ? m_since.of_chunk(chunk, source, scores, members)
                           : std::vector<std::uint32_t>();
    constexpr std::size_t k_usual_row = 56;
    auto& text = found.texts.emplace_back();
    const auto count = members.count();
    text.reserve(count * k_usual_row);
    const auto first = found.members.size();
    members.each([&](std::size_t r) {
      const auto email = source.address(static_cast<std::uint32_t>(r));
      const auto row = text.size();
      writer.row(text, email, scores, r, attributes, since);
      const auto size = text.size() - row;
      const bool inside = std::string_view(text).substr(row).starts_with(email);
      if (!inside) {
        text += email;
      }
      found.members.push_back({order_of(scores.score[r]), prefix_of(email),
                               nullptr, // below: the text still moves
                               static_cast<std::uint32_t>(size),
                               static_cast<std::uint32_t>(email.size()) & 0x7FFF'FFFF,
                               inside ? 0U : 1U});
    });
    const auto* at = text.data();
    for (auto m = first; m < found.members.size(); ++m) {
      auto& member = found.members[m];
      member.row = at;
      at += member.row_size + (member.email_behind != 0 ? member.email_size : 0U);
    }
  }

  const Workspace& m_workspace;
  const Scorer& m_scorer;
  const std::vector<SegmentRequest>& m_requests;
  std::optional<ExportFormat> m_format;
  std::size_t m_limit;
  EarlierMoments m_earlier;
  StatusSince m_since;
  std::deque<RowWriter> m_writers;         // by segment
  std::vector<std::vector<Found>> m_found; // by thread, then segment
};

bool needs_times(const Expression& expression) {
  return any_part(expression, [](const Expression& part) {
    return part.type == Expression::Type::compare &&
           (part.field == Field::last_open || part.field == Field::last_click ||
            part.field == Field::silent_days || part.field == Field::silent_mails);
  });
}

/// Can a stored run answer all of it?
bool needs_times(const Workspace& workspace, const std::vector<SegmentRequest>& requests,
                 bool columns) {
  const auto& exclude = workspace.config.exclude_expression;
  return (exclude && needs_times(*exclude)) ||
         std::any_of(requests.begin(), requests.end(), [&](const SegmentRequest& request) {
           const auto parsed = parse_columns(request.columns);
           return needs_times(*request.where) ||
                  (columns && std::any_of(parsed.begin(), parsed.end(),
                                          [](const auto& column) { return column.needs_times(); }));
         });
}

} // namespace

namespace {

/// Out of the stored run where it is of that moment and holds what is asked for, else scored anew;
/// then `scored` gets every chunk too. Returns the run, if it was right.
std::optional<StoredRun>
take_scores(Store& store, const Workspace& workspace, const World& world, const Scorer& scorer,
            bool times, SegmentRun& segments,
            const std::function<void(std::uint32_t, const ChunkScores&)>& scored) {
  const auto take = [&](std::uint32_t chunk, StoreChunk& source, ChunkScores& scores,
                        unsigned thread) { segments.take(chunk, source, scores, thread); };
  const auto stored = run_of(store, workspace, scorer.as_of());
  if (stored && !times) {
    recall_scores(store, workspace, *stored, scorer, take);
    return stored;
  }
  score_store(store, workspace, workspace.config.rules, world, scorer.as_of(),
              [&](std::uint32_t chunk, StoreChunk& source, ChunkScores& scores, unsigned thread) {
                if (scored && !stored) {
                  scored(chunk, scores);
                }
                segments.take(chunk, source, scores, thread);
              });
  return stored;
}

} // namespace

std::vector<SegmentResult> run_segments(Store& store, const Workspace& workspace, Seconds as_of,
                                        const std::vector<SegmentRequest>& requests,
                                        std::optional<ExportFormat> format, std::size_t limit,
                                        const PutPiece& put) {
  Worlds worlds(store, workspace, workspace.config.rules);
  const auto world = worlds.at(as_of);
  const Scorer scorer(workspace.config.rules, *world, as_of);
  SegmentRun run(store, workspace, worlds, scorer, requests, format, limit);
  take_scores(store, workspace, *world, scorer,
              needs_times(workspace, requests, format.has_value()), run, {});
  if (put) {
    return run.results(put);
  }
  std::vector<std::string> texts(requests.size());
  auto results = run.results([&](std::size_t i, std::string_view piece) { texts[i] += piece; });
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].text = std::move(texts[i]);
  }
  return results;
}

ExportedSegments export_segments(Store& store, const Workspace& workspace, Seconds as_of,
                                 const std::vector<SegmentRequest>& requests, ExportFormat format,
                                 const PutPiece& put, std::size_t limit) {
  const auto& rules = workspace.config.rules;
  ExportedSegments out;
  Worlds worlds(store, workspace, rules);
  out.world = worlds.at(as_of);
  const Scorer scorer(rules, *out.world, as_of);
  SegmentRun segments(store, workspace, worlds, scorer, requests, format, limit);
  RunRecorder recorder(store, workspace, rules, as_of);
  const auto stored = take_scores(
      store, workspace, *out.world, scorer, needs_times(workspace, requests, true), segments,
      [&](std::uint32_t chunk, const ChunkScores& scores) { recorder.add(chunk, scores); });
  out.results = segments.results(put);
  out.run = stored ? *stored : recorder.save();
  return out;
}

SegmentRequest request_of(const SegmentConfig& segment) {
  return {segment.name, segment.use, segment.expression.get(), segment.columns, std::nullopt};
}

std::string segment_json(const SegmentConfig& segment, const SegmentResult& result) {
  return fmt::format(
      "{{\"segment\":{},\"use\":\"{}\",\"people\":{},\"kept_out\":{{\"suppressed\":{},"
      "\"excluded\":{},\"no_address\":{}}},\"where\":{}}}",
      json_text(segment.name), name_of(segment.use), result.members, result.kept_out_suppressed,
      result.kept_out_excluded, result.kept_out_no_address, json_text(segment.where));
}

Seconds segments_moment(Store& store, const Workspace& workspace, Seconds now) {
  for (const auto& run : current_runs(store, workspace)) {
    if (now - run.as_of <= k_day) {
      return run.as_of;
    }
  }
  return now;
}

} // namespace mailfunnel
