#pragma once
// Gives a link its place in the funnel, with the evidence for it (docs/links.md and
// docs/scoring.md). Pure.

#include "model/stage.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

/// One [[stage]] of the config. Every pattern that is given must match; the first rule that matches
/// decides.
struct StageRule {
  Stage stage = Stage::none;
  std::string url;         // glob over the whole URL, case ignored: "*/offerte*"
  std::string host;        // glob over the host
  std::string text;        // glob over the visible text of one placement
  std::string utm_content; // glob over that parameter
  std::string regex;       // RE2, searched in the URL
  std::string campaign;    // glob over the campaign's id or name
  std::string name;        // for explain; empty: its pattern
};

/// Its name, or its patterns: what Tag::why says behind "rule ".
std::string name_of(const StageRule& rule);

struct TaggingRules {
  bool builtin = true;          // evidence 4 to 8
  bool untagged_is_tofu = true; // else untagged links score nothing
  std::vector<StageRule> rules;
  std::vector<std::string>
      parameters; // own query parameters that hold tofu|mofu|bofu, besides utm_*
};

/// One place of the link in the mail.
struct Placement {
  std::string_view text{};
  std::string_view alias{}; // ESP's alias, tag or keyword
  std::optional<Stage> stage{};
  bool footer = false;
};

struct LinkInput {
  std::string_view url{};
  std::string_view campaign_id{}, campaign_name{};
  std::optional<Stage> by_hand{}; // `links set`
  std::span<const Placement> placements{};
};

/// Which evidence spoke, in the order of its weight.
enum class TagSource : std::uint8_t {
  by_hand,
  rule,
  explicit_mark,
  parameter,
  housekeeping,
  section,
  path_word,
  text_word,
  file_type,
  nothing
};

struct Tag {
  Stage stage = Stage::untagged;
  TagSource source = TagSource::nothing;
  std::string
      why; // empty: nothing spoke; "section /blog", "word \"offerte\" in the path", "rule quotes"
  std::string_view idea{}; // of the word that spoke: "price", "try"; empty: it was no word
};

class Tagger {
public:
  /// Every `regex` must compile (see check_regex).
  explicit Tagger(TaggingRules rules);
  ~Tagger();
  Tagger(Tagger&&) noexcept;
  Tagger& operator=(Tagger&&) noexcept;

  Tag tag(const LinkInput& link) const;
  const TaggingRules& rules() const;

private:
  struct State;
  std::unique_ptr<State> m_state;
};

/// nullopt: fine; else RE2's complaint.
std::optional<std::string> check_regex(std::string_view regex);

} // namespace mailfunnel
