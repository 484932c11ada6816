#include "adapter/xml_reader.hpp"

#include "adapter/framing.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace mailfunnel;

namespace {

enum Column : std::size_t { email, list };
constexpr std::array k_columns{RowColumn{"Email|Address", true}, RowColumn{"List.ID"}};

void read_one(const Row& row, RecordSink& sink) {
  RecipientView view;
  view.record = row.text;
  view.address = row[email];
  view.list = row[list];
  view.attributes = row.others;
  sink.accept(view);
}
constexpr RowFormat k_rows{"rows", k_columns, read_one};

void read_all(const XmlInput& document, RecordSink& sink) {
  for (const auto person : elements_of(document.root())) {
    if (is_named(person, "person")) {
      read_row(k_rows, person, document.record(person), document.input(), sink);
    } else {
      sink.skip(document.record(person));
    }
  }
}
bool is_ours(std::string_view root, std::string_view /*head*/) {
  return root == "people";
}
constexpr XmlFormat k_format{"people, XML", is_ours, read_all};
constexpr XmlFormat k_asking{"people, XML", is_ours, read_all, true, true};

/// What came out, and where its record stands in the text.
class Trace : public RecordSink {
public:
  explicit Trace(std::string_view text) : m_text(text) {}
  std::string out;
  Wants wants() const override { return {}; }
  void accept(const EventView& /*event*/) override {}
  void accept(const RecipientView& view) override {
    out.append(view.address).append("/").append(view.list);
    for (const auto& [name, value] : view.attributes) {
      out.append(" ").append(name).append("=").append(value);
    }
    place(view.record);
  }
  void accept(const Campaign& /*campaign*/, std::string_view /*record*/) override {}
  void reject(std::string_view why, std::string_view /*record*/) override {
    out.append("-").append(why).append(";");
  }
  void skip(std::string_view record) override {
    out += "skip";
    place(record);
  }

private:
  void place(std::string_view record) {
    out.append(" @").append(std::to_string(record.data() - m_text.data()));
    out.append("+").append(std::to_string(record.size())).append(";");
  }
  std::string_view m_text;
};

std::string trace(const std::string& text) {
  const auto reader = open_xml_log(text, k_format, {});
  if (!reader) {
    return "not ours";
  }
  Trace sink(text);
  read_text(*reader, text, sink);
  return sink.out;
}

} // namespace

TEST_CASE("XML reader: elements as rows, with their place") {
  struct Case {
    const char* name;
    const char* text;
    const char* expected;
  };
  for (const auto& one : {
           Case{"one", "<people><person><Email> a@x.be </Email></person></people>",
                "a@x.be/ @8+40;"},
           Case{"another spelling, a prefix",
                "<p:people><p:person><ADDRESS>a@x.be</ADDRESS></p:person></p:people>",
                "a@x.be/ @10+46;"},
           Case{"a path", "<people><person><List><ID>7</ID></List></person></people>", "/7 @8+40;"},
           Case{"the first of two",
                "<people><person><Email/><Email>b</Email><Email>c</Email></person></people>",
                "b/ @8+57;"},
           Case{"others are attributes",
                "<people><person><Job-Title>x</Job-Title><Nil nil='true'>y</Nil></person></people>",
                "/ job_title=x @8+64;"},
           Case{"too deep: no column",
                "<people><person><a><b><c><d>1</d></c></b></a></person></people>", "/ @8+46;"},
           Case{"no row", "<people><next/></people>", "skip @8+7;"},
           Case{"declaration and comment", "<?xml version='1.0'?><!-- <x> --><people></people>",
                ""},
           Case{"broken", "<people><person>",
                "-line 1: no well-formed XML: start-end tags mismatch;"},
       }) {
    CAPTURE(one.name);
    CHECK(trace(one.text) == one.expected);
  }
}

TEST_CASE("XML reader: what is not ours") {
  for (const char* const text :
       {"", "<", "<others/>", "{\"people\":1}", "people", "<!-- <people/>"}) {
    CAPTURE(text);
    CHECK(trace(text) == "not ours");
  }
  CHECK(trace("\xEF\xBB\xBF  <people/>").empty());
}

TEST_CASE("XML reader: a recoded document has no places of its own") {
  const std::string text =
      "<?xml version='1.0' encoding='ISO-8859-1'?><people><person><Email>\xE9@x.be"
      "</Email></person></people>";
  CHECK(trace(text) == "\xC3\xA9@x.be/ @0+" + std::to_string(text.size()) + ";");
}

TEST_CASE("XML reader: zone and campaign are asked for where the format has none") {
  const auto reader = open_xml_log("<people/>", k_asking, {});
  CHECK(reader->assumes_utc());
  CHECK(reader->needs_campaign());
  LogContext context;
  context.zone_given = true;
  context.campaign = "7";
  const auto told = open_xml_log("<people/>", k_asking, context);
  CHECK_FALSE(told->assumes_utc());
  CHECK_FALSE(told->needs_campaign());
}

TEST_CASE("XML reader: finding an element") {
  const auto xml = XmlDocument::parse("<a><b><s:C> x </s:C></b></a>");
  REQUIRE(xml.has_value());
  CHECK(local_name(find_element(xml->root(), "c")) == "C");
  CHECK(local_name(find_element(xml->root(), "A")) == "a");
  CHECK_FALSE(find_element(xml->root(), "d"));
  CHECK(trimmed_text(find_element(xml->root(), "b"), "c") == "x");
}

TEST_CASE("XML reader: whole numbers") {
  const auto xml = XmlDocument::parse("<a><n> 12 </n><w>1x</w><e/><m>-1</m></a>");
  REQUIRE(xml.has_value());
  CHECK(number_in(xml->root(), "N") == 12);
  for (const auto* name : {"w", "e", "m", "none"}) {
    CAPTURE(name);
    CHECK_FALSE(number_in(xml->root(), name));
  }
}
