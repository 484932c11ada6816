#include "ingest/import.hpp"

#include "base/csv.hpp"
#include "base/parallel.hpp"
#include "ingest/chunk_feeder.hpp"

#include <algorithm>
#include <atomic>

namespace mailfunnel {

namespace {

/// A thread's part: its own reader, worker and buffer.
struct Lane {
  explicit Lane(Session& session) : worker(session) {}
  std::unique_ptr<LogReader> own_reader;
  LogReader* reader = nullptr;
  Worker worker;
  ChunkFeeder::Piece piece;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lines; // chunk, its line ends
};
/// So many bytes of rejects a thread are handed out early.
constexpr std::size_t k_waiting_rejects = std::size_t{2} << 20;
/// Text that several threads unpack before one of them takes it.
constexpr std::size_t k_unpacked_ahead = 3 * ChunkFeeder::k_chunk_size;
/// People that room is made for ahead, however many an input seems to have.
constexpr double k_most_ahead = 4'000'000;

std::vector<std::unique_ptr<Lane>> make_lanes(Session& session, LogReader& reader,
                                              unsigned threads) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (unsigned i = 0; i < threads; ++i) {
    auto lane = std::make_unique<Lane>(session);
    if (i == 0) {
      lane->reader = &reader;
    } else if ((lane->own_reader = reader.clone())) {
      lane->reader = lane->own_reader.get();
    } else {
      break; // records hang together: one thread, in order
    }
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

ImportCounts sum_of(const std::vector<std::unique_ptr<Lane>>& lanes) {
  ImportCounts sum;
  for (const auto& lane : lanes) {
    const auto& c = lane->worker.counts();
    sum.events += c.events;
    sum.recipients += c.recipients;
    sum.campaigns += c.campaigns;
    sum.unknown += c.unknown;
    sum.rejected += c.rejected;
    sum.skipped += c.skipped;
    sum.erased += c.erased;
    for (std::size_t k = 0; k < k_event_kinds; ++k) {
      sum.by_kind[k] += c.by_kind[k];
    }
    if (c.first != 0) {
      sum.first = sum.first == 0 ? c.first : std::min(sum.first, c.first);
    }
    sum.last = std::max(sum.last, c.last);
  }
  sum.records = sum.events + sum.recipients + sum.campaigns;
  return sum;
}

void flush(Session& session, std::vector<std::unique_ptr<Lane>>& lanes, ImportCounts& counts,
           const std::string& source, bool last) {
  std::vector<Session::Harvest> harvests;
  for (auto& lane : lanes) {
    harvests.push_back(lane->worker.harvest());
  }
  session.flush(harvests, counts, source, last, {}, Session::Commit::beside);
  for (auto& lane : lanes) {
    lane->worker.clear();
  }
}

/// Hands the rejects out in the order of the input, with lines counted from its beginning.
void report_rejects(std::vector<std::unique_ptr<Lane>>& lanes,
                    std::vector<std::uint64_t>& lines_before, const StreamHooks& hooks) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lines;
  std::vector<Rejected> all;
  for (auto& lane : lanes) {
    lines.insert(lines.end(), lane->lines.begin(), lane->lines.end());
    lane->lines.clear();
    auto rejected = lane->worker.take_rejected();
    std::move(rejected.begin(), rejected.end(), std::back_inserter(all));
  }
  std::sort(lines.begin(), lines.end());
  for (const auto& [chunk, count] : lines) {
    lines_before.push_back(lines_before.back() + count);
  }
  std::stable_sort(all.begin(), all.end(), [](const Rejected& a, const Rejected& b) {
    return std::tuple(a.chunk, a.offset) < std::tuple(b.chunk, b.offset);
  });
  for (auto& rejected : all) {
    rejected.line += lines_before.at(rejected.chunk);
    if (hooks.rejected) {
      hooks.rejected(rejected);
    }
  }
}

} // namespace

StreamReport import_stream(Session& session, Input& input, std::string head, LogReader& reader,
                           const StreamHooks& hooks) {
  StreamReport report;
  const auto& options = session.options();
  auto lanes = make_lanes(session, reader, options.threads);
  const bool alone = lanes.size() == 1;
  if (alone) {
    input.bytes.read_ahead();
  }
  ChunkFeeder feeder(input.bytes, std::move(head), reader,
                     input.bytes.unpacks() && !alone ? k_unpacked_ahead : 0);
  session.begin_input();
  std::vector<std::uint64_t> lines_before{0};
  std::mutex failure_mutex;
  bool more = true;
  ImportCounts counts; // what flushes add
  while (more) {
    std::atomic<std::uint64_t> held{0};            // bytes
    std::atomic<std::uint64_t> people{0}, read{0}; // told of in so many bytes
    /// Recipients that the input may tell of yet, by what it told of so far.
    const auto people_ahead = [&](const ChunkFeeder::Piece& piece) -> std::size_t {
      const auto total = input.bytes.total();
      if (people == 0 || piece.taken == 0 || piece.taken >= total) {
        return 0;
      }
      const auto unpacked = static_cast<double>(piece.offset + piece.chunk.text.size()) *
                            static_cast<double>(total) / static_cast<double>(piece.taken);
      const auto told = static_cast<double>(people), bytes = static_cast<double>(read);
      return static_cast<std::size_t>(
          std::clamp(told / bytes * (unpacked - bytes), 0.0, k_most_ahead));
    };
    std::atomic<bool> full{false}, ended{false};
    on_threads(static_cast<unsigned>(lanes.size()), [&](unsigned thread) {
      auto& lane = *lanes[thread];
      try {
        while (!full && !ended) {
          if (!feeder.next(lane.piece)) {
            ended = true;
            break;
          }
          lane.worker.begin_chunk(lane.piece.chunk.text, lane.piece.number, lane.piece.offset,
                                  people_ahead(lane.piece));
          const auto before = lane.worker.held_bytes();
          const auto people_before = lane.worker.counts().recipients;
          lane.reader->read(lane.piece.chunk, lane.worker);
          lane.worker.end_chunk();
          const auto lines = lane.reader->line_ends();
          lane.lines.emplace_back(lane.piece.number,
                                  lines ? *lines : count_lines(lane.piece.chunk.text));
          read += lane.piece.chunk.text.size(); // before `people`, which is divided by it
          people += lane.worker.counts().recipients - people_before;
          held += lane.worker.held_bytes() - before;
          const auto total = held + session.held_bytes();
          full =
              full || total > options.memory / 2 || lane.worker.waiting_bytes() > k_waiting_rejects;
          if (hooks.progress) {
            hooks.progress(input.bytes.taken(), input.bytes.total());
          }
          if (hooks.stopped && hooks.stopped()) {
            ended = true;
          }
        }
      } catch (const Failure& failure) {
        ended = true;
        lane.worker.end_chunk();
        const std::lock_guard lock(failure_mutex);
        report.error = failure.error;
        if (report.error->source.empty()) {
          report.error->source = input.name;
        }
      } catch (...) { // no memory, say
        lane.worker.abandon_chunk();
        ended = true;
        throw;
      }
    });
    more = !ended;
    const auto seen = sum_of(lanes);
    counts.first = seen.first;
    counts.last = seen.last;
    counts.events = seen.events;
    flush(session, lanes, counts, input.name, !more);
    report_rejects(lanes, lines_before, hooks);
  }
  report.accounts = session.accounts_with_events();
  report.counts = sum_of(lanes);
  report.counts.fresh = counts.fresh;
  report.counts.duplicate = counts.duplicate;
  report.counts.new_recipients = counts.new_recipients;
  report.counts.changed_attributes = counts.changed_attributes;
  report.counts.erased += counts.erased; // that was told too late to see it at once
  return report;
}

} // namespace mailfunnel
