// decode: what an adapter makes of a file or webhook, as NDJSON; stores nothing.

#include "adapter/decode_sink.hpp"
#include "adapter/webhook.hpp"
#include "app/import_log.hpp"
#include "base/json.hpp"
#include "base/source.hpp"
#include "base/text.hpp"
#include "command.hpp"
#include "ingest/chunk_feeder.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

namespace mailfunnel::cli {

namespace {

constexpr std::size_t k_most_webhook = std::size_t{64} << 20;

void put(std::string_view line) {
  std::cout << line;
}

/// Of times that name none; absent: nobody said it.
std::optional<TimeZone> zone_of(const Invocation& call) {
  const auto name = call.text("zone");
  if (name.empty()) {
    return std::nullopt;
  }
  const auto zone = find_zone(name);
  if (!zone) {
    wrong_usage("--zone wants a name such as Europe/Brussels, not \"" + name + "\"");
  }
  return *zone;
}

/// Records that hold nothing for us leave no line: how many they were.
void tell_skipped(const Invocation& call, const std::string& name, std::uint64_t skipped) {
  if (skipped != 0 && !call.quiet) {
    std::cerr << fmt::format("mailfunnel: {}: {} records skipped: they hold nothing for us\n", name,
                             skipped);
  }
}

int decode_file(const Invocation& call, const std::string& path) {
  const auto registry = builtin_adapters();
  LoadedConfig loaded;
  if (const auto config = call.config.empty()
                              ? std::filesystem::path(call.folder) / "mailfunnel.toml"
                              : std::filesystem::path(call.config);
      std::filesystem::exists(config)) {
    loaded = load_config(config.string());
  }
  int code = k_done;
  const auto visited = visit_inputs(path, [&](Input& input) {
    auto head = read_head(input.bytes);
    const auto size = head.size();
    head.resize(size + k_padding);
    LogContext context;
    context.file_name = input.file_name;
    const auto campaign = call.text("campaign");
    context.campaign = campaign;
    context.written = input.written.value_or(call.now());
    context.profiles = &loaded.config.profiles;
    context.trackers = &loaded.config.trackers;
    context.contacts = call.flag("contacts");
    if (const auto zone = zone_of(call)) {
      context.zone = *zone;
      context.zone_given = true;
    }
    auto opened = open_input(registry, call.text("adapter"), std::string_view(head).substr(0, size),
                             context, input.name);
    if (!opened) {
      throw Failure(opened.error());
    }
    if (opened->reader->assumes_utc()) {
      std::cerr << fmt::format("mailfunnel: {}: its times carry no zone: UTC is assumed here; "
                               "`import` asks for the account's zone\n",
                               input.name);
    }
    if (const auto remark = opened->reader->remark(); !remark.empty()) {
      std::cerr << fmt::format("mailfunnel: {}: {}\n", input.name, remark);
    }
    head.resize(size);
    DecodeSink sink(opened->adapter, input.file_name, put);
    input.bytes.read_ahead();
    ChunkFeeder feeder(input.bytes, std::move(head), *opened->reader);
    ChunkFeeder::Piece piece;
    while (feeder.next(piece)) {
      sink.begin_chunk(piece.chunk.text);
      opened->reader->read(piece.chunk, sink);
      sink.end_chunk();
    }
    std::cout.flush();
    tell_skipped(call, input.name, sink.skipped);
    code = sink.rejected != 0 ? k_partly : code;
  });
  if (!visited) {
    throw Failure(visited.error());
  }
  return code;
}

int decode_webhook(const Invocation& call, const std::string& path) {
  const auto registry = builtin_adapters();
  const auto id = call.text("adapter");
  const auto* adapter = registry.find(id);
  if (adapter == nullptr) {
    wrong_usage(id.empty()
                    ? "--webhook needs --adapter ID"
                    : fmt::format("unknown adapter \"{}\": `mailfunnel adapters` lists them", id));
  }
  HttpRequest request;
  request.url = call.text("url");
  const auto read = [&](Input& input) {
    std::string part(65'536, '\0');
    for (std::size_t got; (got = input.bytes.read(part.data(), part.size())) != 0;) {
      request.body.append(part, 0, got);
      if (request.body.size() > k_most_webhook) {
        throw Failure({ErrorCode::bad_syntax, "a webhook body of more than 64 MiB", input.name});
      }
    }
  };
  if (const auto visited = visit_inputs(path, read); !visited) {
    throw Failure(visited.error());
  }
  request.body.reserve(request.body.size() + k_padding);
  for (const auto& header : call.texts("header")) {
    const auto colon = header.find(':');
    if (colon == std::string::npos) {
      wrong_usage("--header wants 'Name: value', not \"" + header + "\"");
    }
    request.headers.emplace_back(std::string(trim(std::string_view(header).substr(0, colon))),
                                 std::string(trim(std::string_view(header).substr(colon + 1))));
  }
  Secrets secrets;
  for (const auto& secret : call.texts("secret")) {
    const auto equals = secret.find('=');
    if (equals == std::string::npos) {
      wrong_usage("--secret wants NAME=VALUE");
    }
    secrets[secret.substr(0, equals)] = secret.substr(equals + 1);
  }
  auto now = call.now();
  if (const auto at = call.text("received-at"); !at.empty()) {
    const auto time = parse_time(at);
    if (!time) {
      wrong_usage("--received-at wants a time such as 2026-03-02T09:10:00Z, not \"" + at + "\"");
    }
    now = time->seconds;
  }
  // Nothing is printed of a request that is refused as a whole.
  std::string out;
  DecodeSink sink(id, std::filesystem::path(path).filename().string(),
                  [&](std::string_view line) { out += line; });
  sink.begin_chunk(request.body);
  WebhookContext context;
  context.received = now;
  if (const auto zone = zone_of(call)) {
    context.zone = *zone;
    context.zone_given = true;
  }
  if (const auto verified = take_webhook(*adapter, request, secrets, context, sink); !verified) {
    throw Failure({ErrorCode::unauthorized, verified.error().message, path});
  }
  sink.end_chunk();
  std::cout << out << std::flush;
  tell_skipped(call, path, sink.skipped);
  return sink.rejected != 0 ? k_partly : k_done;
}

int run_decode(const Invocation& call) {
  const auto arguments = call.texts("arguments");
  if (arguments.size() != 1) {
    wrong_usage("decode wants one file, or - for standard input");
  }
  return call.flag("webhook") ? decode_webhook(call, arguments.front())
                              : decode_file(call, arguments.front());
}

} // namespace

Command decode_command() {
  return {"decode",
          "FILE|-",
          "what an adapter makes of a file or webhook body, as normalised events; stores nothing",
          "  mailfunnel decode events.ndjson.gz | head -3",
          [](auto& options) {
            options.add_options()("adapter", text("ID"), "the format, when it can't be found out")(
                "campaign", text("ID"), "the mailing, for files that do not name it")(
                "contacts", flag(),
                "a list of contacts")("webhook", flag(), "FILE is the body of one webhook request")(
                "header", po::value<std::vector<std::string>>()->value_name("'NAME: VALUE'"),
                "a header of the request (may be repeated)")(
                "url", text("URL"), "its URL, where the signature covers it")(
                "secret", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
                "a test key (may be repeated)")("received-at", text("TIME"),
                                                "the moment of the request")(
                "zone", text("NAME"), "of times that name none: Europe/Brussels");
          },
          run_decode};
}

} // namespace mailfunnel::cli
