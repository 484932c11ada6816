#include "adapter/form.hpp"

#include "adapter/framing.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mailfunnel;

namespace {

bool is_ours(const Form& form) {
  return form.has("type");
}
void read(const FormRecord& record, RecordSink& sink) {
  EventView view;
  view.native = record.form["type"];
  view.record = record.text;
  sink.accept(view);
}
constexpr FormFormat k_format{"forms", is_ours, read};
constexpr FormFormat k_zoneless{"forms without zones", is_ours, read, true};

/// Types by '+', rejects as '-'.
class Trace : public RecordSink {
public:
  std::string out;
  Wants wants() const override { return {}; }
  void accept(const EventView& event) override { out.append("+").append(event.native); }
  void accept(const RecipientView& /*recipient*/) override {}
  void accept(const Campaign& /*campaign*/, std::string_view /*record*/) override {}
  void reject(std::string_view /*why*/, std::string_view /*record*/) override { out += "-"; }
};

std::string trace(const std::string& text, std::size_t chunk_size = 0) {
  const auto reader = open_form_log(text, k_format, {});
  if (!reader) {
    return "not ours";
  }
  Trace sink;
  read_text(*reader, text, sink, chunk_size);
  return sink.out;
}

} // namespace

TEST_CASE("form: fields are decoded, the first of a name holds") {
  const Form form("contact%5Bemail%5D=ann%40example.com&a=b+c&a=d&empty=&list[]=1&list[]=2");
  CHECK(form["contact[email]"] == "ann@example.com");
  CHECK(form["a"] == "b c");
  CHECK(form["none"].empty());
  CHECK(form.has("empty"));
  CHECK_FALSE(form.has("none"));
}

TEST_CASE("form: what stands in the brackets of a name") {
  const Form form("fields%5BFIRST_NAME%5D=Ann&fields[LAST]=Lee&fields=x&fields[]=y&other[a]=z");
  std::vector<std::string> seen;
  form.each_in("fields", [&seen](std::string_view name, std::string_view value) {
    seen.push_back(std::string(name) + "=" + std::string(value));
  });
  CHECK(seen == std::vector<std::string>{"FIRST_NAME=Ann", "LAST=Lee"});
}

TEST_CASE("form: a body a line") {
  struct Row {
    const char* name;
    const char* text;
    const char* want;
  };
  for (const auto& row : {
           Row{"one", "type=a", "+a"},
           Row{"several, with CRLF and empty lines", "type=a\r\n\r\ntype=b\r\n", "+a+b"},
           Row{"BOM", "\xEF\xBB\xBFtype=a\n", "+a"},
           Row{"a broken line", "type=a\nnonsense\n{\"a\":\"b=c\"}\ntype=b\n", "+a--+b"},
           Row{"a broken first line", "nonsense\ntype=b\n", "-+b"},
           Row{"somebody else's", "kind=a\n", "not ours"},
           Row{"JSON", R"({"type":"a=b"})", "not ours"},
           Row{"CSV", "type,a=b\n", "not ours"},
           Row{"nothing", "", "not ours"},
       }) {
    CAPTURE(row.name);
    CHECK(trace(row.text) == row.want);
    CHECK(trace(row.text, 3) == row.want);
  }
  CHECK_FALSE(open_form_log("type=a", k_format, {})->assumes_utc());
  CHECK(open_form_log("type=a", k_zoneless, {})->clone()->assumes_utc());
  CHECK_FALSE(open_form_log("type=a", k_zoneless, {.zone_given = true})->assumes_utc());
}

TEST_CASE("form: the body of a request") {
  Trace sink;
  CHECK(read_form_body("type=a\n", k_format, sink));
  CHECK(sink.out == "+a");
  for (const char* body : {"", "type", "{}", "[\"a=b\"]"}) {
    CAPTURE(body);
    const auto result = read_form_body(body, k_format, sink);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::bad_syntax);
  }
}

TEST_CASE("form: more fields than any form has") {
  std::string body = "type=a";
  for (int i = 0; i < 5'000; ++i) {
    body += "&x=1";
  }
  CHECK(Form(body + "&last=1")["last"].empty());
}
