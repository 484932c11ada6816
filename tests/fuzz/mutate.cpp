// Every reader on damaged files: each adapter's testdata cut at every byte, and changed at random
// (mutation.hpp). An adapter alone opens each text; what it takes is read whole, in chunks of three
// sizes, which must print the same, and with CRLF; where it has webhooks the text is their body
// too.
//
//   mutate [--mutations N] [--cuts N] [--floods N] [--jobs N] [--found DIR] ADAPTERS [ID…]
//
// N mutations an adapter. N cuts a file at most: at every byte where there are no more, else at the
// first of them and some random ones. N floods a file: a MiB of a repeated piece, read whole only.
// A process an adapter; one that ends badly, other lines in chunks, and more than 2 s of CPU for
// one reading are findings: their texts are left in DIR, and the exit code is 1. Where a reader
// takes more than 1 GiB the sanitizer ends it.

#include "adapter/adapter.hpp"
#include "adapter/decode_sink.hpp"
#include "base/text.hpp"
#include "fuzz/mutation.hpp"
#include "fuzz/reading.hpp"
#include "support/padded.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#ifdef __SANITIZE_ADDRESS__
extern "C" void __sanitizer_set_death_callback(void (*callback)());
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=8:hard_rss_limit_mb=1024:max_allocation_size_mb=1024";
}
#endif

