// Tasks that ask about a job of the platform.

#include "app/api_connection.hpp"
#include "app/check_online.hpp"
#include "test_workspace.hpp"
#include "toy_esp.hpp"

#include <deque>

namespace mailfunnel {
namespace {

/// "start" leads to "look", which is asked until the job is done.
class JobApi : public toy::ToyApi {
public:
  std::vector<ApiTask> check() const override { return {{.step = "check"}}; }
  HttpRequest request(const ApiTask& task) const override {
    return get_request("https://toy.example/" + task.step);
  }
  Result<void> read(const ApiTask& task, const HttpResponse& answer, ApiSink& sink) const override {
    if (task.step == "start") {
      sink.next({.step = "look", .wait = 2});
    } else if (answer.body == "pending") {
      sink.next({.step = "look", .wait = 4});
    }
    return {};
  }
  std::optional<ApiTask> restart(const ApiTask& task) const override {
    if (task.step == "page") {
      return ApiTask{.step = "first"};
    }
    return task.step == "look" ? std::optional(ApiTask{.step = "start"}) : std::nullopt;
  }
};

/// A platform that lets one ask four things at a time.
class BusyApi : public JobApi {
public:
  ApiLimits limits() const override { return {.connections = 4}; }
};

class JobAdapter : public toy::ToyAdapter {
public:
  Result<std::unique_ptr<Api>> open_api(const ApiAccount&) const override {
    return std::make_unique<JobApi>();
  }
};

class BusyAdapter : public toy::ToyAdapter {
public:
  Result<std::unique_ptr<Api>> open_api(const ApiAccount&) const override {
    return std::make_unique<BusyApi>();
  }
};

struct JobTest : TestWorkspace {
  JobTest() : TestWorkspace("[[account]]\nname = \"a\"\nesp = \"job\"\n") {
    workspace.registry.add("job", std::make_unique<JobAdapter>());
  }
  /// Answers to looks: a status each, the last one for ever. How often each step was asked.
  std::map<std::string, int> run(std::deque<int> looks) {
    std::map<std::string, int> asked;
    struct Sender : HttpSender {
      std::deque<int>& looks;
      std::map<std::string, int>& asked;
      Sender(std::deque<int>& l, std::map<std::string, int>& a) : looks(l), asked(a) {}
      std::future<Result<HttpResponse>> start(HttpRequest request) override {
        const auto step = request.url.substr(request.url.rfind('/') + 1);
        ++asked[step];
        HttpResponse answer{200, {}, "done"};
        if (step == "look") {
          answer.status = looks.front();
          if (looks.size() > 1) {
            looks.pop_front();
          }
        }
        std::promise<Result<HttpResponse>> promise;
        promise.set_value(std::move(answer));
        return promise.get_future();
      }
    };
    ConnectionSettings settings;
    settings.sender = [&](const Api&, const ApiAccount&, double) {
      return std::make_unique<Sender>(looks, asked);
    };
    settings.sleep = [this](unsigned seconds) { slept += seconds; };
    ApiConnection connection(workspace, "a", settings);
    AnswerSink sink;
    TaskRun tasks(connection, sink);
    tasks.add({.step = "start"});
    CHECK_FALSE(tasks.run().has_value());
    failed = tasks.failed().size();
    return asked;
  }
  std::size_t failed = 0;
  unsigned slept = 0;
};

using Asked = std::map<std::string, int>;

TEST_CASE("tasks: a job that is not told of for a while is looked at again") {
  JobTest test;
  CHECK_EQ(test.run({404, 503, 200}), Asked{{"start", 1}, {"look", 3}});
  CHECK_EQ(test.failed, 0);
  CHECK_EQ(test.slept, 2 + 2 + 4);
}

TEST_CASE("tasks: one that is gone is started anew, once") {
  JobTest test;
  CHECK_EQ(test.run({404, 404, 404, 404, 404, 404, 200}), Asked{{"start", 2}, {"look", 7}});
  CHECK_EQ(test.failed, 0);
  CHECK_EQ(test.run({500}), Asked{{"start", 2}, {"look", 12}});
  CHECK_EQ(test.failed, 1);
}

TEST_CASE("tasks: what the platform refuses is not asked again") {
  JobTest test;
  CHECK_EQ(test.run({400}), Asked{{"start", 1}, {"look", 1}});
  CHECK_EQ(test.failed, 1);
}

TEST_CASE("tasks: a list is begun anew, once, where a page's token is not known any more") {
  for (const int status : {400, 404, 410, 403}) {
    CAPTURE(status);
    for (const bool for_good : {false, true}) {
      TestWorkspace workspace("[[account]]\nname = \"a\"\nesp = \"job\"\n");
      workspace.workspace.registry.add("job", std::make_unique<JobAdapter>());
      std::vector<std::string> asked;
      struct Sender : HttpSender {
        std::function<int(const std::string&)> answer;
        std::future<Result<HttpResponse>> start(HttpRequest request) override {
          std::promise<Result<HttpResponse>> promise;
          promise.set_value(HttpResponse{answer(request.url), {}, "done"});
          return promise.get_future();
        }
      };
      ConnectionSettings settings;
      settings.sender = [&](const Api&, const ApiAccount&, double) {
        auto sender = std::make_unique<Sender>();
        sender->answer = [&](const std::string& url) {
          asked.push_back(url.substr(url.rfind('/') + 1));
          return asked.back() == "page" ? status : for_good ? 404 : 200;
        };
        return sender;
      };
      ApiConnection connection(workspace.workspace, "a", settings);
      AnswerSink sink;
      TaskRun tasks(connection, sink);
      tasks.add({.step = "page", .place = "token"});
      CHECK_FALSE(tasks.run().has_value());
      const bool anew = status != 403;
      CHECK_EQ(asked,
               anew ? std::vector<std::string>{"page", "first"} : std::vector<std::string>{"page"});
      CHECK_EQ(tasks.failed().size(), for_good || !anew ? 1 : 0);
    }
  }
}

TEST_CASE("tasks: as many at a time as the platform allows, fewer where answers are large") {
  const auto most_at_a_time = [](std::size_t bytes) {
    TestWorkspace workspace("[[account]]\nname = \"a\"\nesp = \"busy\"\n");
    workspace.workspace.registry.add("busy", std::make_unique<BusyAdapter>());
    std::size_t open = 0, most = 0;
    struct Sender : HttpSender {
      std::function<HttpResponse()> answer;
      std::future<Result<HttpResponse>> start(HttpRequest) override {
        std::promise<Result<HttpResponse>> promise;
        promise.set_value(answer());
        return promise.get_future();
      }
    };
    struct Sink : AnswerSink {
      std::size_t* open = nullptr;
      void end(const ApiTask&, bool, const std::vector<ApiTask>&) override { --*open; }
    } sink;
    sink.open = &open;
    ConnectionSettings settings;
    settings.sender = [&](const Api&, const ApiAccount&, double) {
      auto sender = std::make_unique<Sender>();
      sender->answer = [&] {
        most = std::max(most, ++open);
        return HttpResponse{200, {}, std::string(bytes, ' ')};
      };
      return sender;
    };
    ApiConnection connection(workspace.workspace, "a", settings);
    TaskRun tasks(connection, sink);
    for (int i = 0; i < 12; ++i) {
      tasks.add({.step = "page", .campaign = std::to_string(i)});
    }
    CHECK_FALSE(tasks.run().has_value());
    CHECK_EQ(tasks.requests(), 12);
    return most;
  };
  CHECK_EQ(most_at_a_time(100), 4);
  CHECK_EQ(most_at_a_time(std::size_t{5} << 20), 2);
}

TEST_CASE("check --online: what is left to ask, where the answers tell it") {
  JobTest test;
  const auto quota = [&](HttpHeaders headers) {
    struct Sender : HttpSender {
      HttpHeaders headers;
      explicit Sender(HttpHeaders given) : headers(std::move(given)) {}
      std::future<Result<HttpResponse>> start(HttpRequest) override {
        std::promise<Result<HttpResponse>> promise;
        promise.set_value(HttpResponse{200, headers, "{}"});
        return promise.get_future();
      }
    };
    ConnectionSettings settings;
    settings.sender = [&](const Api&, const ApiAccount&, double) {
      return std::make_unique<Sender>(headers);
    };
    const auto facts = check_online(test.workspace, "a", settings, k_now);
    return facts.empty() ? std::string() : facts.front().name + ": " + facts.front().value;
  };
  CHECK_EQ(quota({}), "");
  CHECK_EQ(quota({{"X-RateLimit-Remaining", "118"}, {"X-RateLimit-Limit", "120"}}),
           "quota: 118 of 120 requests left for now");
  CHECK_EQ(quota({{"ratelimit-remaining", "3"}}), "quota: 3 requests left for now");
}

} // namespace
} // namespace mailfunnel
