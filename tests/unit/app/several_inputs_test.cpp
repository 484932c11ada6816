// Several inputs in one import: what one told is known to the next, which is read while the disk
// takes it. All is as if each had been imported by itself.

#include "ingest/session.hpp"
#include "ingest/worker.hpp"
#include "store/recipients.hpp"

#include "test_workspace.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {
namespace {

constexpr std::string_view k_config = R"(
[[profile]]
name = "shop"
fields = { kind = "event", time = "at", address = "email", contact_id = "id", campaign = "mailing" }
[[account]]
name = "shop"
esp = "generic"
)";

struct Given {
  std::string_view name, text;
};

struct SeveralInputs : TestWorkspace {
  SeveralInputs() : TestWorkspace(k_config) {}

  std::string write(const Given& given) const {
    const auto path = (folder / given.name).string();
    REQUIRE(write_file(path, given.text).has_value());
    return path;
  }
  ImportSummary import_all(std::vector<std::string> paths, const ImportHooks& hooks = {}) const {
    auto opened = store();
    return import_all(opened, std::move(paths), hooks);
  }
  ImportSummary import_all(Store& opened, std::vector<std::string> paths,
                           const ImportHooks& hooks = {}) const {
    ImportRequest request;
    request.paths = std::move(paths);
    request.contacts = request.logs_too = true;
    request.rejects = (folder / "rejects").string();
    request.now = k_now;
    request.valid_from = 0;
    return import_paths(opened, workspace, request, hooks);
  }
  /// Everybody with his attributes, in the order of their numbers.
  std::string people() const {
    auto opened = store();
    Recipients recipients(opened.database());
    std::string out;
    for (RecipientId id = 0; id < recipients.count(); ++id) {
      out += recipients.address(id);
      for (const auto& [name, value] : recipients.attributes_of(id, k_now)) {
        out += " " + name + "=" + value;
      }
      out += "\n";
    }
    return out;
  }
};

constexpr Given k_inputs[] = {
    {"1.csv", "email,job_title\nzoe@example.com,Nurse\nann@example.com,Manager\n"},
    {"2.csv", "email,job_title,country\nann@example.com,Owner,BE\nbob@example.com,Cook,FR\n"},
    {"3.csv", "email,id,event,at,mailing\n"
              "ann@example.com,,open,2026-03-01T10:00:00Z,a\n"
              "carl@example.com,,click,2026-03-01T11:00:00Z,a\n"
              ",77,open,2026-03-01T12:00:00Z,a\n"},
    {"4.csv", "email,job_title\ndora@example.com,Baker\ncarl@example.com,Smith\n"},
    {"5.csv", "email,id,event,at,mailing\n"
              "eve@example.com,77,open,2026-03-02T10:00:00Z,b\n"
              "ann@example.com,,open,2026-03-01T10:00:00Z,a\n"
              "dora@example.com,,open,2026-03-02T10:00:00Z,b\n"},
    {"6.csv", "email,id,event,at,mailing\n"
              ",77,click,2026-03-03T10:00:00Z,b\n"
              "fred@example.com,,open,2026-03-03T10:00:00Z,b\n"},
    {"7.csv", "email,job_title\ngina@example.com,Smith\nzoe@example.com,Doctor\n"},
};

TEST_CASE("several inputs at once are as each by itself") {
  const SeveralInputs together, apart;
  std::vector<std::string> paths;
  std::vector<FileResult> alone;
  for (const auto& given : k_inputs) {
    paths.push_back(together.write(given));
    alone.push_back(apart.import_all({apart.write(given)}).files.at(0));
  }
  const auto summary = together.import_all(paths);
  REQUIRE(summary.files.size() == alone.size());
  ImportCounts total;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    CAPTURE(paths[i]);
    const auto &one = summary.files[i].counts, &other = alone[i].counts;
    CHECK_FALSE(summary.files[i].error.has_value());
    CHECK(one.new_recipients == other.new_recipients);
    CHECK(one.changed_attributes == other.changed_attributes);
    CHECK(one.fresh == other.fresh);
    CHECK(one.duplicate == other.duplicate);
    total.add(other);
  }
  CHECK(summary.total.new_recipients == total.new_recipients);
  CHECK(summary.total.changed_attributes == total.changed_attributes);
  CHECK(total.new_recipients == 8); // who is known as 77 and eve is one
  CHECK(together.people() == apart.people());
  CHECK(together.exported() == apart.exported());
  CHECK(together.people().find("ann@example.com job_title=Owner country=BE") != std::string::npos);
}

