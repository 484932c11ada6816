#include "net/transcript.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

using namespace mailfunnel;

namespace {

/// Answers at once.
struct FakeSender : HttpSender {
  std::function<Result<HttpResponse>(const HttpRequest&)> answer;
  std::vector<std::string> hidden;

  std::future<Result<HttpResponse>> start(HttpRequest request) override {
    std::promise<Result<HttpResponse>> promise;
    promise.set_value(answer(request));
    return promise.get_future();
  }
  void hide(std::string_view secret) override { hidden.emplace_back(secret); }
};

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "mailfunnel-XXXXXX";
    m_path = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(m_path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file() const { return m_path / "transcript.ndjson"; }

private:
  std::filesystem::path m_path;
};

HttpRequest get(std::string url) {
  HttpRequest out;
  out.method = "GET";
  out.url = std::move(url);
  return out;
}

HttpRequest post(std::string url, std::string body) {
  HttpRequest out;
  out.url = std::move(url);
  out.body = std::move(body);
  return out;
}

HttpResponse answer(std::string body) {
  return {200, {{"Content-Type", "text/plain"}}, std::move(body)};
}

std::string text(const Result<HttpResponse>& result) {
  return result ? result->body : result.error().message;
}

bool has(const std::string& where, std::string_view what) {
  return where.find(what) != std::string::npos;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::unique_ptr<Replayer> replayer(const TemporaryFolder& folder) {
  auto opened = Replayer::open(folder.file(), {"s3cret-key"});
  REQUIRE(opened.has_value());
  return *std::move(opened);
}

/// Three lists, the second page of which was asked for twice, and a push.
void record(const TemporaryFolder& folder) {
  FakeSender sender;
  int count = 0;
  sender.answer = [&](const HttpRequest& request) -> Result<HttpResponse> {
    if (has(request.url, "offset=200")) {
      return Error{ErrorCode::unanswered, "no answer for s3cret-key"};
    }
    return answer(request.method + " " + std::to_string(++count));
  };
  auto recorder = Recorder::open(sender, folder.file(), {"s3cret-key"});
  REQUIRE(recorder.has_value());
  (*recorder)->send(get("https://api.example.com/lists?offset=0&key=s3cret-key"));
  (*recorder)->send(get("https://api.example.com/lists?offset=100&key=s3cret-key"));
  (*recorder)->send(get("https://api.example.com/lists?offset=100&key=s3cret-key"));
  (*recorder)->send(get("https://api.example.com/lists?offset=200&key=s3cret-key"));
  auto push = post("https://api.example.com/members", "{\"email\":\"ada@example.com\"}");
  push.headers = {{"Authorization", "Bearer s3cret-key"}, {"Content-Type", "application/json"}};
  (*recorder)->send(push);
}

} // namespace

TEST_CASE("transcript: what was recorded comes again, without its secrets") {
  const TemporaryFolder folder;
  record(folder);
  const auto written = contents(folder.file());
  CHECK(!has(written, "s3cret"));
  CHECK(!has(written, "Bearer"));
  CHECK(written.starts_with(
      R"({"request":{"method":"GET","url":"https://api.example.com/lists?offset=0&key=***",)"
      R"("headers":[],"body":""},"answer":{"status":200,"headers":[["Content-Type","text/plain"]],)"
      R"("body":"GET 1"}})"
      "\n"));
  struct stat facts {};
  REQUIRE(::stat(folder.file().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);

  const auto again = replayer(folder);
  CHECK(again->unused() == 5);
  auto push = post("https://api.example.com/members", "{\"email\":\"ada@example.com\"}");
  push.headers = {{"content-type", "application/json"}};
  push.headers[0].first = "Content-Type";
  CHECK(text(again->send(push)) == "POST 4"); // before those that were recorded before it
  const std::string lists = "https://api.example.com/lists?offset=";
  CHECK(text(again->send(get(lists + "100&key=s3cret-key"))) == "GET 2"); // equal ones in order
  CHECK(text(again->send(get(lists + "0&key=s3cret-key"))) == "GET 1");
  CHECK(text(again->send(get(lists + "100&key=s3cret-key"))) == "GET 3");
  const auto third = again->send(get(lists + "100&key=s3cret-key"));
  REQUIRE(!third.has_value());
  CHECK(third.error().code == ErrorCode::not_found);
  CHECK(third.error().message == "this request was recorded, but not so often");
}

TEST_CASE("transcript: errors come again too") {
  const TemporaryFolder folder;
  FakeSender sender;
  sender.answer = [](const HttpRequest&) { return Error{ErrorCode::throttled, "later"}; };
  {
    auto recorder = Recorder::open(sender, folder.file(), {});
    REQUIRE(recorder.has_value());
    CHECK(text((*recorder)->send(get("https://api.example.com/"))) == "later");
    (*recorder)->hide("token");
    CHECK(sender.hidden == std::vector<std::string>{"token"});
  }
  const auto came = replayer(folder)->send(get("https://api.example.com/"));
  REQUIRE(!came.has_value());
  CHECK(came.error().code == ErrorCode::throttled);
  CHECK(came.error().message == "later");
  CHECK(came.error().source == "https://api.example.com/");
}

TEST_CASE("transcript: a body that is no text, and one with a token") {
  const TemporaryFolder folder;
  const std::string bytes("\x1f\x8b\x00\xff", 4);
  FakeSender sender;
  sender.answer = [&](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url.ends_with("/token")) {
      return answer(R"({"access_token": "at-123456", "expires_in": 3600})");
    }
    return answer(bytes);
  };
  {
    auto recorder = Recorder::open(sender, folder.file(), {});
    REQUIRE(recorder.has_value());
    CHECK(has(text((*recorder)->send(post("https://api.example.com/token", "x"))), "at-123456"));
    (*recorder)->send(post("https://api.example.com/bytes", bytes));
  }
  CHECK(!has(contents(folder.file()), "at-123456"));
  const auto again = replayer(folder);
  CHECK(text(again->send(post("https://api.example.com/bytes", bytes))) == bytes);
  CHECK(text(again->send(post("https://api.example.com/token", "x"))) ==
        R"({"access_token": "***", "expires_in": 3600})");
  CHECK(again->unused() == 0);
}

TEST_CASE("transcript: a request that differs says in what") {
  const TemporaryFolder folder;
  record(folder);
  const auto again = replayer(folder);
  struct Row {
    const char* name;
    HttpRequest request;
    std::string part;
  };
  auto other_header = post("https://api.example.com/members", "{\"email\":\"ada@example.com\"}");
  other_header.headers = {{"Content-Type", "text/csv"}};
  auto another_header = get("https://api.example.com/lists?offset=0&key=s3cret-key");
  another_header.headers = {{"X-New", "1"}};
  auto body = post("https://api.example.com/members", "{\"email\":\"bob@example.com\"}");
  body.headers = {{"Content-Type", "application/json"}};
  for (const auto& row : {
           Row{"the query", get("https://api.example.com/lists?offset=50&key=s3cret-key"),
               R"(the URL parts at byte 37: recorded "le.com/lists?offset=0&key=***", asked)"},
           Row{"the body", body, R"(the body parts at byte 10: recorded "{"email":"ada@)"},
           Row{"a header", other_header,
               R"(the header Content-Type: recorded "application/json", asked "text/csv")"},
           Row{"one header more", another_header, "the header X-New is not in the recorded one"},
           Row{"the method", get("https://api.example.com/members"), "differs: the "},
       }) {
    const std::string name = row.name;
    CAPTURE(name);
    const auto came = again->send(row.request);
    REQUIRE(!came.has_value());
    CHECK(came.error().code == ErrorCode::not_found);
    CHECK_MESSAGE(has(came.error().message, row.part), came.error().message);
    CHECK(!has(came.error().source, "s3cret"));
  }
}

TEST_CASE("transcript: files that are none") {
  const TemporaryFolder folder;
  CHECK(Replayer::open("/nowhere/at-all", {}).error().code == ErrorCode::io);
  FakeSender sender;
  CHECK(Recorder::open(sender, "/nowhere/at-all", {}).error().code == ErrorCode::io);
  for (const auto* line :
       {"no JSON", "[]", "{\"request\":{}}", "{\"answer\":{}}", "{\"request\":1,\"answer\":2}"}) {
    std::ofstream(folder.file()) << "\n" << line << "\n";
    const auto opened = Replayer::open(folder.file(), {});
    REQUIRE(!opened.has_value());
    CHECK(opened.error().code == ErrorCode::bad_syntax);
    CHECK(opened.error().line == 2);
    CHECK(opened.error().source == folder.file());
  }
}
