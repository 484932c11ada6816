#include "adapter/campaign_header.hpp"

#include "adapter/mail.hpp"

#include <doctest/doctest.h>

using namespace mailfunnel;

TEST_CASE("campaign header: the known ones, without case") {
  CHECK(campaign_in_header("X-Campaign", " spring ") == "spring");
  CHECK(campaign_in_header("x-listmonk-campaign", "a:b") == "a:b");
  CHECK(campaign_in_header("Feedback-ID", "spring:shop:news:acme") == "spring");
  CHECK(campaign_in_header("Feedback-ID", "spring") == "spring");
  CHECK(campaign_in_header("Feedback-ID", ":shop:news:acme") == "");
  CHECK(campaign_in_header("Subject", "spring") == "");
  CHECK(campaign_in_header("X-Campaign", "") == "");
  CHECK(campaign_in_header("", "spring") == "");
}

TEST_CASE("campaign header: a whole header, by the sender's own fields, else by Feedback-ID") {
  struct Row {
    const char* header;
    const char* campaign;
  };
  for (const auto& row : {
           Row{"X-Campaign: c12\nFeedback-ID: f:g:h\n\n", "c12"},
           Row{"X-MessageID: 7\nX-ListMember: a@x.be\n\n", "7"},
           Row{"X-MessageID: 7\nX-Other: 1\n\n", ""},
           Row{"Feedback-ID: c12:shop:news:esp\nX: 1\n\n", "c12"},
           Row{"Feedback-ID: a:b\nX: 1\n\n", ""},
           Row{"Feedback-ID: a:b:c:AmazonSES\nX: 1\n\n", ""},
       }) {
    CAPTURE(row.header);
    CHECK(mailing_names(read_header(row.header)).campaign == row.campaign);
  }
  CHECK(mailing_names(read_header("List-ID: Weekly <weekly.example.org>\nX: 1\n\n")).list_id ==
        "weekly.example.org");
}
