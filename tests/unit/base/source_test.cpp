#include "base/source.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

namespace mailfunnel {
namespace {

/// A folder that goes with the test.
struct TestFolder {
  TestFolder() {
    static int s_number = 0; // NOLINT
    path = std::filesystem::temp_directory_path() /
           fmt::format("mailfunnel-source-{}-{}", getpid(), ++s_number);
    std::filesystem::create_directories(path);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

std::string sample_text(std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    text += fmt::format("{},reader{}@example.com,open\n", i, i * 7919 % 1000);
  }
  return text;
}

enum class Pack { gzip, zstd, zip };

/// `repeat` times `text` as one file, or (zip) as each of the files a.csv and b.csv.
void pack(const std::string& path, Pack how, std::string_view text, std::size_t repeat = 1,
          Seconds written = 0) {
  auto* const out = archive_write_new();
  how == Pack::zip ? archive_write_set_format_zip(out) : archive_write_set_format_raw(out);
  if (how == Pack::gzip) {
    archive_write_add_filter_gzip(out);
  } else if (how == Pack::zstd) {
    archive_write_add_filter_zstd(out);
  }
  REQUIRE(archive_write_open_filename(out, path.c_str()) == ARCHIVE_OK);
  for (const char* name : {"a.csv", "b.csv"}) {
    auto* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    if (written != 0) {
      archive_entry_set_mtime(entry, written, 0);
    }
    archive_entry_set_size(entry, static_cast<la_int64_t>(text.size() * repeat));
    REQUIRE(archive_write_header(out, entry) == ARCHIVE_OK);
    for (std::size_t i = 0; i < repeat; ++i) {
      REQUIRE(archive_write_data(out, text.data(), text.size()) ==
              static_cast<la_ssize_t>(text.size()));
    }
    archive_entry_free(entry);
    if (how != Pack::zip) {
      break;
    }
  }
  archive_write_free(out);
}

std::string read_all(ByteSource& bytes) {
  std::string text, part(100'000, '\0');
  for (std::size_t got; (got = bytes.read(part.data(), part.size())) != 0;) {
    text.append(part, 0, got);
  }
  return text;
}

TEST_CASE("a new file: whole or not at all, through links, and never in place of a device") {
  namespace fs = std::filesystem;
  const TestFolder folder;
  const auto path = folder.file("list.csv"), link = folder.file("link.csv");
  const auto content = [](const std::string& name) { return read_file(name).value(); };
  constexpr auto k_own = fs::perms::owner_read | fs::perms::owner_write;
  {
    NewFile file(path);
    file.put("half a li");
    CHECK(!fs::exists(path));
    for (const auto& entry : fs::directory_iterator(folder.path)) {
      CHECK(entry.status().permissions() == k_own);
    }
  }
  CHECK(fs::is_empty(folder.path));
  REQUIRE(write_file(path, "first"));
  const auto others = fs::perms::group_read | fs::perms::others_read;
  const auto mask = umask(022); // of this process: not others'
  umask(mask);
  CHECK((fs::status(path).permissions() & others) == (others & ~static_cast<fs::perms>(mask)));
  for (const auto rights : {k_own, k_own | fs::perms::group_read}) {
    fs::permissions(path, rights);
    REQUIRE(write_file(path, "second"));
    CHECK(content(path) == "second");
    CHECK(fs::status(path).permissions() == rights);
  }

  fs::create_symlink(path, link);
  REQUIRE(write_file(link, "third"));
  CHECK(fs::is_symlink(link));
  CHECK(content(path) == "third");
  fs::remove(link);

  const auto pipe = folder.file("pipe"); // for every device
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink(pipe, link);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(write_file(pipe, "this way,"));
  REQUIRE(write_file(link, " or that"));
  std::array<char, 32> came{};
  CHECK(read(reader, came.data(), came.size()) == 17);
  close(reader);
  CHECK(fs::is_fifo(pipe));
  CHECK(fs::is_symlink(link));
  CHECK(!write_file(folder.file("no/such/folder.csv"), "x"));
}

TEST_CASE("inputs are unpacked, whatever their size") {
  const TestFolder folder;
  struct Row {
    const char* name;
    Pack how;
    std::vector<std::string> file_names;
  };
  for (const auto& row :
       {Row{"log.csv.gz", Pack::gzip, {"log.csv"}}, Row{"log.csv.zst", Pack::zstd, {"log.csv"}},
        Row{"logs.zip", Pack::zip, {"a.csv", "b.csv"}}}) {
    for (const auto& [lines, ahead] :
         {std::pair{0U, true}, {1U, false}, {1U, true}, {100'000U, false}, {100'000U, true}}) {
      const bool reads_ahead = ahead;
      const auto text = sample_text(lines);
      CAPTURE(row.name);
      CAPTURE(text.size());
      CAPTURE(reads_ahead);
      const auto path = folder.file(row.name);
      pack(path, row.how, text);
      std::vector<std::string> names;
      const auto visited = visit_inputs(path, [&](Input& input) {
        names.push_back(input.file_name);
        if (reads_ahead) {
          input.bytes.read_ahead();
        }
        CHECK((read_all(input.bytes) == text));
        CHECK(input.bytes.total() == std::filesystem::file_size(path));
      });
      CHECK(visited.has_value());
      CHECK((text.empty() || names == row.file_names));
    }
  }
}

TEST_CASE("an input tells when it was written: the archive's word goes before the file's") {
  constexpr Seconds k_file = 1'700'000'000, k_entry = 1'600'000'000;
  const TestFolder folder;
  const auto written = [&](const char* name) {
    const auto path = folder.file(name);
    const std::chrono::sys_seconds moment{std::chrono::seconds(k_file)};
    std::filesystem::last_write_time(path, std::chrono::file_clock::from_sys(moment));
    std::optional<Seconds> found;
    REQUIRE(visit_inputs(path, [&found](Input& input) { found = input.written; }));
    return found;
  };
  REQUIRE(write_file(folder.file("plain.log"), "text"));
  CHECK(written("plain.log") == k_file);
  pack(folder.file("log.zst"), Pack::zstd, "text");
  CHECK(written("log.zst") == k_file);
  pack(folder.file("logs.zip"), Pack::zip, "text", 1, k_entry);
  CHECK(written("logs.zip") == k_entry);
}

TEST_CASE("a visitor may leave early; the next file of a zip is still there") {
  const TestFolder folder;
  const auto text = sample_text(100'000);
  for (const auto how : {Pack::gzip, Pack::zstd, Pack::zip}) {
    const auto path = folder.file("log");
    pack(path, how, text);
    std::string part(10, '\0');
    int files = 0;
    const auto visited = visit_inputs(path, [&](Input& input) {
      input.bytes.read_ahead();
      CHECK(input.bytes.read(part.data(), part.size()) == part.size());
      CHECK(part == text.substr(0, part.size()));
      ++files;
    });
    CHECK(visited.has_value());
    CHECK(files == (how == Pack::zip ? 2 : 1));
    CHECK_THROWS_AS(static_cast<void>(visit_inputs(path,
                                                   [](Input& input) {
                                                     input.bytes.read_ahead();
                                                     throw Failure({ErrorCode::io, "enough"});
                                                   })),
                    Failure);
  }
}

TEST_CASE("a visitor that leaves does not wait for a pipe") {
  const TestFolder folder;
  const auto path = folder.file("log.gz");
  pack(path, Pack::gzip, sample_text(100'000));
  const auto packed = *read_file(path);
  REQUIRE(packed.size() > 100'000);
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  REQUIRE(write(pipe_ends[1], packed.data(), 50'000) == 50'000);
  const auto visited = visit_inputs(fmt::format("/dev/fd/{}", pipe_ends[0]), [&](Input& input) {
    input.bytes.read_ahead();
    REQUIRE(write(pipe_ends[1], packed.data() + 50'000, 5'000) == 5'000);
    int waiting = 1; // bytes in the pipe: only who reads ahead takes them, and then wants more
    while (waiting != 0) {
      REQUIRE(ioctl(pipe_ends[0], FIONREAD, &waiting) == 0);
    }
  });
  CHECK(visited.has_value());
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_CASE("broken compression is told with the place and the input's name") {
  const TestFolder folder;
  const auto text = sample_text(100'000);
  const auto path = folder.file("log.csv.gz");
  pack(path, Pack::gzip, text);
  auto packed = *read_file(path);
  packed.resize(packed.size() / 2);
  REQUIRE(write_file(path, packed).has_value());
  std::string got;
  const auto visited = visit_inputs(path, [&](Input& input) {
    input.bytes.read_ahead();
    std::string part(10'000, '\0');
    for (int again = 0; again < 2; ++again) {
      try {
        for (;;) {
          const auto size = input.bytes.read(part.data(), part.size());
          REQUIRE(size != 0);
          got.append(part, 0, size);
        }
      } catch (const Failure& failure) {
        CHECK(failure.error.code == ErrorCode::io);
        CHECK(failure.error.source == path);
        CHECK(failure.error.message ==
              fmt::format("the compressed data is broken or cut off after {} bytes (truncated gzip "
                          "input): what stood before was read",
                          got.size()));
      }
    }
  });
  CHECK(visited.has_value());
  CHECK(got.size() > text.size() / 4);
  CHECK((got == text.substr(0, got.size())));
}

std::string zstd_frame(std::string_view text, int level = 3) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level));
  return out;
}

TEST_CASE("zstd: frames one behind another are one text; what breaks off is told") {
  using namespace std::string_view_literals;
  const TestFolder folder;
  const auto text = sample_text(100'000);
  const auto path = folder.file("log.csv.zst");
  const auto third = text.size() / 3;
  const auto skipped = std::string("\x50\x2a\x4d\x18\x03\0\0\0abc"sv);
  const auto packed = zstd_frame(text.substr(0, third)) + skipped + zstd_frame("") +
                      zstd_frame(text.substr(third, third), 19) +
                      zstd_frame(text.substr(2 * third));
  struct Row {
    const char* name;
    std::string packed, end; // how the message ends; empty: it is whole
  };
  const Row rows[] = {
      {"whole", packed, ""},
      {"nothing in it", zstd_frame(""), ""},
      {"cut off in a frame", packed.substr(0, packed.size() - 5),
       "(it ends within a frame): what stood before was read"},
      {"cut off in its first bytes", packed.substr(0, 7),
       "(it ends within a frame): what stood before was read"},
      {"something else behind it", packed + "and some text",
       "(Unknown frame descriptor): what stood before was read"},
      {"zeros in it", packed.substr(0, packed.size() / 2) + std::string(1000, '\0'),
       "): what stood before was read"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    for (const std::size_t step : {7U, 10'000U, 1'000'000U}) {
      for (const bool ahead : {false, true}) {
        REQUIRE(write_file(path, row.packed).has_value());
        std::string got, message;
        const auto visited = visit_inputs(path, [&](Input& input) {
          if (ahead) {
            input.bytes.read_ahead();
          }
          CHECK(input.file_name == "log.csv");
          std::string part(step, '\0');
          try {
            for (std::size_t size; (size = input.bytes.read(part.data(), part.size())) != 0;) {
              got.append(part, 0, size);
            }
            CHECK(input.bytes.read(part.data(), part.size()) == 0);
            CHECK((ahead || input.bytes.taken() == row.packed.size()));
          } catch (const Failure& failure) {
            message = failure.error.message;
            CHECK(failure.error.source == path);
          }
        });
        CHECK(visited.has_value());
        CHECK(message.empty() == row.end.empty());
        CHECK(message.ends_with(row.end));
        CHECK((got == text.substr(0, got.size())));
        if (row.end.empty()) {
          CHECK(got.size() == (row.packed.size() < 100 ? 0 : text.size()));
        } else if (row.packed.size() > packed.size()) {
          CHECK(got.size() == text.size());
        }
      }
    }
  }
}

TEST_CASE("what is compressed as no log is, is refused") {
  const TestFolder folder;
  const auto path = folder.file("bomb.zst");
  pack(path, Pack::zstd, std::string(std::size_t{1} << 20, 'x'), 300);
  const auto visited = visit_inputs(path, [&](Input& input) {
    std::string part(std::size_t{1} << 20, '\0');
    std::uint64_t size = 0;
    try {
      for (std::size_t got; (got = input.bytes.read(part.data(), part.size())) != 0;) {
        size += got;
      }
      FAIL("not refused");
    } catch (const Failure& failure) {
      CHECK(failure.error.message ==
            "is compressed more than 2000 times: no log is; unpack it yourself if it is right");
      CHECK(failure.error.source == path);
    }
    CHECK(size <= std::uint64_t{257} << 20);
  });
  CHECK(visited.has_value());
}

} // namespace
} // namespace mailfunnel
