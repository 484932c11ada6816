// The API over a small workspace, without a socket.

#include "web/api.hpp"

#include "../app/test_workspace.hpp"
#include "app/access_log.hpp"
#include "app/saved_plans.hpp"
#include "app/segment_export.hpp"
#include "base/uri.hpp"
#include "store/job_log.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace mailfunnel {
namespace {

namespace json = boost::json;

constexpr std::string_view k_config = R"toml([[account]]
name = "news"
esp = "sendgrid"
[scoring]
profile = "seed"
[[segment]]
name = "calls"
use = "sales"
where = "score > 0"
columns = ["email", "score"]
push = [{ account = "news", as = "list" }]
[[segment]]
name = "next mailing"
where = "received(campaign = \"m1\")"
[[segment]]
name = "never"
where = "clicked(stage = BOFU) and score was > 1000 1d ago"
)toml";

constexpr unsigned k_people = 30;
constexpr std::string_view k_rules = "[scoring]\nprofile = \"seed\"\nclick = { BOFU = 50 }\n";

/// One mailing; every third clicks on the prices, so that many have the same score.
std::string log() {
  std::string out;
  for (unsigned person = 0; person < k_people; ++person) {
    const auto at = k_now - 20 * k_day;
    const auto add = [&](std::string_view kind, Seconds time, std::string_view more) {
      out += fmt::format("{{\"kind\":\"{}\",\"account\":\"news\",\"address\":\"p{}@example.com\","
                         "\"time\":\"{}\",\"campaign\":\"m1\"{}}}\n",
                         kind, person, format_time(time), more);
    };
    add("delivered", at, "");
    if (person % 3 == 0) {
      add("click", at + 4'000 + person * 60, R"(,"link":"https://shop.example/pricing")");
    }
    if (person % 5 == 0) {
      add("click", at + 9'000 + person * 60, R"(,"link":"https://shop.example/blog/peppol")");
    }
  }
  return out;
}

/// Two people who would come into a list, and one who is kept out.
PushPlan plan_for(std::string list) {
  PushPlan plan;
  plan.segment = "calls";
  plan.target.account = "news";
  plan.target.as = TargetKind::list;
  plan.target.name = std::move(list);
  for (const auto* who : {"p0@example.com", "p3@example.com"}) {
    PlannedChange planned{k_nobody, {}, {}};
    planned.change.address = who;
    plan.changes.push_back(std::move(planned));
  }
  plan.blocked.push_back({"p6@example.com", "no contact at news"});
  return plan;
}

struct ApiWorld : TestWorkspace {
  ApiWorld() : TestWorkspace(k_config) {
    import("log.ndjson", log());
    auto opened = store();
    for (const auto role : {Role::sales, Role::reviewer, Role::operations, Role::admin}) {
      token[role] = *add_token(opened, {std::string(name_of(role)), role, false, k_now});
    }
    const WriterLock lock(opened.path());
    JobLog jobs(opened.database());
    jobs.end(jobs.begin("sync", k_now - 60, k_now - 60), "done", "all is well", k_now);
  }
  /// Plan 1 waits, plan 2 is approved; task 2 waits.
  void ask_for_work() {
    auto opened = store();
    SavedPlans plans(opened);
    plans.save(plan_for("A"), {"", "nothing was ever sent to this target"}, "anna", k_now);
    const auto second = plans.save(plan_for("B"), {}, "schedule", k_now).id;
    REQUIRE(plans.approve(second, "anna", {}, k_now).has_value());
    REQUIRE(tasks.start({"score", {}, "anna"}).has_value());
  }
  HttpResponse ask(const std::string& method, const std::string& path, std::string body = {},
                   std::optional<std::string> bearer = std::nullopt) {
    WebRequest request;
    request.http.method = method;
    request.http.url = "http://127.0.0.1:8765" + path;
    request.http.headers = {{"Authorization", "Bearer " + bearer.value_or(token[Role::admin])}};
    request.http.body = std::move(body);
    const auto question = path.find('?');
    request.path = percent_decode(path.substr(0, question));
    request.query = question == std::string::npos ? std::string() : path.substr(question + 1);
    at += std::chrono::seconds(1);
    return api.handle(request, workspace, k_now, at);
  }
  HttpResponse get(const std::string& path) { return ask("GET", "/api/v1/" + path); }

  std::map<Role, std::string> token;
  std::string said; // to the log of the server
  EventLog log_of_server{EventLog::Form::json, [this](std::string_view line) { said += line; },
                         [] { return k_now; }};
  Moment at{};
  // Somebody else has the turn: tasks wait, and no command is run.
  std::mutex turn;
  std::unique_lock<std::mutex> taken{turn};
  Tasks tasks{{{},
               [] { return k_now; },
               [this] { return std::shared_ptr<const Workspace>(&workspace, [](auto*) {}); },
               {},
               &turn},
              log_of_server};
  JsonApi api{log_of_server, &tasks};
};

struct Call {
  const char *method, *route, *path, *body;
  int status;
  const char* holds; // a part of the answer
};

/// A good call of every route.
const Call k_calls[] = {
    {"GET", "status", "status", "", 200, R"("recipients":30)"},
    {"GET", "recipients", "recipients?q=P1&where=score%20%3E%200&limit=1", "", 200,
     R"("people":4,"items":[{"email":"p15@example.com","score":)"},
    {"POST", "recipients/{email}/object", "recipients/p0@example.com/object",
     R"({"from":"mailing","note":"by phone"})", 200, R"({"result":"object","changed":true})"},
    {"POST", "recipients/{email}/suppress", "recipients/p0@example.com/suppress",
     R"({"reason":"manual"})", 200, R"({"result":"suppress","changed":true})"},
    {"POST", "recipients/{email}/forget", "recipients/p0@example.com/forget", "", 202,
     R"({"task":3})"},
    {"GET", "recipients/{email}", "recipients/p0@example.com", "", 200,
     R"("segments":["calls","next mailing"])"},
    {"GET", "recipients/{email}/explain", "recipients/p0@example.com/explain", "", 200,
     R"("contributions":[{)"},
    {"GET", "recipients/{email}/events", "recipients/p0@example.com/events?limit=1", "", 200,
     R"("kind":"delivered")"},
    {"GET", "recipients/{email}/history",
     "recipients/p0@example.com/history?from=2026-03-01&every=7d", "", 200, R"("phase":"BOFU")"},
    {"GET", "campaigns", "campaigns", "", 200, R"("id":"m1")"},
    {"GET", "campaigns/{account}/{id}", "campaigns/news/m1", "", 200, R"("delivered":30)"},
    {"GET", "links", "links?stage=BOFU", "", 200, "pricing"},
    {"POST", "links", "links", R"({"link":"*/blog/*","stage":"BOFU"})", 200, R"("links":1)"},
    {"GET", "segments", "segments", "", 200, R"("segment":"calls","use":"sales","people":14)"},
    {"GET", "segments/count", "segments/count?where=score%20%3E%200", "", 200, R"("people":14)"},
    {"GET", "segments/{name}", "segments/calls?limit=2", "", 200,
     R"("people":14,"items":[{"email":)"},
    {"GET", "runs", "runs", "", 200, R"({"items":[],"next":null})"},
    {"GET", "jobs", "jobs?job=sync", "", 200, R"("outcome":"done")"},
    {"GET", "jobs/{id}", "jobs/1", "", 200, R"("log":"all is well")"},
    {"GET", "pushes", "pushes", "", 200, R"({"items":[],"next":null})"},
    {"GET", "plans", "plans?state=waiting", "", 200,
     R"("plan":1,"account":"news","segment":"calls","target":"news: list \"A\"")"},
    {"POST", "plans", "plans", R"({"segment":"calls","account":"news"})", 202, R"({"task":3})"},
    {"GET", "plans/{id}", "plans/1?limit=2&after=1", "", 200,
     R"("items":[{"action":"add","address":"p3@example.com"},{"action":"blocked","address":"p6@)"},
    {"POST", "plans/{id}/approve", "plans/1/approve", "", 200, R"("state":"approved")"},
    {"POST", "plans/{id}/reject", "plans/2/reject", R"({"why":"not now"})", 200,
     R"("note":"admin: not now")"},
    {"POST", "plans/{id}/apply", "plans/2/apply", "", 202, R"({"task":3})"},
    {"GET", "tasks", "tasks", "", 200, R"("kind":"score","title":"score","by":"anna")"},
    {"POST", "tasks", "tasks", R"({"kind":"reconcile"})", 202, R"({"task":3})"},
    {"GET", "tasks/{id}", "tasks/2", "", 200, R"("outcome":"waiting")"},
    {"DELETE", "tasks/{id}", "tasks/2", "", 204, ""},
    {"POST", "simulate", "simulate?top=1", k_rules.data(), 200, R"("result":"simulation")"},
    {"GET", "tokens", "tokens", "", 200, R"("name":"sales","role":"sales")"},
    {"POST", "tokens", "tokens", R"({"name":"new","role":"reviewer","read_only":true})", 201,
     R"("token":"mf_)"},
    {"DELETE", "tokens/{name}", "tokens/sales", "", 204, ""},
};

TEST_CASE("every route answers") {
  std::set<std::pair<std::string_view, std::string_view>> called, known;
  for (const auto& call : k_calls) {
    ApiWorld world;
    world.ask_for_work();
    CAPTURE(call.method);
    CAPTURE(call.path);
    const auto answer = world.ask(call.method, std::string("/api/v1/") + call.path, call.body);
    CAPTURE(answer.body);
    CHECK(answer.status == call.status);
    CHECK(answer.body.find(call.holds) != std::string::npos);
    CHECK(answer.header("Cache-Control") == "no-store");
    if (answer.status != 204) {
      CHECK_NOTHROW(json::parse(answer.body));
    }
    called.emplace(call.method, call.route);
  }
  for (const auto& route : api_routes()) {
    known.emplace(route.method, route.path);
  }
  CHECK(called == known);
}

TEST_CASE("no route answers without a token, or to a wrong one") {
  ApiWorld world;
  const auto right = world.token[Role::admin];
  auto cut = right, other = right;
  cut.pop_back();
  other.back() = other.back() == 'A' ? 'B' : 'A';
  for (const auto& call : k_calls) {
    for (const auto& token : {std::string(), cut, other, right + "A", std::string(100'000, 'x')}) {
      const auto answer =
          world.ask(call.method, std::string("/api/v1/") + call.path, call.body, token);
      CHECK(answer.status == 401);
      CHECK(answer.header("WWW-Authenticate") == "Bearer");
    }
  }
  WebRequest bare;
  bare.http.method = "GET";
  bare.http.url = "http://h/api/v1/status";
  CHECK(world.api.handle(bare, world.workspace, k_now, {}).status == 401);
  bare.http.headers = {{"Authorization", "Basic " + right}};
  CHECK(world.api.handle(bare, world.workspace, k_now, {}).status == 401);
}

json::object described() {
  const auto text = read_file(std::string(MF_SOURCE_DIR) + "/schema/api.openapi.json");
  REQUIRE(text.has_value());
  return json::parse(*text).as_object();
}

TEST_CASE("the OpenAPI file lists the routes with their parameters and roles, and no others") {
  std::set<std::string> ours, theirs;
  for (const auto& route : api_routes()) {
    std::string line = fmt::format("{} /{}", route.method, route.path);
    std::set<std::string> names(route.parameters.begin(), route.parameters.end());
    for (const auto& name : names) {
      line += " " + name;
    }
    line += " Roles:";
    for (const auto role : {Role::sales, Role::reviewer, Role::operations, Role::admin}) {
      line += (route.roles & only(role)) != 0
                  ? fmt::format("{} {}", line.ends_with(':') ? "" : ",", name_of(role))
                  : "";
    }
    ours.insert(line + ".");
  }
  const auto document = described();
  for (const auto& [path, methods] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      std::string line(method);
      std::transform(line.begin(), line.end(), line.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
      line += " " + std::string(path);
      std::set<std::string> names;
      std::size_t places = 0;
      if (const auto* parameters = operation.as_object().if_contains("parameters")) {
        for (const auto& one : parameters->as_array()) {
          if (one.at("in").as_string() == "query") {
            names.insert(std::string(one.at("name").as_string()));
          } else {
            ++places;
            CHECK(std::string(path).find("{" + std::string(one.at("name").as_string()) + "}") !=
                  std::string::npos);
          }
        }
      }
      const std::string_view text(path);
      CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '{')) == places);
      for (const auto& name : names) {
        line += " " + name;
      }
      theirs.insert(line + " " + std::string(operation.at("description").as_string()));
    }
  }
  CHECK(ours == theirs);
}

TEST_CASE("who may not, is told so") {
  for (const auto& route : api_routes()) {
    const auto* call = std::find_if(std::begin(k_calls), std::end(k_calls), [&](const Call& one) {
      return one.method == route.method && one.route == route.path;
    });
    REQUIRE(call != std::end(k_calls));
    for (const auto role : {Role::sales, Role::reviewer, Role::operations, Role::admin}) {
      ApiWorld world;
      world.ask_for_work();
      const auto answer = world.ask(call->method, std::string("/api/v1/") + call->path, call->body,
                                    world.token[role]);
      CAPTURE(route.path);
      CAPTURE(name_of(role));
      CHECK((answer.status == 403) == ((route.roles & only(role)) == 0));
    }
  }
}

TEST_CASE("recipients: whoever has the part in the address, page by page") {
  ApiWorld world;
  struct Row {
    const char *query, *holds;
  };
  for (const auto& row :
       {Row{"", R"("people":30)"}, Row{"?q=example.com", R"("people":30)"},
        Row{"?q=p29", R"("people":1,"items":[{"email":"p29@example.com")"},
        Row{"?q=nobody", R"("people":0,"items":[],"next":null)"}, Row{"?q=%22", R"("people":0)"},
        Row{"?where=email%20%3D%20%22p3@example.com%22%20or%20score%20%3C%200&q=p4",
            R"("people":0)"}}) {
    CAPTURE(row.query);
    const auto answer = world.get(std::string("recipients") + row.query);
    CAPTURE(answer.body);
    CHECK(answer.status == 200);
    CHECK(answer.body.find(row.holds) != std::string::npos);
  }
  std::set<std::string> seen;
  std::string after;
  for (int page = 0; page < 4; ++page) {
    const auto answer = world.get("recipients?limit=8" + (after.empty() ? "" : "&after=" + after));
    const auto root = json::parse(answer.body);
    for (const auto& person : root.at("items").as_array()) {
      CHECK(seen.insert(std::string(person.at("email").as_string())).second);
    }
    after = root.at("next").is_null() ? "" : std::string(root.at("next").as_string());
  }
  CHECK(seen.size() == k_people);
  CHECK(after.empty());
}

TEST_CASE("who was suppressed is found, and taken back") {
  ApiWorld world;
  const auto post = [&](const std::string& path, std::string body) {
    return world.ask("POST", "/api/v1/recipients/p0@example.com/" + path, std::move(body)).body;
  };
  CHECK(post("suppress", R"({"reason":"manual"})").find("true") != std::string::npos);
  CHECK(post("suppress", R"({"reason":"manual"})").find("false") != std::string::npos);
  CHECK(world.get("recipients?q=p0@").body.find(R"("people":1)") != std::string::npos);
  CHECK(post("suppress", R"({"withdraw":true})").find("true") != std::string::npos);
  CHECK(post("object", "").find("true") != std::string::npos);
  CHECK(post("object", R"({"from":"mailing"})").find("false") != std::string::npos);
  CHECK(post("object", R"({"withdraw":true})").find("true") != std::string::npos);
  auto store = world.store();
  const auto log = accesses(store, "p0@example.com", 10);
  REQUIRE(log.has_value());
  CHECK(log->size() == 4);
  CHECK(log->front().what == "object --withdraw");
  CHECK(log->front().who == "admin");
}

TEST_CASE("an erasure names nobody in what is kept of the task") {
  ApiWorld world;
  CHECK(world.ask("POST", "/api/v1/recipients/p0@example.com/forget").status == 202);
  CHECK(world.get("tasks/2").body.find("p0@") == std::string::npos);
  auto store = world.store();
  CHECK(to_json(*JobLog(store.database()).run(2)).find("p0@") == std::string::npos);
  CHECK(world.said.find("p0@") == std::string::npos);
}

TEST_CASE("sales sees lists for sales alone") {
  ApiWorld world;
  const auto ask = [&](const std::string& path) {
    return world.ask("GET", "/api/v1/" + path, {}, world.token[Role::sales]);
  };
  const auto list = ask("segments");
  CHECK(list.status == 200);
  CHECK(list.body.find("calls") != std::string::npos);
  CHECK(list.body.find("next mailing") == std::string::npos);
  CHECK(ask("segments/calls").status == 200);
  CHECK(ask("segments/next%20mailing").status == 403);
  CHECK(ask("recipients/p0@example.com/explain").status == 200);
  CHECK(ask("recipients/p0@example.com").status == 403);
}

TEST_CASE("a token for reading changes nothing") {
  ApiWorld world;
  auto store = world.store();
  const auto token = *add_token(store, {"reads", Role::admin, true, k_now});
  for (const auto& call : k_calls) {
    const auto answer =
        world.ask(call.method, std::string("/api/v1/") + call.path, call.body, token);
    CHECK((answer.status == 403) == (std::string_view(call.method) != "GET"));
  }
}

TEST_CASE("what is asked wrongly") {
  struct Wrong {
    const char *method, *path, *body;
    int status;
    const char* why;
  };
  const std::string long_where = "segments/count?where=" + std::string(100 << 10, '(');
  const std::string long_name = "segments/" + std::string(20'000, 'a');
  const std::string deep(100'000, '[');
  const Wrong wrongs[] = {
      {"GET", "plans?state=open", "", 400, "state: wants waiting"},
      {"GET", "plans/99", "", 404, "there is no plan 99"},
      {"GET", "plans/x", "", 400, "the number of a plan is wanted"},
      {"POST", "plans", R"({"segment":"nobody"})", 404, "there is no segment"},
      {"POST", "plans", R"({"segment":"never"})", 400, "has no target"},
      {"POST", "plans", R"({"segment":"calls","account":"other"})", 404, "there is no target"},
      {"POST", "plans/99/approve", "", 404, "there is no plan 99"},
      {"POST", "plans/99/apply", "", 404, "there is no plan 99"},
      {"POST", "plans/-1/apply", "", 400, "the number of a plan is wanted"},
      {"GET", "tasks/1", "", 404, "there is no task 1"}, // the timetable's
      {"DELETE", "tasks/1", "", 404, "there is no task 1"},
      {"POST", "tasks", R"({"kind":"rm"})", 400, "there is no task"},
      {"POST", "tasks", R"({"kind":"score","arguments":"x"})", 400, "wants a list of texts"},
      {"POST", "tasks", R"({"kind":"score","arguments":[1]})", 400, "wants a list of texts"},
      {"POST", "tasks", R"({"kind":"job","arguments":["sync"]})", 404, "there is no job"},
      {"POST", "tasks", R"({"kind":"forget","arguments":["p0@example.com"]})", 400,
       "recipients/{email}/forget"},
      {"POST", "recipients/nobody/forget", "", 400, "no e-mail address"},
      {"POST", "recipients/p0@example.com/object", R"({"from":"all"})", 400, "from: wants"},
      {"POST", "recipients/p0@example.com/suppress", "", 400, "reason: wants"},
      {"POST", "recipients/p0@example.com/suppress", R"({"reason":"objection"})", 400,
       "reason: wants"},
      {"GET", "recipients?q=%22%27", "", 400, "q: wants a part"},
      {"GET", "recipients?where=scor", "", 400, "where: "},
      {"GET", "status?pretty=1", "", 400, R"(\"pretty\" is no parameter here; there is none)"},
      {"GET", "campaigns?limt=1", "", 400, "there are: limit, after"},
      {"GET", "campaigns?limit=1&limit=2", "", 400, "limit: is there twice"},
      {"GET", "campaigns?limit=0", "", 400, "limit: wants 1 to 1000"},
      {"GET", "campaigns?limit=1001", "", 400, "limit: wants 1 to 1000"},
      {"GET", "campaigns?limit=ten", "", 400, "limit: wants a whole number"},
      {"GET", "campaigns?after=-1", "", 400, "after: wants"},
      {"GET", "segments/calls?after=xyz", "", 400, "after: wants"},
      {"GET", "segments/calls?after=1/2", "", 400, "after: wants"},
      {"GET", "segments/calls?after=-1/2/a", "", 400, "after: wants"},
      {"GET", "segments/calls?after=5/2/a&as_of=2026-03-01", "", 400, "as_of: is not the moment"},
      {"GET", "segments/nobody", "", 404, "there is no segment"},
      {"GET", "segments/count", "", 400, "where: wants an expression"},
      {"GET", "segments/count?where=scor%20%3E%200", "", 400, "score"},
      {"GET", "segments/count?where=score%20%3E%200&use=fun", "", 400, "use: wants"},
      {"GET", long_where.c_str(), "", 400, "where: is longer than"},
      {"GET", long_name.c_str(), "", 400, "is longer than"},
      {"GET", "recipients/p0@example.com?as_of=yesterday", "", 400, "as_of: wants a date"},
      {"GET", "recipients/p0@example.com/history?every=0d", "", 400, "every: wants"},
      {"GET", "recipients/p0@example.com/history?every=1s", "", 400, "moments"},
      {"GET", "recipients/p0@example.com/explain?run=7", "", 404, "run"},
      {"GET", "recipients/p0@example.com/explain?run=7&as_of=now", "", 400, "run: brings"},
      {"GET", "recipients/nobody@example.com", "", 404, "nobody is known"},
      {"GET", "recipients/..%2F..%2F..%2Fetc%2Fpasswd", "", 404, "nobody is known"},
      {"GET", "recipients/../../../etc/passwd", "", 404, "nothing here"},
      {"GET", "recipients/%00", "", 400, "is no text"},
      {"GET", "recipients/%FF%FE@example.com", "", 400, "is no text"},
      {"GET", "recipients/'%20OR%201=1%20--", "", 404, "nobody is known"},
      {"GET", "recipients/", "", 404, "nothing here"},
      {"GET", "campaigns/news/m2", "", 404, "there is no mailing"},
      {"GET", "campaigns/other/m1", "", 404, "there is no mailing"},
      {"GET", "campaigns/news/m1?alone=yes", "", 400, "alone: wants true or false"},
      {"GET", "links?stage=SOFU", "", 400, "stage: wants"},
      {"GET", "links?stage=BOFU&untagged=true", "", 400, "leave stage out"},
      {"GET", "jobs/one", "", 400, "number"},
      {"GET", "jobs/99", "", 404, "there is no run 99"},
      {"POST", "links", "", 400, "JSON object"},
      {"POST", "links", "[]", 400, "JSON object"},
      {"POST", "links", deep.c_str(), 400, "JSON object"},
      {"POST", "links", R"({"link":"*"})", 400, "stage: wants a text"},
      {"POST", "links", R"({"link":1,"stage":"BOFU"})", 400, "link: wants a text"},
      {"POST", "links", R"({"link":"","stage":"BOFU"})", 400, "link: wants"},
      {"POST", "links", R"({"link":"*","stage":"HIGH"})", 400, "stage: wants"},
      {"POST", "links", R"({"link":"*","stage":"BOFU","x":1})", 400, R"(\"x\" is not known)"},
      {"POST", "simulate", "", 400, "the body"},
      {"POST", "simulate", "[scoring", 400, "rules:1"},
      {"POST", "simulate", "[scoring]\nclik = 1", 400, "clik"},
      {"POST", "simulate", "include = [\"/etc/passwd\"]", 400, "include can't be used here"},
      {"POST", "simulate?top=1001", "[scoring]", 400, "top: wants"},
      {"POST", "tokens", R"({"name":"a b","role":"sales"})", 400, "name"},
      {"POST", "tokens", R"({"name":"a","role":"boss"})", 400, "role: wants"},
      {"POST", "tokens", R"({"name":"sales","role":"sales"})", 409, "already"},
      {"DELETE", "tokens/nobody", "", 404, "there is no token"},
      {"GET", "", "", 404, "nothing here"},
      {"GET", "status/", "", 404, "nothing here"},
      {"GET", "nothing", "", 404, "nothing here"},
  };
  ApiWorld world;
  for (const auto& wrong : wrongs) {
    const auto answer = world.ask(wrong.method, std::string("/api/v1/") + wrong.path, wrong.body);
    CAPTURE(std::string(wrong.path).substr(0, 100));
    CAPTURE(answer.body);
    CHECK(answer.status == wrong.status);
    CHECK(answer.body.starts_with("{\"error\":\""));
    CHECK(answer.body.find(wrong.why) != std::string::npos);
    CHECK(answer.body.size() < 4'000);
  }
  CHECK(world.said.empty());
}

TEST_CASE("other methods, HEAD, and the path of one of several workspaces") {
  ApiWorld world;
  const auto put = world.ask("PUT", "/api/v1/links");
  CHECK(put.status == 405);
  CHECK(put.header("Allow") == "GET, POST");
  CHECK(world.ask("HEAD", "/api/v1/status").status == 200);
  CHECK(world.ask("GET", "/w/winkel/api/v1/status").status == 200);
  CHECK(world.ask("GET", "/w/winkel/status").status == 404);
  CHECK(world.ask("GET", "/api/v2/status").status == 404);
  CHECK(world.ask("GET", "/api/v1/recipients/p0%40example.com").status == 200);
}

TEST_CASE("a segment page by page is the whole one") {
  ApiWorld world;
  auto store = world.store();
  const auto& segment = world.workspace.config.segments.front();
  const auto whole = run_segments(store, world.workspace, k_now, {request_of(segment)},
                                  SegmentForm{ExportFormat::ndjson})[0];
  for (const std::size_t limit : {1, 3, 13, 14, 15, 1000}) {
    CAPTURE(limit);
    std::string found, after;
    std::size_t pages = 0;
    for (bool more = true; more; ++pages) {
      REQUIRE(pages < 20);
      const auto answer = world.get(fmt::format("segments/calls?limit={}{}", limit, after));
      REQUIRE(answer.status == 200);
      const auto page = json::parse(answer.body).as_object();
      CHECK(page.at("people").as_int64() == 14);
      CHECK(page.at("as_of").as_string() == "2026-03-31T12:00:00Z");
      for (const auto& item : page.at("items").as_array()) {
        found += json::serialize(item) + "\n";
      }
      more = page.at("next").is_string();
      after = more ? "&after=" + percent_encode(std::string(page.at("next").as_string())) : "";
      if (pages == 0) { // what comes in meanwhile is not of this list's moment
        world.import("later.ndjson",
                     R"({"kind":"click","account":"news","address":"p1@example.com",)"
                     R"("time":"2026-04-02T12:00:00Z","campaign":"m1","link":"https://x.example/"})"
                     "\n");
      }
    }
    std::string expected;
    for (std::string_view rest = whole.text; !rest.empty();) {
      const auto end = rest.find('\n');
      expected += json::serialize(json::parse(json::string_view(rest.substr(0, end)))) + "\n";
      rest.remove_prefix(end + 1);
    }
    CHECK(found == expected);
    CHECK(pages == (14 + limit - 1) / limit);
  }
}

TEST_CASE("lists that are made whole each time, page by page") {
  ApiWorld world;
  std::size_t found = 0;
  std::string after;
  for (bool more = true; more;) {
    const auto page =
        json::parse(world.get("recipients/p0@example.com/events?limit=2" + after).body);
    found += page.at("items").as_array().size();
    more = page.at("next").is_string();
    after = more ? "&after=" + std::string(page.at("next").as_string()) : "";
  }
  CHECK(found == 3);
  CHECK(json::parse(world.get("campaigns?after=99999999999").body).at("items").as_array().empty());
}

TEST_CASE("who saw whom is noted under the name of the token") {
  ApiWorld world;
  world.get("segments/calls?limit=3");
  world.get("recipients/p0@example.com/explain");
  world.get("recipients/nobody@example.com");
  world.get("status");
  auto store = world.store();
  const auto noted = *accesses(store, "", 10);
  REQUIRE(noted.size() == 2);
  CHECK(noted[0].who == "admin");
  CHECK(noted[0].what == "explain");
  CHECK(noted[0].person == "p0@example.com");
  CHECK(noted[0].detail == "API");
  CHECK(noted[1].what == "export");
  CHECK(noted[1].people == 3);
  CHECK(noted[1].detail == "API, segment calls");
}

TEST_CASE("a stage set by hand, and taken back") {
  ApiWorld world;
  const auto stages = [&] { return world.get("links").body; };
  const auto before = stages();
  const auto set = world.ask("POST", "/api/v1/links", R"({"link":"*/pricing","stage":"TOFU"})");
  CHECK(set.body.find(R"("links":1,"clicks":10,"changes":[{"campaign":"m1",)") !=
        std::string::npos);
  CHECK(set.body.find(R"("from":"BOFU","to":"TOFU")") != std::string::npos);
  CHECK(stages() != before);
  world.ask("POST", "/api/v1/links", R"({"link":"*/pricing","stage":"auto"})");
  CHECK(stages() == before);
}

TEST_CASE("a token that asks too fast waits, the others do not") {
  ApiWorld world;
  WebRequest request;
  request.http.method = "GET";
  request.http.url = "http://h/api/v1/jobs";
  const auto ask = [&](Role role, Moment at) {
    request.http.headers = {{"Authorization", "Bearer " + world.token[role]}};
    return world.api.handle(request, world.workspace, k_now, at);
  };
  const auto start = Moment{} + std::chrono::hours(1);
  for (int i = 0; i < 40; ++i) {
    CHECK(ask(Role::reviewer, start).status == 200);
  }
  for (int i = 0; i < 200; ++i) { // asking on does not lengthen the wait
    const auto answer = ask(Role::reviewer, start);
    CHECK(answer.status == 429);
    CHECK(answer.header("Retry-After") == "1");
  }
  CHECK(ask(Role::operations, start).status == 200);
  for (int i = 0; i < 20; ++i) {
    CHECK(ask(Role::reviewer, start + std::chrono::seconds(1)).status == 200);
  }
  CHECK(ask(Role::reviewer, start + std::chrono::seconds(1)).status == 429);
}

TEST_CASE("tokens: shown once, kept as a hash") {
  TestWorkspace world;
  auto store = world.store();
  const auto token = *add_token(store, {"anna", Role::reviewer, false, k_now});
  CHECK(token.size() == 3 + 43);
  CHECK(token.starts_with("mf_"));
  CHECK(token != *add_token(store, {"bert", Role::sales, true, k_now}));
  const auto found = find_token(store, token);
  REQUIRE(found);
  CHECK(found->name == "anna");
  CHECK(found->role == Role::reviewer);
  CHECK_FALSE(find_token(store, token.substr(0, 20)));
  CHECK_FALSE(find_token(store, ""));
  CHECK(tokens(store).size() == 2);
  for (const auto& file : std::filesystem::directory_iterator(world.folder)) {
    CHECK(read_file(file.path().string())->find(token.substr(3)) == std::string::npos);
  }
  CHECK(add_token(store, {"anna", Role::admin, false, k_now}).error().code == ErrorCode::conflict);
  CHECK(add_token(store, {"", Role::admin, false, k_now}).error().code == ErrorCode::usage);
  CHECK(add_token(store, {"a\nb", Role::admin, false, k_now}).error().code == ErrorCode::usage);
  CHECK(remove_token(store, "anna"));
  CHECK_FALSE(remove_token(store, "anna"));
  CHECK_FALSE(find_token(store, token));
}

TEST_CASE("a store that can't be read is no answer, and no way in") {
  ApiWorld world;
  const auto token = world.token[Role::admin];
  std::filesystem::remove(world.workspace.store_path());
  std::filesystem::remove(world.workspace.store_path() + "-wal");
  const auto answer = world.ask("GET", "/api/v1/status", {}, token);
  CHECK(answer.status == 503);
  CHECK(answer.header("Retry-After") != "");
  CHECK(world.said.find("api") != std::string::npos);
}

} // namespace
} // namespace mailfunnel
