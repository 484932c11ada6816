#include "support/adapter_case.hpp"

namespace mailfunnel::copernica {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_copernica("copernica", copernica::register_adapter);

// openssl genrsa 2048; the body's digest and the signature with openssl dgst -sha256 [-sign]
constexpr auto k_key =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzd8/3fRYTDSh09tKH3/DMhSq/"
    "v+RJNmQzxVC0bFHV0aMibxQVEEaBzyXXKuivkf2nEb32KzE0odDeG4fgoKyuQ2joynEIDmsQhJAn2rehb009ko8awDtm+"
    "XcVDSjVDFCNldRB+e3nYWrWjdd6B34X8DFMYm68lhTsPyZ09DTQNhzRVSuJssvy4mT/"
    "60UxZWugfg2VMGuX8WmrjYU815CSEfW6mQ3kMdnAXYDQw+"
    "DywdOGgOkJKf4A6NinIdCvnKcn0F2ni4qcWa0B6gRC9UoAKrxFQ5+lIhAbqB5jBsnH0b2VcK3J/SaKc9ng+ALkUMSl/"
    "dq3BTQNvf8NHPsuSXQgQIDAQAB";
constexpr auto k_signature =
    "wqLk9wyE0XijWsvw2WLo/sZtzVKRRub8FYvb0M/2fanXx/"
    "Vdmu+yBf9by9Sk8kiYo4Xvdkw2zYHELMEOLI7BqNr9SrVopSwIZw8bvmh69U/"
    "Xjk9H6vWdfrS4p1PpmKmOyZaeakIKcWjw+Grb5+qtm5VXlWqUn/"
    "itAxuISPmrxeD7UbBKcGR+fnbT4l8Rc5lTZGYyrsa6QvkNYUsR26Rjz6GQtPzrdukV8+134OlCfF89C3XSEhNjXdI9x+"
    "8Mpmu8awbfu9P1oPGtCwy1+0TNRkf8FRedqhufo3Qm7JjzqjUF3HYXMAbDKQzsAebaXwc0fA/"
    "yvkos8I52Z0CKDDdBWw==";
constexpr Seconds k_now = 1772443507; // of Date
const Secrets k_secrets{{"public_key", k_key}, {"account", "1234"}};

std::string signature_header(const std::string& names) {
  return "keyId=\"one._domainkey.copernica.com\",algorithm=\"rsa-sha256\",\n     headers=\"" +
         names + "\"\n     signature=\"" + k_signature + "\"";
}

HttpRequest signed_request() {
  HttpRequest request;
  request.url = "https://example.com/hook?a=1";
  request.body = "id=M1a2b3&type=open&timestamp=x&time=1772443400&recipient=ann%40example.com";
  request.headers = {
      {"Host", "example.com"},
      {"Date", "Mon, 02 Mar 2026 09:25:07 GMT"},
      {"Content-Length", "73"},
      {"Content-Type", "application/x-www-form-urlencoded"},
      {"X-Copernica-ID", "account-1234"},
      {"Digest", "SHA-256=2XBVHFOu4mkRd13PRhCjMY1pZBRT7XpFfG/ZDUkdTis="},
      {"X-Nonce", "fsd9f2"},
      {"Signature",
       signature_header("(request-target) Host Date Content-length Content-type\n       "
                        "X-Copernica-ID Digest X-nonce")}};
  return request;
}

std::string refusal_with(const std::string& name, const std::string& value) {
  auto request = signed_request();
  for (auto& header : request.headers) {
    if (header.first == name) {
      header.second = value;
    }
  }
  return k_copernica.refusal(request, k_secrets, k_now);
}

} // namespace

TEST_CASE("copernica: which files are ours") {
  const std::string row = "M1,2026-03-02 10:00:10,0,ann@example.com,spring,example.net,1,,2\n";
  CHECK(k_copernica.takes(row, {.file_name = "cdm-delivery.2026-03-02.log"}));
  CHECK(k_copernica.takes(row, {.file_name = "cdm-delivery.2026-03-02.log.csv"}));
  CHECK_FALSE(k_copernica.takes(row, {.file_name = "cdm-delivery.log"}));
  CHECK_FALSE(k_copernica.takes(row, {.file_name = "deliveries.csv"}));
  CHECK_FALSE(k_copernica.takes("a,b,c\n", {.file_name = "cdm-delivery.2026-03-02.log"}));
  // the order of its columns is not known
  CHECK_FALSE(k_copernica.takes(row, {.file_name = "pom-abuses.2026-03-02.log"}));
  CHECK(k_copernica.takes("id,time,mailingid,senderdomain,tags,email\n"));
  CHECK_FALSE(k_copernica.takes("id,time,tags,email\n"));
  CHECK(k_copernica.takes(R"([{"id":"1","time":"x","tags":"","email":"a","senderdomain":"b"}])"));
  CHECK_FALSE(k_copernica.takes(R"([{"id":"1","time":"x","tags":"","email":"a"}])"));
  CHECK_FALSE(k_copernica.takes("<records><record><name>x</name></record></records>"));
  CHECK_FALSE(k_copernica.takes("id=1&type=open&time=1&recipient=a"));
}

