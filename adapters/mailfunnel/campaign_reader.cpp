// Campaigns, described in schema/campaign.xsd:
//   <campaigns xmlns="urn:mailfunnel:campaign:1" version="1">
//     <campaign id="9876543" status="sent"><name>May</name><sent>2026-05-11T06:00:08Z</sent>
//       <links><link alias="prices"
//       stage="bofu"><url>https://example.com/prices</url></link></links>
//     </campaign>
//   </campaigns>
// and, without the namespace, also the short form (README.md):
//   <campaigns><campaign id="1001" sent="2024-01-01T10:00:00Z"><name>Newsletter</name>
//     <links><link url="https://example.com/prices">Prices</link></links></campaign></campaigns>
// pugixml checks no schema: the rules of campaign.xsd stand here once more, as tables and checks.

#include "campaign_reader.hpp"

#include "base/csv.hpp"
#include "base/text.hpp"
#include "base/xml.hpp"
#include "words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace mailfunnel::mailfunnel {

using namespace std::string_view_literals;

namespace {

constexpr auto k_namespace = "urn:mailfunnel:campaign:1"sv;

// ---- the shape ----------------------------------------------------------------------------------

struct Part {
  std::string_view element, name;
  bool short_only = false; // only without namespace
};
constexpr std::array k_attributes{
    Part{"campaigns", "version"}, Part{"campaigns", "account"},   Part{"campaign", "account"},
    Part{"campaign", "id"},       Part{"campaign", "send"},       Part{"campaign", "parent"},
    Part{"campaign", "family"},   Part{"campaign", "kind"},       Part{"campaign", "status"},
    Part{"from", "name"},         Part{"from", "address"},        Part{"audience", "kind"},
    Part{"audience", "id"},       Part{"audience", "exclude"},    Part{"link", "id"},
    Part{"link", "alias"},        Part{"link", "stage"},          Part{"link", "footer"},
    Part{"body", "type"},         Part{"campaign", "sent", true}, Part{"link", "url", true},
};
constexpr std::array k_children{
    Part{"campaigns", "campaign"}, Part{"campaign", "name"},     Part{"campaign", "subject"},
    Part{"campaign", "preheader"}, Part{"campaign", "from"},     Part{"campaign", "reply_to"},
    Part{"campaign", "sent"},      Part{"campaign", "audience"}, Part{"campaign", "tag"},
    Part{"campaign", "links"},     Part{"campaign", "body"},     Part{"links", "link"},
    Part{"link", "url"},           Part{"link", "text"},
};

/// Elements that may stand more than once in their parent.
constexpr std::array k_repeated{"campaign"sv, "audience"sv, "tag"sv, "link"sv, "body"sv};
/// Elements with text in them; for a link: its text, in the short form.
constexpr std::array k_with_text{"name"sv, "subject"sv,  "preheader"sv, "reply_to"sv, "sent"sv,
                                 "tag"sv,  "audience"sv, "body"sv,      "url"sv,      "text"sv};
constexpr std::array k_states{"draft"sv, "scheduled"sv, "sending"sv,
                              "sent"sv,  "cancelled"sv, "unknown"sv};

template<typename List> bool contains(const List& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [name](auto one) { return iequals(one, name); });
}

template<typename Table>
bool allows(const Table& table, std::string_view element, std::string_view name, bool short_form) {
  return std::any_of(table.begin(), table.end(), [&](const Part& part) {
    return iequals(part.element, element) && iequals(part.name, name) &&
           (short_form || !part.short_only);
  });
}

template<typename Table>
std::string unknown(const Table& table, std::string_view element, std::string_view name,
                    std::string_view what, bool short_form = true) {
  std::vector<std::string> names;
  for (const auto& part : table) {
    if (iequals(part.element, element) && (short_form || !part.short_only)) {
      names.emplace_back(part.name);
    }
  }
  const auto near = nearest(name, names);
  return fmt::format("unknown {} {}{}", what, quoted(name),
                     near ? ", did you mean " + quoted(*near) + "?" : std::string());
}

/// What is wrong, and where.
struct Fault {
  pugi::xml_node node;
  std::string why;
};
using Check = std::optional<Fault>;

// ---- namespaces ---------------------------------------------------------------------------------

std::string_view prefix_of(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? ""sv : name.substr(0, colon);
}

