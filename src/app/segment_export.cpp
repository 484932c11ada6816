#include "app/segment_export.hpp"

#include "app/earlier_moments.hpp"
#include "app/pieces_in_order.hpp"
#include "app/push_people.hpp"
#include "app/row_writer.hpp"
#include "app/run_block.hpp"
#include "app/score_run.hpp"
#include "app/segment_members.hpp"
#include "app/status_since.hpp"
#include "base/json_text.hpp"
#include "base/parallel.hpp"
#include "store/writing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

namespace mailfunnel {

namespace {

/// The rows of one chunk's people in the order of the store: those of each segment in the pieces
/// that follow each other in its file.
struct ChunkRows {
  explicit ChunkRows(std::size_t segments) : of_segment(segments) {}
  RowText text; // of them, if they are put meanwhile
  std::vector<std::vector<std::string_view>> of_segment;
};

/// What one thread found of one segment.
struct Found {
  std::vector<std::span<const SegmentMember>> members; // of each chunk, if they are to be ordered
  std::uint64_t wanted = 0;                            // without a limit there would be so many
  SegmentResult counts;
};

/// What one thread found: rows stay where they are until the files are put together.
struct FoundOfThread {
  RowText text;
  LargeArena memory;
  std::vector<Found> segments;
};

/// The keys of a chunk's people, who are asked for in order.
class BlockKeys {
public:
  explicit BlockKeys(StoreChunk& source) : m_source(source) {}
  /// nullptr: nothing is known of these.
  const PackedKeys* of(std::size_t r) {
    if (const auto block = static_cast<std::uint32_t>(r >> k_recipient_block_bits);
        block != m_block) {
      m_block = block;
      m_keys = m_source.keys(block);
    }
    return m_keys != nullptr && in_block(r) < m_keys->size() ? m_keys : nullptr;
  }
  static std::uint32_t in_block(std::size_t r) {
    return static_cast<std::uint32_t>(r & (k_recipient_block - 1));
  }

private:
  StoreChunk& m_source;
  std::uint32_t m_block = ~0U;
  const PackedKeys* m_keys = nullptr;
};

class SegmentRun {
public:
  SegmentRun(Store& store, const Workspace& workspace, Worlds& worlds, const Scorer& scorer,
             const std::vector<SegmentRequest>& requests, const std::optional<SegmentForm>& form)
      : m_workspace(workspace), m_scorer(scorer), m_requests(requests), m_form(form),
        m_limit(form && form->order == SegmentOrder::hottest ? form->limit : 0), m_earlier(store),
        m_since(store, workspace, worlds, scorer.as_of()) {
    if (const auto& exclude = workspace.config.exclude_expression) {
      m_earlier.add(*exclude, scorer.as_of(), worlds);
    }
    for (const auto& request : requests) {
      m_earlier.add(*request.where, scorer.as_of(), worlds);
      m_writers.emplace_back(scorer, workspace.config.locale, workspace.config.report_zone,
                             form ? form->format : ExportFormat::machine,
                             parse_columns(request.columns));
    }
    m_found = std::vector<FoundOfThread>(std::max(workspace.threads, 1U));
    for (auto& of_thread : m_found) {
      of_thread.segments.resize(requests.size());
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

  /// The files go to `put` while chunks are taken, the rows of each as soon as all before it are
  /// put: what is written is still in the cache, and goes at once. write() then puts nothing.
  void put_meanwhile(const PutPiece& put) {
    m_put = &put;
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      put(i, m_writers[i].header());
    }
  }

  /// The members of one chunk, on any thread.
  void take(std::uint32_t chunk, StoreChunk& source, ChunkScores& scores, unsigned thread) {
    const EarlierMoments::OfChunk earlier(m_earlier, chunk);
    const EvaluationContext context{m_scorer, source, scores, &earlier};
    std::optional<Bits> excluded;
    if (m_workspace.config.exclude_expression) {
      excluded = evaluate(*m_workspace.config.exclude_expression, context);
    }
    auto rows = in_order_of_store() ? std::make_unique<ChunkRows>(m_requests.size()) : nullptr;
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      take_segment(i, evaluate(*m_requests[i].where, context), excluded, chunk, source, scores,
                   m_found[thread], rows.get());
    }
    if (m_put != nullptr) {
      m_put_in_order.add(chunk, std::move(rows), [this](const auto& next) {
        for (std::size_t i = 0; i < m_requests.size(); ++i) {
          put_rows(*m_put, i, *next);
        }
      });
    } else if (rows) {
      const std::lock_guard lock(m_mutex);
      m_rows.emplace(chunk, std::move(rows));
    }
  }