TEST_CASE("who is known by contact id is the same person in the inputs after it told an address") {
  const SeveralInputs test;
  test.import_all({test.write(k_inputs[2]), test.write(k_inputs[4]), test.write(k_inputs[5])});
  const auto out = test.exported();
  std::size_t events = 0;
  for (auto at = out.find("eve@example.com"); at != std::string::npos;
       at = out.find("eve@example.com", at + 1)) {
    ++events;
  }
  CHECK(events == 3);
}

TEST_CASE("people are written where the input after them can't be read, or isn't") {
  const SeveralInputs test;
  const auto first = test.write(k_inputs[0]);
  const auto summary =
      test.import_all({first, test.write({"photo.jpg", "\xFF\xD8\xFF\xE0"}), "nowhere.csv"});
  CHECK(summary.failed == 2);
  CHECK(summary.files.at(0).counts.new_recipients == 2);
  CHECK(test.people() == "zoe@example.com job_title=Nurse\nann@example.com job_title=Manager\n");

  const SeveralInputs stopped;
  bool stop = false;
  ImportHooks hooks;
  hooks.progress = [&stop](const std::string&, std::uint64_t, std::uint64_t) { stop = true; };
  hooks.stopped = [&stop] { return stop; };
  stopped.import_all({stopped.write(k_inputs[0]), stopped.write(k_inputs[1])}, hooks);
  CHECK(stopped.people() == test.people());
}

TEST_CASE("a table that is a log is no list of contacts, whatever was asked") {
  const SeveralInputs test;
  const auto summary = test.import_all({test.write(k_inputs[2])});
  CHECK(summary.total.events == 3);
  CHECK(summary.total.changed_attributes == 0);
}

TEST_CASE("a batch that can't be committed beside the next input is told of its own") {
  const SeveralInputs test;
  const auto paths = std::vector{test.write(k_inputs[0]), test.write(k_inputs[2])};
  auto opened = test.store();
  opened.database().execute( // whoever adds people can't commit
      "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
      "CREATE TABLE child(id REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED);"
      "CREATE TRIGGER orphan AFTER INSERT ON key_block BEGIN INSERT INTO child VALUES (1); END");
  const auto summary = test.import_all(opened, paths);
  opened.database().execute("DROP TRIGGER orphan");
  REQUIRE(summary.files.size() == 2);
  CHECK(summary.files[0].error.has_value());
  CHECK(summary.files[0].counts.new_recipients == 0);
  CHECK(summary.files[1].error.has_value());
  CHECK(summary.failed == 2);
  CHECK(summary.total.records == 0);
  CHECK(summary.total.new_recipients == 0);
  CHECK(test.people().empty());
  CHECK(test.import_all(paths).failed == 0);
  CHECK(test.people().starts_with("zoe@example.com job_title=Nurse\n"));
}

TEST_CASE("a session goes on with another input until others write") {
  SeveralInputs test;
  auto opened = test.store();
  SessionOptions options;
  options.account = "shop";
  options.adapter = "generic";
  options.now = k_now;
  Session session(opened, options);
  const auto flush = [&session](std::string_view address) {
    Worker worker(session);
    worker.begin_chunk({}, 0, 0);
    RecipientView person;
    person.address = address;
    worker.accept(person);
    worker.end_chunk();
    auto harvest = worker.harvest();
    ImportCounts counts;
    session.flush(std::span(&harvest, 1), counts, "test", true, {}, Session::Commit::beside);
    return counts.new_recipients;
  };
  CHECK(flush("ann@example.com") == 1);
  CHECK(session.go_on_with(options));
  session.settle();
  CHECK_FALSE(session.committing());
  CHECK(session.go_on_with(options));
  CHECK(session.book().size() == 1);
  CHECK(flush("ann@example.com") == 0); // known
  session.settle();
  CHECK(session.flushes() == 2);
  auto small = options;
  small.small = true;
  CHECK_FALSE(session.go_on_with(small));
  test.import("others.csv", "email,job_title\nbob@example.com,Baker\n", true);
  CHECK_FALSE(session.go_on_with(options));
  CHECK(flush("carl@example.com") == 1); // and sees that others wrote
  session.settle();
  CHECK_FALSE(session.go_on_with(options)); // of bob it knows nothing yet
  CHECK(flush("bob@example.com") == 0);
  CHECK(test.people() == "ann@example.com\nbob@example.com job_title=Baker\ncarl@example.com\n");
}

} // namespace
} // namespace mailfunnel