/// The namespace of an element, found in it and its parents; "" none.
std::string_view namespace_of(pugi::xml_node node) {
  const auto prefix = prefix_of(node.name());
  const auto declaration = prefix.empty() ? std::string("xmlns") : "xmlns:" + std::string(prefix);
  for (auto at = node; at.type() == pugi::node_element; at = at.parent()) {
    if (const auto found = at.attribute(declaration.c_str())) {
      return found.value();
    }
  }
  return prefix.empty() ? ""sv : prefix; // a prefix that is not declared is foreign, too
}

// ---- one document -------------------------------------------------------------------------------

/// Finds the bytes of an element in the input, which may be in another encoding than the text that
/// was parsed: there are as many '<' before it.
class Places {
public:
  Places(std::string_view input, std::string_view parsed)
      : m_input(input), m_parsed(parsed), m_same(input == parsed) {}
  std::string_view find(std::string_view raw);

private:
  std::string_view m_input, m_parsed;
  bool m_same;
  std::size_t m_in_parsed = 0, m_in_input = 0; // as many '<' before both
};

/// Where the `count`th `mark` from `at` on stands.
std::size_t find_nth(std::string_view text, std::size_t at, char mark, std::size_t count) {
  for (at = text.find(mark, at); count > 1 && at != std::string_view::npos; --count) {
    at = text.find(mark, at + 1);
  }
  return std::min(at, text.size());
}

std::string_view Places::find(std::string_view raw) {
  if (raw.data() == nullptr) {
    return m_input.substr(0, 0);
  }
  const auto begin = static_cast<std::size_t>(raw.data() - m_parsed.data());
  if (m_same) {
    return m_input.substr(begin, raw.size());
  }
  if (begin < m_in_parsed) {
    m_in_parsed = m_in_input = 0;
  }
  const auto count = std::count(m_parsed.begin() + static_cast<std::ptrdiff_t>(m_in_parsed),
                                m_parsed.begin() + static_cast<std::ptrdiff_t>(begin) + 1, '<');
  m_in_input = find_nth(m_input, m_in_input, '<', static_cast<std::size_t>(count)) + 1;
  m_in_parsed = begin + 1;
  const auto closing = static_cast<std::size_t>(std::count(raw.begin(), raw.end(), '>'));
  const auto end = find_nth(m_input, m_in_input, '>', closing);
  return m_input.substr(m_in_input - 1, end + 2 - m_in_input);
}

class CampaignDocument {
public:
  CampaignDocument(const XmlDocument& document, std::string_view input, RecordSink& sink)
      : m_document(document), m_places(input, document.text()), m_sink(sink),
        m_namespace(namespace_of(document.root())) {}
  void read();

private:
  void read_campaign(pugi::xml_node node);
  Check fill(pugi::xml_node node, Campaign& campaign);
  Check fill_attributes(pugi::xml_node node, Campaign& campaign);
  Check fill_children(pugi::xml_node node, Campaign& campaign);
  Check read_sent(pugi::xml_node node, Campaign& campaign);
  Check read_audience(pugi::xml_node node, Campaign& campaign);
  static Check read_body(pugi::xml_node node, Campaign& campaign);
  void read_links(pugi::xml_node node, Campaign& campaign);
  Check read_link(pugi::xml_node node, LinkPlacement& link);

  bool short_form() const { return m_namespace.empty(); }
  bool is_foreign(pugi::xml_node node) const { return namespace_of(node) != m_namespace; }
  Check check_shape(pugi::xml_node node) const;
  Check check_attributes(pugi::xml_node node) const;
  Check check_tree(pugi::xml_node campaign) const;
  void reject(const Fault& fault, pugi::xml_node record);

  const XmlDocument& m_document;
  Places m_places;
  RecordSink& m_sink;
  std::string_view m_namespace;
  TimeReader m_times;
  std::map<std::string, std::uint64_t> m_lines;  // of the campaigns seen, by account, id and send
  std::set<std::string, std::less<>> m_link_ids; // of one campaign
};

void CampaignDocument::reject(const Fault& fault, pugi::xml_node record) {
  const auto why =
      fmt::format("line {}, <{}>: {}", m_document.line(fault.node), fault.node.name(), fault.why);
  m_sink.reject(why, m_places.find(m_document.raw(record)));
}