TEST_CASE("copernica: what a log holds is told by its name, else by its fields") {
  const std::string object =
      R"([{"id":"1","time":"2026-03-02 10:00:10","tags":"","email":"a@x.be","senderdomain":"b")";
  struct Row {
    const char* file;
    std::string text;
    const char* part;
  };
  for (const auto& row : {
           Row{"pom-abuses.2026-03-02.log.json", object + "}]", R"({"kind":"complaint")"},
           Row{"pom-retries.2026-03-02.log.json", object + "}]", R"({"kind":"deferred")"},
           Row{"x.json", object + R"(,"linkinfo":7}])", R"({"kind":"click")"},
           Row{"x.json", object + R"(,"header":""}])", R"({"kind":"open")"},
           Row{"x.json", object + "}]", "the file's name does not tell"},
       }) {
    CAPTURE(row.part);
    check_has(k_copernica.line(row.text, {.file_name = row.file}), row.part);
  }
}

TEST_CASE("copernica: times are the account's, and SMTPeter's are UTC") {
  const auto zone = find_zone("Europe/Amsterdam");
  REQUIRE(zone);
  check_has(k_copernica.line(
                "M1,2026-03-02 10:00:10,a@x.be,,b,1,,2\n",
                {.file_name = "cdm-unsubscribe.2026-03-02.log", .zone = *zone, .zone_given = true}),
            "2026-03-02T09:00:10Z");
  check_has(
      k_copernica.line("S1,2026-03-02 10:00:10,b@x.be,a@x.be,,0\n",
                       {.file_name = "abuses.2026-03-02.log", .zone = *zone, .zone_given = true}),
      "2026-03-02T10:00:10Z");
}

TEST_CASE("copernica: the mailing that the user names is that of what names none") {
  check_has(k_copernica.line("M1,2026-03-02 10:00:10,a@x.be,,b,1,,2\n",
                             {.file_name = "cdm-unsubscribe.2026-03-02.log", .campaign = "169"}),
            R"("campaign":"169")");
}

TEST_CASE("copernica: a webhook is read when it is signed") {
  CHECK(k_copernica.webhook(signed_request(), k_secrets, k_now).size() == 1);
  CHECK(k_copernica
            .webhook(signed_request(), {{"public_key", k_key}, {"account", "account-1234"}}, k_now)
            .size() == 1);
}

TEST_CASE("copernica: the key and the account under the names that all platforms have") {
  k_copernica.check_either_key(signed_request(), k_key, k_now, {{"webhook_account", "1234"}});
}

TEST_CASE("copernica: a webhook is refused") {
  const auto good = signed_request();
  check_has(k_copernica.refusal(good, {{"account", "1234"}}, k_now), "no secret \"public_key\"");
  check_has(k_copernica.refusal(good, {{"public_key", k_key}}, k_now),
            "no \"webhook_account\" is set");
  check_has(k_copernica.refusal(good, {{"public_key", k_key}, {"account", "1"}}, k_now),
            "another account");
  check_has(k_copernica.refusal(good, {{"public_key", "AAAA"}, {"account", "1234"}}, k_now),
            "can't be read");
  check_has(k_copernica.refusal(good, k_secrets, k_now + 301), "more than 5m off");
  auto changed = good;
  changed.body += "x";
  check_has(k_copernica.refusal(changed, k_secrets, k_now), "wrong");
  changed = good;
  changed.url = "/other";
  check_has(k_copernica.refusal(changed, k_secrets, k_now), "wrong");
  check_has(refusal_with("Host", "evil.example"), "wrong");
  check_has(refusal_with("Digest", "MD5=AAAA"), "no SHA-256");
  check_has(refusal_with("Signature", ""), "no header Signature");
  check_has(refusal_with("Signature", signature_header("(request-target) Host Date Digest")),
            "does not cover x-copernica-id");
  check_has(refusal_with("Signature",
                         "keyId=\"one.evil.example\",headers=\"(request-target) host date "
                         "x-copernica-id digest\",signature=\"AAAA\""),
            "not one of copernica.com");
}
