#include "adapter/campaign_header.hpp"

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
