// [serve], and webhooks that the config leaves refused.

#include "app/config.hpp"

#include "adapter/registry.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace mailfunnel {
namespace {

TEST_CASE("[serve]: files stand beside the config, and mistakes are told") {
  const auto loaded =
      parse_config("[serve]\nlisten = \"0.0.0.0:8443\"\ncertificate = \"tls/c.pem\"\n"
                   "key = \"/etc/key.pem\"\nproxies = [\"127.0.0.1\"]\n",
                   "/srv/winkel/mailfunnel.toml");
  REQUIRE(loaded.good());
  const auto& serve = loaded.config.serve;
  CHECK(serve.given);
  CHECK_EQ(serve.listen, "0.0.0.0:8443");
  CHECK_EQ(serve.certificate, "/srv/winkel/tls/c.pem");
  CHECK_EQ(serve.key, "/etc/key.pem");
  CHECK((serve.proxies == std::vector<std::string>{"127.0.0.1"}));
  CHECK_FALSE(parse_config("", "a.toml").config.serve.given);

  struct Row {
    const char *text, *why;
  };
  for (const auto& row :
       {Row{"listen = \"8443\"", "ADDRESS:PORT"}, Row{"certificate = \"c.pem\"", "go together"},
        Row{"key = \"k.pem\"", "go together"}, Row{"port = 1", "port"}}) {
    CAPTURE(row.text);
    const auto wrong = parse_config(fmt::format("[serve]\n{}\n", row.text), "a.toml");
    REQUIRE_FALSE(wrong.problems.empty());
    CHECK(wrong.problems.front().text().find(row.why) != std::string::npos);
  }
}

TEST_CASE("[push] approvals: nobody, one or two") {
  CHECK_EQ(parse_config("", "a.toml").config.push.approvals, 0);
  CHECK_EQ(parse_config("[push]\napprovals = 2\n", "a.toml").config.push.approvals, 2);
  for (const auto* wrong : {"3", "-1", "0.5"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_config(fmt::format("[push]\napprovals = {}\n", wrong), "a.toml").good());
  }
}

TEST_CASE("check: an account whose webhooks are all refused, where it seems to take some") {
  constexpr std::string_view k_account = "[[account]]\nname = \"aws\"\nesp = \"ses\"\n";
  const auto registry = builtin_adapters();
  struct Row {
    const char *name, *more;
    bool told;
  };
  for (const auto& row :
       {Row{"it reads files alone", "", false}, Row{"it is served", "[serve]\n", true},
        Row{"a topic is set", "webhook_topic = \"arn:aws:sns:eu-west-1:1:t\"\n[serve]\n", false},
        Row{"a secret is set", "webhook_key = \"s3cret\"\n", false},
        Row{"it is archived", "state = \"archived\"\n[serve]\n", false}}) {
    CAPTURE(row.name);
    auto loaded = parse_config(std::string(k_account) + row.more, "a.toml");
    REQUIRE(loaded.good());
    check_accounts(loaded.config, registry, loaded.problems);
    CHECK(loaded.good()); // a warning
    CHECK_EQ(!loaded.problems.empty(), row.told);
  }
}

} // namespace
} // namespace mailfunnel
