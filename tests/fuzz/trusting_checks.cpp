// What src/adapter/webhook.cpp and shared_secret.cpp define, but every request is right: so that
// changed bodies get as far as the readers. As all of it is defined here, the linker leaves those
// two out of the program `mutate`.

#include "adapter/shared_secret.hpp"
#include "adapter/webhook.hpp"

namespace mailfunnel {

Result<std::string_view> need_secret(const Secrets&, std::string_view,
                                     std::initializer_list<std::string_view>) {
  return std::string_view("secret");
}

Result<std::string_view> need_header(const HttpRequest&, std::string_view name) {
  return std::string_view(icontains(name, "signature") ? "sha256=00" : "1782864000");
}

Result<void> check_signature(const std::optional<std::string>&, std::string_view) {
  return {};
}

Result<void> check_public_key_signature(Digest, std::string_view, const std::optional<std::string>&,
                                        std::string_view) {
  return {};
}

Result<void> check_age(std::string_view, Seconds, Seconds) {
  return {};
}

Result<void> check_body_hmac(const HttpRequest&, std::string_view, std::string_view) {
  return {};
}

Result<void> check_standard_webhook(const HttpRequest&, std::string_view, std::string_view,
                                    Seconds) {
  return {};
}

Result<void> check_shared_secrets(const HttpRequest&, const Secrets&, std::string_view) {
  return {};
}

} // namespace mailfunnel
