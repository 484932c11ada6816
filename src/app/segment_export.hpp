#pragma once
// Who is in a segment, and the files that say so.

#include "app/score_run.hpp"
#include "app/workspace.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

enum class ExportFormat : std::uint8_t {
  people,  // CSV by the locale of the config, safe against formula injection
  machine, // CSV, byte-exact: comma, LF, RFC 4180 quotes
  ndjson,
  cells, // fields with \x1f between them, rows with \n: for a table
};

enum class SegmentOrder : std::uint8_t {
  hottest, // by score (beyond two million points all are as hot), then by address
  store,   // as they stand in the store: for long lists, in less time and memory
};

/// What the files look like.
struct SegmentForm {
  ExportFormat format;
  SegmentOrder order = SegmentOrder::hottest;
  std::size_t limit = 0; // so many rows of the hottest; 0: all
};

/// Where somebody stands in a segment, hottest first.
struct SegmentPlace {
  Points score = 0;
  std::string email;
};

struct SegmentRequest {
  std::string name;
  SegmentUse use = SegmentUse::mailing;
  const Expression* where = nullptr;
  std::vector<std::string> columns;    // "score", or "score as Points" for another title
  std::optional<SegmentPlace> after{}; // only who stands behind it
};
SegmentRequest request_of(const SegmentConfig& segment);

struct SegmentResult {
  std::uint64_t members = 0; // all, whatever is asked for of them
  std::uint64_t kept_out_suppressed = 0, kept_out_excluded = 0,
                kept_out_no_address = 0; // match the expression, but are not in it
  std::string text;                      // the file, when asked for
  std::optional<SegmentPlace> last;      // who stands last in it, where a limit cut it off there
};

/// Takes the files of the segments, each from its first piece (which may be empty) to its last.
/// From any thread, those of one segment one at a time.
using PutPiece = std::function<void(std::size_t segment, std::string_view piece)>;

/// All segments in one pass over the store. `form` absent: only counts. Where there is `put` it
/// gets the files, and the results hold none.
std::vector<SegmentResult> run_segments(Store& store, const Workspace& workspace, Seconds as_of,
                                        const std::vector<SegmentRequest>& requests,
                                        const std::optional<SegmentForm>& form = {},
                                        const PutPiece& put = {});

/// One object: what the segment is and how many are in it.
std::string segment_json(const SegmentConfig& segment, const SegmentResult& result);

/// The people of the segments as files by `put`, and the run that they are of: it is made and
/// stored where none is right.
struct ExportedSegments {
  std::vector<SegmentResult> results;
  StoredRun run;
  std::shared_ptr<const World> world;
};
/// Where the files go, and what is to be done before anybody sees them.
struct SegmentSink {
  PutPiece put;
  /// Called when it is known who is in the files, to note who sees whom (keep_run()). On another
  /// thread, which has the store for itself, so that nothing waits for the disk meanwhile. Over
  /// before the first piece is put, unless the files are hidden.
  std::function<void(const ExportedSegments&)> note{};
  /// Nobody else can read what was put before the caller lets it be seen, once export_segments() is
  /// over: so it may be put as soon as it is made. It is to go away with a failure.
  bool hidden = false;
};
ExportedSegments export_segments(Store& store, const Workspace& workspace, Seconds as_of,
                                 const std::vector<SegmentRequest>& requests,
                                 const SegmentForm& form, const SegmentSink& sink);

/// The moment at which segments are taken: the newest run's while it is right and no older than a
/// day, else now.
Seconds segments_moment(Store& store, const Workspace& workspace, Seconds now);

} // namespace mailfunnel
