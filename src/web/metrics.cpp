#include "web/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <stdexcept>

namespace mailfunnel {

namespace {

enum class Type { counter, gauge, histogram };

struct Row {
  std::string_view name;
  Type type;
  const char* help;
};

constexpr std::array k_rows{
    Row{"mailfunnel_http_connections", Type::gauge, "Connections that are open"},
    Row{"mailfunnel_http_requests_total", Type::counter,
        "Requests by what they were for and status"},
    Row{"mailfunnel_http_body_bytes", Type::gauge, "Bytes of requests under way"},
    Row{"mailfunnel_webhook_requests_total", Type::counter,
        "Webhook requests by account and outcome"},
    Row{"mailfunnel_webhook_events_total", Type::counter,
        "Events that webhooks brought, by account, adapter and kind"},
    Row{"mailfunnel_webhook_rejects_total", Type::counter,
        "Records in webhooks that could not be read"},
    Row{"mailfunnel_webhook_queue_requests", Type::gauge, "Requests that wait to be made durable"},
    Row{"mailfunnel_webhook_queue_bytes", Type::gauge, "Bytes of them"},
    Row{"mailfunnel_webhook_commit_seconds", Type::histogram,
        "Time to make a group of webhooks durable"},
    Row{"mailfunnel_spool_requests", Type::gauge,
        "Durable webhook requests that are not in the store yet"},
    Row{"mailfunnel_spool_bytes", Type::gauge, "Bytes of them, packed"},
    Row{"mailfunnel_spool_oldest_seconds", Type::gauge, "Age of the oldest of them"},
    Row{"mailfunnel_store_events_total", Type::counter,
        "Events that webhooks brought into the store, new or known before"},
    Row{"mailfunnel_account_last_event_timestamp_seconds", Type::gauge,
        "When an account's newest webhook came in"},
    Row{"mailfunnel_account_last_sync_timestamp_seconds", Type::gauge,
        "When an account was last synced to the end"},
    Row{"mailfunnel_job_runs_total", Type::counter, "Scheduled jobs by name and outcome"},
    Row{"mailfunnel_job_seconds", Type::histogram, "How long scheduled jobs take"},
    Row{"mailfunnel_push_members_total", Type::counter,
        "Members that pushes sent, by account and outcome"},
};

const std::array k_bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                          0.1,    0.25,  1.0,    5.0,   60.0, 600.0};

} // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  std::map<std::string_view, prometheus::Family<prometheus::Counter>*> counters;
  std::map<std::string_view, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string_view, prometheus::Family<prometheus::Histogram>*> histograms;
};

namespace {

template<typename Family>
Family& named(const std::map<std::string_view, Family*>& families, std::string_view name) {
  const auto found = families.find(name);
  if (found == families.end()) {
    throw std::logic_error("no metric of that name: " + std::string(name));
  }
  return *found->second;
}

} // namespace

Metrics::Metrics() : m_families(std::make_unique<Families>()) {
  auto& registry = m_families->registry;
  for (const auto& [name, type, help] : k_rows) {
    const std::string own(name);
    switch (type) {
    case Type::counter:
      m_families->counters[name] =
          &prometheus::BuildCounter().Name(own).Help(help).Register(registry);
      break;
    case Type::gauge:
      m_families->gauges[name] = &prometheus::BuildGauge().Name(own).Help(help).Register(registry);
      break;
    case Type::histogram:
      m_families->histograms[name] =
          &prometheus::BuildHistogram().Name(own).Help(help).Register(registry);
      break;
    }
  }
}

Metrics::~Metrics() = default;

void Metrics::count(std::string_view name, const Labels& labels, double by) {
  named(m_families->counters, name).Add(labels).Increment(by);
}

void Metrics::set(std::string_view name, double value, const Labels& labels) {
  named(m_families->gauges, name).Add(labels).Set(value);
}

void Metrics::observe(std::string_view name, double seconds, const Labels& labels) {
  named(m_families->histograms, name)
      .Add(labels, prometheus::Histogram::BucketBoundaries(k_bounds.begin(), k_bounds.end()))
      .Observe(seconds);
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(m_families->registry.Collect());
}

} // namespace mailfunnel