  /// Once all chunks are taken.
  std::vector<SegmentResult> counts() const {
    std::vector<SegmentResult> out(m_requests.size());
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      for (const auto& of_thread : m_found) {
        const auto& counts = of_thread.segments[i].counts;
        out[i].members += counts.members;
        out[i].kept_out_suppressed += counts.kept_out_suppressed;
        out[i].kept_out_excluded += counts.kept_out_excluded;
        out[i].kept_out_no_address += counts.kept_out_no_address;
      }
    }
    return out;
  }

  /// The files go to `put`; who stands last in them to the results. Not before `may_put` need
  /// anything be put: a disk that is busy is not waited for in vain, and no text piles up.
  void write(const PutPiece& put, std::vector<SegmentResult>& results,
             const std::function<bool()>& may_put) {
    if (!in_order_of_store()) {
      part_members();
      write_in_order(put, results, may_put);
    } else if (m_put == nullptr) {
      write_as_stored(put);
    }
  }

private:
  unsigned threads() const { return static_cast<unsigned>(m_found.size()); }

  bool in_order_of_store() const { return m_form && m_form->order == SegmentOrder::store; }

  static void put_rows(const PutPiece& put, std::size_t i, const ChunkRows& rows) {
    for (const auto text : rows.of_segment[i]) {
      put(i, text);
    }
  }

  /// A file by one thread: the rows are there already, many in one place.
  void write_as_stored(const PutPiece& put) const {
    parallel_for(m_requests.size(), threads(), [&](std::size_t i, unsigned) {
      put(i, m_writers[i].header());
      for (const auto& [chunk, rows] : m_rows) {
        put_rows(put, i, *rows);
      }
    });
  }

  void part_members() {
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      std::vector<std::span<const SegmentMember>> pieces;
      for (const auto& of_thread : m_found) {
        pieces.insert(pieces.end(), of_thread.segments[i].members.begin(),
                      of_thread.segments[i].members.end());
      }
      m_parts.emplace_back(pieces, threads(), m_limit != 0);
    }
  }

  /// Each part is put in order by one thread, and put by the one that comes when all before it in
  /// its file are: so one thread sorts while another writes, and what is written is still in the
  /// cache. Until `may_put`, parts are only put in order.
  void write_in_order(const PutPiece& put, std::vector<SegmentResult>& results,
                      const std::function<bool()>& may_put) {
    std::deque<PiecesInOrder<std::string>> files(m_requests.size());
    std::vector<std::pair<std::size_t, std::size_t>> parts; // segment, part of it
    for (std::size_t i = 0; i < m_requests.size(); ++i) {
      for (std::size_t part = 0; part < m_parts[i].parts(); ++part) {
        parts.emplace_back(i, part);
      }
    }
    const auto sort = [&](std::size_t p) { m_parts[parts[p].first].sort(parts[p].second); };
    std::atomic<std::size_t> sorted{0};
    if (!may_put()) {
      on_threads(threads(), [&](unsigned) {
        for (std::size_t p; !may_put() && (p = sorted++) < parts.size();) {
          sort(p);
        }
      });
    }
    parallel_for(parts.size(), threads(), [&](std::size_t p, unsigned) {
      const auto [i, part] = parts[p];
      if (p >= sorted) {
        sort(p);
      }
      auto members = m_parts[i].members(part);
      if (m_limit != 0) {
        members = first_of(i, members, results[i]);
      }
      files[i].add(part, rows_of(part == 0 ? m_writers[i].header() : "", members),
                   [&, i = i](std::string_view text) { put(i, text); });
    });
  }

