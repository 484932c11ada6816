#pragma once
// What `serve` counts, for GET /metrics in the format of Prometheus. The figures that there are
// stand in one table in metrics.cpp, with their help texts.

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace mailfunnel {

class Metrics {
public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();

  // `name` is one of the table's. From any thread.
  void count(std::string_view name, const Labels& labels = {}, double by = 1);
  void set(std::string_view name, double value, const Labels& labels = {});
  void observe(std::string_view name, double seconds, const Labels& labels = {});

  std::string text() const;

private:
  struct Families;
  std::unique_ptr<Families> m_families;
};

} // namespace mailfunnel
