#include "app/folded_clicks.hpp"

#include <doctest/doctest.h>

namespace mailfunnel {
namespace {

class NoRecords : public RecordSink {
public:
  Wants wants() const override { return {}; }
  void accept(const EventView&) override { ++events; }
  void accept(const RecipientView&) override {}
  void accept(const Campaign&, std::string_view) override {}
  void reject(std::string_view, std::string_view) override {}
  int events = 0;
};

TEST_CASE("folded clicks: of one person and second, on links that differ in tracking names alone") {
  NoRecords sink;
  const LinkStripping strip;
  FoldedClicks clicks(sink, strip, 100);
  const auto click = [&](std::string_view who, Seconds time, std::string_view link) {
    EventView event;
    event.kind = EventKind::click;
    event.campaign = "c1";
    event.address = who;
    event.time.seconds = time;
    event.link = link;
    clicks.accept(event);
  };
  click("ann@example.com", 200, "https://shop.example/a");
  click("Ann@example.com", 200, "https://shop.example/a"); // told twice
  CHECK(clicks.counts().empty());
  click("ann@example.com", 200, "https://shop.example/a?utm_source=mail");
  click("ann@example.com", 200, "https://shop.example/b"); // another link
  click("ann@example.com", 201, "https://shop.example/a"); // another second
  click("bob@example.com", 200, "https://shop.example/a"); // another person
  CHECK(clicks.counts().at("c1") == 1);
  click("ann@example.com", 100, "https://shop.example/a");
  click("ann@example.com", 100, "https://shop.example/a?utm_source=mail"); // counted before
  CHECK(clicks.counts().at("c1") == 1);
  CHECK(sink.events == 8);
}

} // namespace
} // namespace mailfunnel