  /// Of a segment whose members are in one part, as there is a limit.
  std::span<const MemberParts::Member> first_of(std::size_t i,
                                                std::span<const MemberParts::Member> members,
                                                SegmentResult& result) const {
    std::uint64_t wanted = 0;
    for (const auto& of_thread : m_found) {
      wanted += of_thread.segments[i].wanted;
    }
    if (members.empty() || wanted <= m_limit) {
      return members;
    }
    members = members.first(std::min(members.size(), m_limit));
    const auto last = members.back().row;
    for (const auto& of_thread : m_found) {
      for (const auto& of_chunk : of_thread.segments[i].members) {
        for (const auto& one : of_chunk) {
          if (one.row == last) {
            result.last = SegmentPlace{one.score(), std::string(last.email())};
          }
        }
      }
    }
    return members;
  }

  static std::string rows_of(std::string text, std::span<const MemberParts::Member> members) {
    constexpr std::size_t k_ahead = 16; // rows: they are far away, unless just sorted
    auto size = text.size();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i + k_ahead < members.size()) {
        members[i + k_ahead].row.fetch();
      }
      size += members[i].row.text().size();
    }
    text.reserve(size);
    for (const auto& one : members) {
      text += one.row.text();
    }
    return text;
  }

  void take_segment(std::size_t i, Bits members, const std::optional<Bits>& excluded,
                    std::uint32_t chunk, StoreChunk& source, const ChunkScores& scores,
                    FoundOfThread& of_thread, ChunkRows* rows) {
    auto& found = of_thread.segments[i];
    const auto use = m_requests[i].use;
    const auto keep_out = [&](Bits barred) {
      barred.and_with(members);
      members.and_not(barred);
      return barred.count();
    };
    const auto suppressed_by_any = [&](std::uint8_t bits) {
      Bits out(members.size());
      out.fill([&, bits](std::size_t r) { return (scores.suppressed[r] & bits) != 0; });
      return out;
    };
    keep_out(suppressed_by_any(suppressed_by::erased)); // nobody any more: not counted either
    found.counts.kept_out_suppressed += keep_out(suppressed_by_any(barring(use)));
    if (excluded && use != SegmentUse::suppression) {
      found.counts.kept_out_excluded += keep_out(*excluded);
    }
    if (!m_form) {
      found.counts.members += members.count();
      return;
    }
    BlockKeys keys(source);
    members.each([&](std::size_t r) {
      const auto* block = keys.of(r);
      if ((block == nullptr || !block->is_address(BlockKeys::in_block(r))) &&
          source.address(static_cast<std::uint32_t>(r)).empty()) {
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
    render(i, members, chunk, source, scores, of_thread, rows);
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

  /// `rows`: where they go that are not to be ordered.
  void render(std::size_t i, const Bits& members, std::uint32_t chunk, StoreChunk& source,
              const ChunkScores& scores, FoundOfThread& of_thread, ChunkRows* rows) {
    const auto& writer = m_writers[i];
    const ChunkValues values(writer.columns(), source, scores, m_scorer.as_of(),
                             shows_since(writer.columns())
                                 ? m_since.of_chunk(chunk, source, scores, members)
                                 : std::vector<std::uint32_t>());
    const bool ordered = rows == nullptr;
    const auto front = ordered ? MemberRow::k_front : 0;
    auto& text = m_put != nullptr ? rows->text : of_thread.text;
    const auto count = ordered ? members.count() : 0;
    auto* const found = of_thread.memory.take<SegmentMember>(count);
    auto* next = found;
    BlockKeys keys(source);
    const PackedKeys* known = nullptr;
    bool all_begin = false; // do all rows of that block begin with their address?
    std::string space;      // of an address that does not begin its row
    members.each([&](std::size_t r) {
      const auto* block = keys.of(r); // all members have an address
      if (block != known) {
        known = block;
        all_begin = block->all_characters(
            [&](std::string_view characters) { return writer.begins_with_any_of(characters); });
      }
      text.begin_row();
      auto* const begin = text.room(front + block->room(BlockKeys::in_block(r))) + front;
      auto* end = begin;
      auto email = block->address(BlockKeys::in_block(r), end);
      const auto email_size = email.size();
      const bool begins = email.data() == begin && (all_begin || writer.begins_with(email));
      if (!begins) {
        email = space.assign(email);
      }
      text.set_end(begin + (begins ? email_size : 0));
      writer.row(text, email, values, r, begins ? 1 : 0);
      if (!ordered) {
        append(rows->of_segment[i], text.row());
        return;
      }
      const auto row_size = text.row().size() - front;
      if (!begins) {
        text.set_end(std::copy(email.begin(), email.end(), text.room(email_size)));
      }
      text.room(MemberRow::k_behind);
      new (next++) SegmentMember(scores.score[r],
                                 MemberRow(text.row_begin(), row_size, email_size, !begins));
    });
    if (ordered) {
      of_thread.segments[i].members.emplace_back(found, count);
    }
  }

  /// To the last of them, where it follows that in memory too.
  static void append(std::vector<std::string_view>& pieces, std::string_view more) {
    if (!pieces.empty() && pieces.back().end() == more.begin()) {
      auto& last = pieces.back();
      last = {last.data(), last.size() + more.size()};
    } else {
      pieces.push_back(more);
    }
  }

  const Workspace& m_workspace;
  const Scorer& m_scorer;
  const std::vector<SegmentRequest>& m_requests;
  std::optional<SegmentForm> m_form; // absent: counts alone
  std::size_t m_limit;
  EarlierMoments m_earlier;
  StatusSince m_since;
  std::deque<RowWriter> m_writers;    // by segment
  std::vector<FoundOfThread> m_found; // by thread
  std::vector<MemberParts> m_parts;   // by segment, once all are found

  // In the order of the store: put meanwhile, or kept by chunk until write().
  const PutPiece* m_put = nullptr;
  PiecesInOrder<std::unique_ptr<ChunkRows>> m_put_in_order;
  std::mutex m_mutex;
  std::map<std::uint32_t, std::unique_ptr<ChunkRows>> m_rows;
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
                                        const std::optional<SegmentForm>& form,
                                        const PutPiece& put) {
  Worlds worlds(store, workspace, workspace.config.rules);
  const auto world = worlds.at(as_of);
  const Scorer scorer(workspace.config.rules, *world, as_of);
  SegmentRun run(store, workspace, worlds, scorer, requests, form);
  take_scores(store, workspace, *world, scorer, needs_times(workspace, requests, form.has_value()),
              run, {});
  auto results = run.counts();
  if (!form) {
    return results;
  }
  const auto keep = [&](std::size_t i, std::string_view piece) { results[i].text += piece; };
  run.write(put ? put : keep, results, [] { return true; });
  return results;
}

ExportedSegments export_segments(Store& store, const Workspace& workspace, Seconds as_of,
                                 const std::vector<SegmentRequest>& requests,
                                 const SegmentForm& form, const SegmentSink& sink) {
  // The line of who sees whom waits for all that a disk is still to take, such as the lists made
  // last. So that begins now, beside the rows; where it fails, that line will say so.
  const auto drained = sink.note
                           ? std::async(std::launch::async, [&store] { sync_log(store.path()); })
                           : std::future<void>();
  const auto& rules = workspace.config.rules;
  ExportedSegments out;
  Worlds worlds(store, workspace, rules);
  out.world = worlds.at(as_of);
  const Scorer scorer(rules, *out.world, as_of);
  SegmentRun segments(store, workspace, worlds, scorer, requests, form);
  std::optional<LargeReuse> reuse;
  if (sink.hidden && form.order == SegmentOrder::store) {
    segments.put_meanwhile(sink.put);
    reuse.emplace(); // the memory of rows that are put is that of the next
  }
  RunRecorder recorder(store, workspace, rules, as_of);
  const auto stored = take_scores(
      store, workspace, *out.world, scorer, needs_times(workspace, requests, true), segments,
      [&](std::uint32_t chunk, const ChunkScores& scores) { recorder.add(chunk, scores); });
  out.results = segments.counts();
  const auto noted = std::async(std::launch::async, [&] {
                       out.run = stored ? *stored : recorder.save();
                       if (sink.note) {
                         sink.note(out);
                       }
                     }).share();
  auto results = out.results; // who notes looks at those
  segments.write(
      [&](std::size_t segment, std::string_view piece) {
        noted.get(); // or its failure
        sink.put(segment, piece);
      },
      results,
      [&] { return noted.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  noted.get();
  out.results = std::move(results);
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
