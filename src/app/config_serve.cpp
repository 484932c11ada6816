// [serve]: where `serve` listens, and how; the command line goes before it. What its pages show to
// whom.

#include "app/config_sections.hpp"

#include <filesystem>

namespace mailfunnel {

void read_serve(Section& top, Config& config) {
  auto section = top.section("serve", "[serve]");
  if (!section) {
    return;
  }
  auto& serve = config.serve;
  const auto folder = std::filesystem::path(config.file).parent_path();
  const auto file = [&](std::string_view key) { // as it stands beside the config
    const auto text = section->text(key);
    return text ? (folder / *text).string() : std::string();
  };
  serve.listen = section->text("listen").value_or("");
  serve.certificate = file("certificate");
  serve.key = file("key");
  serve.proxies = section->texts("proxies");
  if (serve.certificate.empty() != serve.key.empty()) {
    section->error_here("`certificate` and `key` go together");
  }
  if (!serve.listen.empty() && serve.listen.find(':') == std::string::npos) {
    section->error("listen", "`listen` is ADDRESS:PORT, such as \"127.0.0.1:8765\"");
  }
  serve.mask_addresses = section->flag("mask_addresses").value_or(serve.mask_addresses);
  serve.given = true;
  section->finish();
}

} // namespace mailfunnel
