#pragma once
// `mailfunnel reconcile`: our counts of a mailing beside the platform's own totals, as they were
// told at the last sync, and why they differ.

#include "app/workspace.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailfunnel {

struct ReconciledFigure {
  std::string name; // "unique_opens"
  std::uint64_t ours = 0, theirs = 0;
  std::string why;         // "" where both agree; in English
  std::string_view reason; // its name, for other languages: "erased"
  /// How far apart, as a share of theirs.
  double off() const;
};

struct ReconciledMailing {
  std::string account, id, name;
  Seconds sent_at = 0;
  Seconds told_at = 0; // when the platform told its totals
  std::vector<ReconciledFigure> figures;
};

/// `campaign`: id or name; "" is all that the platform told totals of, newest first. Error
/// not_found: there is none.
Result<std::vector<ReconciledMailing>> reconcile(Store& store, const Workspace& workspace,
                                                 const std::string& campaign);

} // namespace mailfunnel
