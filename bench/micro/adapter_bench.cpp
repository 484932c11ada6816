// Adapters from bytes to events, into a sink that drops them.

#include "sample_log.hpp"

#include "adapter/registry.hpp"

#include <benchmark/benchmark.h>

namespace mailfunnel::bench {
namespace {

constexpr std::size_t k_events = 20'000;

class NullSink : public RecordSink {
public:
  Wants wants() const override { return {}; }
  void accept(const EventView& event) override {
    benchmark::DoNotOptimize(event.time.seconds);
    ++events;
  }
  void accept(const RecipientView&) override {}
  void accept(const Campaign&, std::string_view) override {}
  void reject(std::string_view, std::string_view) override { ++rejected; }
  std::int64_t events = 0, rejected = 0;
};

MappingProfile profile(std::string address) {
  MappingProfile profile;
  profile.name = "events";
  profile.fields = {
      {"kind", "event"}, {"time", "timestamp"},        {"address", std::move(address)},
      {"link", "url"},   {"user_agent", "user_agent"}, {"campaign", "campaign_id"}};
  return profile;
}

void read_log(benchmark::State& state, std::string_view adapter, std::string text,
              const LogContext& context) {
  const PaddedText padded(std::move(text));
  const auto registry = builtin_adapters();
  const auto reader =
      registry.find(adapter)->open_log(padded.view().substr(0, std::size_t{64} << 10), context);
  if (!reader) {
    state.SkipWithError("the adapter does not know the text");
    return;
  }
  NullSink sink;
  for (auto _ : state) {
    reader->read({padded.view(), true, true}, sink);
  }
  if (sink.rejected != 0) {
    state.SkipWithError("the reader rejects what it should read");
  }
  state.SetItemsProcessed(sink.events);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(padded.view().size()));
}

void generic_csv(benchmark::State& state) {
  const std::vector profiles{profile("email")};
  LogContext context;
  context.profiles = &profiles;
  read_log(state, "generic", csv_of(sample_events(k_events)), context);
}
BENCHMARK(generic_csv);

void generic_ndjson(benchmark::State& state) {
  const std::vector profiles{profile("user.email")};
  LogContext context;
  context.profiles = &profiles;
  read_log(state, "generic", ndjson_of(sample_events(k_events)), context);
}
BENCHMARK(generic_ndjson);

void sendgrid_ndjson(benchmark::State& state) {
  read_log(state, "sendgrid", sendgrid_ndjson_of(sample_events(k_events)), {});
}
BENCHMARK(sendgrid_ndjson);

} // namespace
} // namespace mailfunnel::bench
