// Pages of Campaign Monitor's API. The same names in both forms:
//   {"Results":[{"EmailAddress":"ann@example.com","ListID":"512a3b…","Date":"2026-05-11
//   08:29:00"}],"PageNumber":1,…}
//   <PagedResult><Results><Open><EmailAddress>ann@example.com</EmailAddress>…</Open></Results>…</PagedResult>
// How the elements around the rows of XML are called is not documented, so their names are not
// looked at: a row is a child of <Results> or <Events>, or else an element with an <EmailAddress>
// or <CampaignID> of its own.

#include "row.hpp"

#include "adapter/xml_reader.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mailfunnel::campaignmonitor {

using namespace std::string_view_literals;

void Row::clear() {
  record = {};
  fields.clear();
  custom.clear();
  tags.clear();
  has_actions = false;
}

std::string_view Row::operator[](std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (!iequals(key, name)) {
      continue;
    }
    const auto text = trim(value);
    const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                        (text.front() == '"' || text.front() == '\'');
    return quoted ? text.substr(1, text.size() - 2) : text;
  }
  return {};
}

bool Row::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const auto& field) { return iequals(field.first, name); });
}

namespace {

constexpr std::array k_row_lists{"Results"sv, "Events"sv};

// ---- JSON ---------------------------------------------------------------------------------------

/// Hands out the members of an object's text, values as they stand there, though it may be cut off.
class Members {
public:
  explicit Members(std::string_view object) : m_text(object), m_at(object.find('{')) {
    m_at = m_at == std::string_view::npos ? m_text.size() : m_at + 1;
  }
  bool next(std::string_view& name, std::string_view& value);

private:
  void skip_space();
  std::size_t string_end(std::size_t at) const;
  std::size_t value_end() const;
  std::string_view m_text;
  std::size_t m_at;
};

void Members::skip_space() {
  while (m_at < m_text.size() && (is_space(m_text[m_at]) || m_text[m_at] == ',')) {
    ++m_at;
  }
}

/// Behind the closing quote of the string at `at`.
std::size_t Members::string_end(std::size_t at) const {
  for (++at; at < m_text.size(); ++at) {
    if (m_text[at] == '\\') {
      ++at;
    } else if (m_text[at] == '"') {
      return at + 1;
    }
  }
  return m_text.size();
}

std::size_t Members::value_end() const {
  std::size_t depth = 0;
  for (auto at = m_at; at < m_text.size();) {
    const char c = m_text[at];
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',')) {
      return at;
    }
    depth += c == '{' || c == '[' ? 1 : 0;
    depth -= closes ? 1 : 0;
    at = c == '"' ? string_end(at) : at + 1;
  }
  return m_text.size();
}

bool Members::next(std::string_view& name, std::string_view& value) {
  skip_space();
  if (m_at >= m_text.size() || m_text[m_at] != '"') {
    return false;
  }
  const auto end = string_end(m_at);
  name = m_text.substr(m_at + 1, end - m_at < 2 ? 0 : end - m_at - 2);
  m_at = end;
  skip_space();
  if (m_at >= m_text.size() || m_text[m_at] != ':') {
    return false;
  }
  ++m_at;
  const auto behind = value_end();
  value = trim(m_text.substr(m_at, behind - m_at));
  m_at = behind;
  return true;
}

using simdjson::dom::element;

/// A plain value as text; "" for null and what is nested.
std::string plain(element value) {
  switch (value.type()) {
  case simdjson::dom::element_type::STRING:
    return std::string(std::string_view(value));
  case simdjson::dom::element_type::NULL_VALUE:
  case simdjson::dom::element_type::ARRAY:
  case simdjson::dom::element_type::OBJECT:
    return {};
  default:
    return simdjson::minify(value);
  }
}

std::string member(element object, std::string_view name) {
  element value;
  return object[name].get(value) == simdjson::SUCCESS ? plain(value) : std::string();
}

void take_array(std::string_view name, simdjson::dom::array list, Row& row) {
  row.has_actions |= name == "Actions"sv;
  for (const element one : list) {
    if (name == "CustomFields"sv) {
      row.custom.emplace_back(member(one, "Key"), member(one, "Value"));
    } else if (name == "Tags"sv) {
      row.tags.push_back(plain(one));
    }
  }
}

bool fill(element value, Row& row) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return false;
  }
  for (const auto field : object) {
    simdjson::dom::array list;
    if (field.value.get(list) == simdjson::SUCCESS) {
      take_array(field.key, list, row);
    } else {
      row.fields.emplace_back(field.key, plain(field.value));
    }
  }
  return true;
}

