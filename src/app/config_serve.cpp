// [serve]: what the pages show to whom.

#include "app/config_sections.hpp"

namespace mailfunnel {

void read_serve(Section& top, Config& config) {
  if (auto section = top.section("serve", "[serve]")) {
    config.serve.mask_addresses =
        section->flag("mask_addresses").value_or(config.serve.mask_addresses);
    section->finish();
  }
}

} // namespace mailfunnel