Check CampaignDocument::check_attributes(pugi::xml_node node) const {
  for (const auto one : node.attributes()) {
    const std::string_view name = one.name();
    const bool foreign = name == "xmlns"sv || !prefix_of(name).empty();
    if (!foreign && !allows(k_attributes, local_name(node), name, short_form())) {
      return Fault{node, unknown(k_attributes, local_name(node), name, "attribute", short_form())};
    }
  }
  return {};
}

/// Has the element only what may be in it?
Check CampaignDocument::check_shape(pugi::xml_node node) const {
  const auto element = local_name(node);
  const bool text = contains(k_with_text, element) || (iequals(element, "link") && short_form());
  std::set<std::string> seen;
  for (const auto one : node.children()) {
    if (one.type() != pugi::node_element) {
      if (!text && !trim(one.value()).empty()) {
        return Fault{node, "text where only elements may be: " + quoted(trim(one.value()))};
      }
    } else if (!is_foreign(one)) {
      const auto name = local_name(one);
      if (!allows(k_children, element, name, short_form())) {
        return Fault{one, unknown(k_children, element, name, "element")};
      }
      if (!seen.insert(lower(name)).second && !contains(k_repeated, name)) {
        return Fault{one, "it stands here twice"};
      }
    }
  }
  return check_attributes(node);
}

/// The shape of a campaign and of all in it but its links.
Check CampaignDocument::check_tree(pugi::xml_node campaign) const {
  auto fault = check_shape(campaign);
  for (auto part = campaign.first_child(); part && !fault; part = part.next_sibling()) {
    if (part.type() == pugi::node_element && !is_foreign(part)) {
      fault = check_shape(part);
    }
  }
  return fault;
}

std::string trimmed(std::string_view text) {
  return std::string(trim(text));
}

Check read_flag(pugi::xml_node node, std::string_view name, bool& out) {
  const auto word = trim(attribute(node, name));
  out = word == "true"sv || word == "1"sv;
  if (out || word.empty() || word == "false"sv || word == "0"sv) {
    return {};
  }
  return Fault{node, fmt::format("{} is not true or false: {}", name, quoted(word))};
}

// ---- a campaign ---------------------------------------------------------------------------------

Check CampaignDocument::fill_attributes(pugi::xml_node node, Campaign& campaign) {
  campaign.account = trim(attribute(node, "account"));
  if (campaign.account.empty()) {
    campaign.account = trim(attribute(m_document.root(), "account"));
  }
  campaign.id = trim(attribute(node, "id"));
  campaign.send = trim(attribute(node, "send"));
  campaign.parent = trim(attribute(node, "parent"));
  campaign.family = trim(attribute(node, "family"));
  campaign.status = lower(trim(attribute(node, "status")));
  if (campaign.id.empty()) {
    return Fault{node, "no id"};
  }
  if (!campaign.status.empty() && !contains(k_states, campaign.status)) {
    return Fault{node,
                 "status is not one of draft, scheduled, sending, sent, cancelled, unknown: " +
                     quoted(campaign.status)};
  }
  if (const auto kind = trim(attribute(node, "kind")); !kind.empty()) {
    if (const auto why = read_kind(kind, campaign.kind); !why.empty()) {
      return Fault{node, "kind is " + why};
    }
  }
  return {};
}

Check CampaignDocument::read_sent(pugi::xml_node node, Campaign& campaign) {
  const auto element = child(node, "sent");
  const auto text = element ? text_of(element) : std::string(attribute(node, "sent"));
  if (trim(text).empty()) {
    return {};
  }
  Instant time;
  if (auto why = read_time(m_times, trim(text), time); !why.empty()) {
    return Fault{element ? element : node, (element ? "" : "sent: ") + std::move(why)};
  }
  campaign.sent_at = time.seconds;
  return {};
}

Check CampaignDocument::read_audience(pugi::xml_node node, Campaign& campaign) {
  auto& part = campaign.audience.emplace_back();
  part.kind = trim(attribute(node, "kind"));
  part.id = trim(attribute(node, "id"));
  part.name = trimmed(text_of(node));
  return read_flag(node, "exclude", part.exclude);
}

