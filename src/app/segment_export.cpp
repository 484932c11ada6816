#include "app/segment_export.hpp"

#include "app/earlier_moments.hpp"
#include "app/push_people.hpp"
#include "app/row_writer.hpp"
#include "app/run_block.hpp"
#include "app/score_run.hpp"
#include "app/segment_members.hpp"
#include "app/status_since.hpp"
#include "base/json_text.hpp"
#include "base/parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <span>

namespace mailfunnel {

namespace {

/// What one thread found of one segment: texts stay where they are until the file is put together.
struct Found {
  std::deque<RowText> texts;
  std::deque<std::vector<SegmentMember>> members; // of each text
  SortedMembers sorted;                           // all of them, in the end
  std::uint64_t wanted = 0;                       // without a limit there would be so many
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
    m_found.resize(std::max(workspace.threads, 1U));
    for (auto& of_thread : m_found) {
      of_thread = std::vector<Found>(requests.size());
    }
  }

  /// The columns of scores that take() looks at.
  ScoreColumns asked() const {
    ScoreColumns out{ScoreColumns::score, ScoreColumns::suppressed};
    if (const auto& exclude = m_workspace.config.exclude_expression) {
      out |= columns_asked(*exclude);
    }
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      out |= columns_asked(*m_requests[i].where);
      for (const auto& column : m_writers[i].columns()) {
        out |= column.asked();
      }
    }
    return out;
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

  /// Once all chunks are taken.
  std::vector<SegmentResult> counts() const {
    std::vector<SegmentResult> out(m_requests.size());
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      for (const auto& of_thread : m_found) {
        const auto& counts = of_thread[i].counts;
        out[i].members += counts.members;
        out[i].kept_out_suppressed += counts.kept_out_suppressed;
        out[i].kept_out_excluded += counts.kept_out_excluded;
        out[i].kept_out_no_address += counts.kept_out_no_address;
      }
    }
    return out;
  }

  void put_in_order() {
    on_threads(static_cast<unsigned>(m_found.size()), [&](unsigned thread) {
      for (auto& found : m_found[thread]) {
        found.sorted = SortedMembers(found.members);
      }
    });
  }

  /// The files, in order, go to `put`; who stands last in them to the results.
  void write(const PutPiece& put, std::vector<SegmentResult>& results) {
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      write(i, static_cast<unsigned>(m_found.size()), put, results[i]);
    }
  }

private:
  using Range = std::span<const SegmentMember>;

  /// The file of segment i: the threads' sorted members cut at the same places, each slice merged
  /// by one thread and put by the one that comes when all before it are. So one thread merges while
  /// another writes, and what is written is still in the cache.
  void write(std::size_t i, unsigned threads, const PutPiece& put, SegmentResult& result) {
    std::vector<Range> runs;
    std::size_t total = 0;
    std::uint64_t wanted = 0;
    for (const auto& of_thread : m_found) {
      wanted += of_thread[i].wanted;
      runs.emplace_back(of_thread[i].sorted.all());
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
      const SegmentMember* last = nullptr;
      auto text = merged(cut[slice], m_limit != 0 ? m_limit : total, last);
      const std::lock_guard lock(mutex);
      if (last != nullptr && m_limit != 0 && wanted > m_limit) { // then there is one slice
        result.last = SegmentPlace{last->score(), std::string(last->email())};
      }
      ready.emplace(slice, std::move(text));
      for (; !ready.empty() && ready.begin()->first == next; ++next) {
        put(i, ready.begin()->second);
        ready.erase(ready.begin());
      }
    });
  }

  /// `last`: the last one that is in the text.
  static std::string merged(std::vector<Range>& runs, std::size_t most,
                            const SegmentMember*& last) {
    std::string text;
    std::size_t size = 0;
    for (const auto run : runs) {
      for (const auto& member : run) {
        size += member.text().size();
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
        const auto* row = (*first)[k_ahead].row();
        __builtin_prefetch(row);
        __builtin_prefetch(row + 56); // a row is often on two lines of the cache
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
    const auto order = SegmentMember::order_of(place.score);
    members.each([&](std::size_t r) {
      const auto mine = SegmentMember::order_of(scores.score[r]);
      if (mine < order ||
          (mine == order && source.address(static_cast<std::uint32_t>(r)) <= place.email)) {
        members.reset(r);
      }
    });
  }

  /// Drops who can't be among the first m_limit: below the score of that place.
  void keep_hottest(Bits& members, const ChunkScores& scores) const {
    std::vector<std::uint32_t> orders;
    members.each(
        [&](std::size_t r) { orders.push_back(SegmentMember::order_of(scores.score[r])); });
    const auto last = orders.begin() + static_cast<std::ptrdiff_t>(m_limit - 1);
    std::nth_element(orders.begin(), last, orders.end());
    members.each([&](std::size_t r) {
      if (SegmentMember::order_of(scores.score[r]) > *last) {
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
    const auto count = members.count();
    auto& text = found.texts.emplace_back(count * k_usual_row);
    auto& rows = found.members.emplace_back();
    rows.reserve(count);
    members.each([&](std::size_t r) {
      const auto email = source.address(static_cast<std::uint32_t>(r));
      const auto row = text.size();
      writer.row(text, email, scores, r, attributes, since);
      const auto size = text.size() - row;
      const bool inside = text.text().substr(row).starts_with(email);
      if (!inside) {
        text.set_end(std::copy(email.begin(), email.end(), text.room(email.size())));
      }
      rows.emplace_back(scores.score[r], email, size, !inside); // its row still moves
    });
    const auto* at = text.text().data();
    for (auto& member : rows) {
      member.set_row(at);
      at += member.bytes();
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

/// Out of the stored run where it is of that moment, holds what is asked for, and is still right
/// when it is read, else scored anew; then `scored` gets every chunk too. Returns the run, if it
/// was right.
std::optional<StoredRun>
take_scores(Store& store, const Workspace& workspace, const World& world, const Scorer& scorer,
            bool times, SegmentRun& segments,
            const std::function<void(std::uint32_t, const ChunkScores&)>& scored) {
  const auto take = [&](std::uint32_t chunk, StoreChunk& source, ChunkScores& scores,
                        unsigned thread) { segments.take(chunk, source, scores, thread); };
  auto stored = run_of(store, workspace, scorer.as_of());
  if (stored && !times) {
    if (recall_scores(store, workspace, *stored, scorer, take, segments.asked())) {
      return stored;
    }
    stored.reset();
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
  auto results = run.counts();
  if (!format) {
    return results;
  }
  run.put_in_order();
  if (put) {
    run.write(put, results);
  } else {
    run.write([&](std::size_t i, std::string_view piece) { results[i].text += piece; }, results);
  }
  return results;
}

ExportedSegments export_segments(Store& store, const Workspace& workspace, Seconds as_of,
                                 const std::vector<SegmentRequest>& requests, ExportFormat format,
                                 const PutPiece& put, std::size_t limit,
                                 const BeforeFiles& before) {
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
  out.results = segments.counts();
  auto noted = std::async(std::launch::async, [&] {
    out.run = stored ? *stored : recorder.save();
    if (before) {
      before(out);
    }
  });
  segments.put_in_order();
  noted.get();
  segments.write(put, out.results);
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