namespace {

namespace fs = std::filesystem;
using namespace mailfunnel;
using namespace mailfunnel::fuzz;

constexpr double k_most_seconds = 2;
constexpr std::size_t k_random_cuts = 2000; // beyond the first ones
constexpr std::array<std::size_t, 3> k_chunks{64, 500, 3000};

struct Options {
  std::size_t mutations = 100'000, cuts = 65'536, floods = 20, jobs = 1;
  std::string found = "."; // folder for the texts of findings
};

/// The text that is being read, for the moment when the program ends over it.
std::string g_path;
const std::string* g_text = nullptr;

void save_text() {
  if (g_text == nullptr) {
    return;
  }
  const int file = ::open(g_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const auto written = ::write(file, g_text->data(), g_text->size());
  ::close(file);
  g_text = nullptr;
  if (written >= 0) {
    std::fprintf(stderr, "the text is %s\n", g_path.c_str());
  }
}

void at_signal(int number) {
  save_text();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void save_when_dying() {
  std::signal(SIGABRT, at_signal);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_set_death_callback(save_text);
#else
  std::signal(SIGSEGV, at_signal);
#endif
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '\n' ? "\r\n" : std::string_view(&c, 1);
  }
  return out;
}

class Trial {
public:
  Trial(const AdapterRegistry::Entry& entry, const Options& options, fs::path folder)
      : m_entry(entry), m_options(options), m_folder(std::move(folder)) {}

  /// Prints a line of the table; the number of findings.
  std::size_t run();

private:
  void load();
  void cut(std::size_t file);
  void try_text(std::size_t file, const std::string& text, bool in_chunks = true);
  void read(const LogContext& context, const Padded& text, const Padded& head, bool in_chunks);
  bool opens(const LogContext& context, const Padded& head) const {
    return m_entry.adapter->open_log(head.text(), context) != nullptr;
  }
  void post(std::string_view body);
  /// Does one reading, whose time counts.
  template<typename Step> void timed(Step step);
  void find(const char* what);

  const AdapterRegistry::Entry& m_entry;
  const Options& m_options;
  fs::path m_folder;
  std::vector<std::string> m_names, m_texts;
  std::size_t m_cuts = 0, m_opened = 0, m_posted = 0, m_findings = 0;
  double m_slowest = 0;
};

void Trial::load() {
  std::set<fs::path> files; // in the order of their names
  if (fs::is_directory(m_folder)) {
    for (const auto& file : fs::recursive_directory_iterator(m_folder)) {
      if (file.is_regular_file() && !file.path().string().ends_with(".expected.jsonl")) {
        files.insert(file.path());
      }
    }
  }
  for (const auto& file : files) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    m_names.push_back(file.filename().string());
    m_texts.push_back(text.str());
  }
  if (m_texts.empty()) {
    m_texts = profile_examples();
    m_names.assign(m_texts.size(), "export.csv");
  }
}

void Trial::find(const char* what) {
  ++m_findings;
  std::fprintf(stderr, "%s: %s\n", m_entry.id.c_str(), what);
  const auto path = g_path;
  const auto* const text = g_text;
  g_path += "-" + std::to_string(m_findings);
  save_text();
  g_path = path;
  g_text = text; // more is read of it
}

template<typename Step> void Trial::timed(Step step) {
  const auto begin = cpu_seconds();
  step();
  const auto seconds = cpu_seconds() - begin;
  m_slowest = std::max(m_slowest, seconds);
  if (seconds > k_most_seconds) {
    find("more than 2 s");
  }
}

void Trial::read(const LogContext& context, const Padded& text, const Padded& head,
                 bool in_chunks) {
  Reading whole;
  timed([&] { whole = read_with(m_entry, context, head.text(), text.text(), 0); });
  for (const auto size : k_chunks) {
    if (in_chunks && read_with(m_entry, context, head.text(), text.text(), size) != whole) {
      find("other lines in chunks than in the whole");
      break;
    }
  }
  const Padded crlf(with_crlf(text.text()));
  const Padded crlf_head(crlf.text().substr(0, k_head));
  if (opens(context, crlf_head)) {
    timed([&] { read_with(m_entry, context, crlf_head.text(), crlf.text(), 0); });
  }
}

void Trial::post(std::string_view body) {
  static const Secrets k_secrets{{"webhook_key", "secret"}};
  HttpRequest request;
  request.url = "https://example.com/hook";
  request.body.reserve(body.size() + k_padding);
  request.body = body;
  DecodeSink sink(m_entry.id, "fuzz", [](std::string_view) {});
  sink.begin_chunk(request.body);
  (void)m_entry.adapter->webhook_needs(request, k_secrets);
  (void)m_entry.adapter->check_webhook(request, k_secrets, k_now);
  // Read whatever the check says: a changed body is never signed.
  m_posted += m_entry.adapter->read_webhook(request, {k_now}, sink) ? 1 : 0;
}

void Trial::try_text(std::size_t file, const std::string& text, bool in_chunks) {
  g_path = m_options.found + "/" + m_entry.id + "-" + m_names[file];
  g_text = &text;
  const Padded padded(text), head(text.substr(0, k_head));
  auto context = context_of(m_names[file]);
  context.contacts = !opens(context, head);
  if (!context.contacts || opens(context, head)) {
    ++m_opened;
    read(context, padded, head, in_chunks);
  }
  if (m_entry.adapter->has_webhook()) {
    timed([&] { post(text); });
    if (const auto line = text.find('\n'); line != std::string::npos) {
      post(std::string_view(text).substr(0, line));
    }
  }
  g_text = nullptr;
}

void Trial::cut(std::size_t file) {
  const auto& text = m_texts[file];
  std::vector<std::size_t> places;
  for (std::size_t size = 0; size <= std::min(text.size(), m_options.cuts); ++size) {
    places.push_back(size);
  }
  if (text.size() > m_options.cuts) {
    std::mt19937_64 random(text.size());
    for (std::size_t i = 0; i < std::min(k_random_cuts, m_options.cuts); ++i) {
      places.push_back(random() % text.size());
    }
  }
  for (const auto size : places) {
    try_text(file, text.substr(0, size));
  }
  m_cuts += places.size();
}

std::size_t Trial::run() {
  constexpr std::size_t k_most_findings = 5;
  load();
  const auto begin = cpu_seconds();
  for (std::size_t file = 0; file < m_texts.size() && m_findings < k_most_findings; ++file) {
    cut(file);
  }
  std::uint64_t seed = 20260302;
  for (const char c : m_entry.id) {
    seed = seed * 31 + static_cast<unsigned char>(c);
  }
  Mutator mutator(m_texts, seed);
  std::size_t mutations = 0;
  for (; mutations < m_options.mutations && m_findings < k_most_findings; ++mutations) {
    std::size_t file = 0;
    const auto text = mutator.next(file);
    try_text(file, text);
  }
  for (std::size_t file = 0; file < m_texts.size() && m_findings < k_most_findings; ++file) {
    for (std::size_t i = 0; i < m_options.floods; ++i) {
      try_text(file, mutator.flooded(m_texts[file]), false);
    }
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("%-16s %5zu %8zu %9zu %8zu %8zu %10.1f %8ld %8.1f\n", m_entry.id.c_str(),
              m_texts.size(), m_cuts, mutations, m_opened, m_posted, m_slowest * 1000,
              usage.ru_maxrss / 1024, cpu_seconds() - begin);
  std::fflush(stdout);
  return m_findings;
}

/// Waits for a child; did it end well?
bool ended_well() {
  int status = 0;
  return ::wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

int main(int count, char** arguments) {
  Options options;
  std::vector<std::string> others;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    const std::string value = i + 1 < count ? arguments[i + 1] : "";
    const auto number = static_cast<std::size_t>(parse_int(value).value_or(0));
    if (!word.starts_with("--")) {
      others.push_back(word);
      continue;
    }
    ++i;
    if (word == "--mutations") {
      options.mutations = number;
    } else if (word == "--cuts") {
      options.cuts = number;
    } else if (word == "--floods") {
      options.floods = number;
    } else if (word == "--jobs") {
      options.jobs = std::max<std::size_t>(number, 1);
    } else if (word == "--found") {
      options.found = value;
    } else {
      others.clear();
      break;
    }
  }
  if (others.empty()) {
    std::fprintf(stderr, "usage: see the top of tests/fuzz/mutate.cpp\n");
    return 2;
  }
  std::printf("%-16s %5s %8s %9s %8s %8s %10s %8s %8s\n", "adapter", "files", "cuts", "mutations",
              "opened", "posted", "slowest ms", "peak MiB", "CPU s");
  std::fflush(stdout);
  std::size_t running = 0;
  bool good = true;
  for (const auto& entry : registry().all()) {
    if (others.size() > 1 &&
        std::find(others.begin() + 1, others.end(), entry.id) == others.end()) {
      continue;
    }
    if (running == options.jobs) {
      good = ended_well() && good;
      --running;
    }
    if (::fork() == 0) {
      save_when_dying();
      return Trial(entry, options, fs::path(others[0]) / entry.id / "testdata").run() == 0 ? 0 : 1;
    }
    ++running;
  }
  for (; running > 0; --running) {
    good = ended_well() && good;
  }
  return good ? 0 : 1;
}