// ---- XML ----------------------------------------------------------------------------------------

using pugi::xml_node;

bool is_element(xml_node node) {
  return node.type() == pugi::node_element;
}

bool has_elements(xml_node node) {
  const auto children = node.children();
  return std::any_of(children.begin(), children.end(), is_element);
}

void fill(xml_node node, Row& row) {
  for (const auto one : node.children()) {
    if (!is_element(one)) {
      continue;
    }
    row.has_actions |= is_named(one, "Actions");
    if (is_named(one, "CustomFields")) {
      for (const auto field : one.children()) {
        row.custom.emplace_back(child_text(field, "Key"), child_text(field, "Value"));
      }
    } else if (is_named(one, "Tags")) {
      for (const auto tag : one.children()) {
        row.tags.push_back(text_of(is_element(tag) ? tag : one));
      }
    } else if (!has_elements(one)) {
      row.fields.emplace_back(local_name(one), text_of(one));
    }
  }
}

/// Finds the rows: all children of <Results> or <Events>, else the outermost elements that look
/// like rows.
class RowFinder : public pugi::xml_tree_walker {
public:
  std::vector<xml_node> lists, rows;
  std::string list_id; // of the page
  bool for_each(xml_node& node) override {
    if (!is_element(node)) {
      return true;
    }
    const auto is_list = [&node](std::string_view name) { return is_named(node, name); };
    if (std::any_of(k_row_lists.begin(), k_row_lists.end(), is_list)) {
      lists.push_back(node);
    } else if (child(node, "EmailAddress") || child(node, "CampaignID") || child(node, "Actions")) {
      const bool inside = !rows.empty() && depth() > m_depth && node.parent() == rows.back();
      if (!inside) {
        rows.push_back(node);
        m_depth = depth();
      }
    }
    return true;
  }

private:
  int m_depth = 0;
};

std::vector<xml_node> find_rows(xml_node root) {
  RowFinder finder;
  root.parent().traverse(finder); // the document: the root may be the row
  if (finder.lists.empty()) {
    return finder.rows;
  }
  std::vector<xml_node> rows;
  for (const auto list : finder.lists) {
    const auto children = list.children();
    std::copy_if(children.begin(), children.end(), std::back_inserter(rows), is_element);
  }
  return rows;
}

} // namespace

void JsonRows::read_row(std::string_view text, std::string_view list, const TakeRow& take,
                        const Refuse& refuse) {
  m_row.clear();
  m_row.record = text;
  element value;
  if (m_parser.parse(text.data(), text.size(), false).get(value) != simdjson::SUCCESS) {
    refuse("broken JSON", text);
  } else if (!fill(value, m_row)) {
    refuse("not a JSON object", text);
  } else {
    take(m_row, list);
  }
}

std::size_t JsonRows::read(std::string_view value, const TakeRow& take, const Refuse& refuse) {
  std::string_view rows, list, name, text;
  for (Members members(value); members.next(name, text);) {
    const bool array = !text.empty() && text.front() == '[';
    if (array && std::find(k_row_lists.begin(), k_row_lists.end(), name) != k_row_lists.end()) {
      rows = text;
    } else if (name == "ListID"sv && text.size() > 2) {
      list = text.substr(1, text.size() - 2);
    }
  }
  if (rows.empty()) {
    read_row(value, "", take, refuse);
    return 1;
  }
  std::size_t count = 0;
  JsonValues values(rows);
  for (std::string_view row; values.next(row); ++count) {
    read_row(row, list, take, refuse);
  }
  return count;
}

std::size_t read_xml_rows(std::string_view text, const TakeRow& take, const Refuse& refuse) {
  const auto xml = XmlDocument::parse(text);
  if (!xml) {
    refuse(xml.error().text(), text);
    return 1;
  }
  return read_xml_rows(*xml, text, take);
}

std::size_t read_xml_rows(const XmlDocument& xml, std::string_view text, const TakeRow& take) {
  const InputFacts nothing_known;
  const XmlInput document(xml, text, nothing_known);
  const auto list = child_text(xml.root(), "ListID");
  const auto nodes = find_rows(xml.root());
  Row row;
  for (const auto node : nodes) {
    row.clear();
    row.record = document.record(node);
    fill(node, row);
    take(row, trim(list));
  }
  return nodes.size();
}

} // namespace mailfunnel::campaignmonitor
