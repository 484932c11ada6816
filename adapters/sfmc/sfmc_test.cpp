#include "support/adapter_case.hpp"

namespace mailfunnel::sfmc {
void register_adapter(AdapterRegistry& registry);
}

using namespace mailfunnel;

namespace {

const AdapterCase k_sfmc("sfmc", sfmc::register_adapter);

const std::string k_header = "ClientID,SendID,SubscriberKey,EmailAddress,EventDate,EventType\n";
std::string sent_at(const std::string& date) {
  return k_header + "7,81234,K-1,ann@example.com," + date + ",Sent\n";
}

std::string answer(const std::string& rows, const std::string& status = "OK") {
  return R"(<RetrieveResponseMsg xmlns="http://exacttarget.com/wsdl/partnerAPI" )"
         R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><OverallStatus>)" +
         status + "</OverallStatus>" + rows + "</RetrieveResponseMsg>";
}

} // namespace

TEST_CASE("sfmc: what is ours") {
  CHECK(k_sfmc.takes(k_header));
  CHECK(k_sfmc.takes("JobID\tSubscriberKey\tEventDate\tEventType\n1\tK\t1/1/2026\tOpen\n"));
  CHECK(k_sfmc.takes(answer("")));
  CHECK_FALSE(k_sfmc.takes("SubscriberKey,EmailAddress\nK,a@x.be\n")); // any data extension
  CHECK_FALSE(k_sfmc.takes("SendID,EventDate,EventType\n1,1/1/2026,Open\n"));
  CHECK_FALSE(k_sfmc.takes(R"(<RetrieveResponseMsg xmlns="http://example.com/"/>)"));
  CHECK_FALSE(k_sfmc.takes(
      R"(<CreateRequest xmlns="http://exacttarget.com/wsdl/partnerAPI"><Objects/></CreateRequest>)"));
  CHECK_FALSE(k_sfmc.takes(R"({"eventCategoryType":"x"})"));
}

TEST_CASE("sfmc: dates, in the servers' UTC-06:00 where the account has no zone") {
  struct Row {
    const char* name;
    const char* date;
    const char* part;
  };
  for (const auto& row : {
           Row{"AM", "5/11/2026 12:29:41 AM", R"("time":"2026-05-11T06:29:41Z")"},
           Row{"PM, in winter", "12/31/2025 8:00:00 PM", R"("time":"2026-01-01T02:00:00Z")"},
           Row{"month first by its day", "05/13/2026 14:00", R"("time":"2026-05-13T20:00:00Z")"},
           Row{"day first by its day", "13/05/2026 14:00:01", R"("time":"2026-05-13T20:00:01Z")"},
           Row{"ISO", "2026-05-11 00:29:41", R"("time":"2026-05-11T06:29:41Z")"},
           Row{"ISO with a zone", "2026-05-11T00:29:41+02:00", R"("time":"2026-05-10T22:29:41Z")"},
           Row{"either", "5/11/2026 14:00:00", "nothing in the file tells"},
           Row{"neither", "13/13/2026 14:00:00", "not a time such as 13/5/2026"},
           Row{"none", "", R"(EventDate is \"\")"},
       }) {
    CAPTURE(row.name);
    check_has(k_sfmc.line(sent_at(row.date)), row.part);
  }
}

TEST_CASE("sfmc: one telling date decides for the whole file; the account's zone goes before") {
  const auto lines =
      k_sfmc.lines(sent_at("5/11/2026 14:00:00") + "7,1,K-2,b@example.com,13/11/2026 1:00,Sent\n");
  REQUIRE(lines.size() == 2);
  check_has(lines[0], R"("time":"2026-11-05T20:00:00Z")");
  LogContext context;
  context.zone = find_zone("Europe/Brussels").value();
  context.zone_given = true;
  check_has(k_sfmc.line(sent_at("2026-05-11 14:00:00"), context),
            R"("time":"2026-05-11T12:00:00Z")");
}

TEST_CASE("sfmc: words that are not known, and those of bounces") {
  const auto header = "SendID,SubscriberKey,EventDate,EventType,BounceCategory,SMTPCode\n";
  struct Row {
    const char* type;
    const char* part;
  };
  for (const auto& row : {
           Row{"Survey,,", R"({"kind":"unknown")"},
           Row{"DeliveredEvent,,", R"({"kind":"delivered")"},
           Row{"HardBounce,,", R"("bounce":{"class":"hard")"},
           Row{"OtherBounce,Block bounce,554", R"("bounce":{"class":"block")"},
           Row{"x,Soft bounce,999", R"("bounce":{"class":"soft","reason")"},
           Row{"OtherBounce,,", R"("bounce":{"class":"soft")"},
       }) {
    CAPTURE(row.type);
    check_has(k_sfmc.line(header + std::string("1,K,2026-01-01,") + row.type + "\n"), row.part);
  }
}

TEST_CASE("sfmc: an answer that is an error, or empty") {
  check_has(k_sfmc.line(answer("", "Error: Invalid column name 'X'.")), "Invalid column name");
  CHECK(k_sfmc.lines(answer("")).empty());
}

TEST_CASE("sfmc: an e-mail alone belongs to the campaign that the user names") {
  const auto text = answer(R"(<Results xsi:type="Email"><ID>1</ID><Subject>S</Subject></Results>)");
  check_has(k_sfmc.line(text), "name the campaign");
  LogContext context;
  context.campaign = "81234";
  check_has(k_sfmc.line(text, context), R"({"campaign":{"id":"81234")");
}

TEST_CASE("sfmc: a notification is read when it is signed") {
  HttpRequest request;
  request.body =
      R"([{"eventCategoryType":"EngagementEvents.EmailOpen","timestampUTC":1778480882000,)"
      R"("composite":{"jobId":"1","subscriberId":"2"},"info":{"userAgent":"x"}}])";
  // printf '%s' "$body" | openssl dgst -sha256 -hmac 'c2VjcmV0LWtleQ==' -binary | base64
  request.headers = {{"x-sfmc-ens-signature", "bCV+GDncKuV3gAKelWSU1FGGvw2mYDBfsEAp5/KKG90="}};
  const Secrets secrets{{"signature_key", "c2VjcmV0LWtleQ=="}};
  CHECK(k_sfmc.webhook(request, secrets).size() == 1);
  k_sfmc.check_either_key(request, "c2VjcmV0LWtleQ==");
  check_has(k_sfmc.refusal(request, {}), "no secret");
  check_has(k_sfmc.refusal(request, {{"signature_key", "another"}}), "wrong");
  auto changed = request;
  changed.body += " ";
  check_has(k_sfmc.refusal(changed, secrets), "wrong");
  changed.headers.clear();
  check_has(k_sfmc.refusal(changed, secrets), "no header");
}