Check CampaignDocument::read_body(pugi::xml_node node, Campaign& campaign) {
  const auto type = trim(attribute(node, "type"));
  const bool html = iequals(type, "html");
  if (!html && !iequals(type, "text")) {
    return Fault{node, "type is not html or text: " + quoted(type)};
  }
  auto& place = html ? campaign.html : campaign.text;
  if (!place.empty()) {
    return Fault{node, "a second body of this type"};
  }
  place = text_of(node);
  return {};
}

Check CampaignDocument::fill_children(pugi::xml_node node, Campaign& campaign) {
  campaign.name = trimmed(child_text(node, "name"));
  campaign.subject = child_text(node, "subject");
  campaign.preheader = child_text(node, "preheader");
  campaign.reply_to = trimmed(child_text(node, "reply_to"));
  const auto from = child(node, "from");
  campaign.from_name = trim(attribute(from, "name"));
  campaign.from_address = trim(attribute(from, "address"));
  auto fault = read_sent(node, campaign);
  for (auto part = node.first_child(); part && !fault; part = part.next_sibling()) {
    if (part.type() != pugi::node_element || is_foreign(part)) {
      continue;
    }
    if (is_named(part, "audience")) {
      fault = read_audience(part, campaign);
    } else if (is_named(part, "body")) {
      fault = read_body(part, campaign);
    } else if (is_named(part, "tag")) {
      campaign.tags.push_back(trimmed(text_of(part)));
    }
  }
  return fault;
}

Check CampaignDocument::fill(pugi::xml_node node, Campaign& campaign) {
  auto fault = check_tree(node);
  fault = fault ? fault : fill_attributes(node, campaign);
  fault = fault ? fault : fill_children(node, campaign);
  if (!fault) {
    const auto [seen, fresh] = m_lines.emplace(
        campaign.account + '\x1f' + campaign.id + '\x1f' + campaign.send, m_document.line(node));
    if (!fresh) {
      return Fault{node, fmt::format("the id {} stands in line {} already", quoted(campaign.id),
                                     seen->second)};
    }
  }
  return fault;
}

void CampaignDocument::read_campaign(pugi::xml_node node) {
  Campaign campaign;
  if (const auto fault = fill(node, campaign)) {
    reject(*fault, node);
    return;
  }
  read_links(child(node, "links"), campaign);
  m_sink.accept(campaign, m_places.find(m_document.raw(node)));
}

// ---- links --------------------------------------------------------------------------------------

void CampaignDocument::read_links(pugi::xml_node node, Campaign& campaign) {
  m_link_ids.clear();
  for (const auto one : node.children()) {
    if (one.type() != pugi::node_element || is_foreign(one)) {
      continue;
    }
    LinkPlacement link;
    if (const auto fault = read_link(one, link)) {
      reject(*fault, one);
    } else {
      campaign.links.push_back(std::move(link));
    }
  }
}

Check CampaignDocument::read_link(pugi::xml_node node, LinkPlacement& link) {
  if (auto fault = check_shape(node)) {
    return fault;
  }
  link.url = trimmed(child_text(node, "url"));
  link.url = link.url.empty() ? trimmed(attribute(node, "url")) : link.url;
  link.text = trimmed(child_text(node, "text"));
  link.text = link.text.empty() ? trimmed(text_of(node)) : link.text;
  link.alias = trim(attribute(node, "alias"));
  if (link.url.empty()) {
    return Fault{node, "no url"};
  }
  if (const auto stage = trim(attribute(node, "stage")); !stage.empty()) {
    if (const auto why = read_stage(stage, link.stage); !why.empty()) {
      return Fault{node, "stage is " + why};
    }
  }
  if (auto id = trimmed(attribute(node, "id")); !id.empty() && !m_link_ids.insert(id).second) {
    return Fault{node, "the id " + quoted(id) + " of a link stands here twice"};
  }
  return read_flag(node, "footer", link.footer);
}

void CampaignDocument::read() {
  const auto root = m_document.root();
  if (is_named(root, "campaign")) {
    read_campaign(root);
    return;
  }
  const auto version = trim(attribute(root, "version"));
  if (!version.empty() && version != "1"sv) {
    reject({root, "version is not 1: " + quoted(version)}, root);
    return;
  }
  if (const auto fault = check_attributes(root)) {
    reject(*fault, root);
    return;
  }
  for (const auto one : root.children()) {
    if (one.type() != pugi::node_element) {
      const auto text = trim(one.value());
      if (!text.empty()) {
        reject({root, "text where only elements may be: " + quoted(text)}, {});
      }
    } else if (is_named(one, "campaign") && !is_foreign(one)) {
      read_campaign(one);
    } else if (!is_foreign(one)) {
      reject({one, unknown(k_children, "campaigns", local_name(one), "element")}, one);
    }
  }
}

