#pragma once
// The words that tell the place of a link in the funnel, in English, Dutch, French and German, and
// how they are found in a path or a text. All of it is tables in vocabulary.cpp; to teach the
// tagger a word, add it there and a row to tests/unit/funnel/tagger_cases.tsv.

#include "base/text.hpp"
#include "model/stage.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mailfunnel {

/// One row: phrases split by commas, folded, each with marks:
///   word/    names a section of a site: it decides for all below it
///   =word    counts only when it is all of a path part or text, fillers aside
///   ^word    counts only at the front of three words or more, and then before all others: "how to
///   …" ~word    is housekeeping when all its places are in the footer word+    may start a Dutch
///   or German compound, +word may end one word*    may start a compound with one of a few known
///   endings only #        any number: "# tips"
struct VocabularyRow {
  Stage stage;
  std::string_view idea;
  std::string_view language;
  std::string_view phrases;
};

/// Links of the stages; `untagged` marks traps: words that look like one of ours and aren't.
std::span<const VocabularyRow> stage_words();
/// NONE. Without a mark a word counts wherever it stands outside of articles.
std::span<const VocabularyRow> housekeeping_words();

/// A site known by its host (glob) and the start of its path.
struct KnownSite {
  std::string_view host;
  std::string_view path;
  Stage stage;
};
std::span<const KnownSite> known_sites(); // the first that matches

struct FileType {
  std::string_view extension;
  Stage stage;
};
std::span<const FileType> file_types();

/// Says nothing, beside a housekeeping or section word: "email", "policy", "the".
bool is_filler(std::string_view word);
/// First parts of a path that only lead on: "resources", "index".
bool is_container(std::string_view word);
/// Parameters whose value names a page: ?page=offerte.
bool is_page_parameter(std::string_view name);
/// Words in merge tags that stand for links of the ESP's own: *|ARCHIVE|*.
bool is_service_tag(std::string_view word);

/// The folded words of a path part or text: split at what is no letter or digit, where the case
/// changes, and between letters and digits.
std::vector<std::string> tag_words(std::string_view text);

/// Finds the phrases of some rows in words. Built once, asked for each link.
class Lexicon {
public:
  struct Entry {
    Stage stage;
    std::string_view idea;          // of its row
    std::string phrase;             // "free trial"
    std::vector<std::string> words; // "free", "trial"
    std::size_t letters = 0;        // of its words
    bool section = false, whole = false, front = false, not_in_footer = false;
  };
  struct Hit {
    const Entry* entry = nullptr;
    std::size_t words = 0; // that it takes
  };

  explicit Lexicon(std::span<const VocabularyRow> rows);

  /// The longest phrase that starts at words[at]; a compound when there is no phrase.
  /// `whole_anywhere`: also where a phrase marked = has other words around it.
  Hit at(std::span<const std::string> words, std::size_t at, bool whole_anywhere = false) const;

private:
  void add(const VocabularyRow& row, std::string_view marked);
  void index(Entry entry, bool starts, bool starts_known, bool ends);
  Hit compound(std::string_view word) const;
  const Entry* start_of(std::string_view word) const;
  const Entry* end_of(std::string_view word) const;

  struct Compound {
    std::size_t entry;
    bool known_endings;
  };
  template<typename Value>
  using Map = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;
  std::vector<Entry> m_entries;
  Map<std::vector<std::size_t>> m_by_first_word; // longest first
  Map<Compound> m_starts;
  Map<std::size_t> m_ends;
};

} // namespace mailfunnel
