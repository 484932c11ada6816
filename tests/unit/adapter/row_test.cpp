#include "adapter/row.hpp"

#include "adapter/framing.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace mailfunnel;

namespace {

enum Column : std::size_t { email, when, status };
constexpr std::array k_columns{RowColumn{"Email|E-mailadres", true}, RowColumn{"Date", true},
                               RowColumn{"Status"}};

/// email/status of each row, and what else it has.
void read(const Row& row, RecordSink& sink) {
  if (row[email].empty()) {
    sink.reject("no Email", row.text);
    return;
  }
  RecipientView view;
  view.address = row[email];
  view.contact_id = row[status];
  view.attributes = row.others;
  if (const auto time = row.time(when)) {
    view.changed_at = time->seconds;
  }
  sink.accept(view);
}
constexpr RowFormat k_format{"rows", k_columns, read};
constexpr RowFormat k_asking{"asking rows", k_columns, read, true, true};

class Trace : public RecordSink {
public:
  std::string out;
  Wants wants() const override { return {}; }
  void accept(const EventView& /*event*/) override {}
  void accept(const RecipientView& view) override {
    out.append(view.address).append("/").append(view.contact_id);
    for (const auto& [name, value] : view.attributes) {
      out.append(" ").append(name).append("=").append(value);
    }
    out += ';';
  }
  void accept(const Campaign& /*campaign*/, std::string_view /*record*/) override {}
  void reject(std::string_view why, std::string_view /*record*/) override {
    out.append("-").append(why).append(";");
  }
};

std::string trace(const std::string& text, std::size_t chunk_size = 0) {
  const auto reader = open_table(text, k_format, {});
  if (!reader) {
    return "not ours";
  }
  Trace sink;
  read_text(*reader, text, sink, chunk_size);
  return sink.out;
}

} // namespace

TEST_CASE("row: tables by the names of their columns") {
  struct Row {
    const char* name;
    const char* text;
    const char* want;
  };
  for (const auto& row : {
           Row{"in any order, without case", "DATE,Status,email\n2026-03-02,ok,a@x.be\n",
               "a@x.be/ok;"},
           Row{"another language and separator", "E-mailadres;Date\na@x.be;2026-03-02\n",
               "a@x.be/;"},
           Row{"the rest are others, but for empty ones",
               "Email,Date,Job Title,Size,\na@x.be,2026-03-02,\"Head, of\",,\n",
               "a@x.be/ job_title=Head, of;"},
           Row{"of two columns of one name the first", "Email,Date,Email\na@x.be,,b@x.be\n",
               "a@x.be/ email=b@x.be;"},
           Row{"rows of another length", "Email,Date\na@x.be\nb@x.be,,c\nc@x.be,,,\n",
               "-1 fields, not the 2 of the header;-3 fields, not the 2 of the header;c@x.be/;"},
           Row{"a quote that stays open", "Email,Date\na@x.be,\"2026\n",
               "-a quote that is never closed;"},
           Row{"BOM", "\xEF\xBB\xBF\"Email\",\"Date\"\r\n\"a@x.be\",\"\"\r\n", "a@x.be/;"},
           Row{"a needed column is missing", "Email,Status\na@x.be,ok\n", "not ours"},
           Row{"JSON", R"({"Email":"a","Date":"b"})", "not ours"},
           Row{"nothing", "", "not ours"},
       }) {
    CAPTURE(row.name);
    CHECK(trace(row.text) == row.want);
    CHECK(trace(row.text, 8) == row.want);
  }
}

TEST_CASE("row: a table without a header") {
  const std::string text = "2026-03-02|a@x.be|blue\n|b@x.be|\n";
  const auto reader = read_table(k_format, "Date,Email,colour", {.separator = '|'}, {});
  Trace sink;
  read_text(*reader, text, sink);
  CHECK(sink.out == "a@x.be/ colour=blue;b@x.be/;");
}

TEST_CASE("row: a JSON object") {
  const std::string text =
      R"({"email":" a@x.be ","status":17,"Date":null,"vip":true,"more":{"a":1},"EMAIL":"b"})";
  simdjson::dom::parser parser;
  const Json root = parser.parse(text);
  Trace sink;
  read_row(k_format, root, text, {}, sink);
  CHECK(sink.out == "a@x.be/17 vip=true;");
}

TEST_CASE("row: what a format asks of the user, and times in its zone") {
  const std::string text = "Email,Date\na@x.be,2026-03-02 10:00:00\n";
  CHECK_FALSE(open_table(text, k_format, {})->assumes_utc());
  CHECK(open_table(text, k_asking, {})->assumes_utc());
  CHECK(open_table(text, k_asking, {})->clone()->needs_campaign());
  CHECK_FALSE(open_table(text, k_asking, {.campaign = "c"})->needs_campaign());
  const auto zone = find_zone("Europe/Brussels");
  REQUIRE(zone);
  InputFacts input;
  input.zone = *zone;
  Row row;
  row.fields = {"", "2026-03-02 10:00:00", "soon"};
  row.input = &input;
  CHECK(row.time(when) == Instant{.seconds = 1772442000});
  CHECK_FALSE(row.time(status));
}