// ---- the reader ---------------------------------------------------------------------------------

/// The line of a text, not all of it where it is long.
std::string_view line_of(std::string_view text, std::uint64_t number) {
  constexpr std::size_t k_most = 500;
  for (; number > 1; --number) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
      break;
    }
    text.remove_prefix(end + 1);
  }
  return trim(text.substr(0, std::min(text.find('\n'), k_most)));
}

class CampaignReader : public LogReader {
public:
  explicit CampaignReader(std::string_view file_name) : m_file_name(file_name) {}
  std::string_view format() const override { return "campaigns, XML"; }
  Framing framing() const override { return Framing::document; }
  void read(const Chunk& chunk, RecordSink& sink) override {
    const auto document = XmlDocument::parse(chunk.text, m_file_name);
    if (!document) {
      const auto& error = document.error();
      sink.reject(error.text(), line_of(chunk.text, error.line));
      return;
    }
    CampaignDocument(*document, chunk.text, sink).read();
  }
  std::unique_ptr<LogReader> clone() const override {
    return std::make_unique<CampaignReader>(m_file_name);
  }

private:
  std::string m_file_name;
};

struct Section {
  std::string_view opening, closing;
};
/// What may stand before the root.
constexpr std::array k_before_root{Section{"<?", "?>"}, Section{"<!--", "-->"}};
constexpr auto k_doctype = "<!doctype"sv;

/// "<campaigns …" from behind its '<' on, or "". A DOCTYPE names the root, too: that it may not be
/// there, the reader says.
std::string_view root_tag(std::string_view head) {
  constexpr auto k_bom = "\xEF\xBB\xBF"sv;
  head = trim(head.substr(0, k_bom.size()) == k_bom ? head.substr(k_bom.size()) : head);
  while (!head.empty() && head.front() == '<') {
    if (istarts_with(head, k_doctype)) {
      return trim(head.substr(k_doctype.size(), head.find_first_of("[>") - k_doctype.size()));
    }
    const auto section =
        std::find_if(k_before_root.begin(), k_before_root.end(), [&head](const Section& s) {
          return head.substr(0, s.opening.size()) == s.opening;
        });
    if (section == k_before_root.end()) {
      return head.substr(1, head.find('>'));
    }
    const auto end = head.find(section->closing);
    head = end == std::string_view::npos ? ""sv : trim(head.substr(end + section->closing.size()));
  }
  return {};
}

/// The namespace that a start tag gives to itself; "" none.
std::string_view declared_namespace(std::string_view tag, std::string_view prefix) {
  const auto declaration = prefix.empty() ? std::string("xmlns") : "xmlns:" + std::string(prefix);
  for (auto at = tag.find(declaration); at != std::string_view::npos;
       at = tag.find(declaration, at + 1)) {
    const auto rest = trim(tag.substr(at + declaration.size()));
    const auto open = rest.find_first_of("\"'");
    if (rest.empty() || rest.front() != '=' || open == std::string_view::npos) {
      continue; // another declaration that begins alike
    }
    return rest.substr(open + 1, rest.find(rest[open], open + 1) - open - 1);
  }
  return {};
}

} // namespace

std::unique_ptr<LogReader> open_campaigns(std::string_view head, std::string_view file_name) {
  const auto tag = root_tag(head);
  const auto name = tag.substr(0, tag.find_first_of(" \t\r\n/>"));
  const auto prefix = prefix_of(name);
  const auto local = name.substr(prefix.empty() ? 0 : prefix.size() + 1);
  const auto space = declared_namespace(tag, prefix);
  // Without our namespace only the exact names: other programs' lists have roots that differ in
  // case.
  const bool named = space.empty() ? local == "campaigns" || local == "campaign"
                                   : iequals(local, "campaigns") || iequals(local, "campaign");
  if (!named || (space.empty() ? !prefix.empty() : space != k_namespace)) {
    return nullptr;
  }
  return std::make_unique<CampaignReader>(file_name);
}

} // namespace mailfunnel::mailfunnel
